"""NIfTI, MHA and NRRD, and label maps that lie on top of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from app.errors import LithographError
from app.imaging import (
    Calibration,
    Image,
    native_suffix,
    open_series,
    read_image,
    read_label_map,
    write_image,
    write_label_map,
)
from tests.imaging.dicom_files import ct, enhanced_ct, ramp

KINDS = ["nii", "nii.gz", "mha", "nrrd"]
LPS = np.eye(3)
RAS = np.diag([-1.0, -1.0, 1.0])
CORONAL = np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0]])  # slices from front to back, rows from the feet up
OBLIQUE = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1.0]])


def _volume(path: Path, voxels: np.ndarray, direction: np.ndarray = LPS) -> SimpleITK.Image:
    volume = SimpleITK.GetImageFromArray(voxels)
    volume.SetSpacing((0.5, 0.75, 2.0)[: volume.GetDimension()])
    volume.SetOrigin((-10.0, -20.0, 30.0)[: volume.GetDimension()])
    if volume.GetDimension() == 3:
        volume.SetDirection(direction.ravel().tolist())
    SimpleITK.WriteImage(volume, str(path))
    return volume


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("direction", [LPS, RAS, CORONAL, OBLIQUE], ids=["lps", "ras", "coronal", "oblique"])
def test_a_slice_comes_back_in_its_depth_and_place(
    tmp_path: Path, kind: str, dtype: type, direction: np.ndarray
) -> None:
    voxels = np.random.default_rng(0).integers(0, 200, (4, 6, 5)).astype(dtype)
    original = _volume(tmp_path / f"a.{kind}", voxels, direction)
    series = open_series(tmp_path / f"a.{kind}")
    assert len(series) == 4
    image = series[1]
    assert image.pixels.dtype == (np.float32 if np.dtype(dtype).kind == "f" else dtype)
    assert (image.spacing, image.calibration) == ((0.75, 0.5), Calibration.GEOMETRY)
    assert native_suffix(image) == f".{kind}"
    write_image(image, tmp_path / f"b.{kind}")
    first = (tmp_path / f"b.{kind}").read_bytes()
    write_image(image, tmp_path / f"b.{kind}")
    assert (tmp_path / f"b.{kind}").read_bytes() == first
    written = SimpleITK.ReadImage(str(tmp_path / f"b.{kind}"))
    assert written.GetPixelID() == original.GetPixelID()
    assert written.GetSize()[2] == 1
    # The same points of the patient have the same values, whichever way the axes run.
    for column in range(written.GetSize()[0]):
        for row in range(written.GetSize()[1]):
            point = written.TransformIndexToPhysicalPoint((column, row, 0))
            index = original.TransformPhysicalPointToIndex(point)
            assert written[column, row, 0] == original[index]
    assert read_image(tmp_path / f"b.{kind}").digest == image.digest


def test_slices_are_shown_upright(tmp_path: Path) -> None:
    voxels = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    _volume(tmp_path / "lps.nii", voxels, LPS)
    assert np.array_equal(open_series(tmp_path / "lps.nii")[0].pixels, voxels[0])
    _volume(tmp_path / "ras.nii", voxels, RAS)
    assert np.array_equal(open_series(tmp_path / "ras.nii")[0].pixels, voxels[0, ::-1, ::-1])
    _volume(tmp_path / "coronal.nii", voxels, CORONAL)
    assert np.array_equal(open_series(tmp_path / "coronal.nii")[0].pixels, voxels[0, ::-1, :]), "head up"


@pytest.mark.parametrize(
    ("low", "dtype", "unit"), [(-1024, np.int16, "HU"), (-400, np.int16, ""), (-1024, np.float32, "")]
)
def test_integers_below_minus_500_are_hounsfield_units(
    tmp_path: Path, low: int, dtype: type, unit: str
) -> None:
    _volume(tmp_path / "a.mha", ramp(8, 8, low=low, high=1000, kind=dtype)[None])
    image = read_image(tmp_path / "a.mha")
    assert (image.unit, image.modality) == (unit, "CT" if unit else "")


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"), [(1, -1024, np.int16), (2, 0, np.int16), (0.5, 0, np.float32)]
)
def test_scaled_nifti(tmp_path: Path, slope: float, intercept: float, dtype: type) -> None:
    import struct

    voxels = ramp(8, 8, high=3000)[None]
    _volume(tmp_path / "a.nii", voxels)
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[112:120] = struct.pack("<2f", slope, intercept)
    (tmp_path / "a.nii").write_bytes(data)
    image = read_image(tmp_path / "a.nii")
    assert image.pixels.dtype == dtype
    assert np.array_equal(image.pixels, voxels[0].astype(float) * slope + intercept)
    write_image(image, tmp_path / "b.nii")
    assert read_image(tmp_path / "b.nii").digest == image.digest


@pytest.mark.parametrize("kind", KINDS)
def test_two_dimensional_files(tmp_path: Path, kind: str) -> None:
    _volume(tmp_path / f"a.{kind}", ramp())
    image = read_image(tmp_path / f"a.{kind}")
    assert (len(open_series(tmp_path / f"a.{kind}")), image.spacing) == (1, (0.75, 0.5))
    write_image(image, tmp_path / f"b.{kind}")
    again = read_image(tmp_path / f"b.{kind}")
    assert (again.digest, again.spacing) == (image.digest, image.spacing)
    assert SimpleITK.ReadImage(str(tmp_path / f"b.{kind}")).GetOrigin()[:2] == (-10, -20)


def test_a_compressed_file_beside_a_plain_one_of_the_same_name(tmp_path: Path) -> None:
    _volume(tmp_path / "a.nii", np.zeros((1, 4, 4), np.uint8))
    _volume(tmp_path / "a.nii.gz", np.ones((1, 4, 4), np.uint8))
    assert read_image(tmp_path / "a.nii.gz").pixels.min() == 1
    assert read_image(tmp_path / "a.nii").pixels.max() == 0


def test_a_header_with_its_values_in_another_file(tmp_path: Path) -> None:
    _volume(tmp_path / "a.mhd", ramp()[None])
    assert np.array_equal(read_image(tmp_path / "a.mhd").pixels, ramp())
    write_image(read_image(tmp_path / "a.mhd"), tmp_path / "b.mha")
    assert np.array_equal(read_image(tmp_path / "b.mha").pixels, ramp())


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    _volume(tmp_path / "a.nrrd", np.zeros((2, 4, 4), np.uint8))
    assert read_image(tmp_path / "a.nrrd").pixels.max() == 0
    _volume(tmp_path / "a.nrrd", np.ones((2, 5, 4), np.uint8))
    assert read_image(tmp_path / "a.nrrd").pixels.shape == (5, 4)


def _overlays(labels: Path, image: Path, marked: tuple[int, int]) -> bool:
    """Whether the pixel (row, column) of the image lies where the label map has its only label."""
    grey, label = SimpleITK.ReadImage(str(image)), SimpleITK.ReadImage(str(labels))
    index = (marked[1], marked[0], 0)[: grey.GetDimension()]
    point = grey.TransformIndexToPhysicalPoint(index)
    point = point if len(point) == 3 else (*point, 0.0)
    found = label[label.TransformPhysicalPointToIndex(point)]
    return found == 3 and np.count_nonzero(SimpleITK.GetArrayFromImage(label)) == 1


@pytest.mark.parametrize("direction", [LPS, RAS, OBLIQUE], ids=["lps", "ras", "oblique"])
def test_label_maps_lie_on_top_of_volumes(tmp_path: Path, direction: np.ndarray) -> None:
    _volume(tmp_path / "a.nii.gz", np.zeros((4, 6, 5), np.int16), direction)
    image = open_series(tmp_path / "a.nii.gz")[2]
    labels = np.zeros((6, 5), np.int64)
    labels[4, 1] = 3
    write_label_map(labels, image, tmp_path / "l.nii.gz")
    write_image(image, tmp_path / "b.nii.gz")
    assert _overlays(tmp_path / "l.nii.gz", tmp_path / "b.nii.gz", (4, 1))
    assert np.array_equal(read_label_map(tmp_path / "l.nii.gz"), labels)


@pytest.mark.parametrize(
    "orientation", [[1, 0, 0, 0, 1, 0], [0.8, 0.6, 0, -0.6, 0.8, 0], [0, 1, 0, 0, 0, -1]]
)
def test_label_maps_lie_on_top_of_dicom(tmp_path: Path, orientation: list[float]) -> None:
    path = ct(tmp_path / "a.dcm", ImageOrientationPatient=orientation)
    image = read_image(path)
    labels = np.zeros(image.pixels.shape, np.uint8)
    labels[7, 11] = 3
    write_label_map(labels, image, tmp_path / "l.nii.gz")
    assert _overlays(tmp_path / "l.nii.gz", path, (7, 11))
    assert np.array_equal(read_label_map(tmp_path / "l.nii.gz"), labels)


def test_label_maps_of_frames_and_of_images_without_a_place(tmp_path: Path) -> None:
    frames = open_series(enhanced_ct(tmp_path / "a.dcm", np.stack([ramp(), ramp()])))
    labels = np.zeros((24, 32), np.uint8)
    write_label_map(labels, frames[1], tmp_path / "l.nii.gz")
    placed = SimpleITK.ReadImage(str(tmp_path / "l.nii.gz"))
    assert placed.GetOrigin() == (0, 0, 3)
    assert placed.GetSpacing() == pytest.approx((0.4, 0.5, 3))
    radiograph = read_image(ct(tmp_path / "b.dcm", ImagePositionPatient=None, PixelSpacing=None))
    write_label_map(labels, radiograph, tmp_path / "l.nii.gz")
    assert SimpleITK.ReadImage(str(tmp_path / "l.nii.gz")).GetSpacing() == (1, 1, 1)
    generated = Image(ramp(), spacing=(0.2, 0.1))
    write_label_map(labels, generated, tmp_path / "l.nii.gz")
    assert SimpleITK.ReadImage(str(tmp_path / "l.nii.gz")).GetSpacing() == pytest.approx((0.1, 0.2, 1))


def test_label_maps_grow_to_16_bits_and_are_the_same_each_time(tmp_path: Path) -> None:
    image = Image(ramp())
    labels = np.arange(24 * 32).reshape(24, 32)
    write_label_map(labels, image, tmp_path / "l.nii.gz")
    first = (tmp_path / "l.nii.gz").read_bytes()
    assert read_label_map(tmp_path / "l.nii.gz").dtype == np.uint16
    assert np.array_equal(read_label_map(tmp_path / "l.nii.gz"), labels)
    write_label_map(labels % 256, image, tmp_path / "l.nii.gz")
    assert read_label_map(tmp_path / "l.nii.gz").dtype == np.uint8
    write_label_map(labels, image, tmp_path / "l.nii.gz")
    assert (tmp_path / "l.nii.gz").read_bytes() == first
    assert first[4:8] == bytes(4), "no time in the gzip header"
    with pytest.raises(ValueError, match="do not fit"):
        write_label_map(labels[1:], image, tmp_path / "l.nii.gz")
    assert [path.name for path in tmp_path.iterdir()] == ["l.nii.gz"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_noticed(tmp_path: Path, kind: str) -> None:
    resource = pytest.importorskip("resource")
    _volume(
        tmp_path / f"a.{kind}", np.random.default_rng(0).integers(0, 9999, (1, 200, 200)).astype(np.int16)
    )
    image = read_image(tmp_path / f"a.{kind}")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))  # what a file may hold, in bytes
    try:
        with pytest.raises(LithographError, match="Cannot write"):
            write_image(image, tmp_path / f"b.{kind}")
        with pytest.raises(LithographError, match="Cannot write"):
            write_label_map(image.pixels.astype(np.uint16), image, tmp_path / "l.nii.gz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [path.name for path in tmp_path.iterdir()] == [f"a.{kind}"]
