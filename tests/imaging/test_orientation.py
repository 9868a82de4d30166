"""The letters at the edges, and where the slice lies."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.imaging import Image, open_series, read_image, write_image
from app.imaging.image import Calibration
from app.imaging.itk import simple_itk
from app.imaging.orientation import orientation_letters, slice_position_mm
from tests.imaging.dicom_files import ct, enhanced_ct, ramp

COS, SIN = math.cos(math.radians(30)), math.sin(math.radians(30))


@pytest.mark.parametrize(
    ("orientation", "letters", "position"),
    [
        ([1, 0, 0, 0, 1, 0], ("R", "L", "A", "P"), 30),
        ([-1, 0, 0, 0, 1, 0], ("L", "R", "A", "P"), 30),
        ([1, 0, 0, 0, 0, -1], ("R", "L", "H", "F"), -20),
        ([0, 1, 0, 0, 0, -1], ("A", "P", "H", "F"), -10),
        ([COS, SIN, 0, 0, 0, -1], ("RA", "LP", "H", "F"), 10 * SIN - 20 * COS),
        ([0.999, 0.04, 0, -0.04, 0.999, 0], ("R", "L", "A", "P"), 30),
    ],
)
def test_a_slice_says_how_it_lies(
    tmp_path: Path, orientation: list[float], letters: tuple[str, ...], position: float
) -> None:
    image = read_image(ct(tmp_path / "a.dcm", ImageOrientationPatient=orientation))
    assert orientation_letters(image) == letters
    assert slice_position_mm(image) == pytest.approx(position, abs=0.01)


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (["L", "F"], ("R", "L", "H", "F")),
        (["R", "F"], ("L", "R", "H", "F")),
        (["AL", "FP"], ("PR", "AL", "HA", "FP")),
        (["L", ""], None),
        (["LE", "V"], None),
        ("L", None),
        (None, None),
    ],
)
def test_a_projection_says_it_in_letters(
    tmp_path: Path, orientation: object, letters: tuple[str, ...] | None
) -> None:
    path = ct(tmp_path / "a.dcm", Modality="DX", ImageOrientationPatient=None, PatientOrientation=orientation)
    assert orientation_letters(read_image(path)) == letters
    assert slice_position_mm(read_image(path)) is None


def test_frames_of_an_enhanced_ct_lie_where_their_groups_say(tmp_path: Path) -> None:
    enhanced_ct(tmp_path / "a.dcm", np.stack([ramp(), ramp()]))
    frames = list(open_series(tmp_path / "a.dcm"))
    assert [orientation_letters(frame) for frame in frames] == [("R", "L", "A", "P")] * 2
    assert [slice_position_mm(frame) for frame in frames] == [0, 3]


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha", ".nrrd"])
def test_a_volume_lies_as_its_cosines_say(tmp_path: Path, suffix: str) -> None:
    itk = simple_itk()
    volume = itk.GetImageFromArray(np.zeros((3, 4, 5), np.int16))
    volume.SetSpacing((1, 1, 2))
    volume.SetOrigin((0, 0, -7))
    itk.WriteImage(volume, str(tmp_path / f"axial{suffix}"))
    axial = open_series(tmp_path / f"axial{suffix}")
    assert orientation_letters(axial[1]) == ("R", "L", "A", "P")
    assert [slice_position_mm(image) for image in axial] == [-7, -5, -3]

    volume.SetDirection((0, 0, 1, 1, 0, 0, 0, -1, 0))  # columns to the back, rows to the feet, slices left
    itk.WriteImage(volume, str(tmp_path / f"sagittal{suffix}"))
    sagittal = open_series(tmp_path / f"sagittal{suffix}")
    assert orientation_letters(sagittal[1]) == ("A", "P", "H", "F")
    assert slice_position_mm(sagittal[1]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.mhd", "ObjectType = Image\nNDims = 3\nDimSize = 5 4 3\nElementType = MET_SHORT\n"
                  "ElementDataFile = a.raw\n"),
        ("a.nhdr", "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 4 3\nendian: little\nencoding: raw\n"
                   "data file: a.raw\n\n"),
    ],
)  # fmt: skip
def test_a_volume_that_does_not_say_is_not_guessed_at(tmp_path: Path, name: str, header: str) -> None:
    (tmp_path / name).write_text(header)
    (tmp_path / "a.raw").write_bytes(bytes(120))
    image = read_image(tmp_path / name)
    assert orientation_letters(image) is None
    assert slice_position_mm(image) is None


def test_neither_is_a_nifti_without_a_form(tmp_path: Path) -> None:
    itk = simple_itk()
    itk.WriteImage(itk.GetImageFromArray(np.zeros((3, 4, 5), np.int16)), str(tmp_path / "a.nii"))
    data = bytearray((tmp_path / "a.nii").read_bytes())
    data[252:256] = bytes(4)  # qform_code and sform_code
    (tmp_path / "a.nii").write_bytes(data)
    assert orientation_letters(read_image(tmp_path / "a.nii")) is None


def test_a_picture_has_no_letters(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8), np.uint8))
    assert orientation_letters(read_image(tmp_path / "a.png")) is None
    assert slice_position_mm(read_image(tmp_path / "a.png")) is None


def test_a_generated_image_has_the_letters_that_its_file_will_have(tmp_path: Path) -> None:
    made = Image(np.zeros((16, 16), np.int16), (1.0, 1.0), Calibration.IMAGER, modality="DX")
    for number, image in enumerate((made, replace(made, unit="HU", modality="CT"))):
        write_image(image, tmp_path / f"{number}.dcm")
        letters = orientation_letters(image)
        assert letters is not None
        assert letters == orientation_letters(read_image(tmp_path / f"{number}.dcm"))
