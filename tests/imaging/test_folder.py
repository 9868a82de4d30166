"""Folders of DICOM files: choosing a series, its order, and what is left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import EncapsulatedPDFStorage

from app.imaging import list_series, open_series, read_image
from tests.imaging.dicom_files import SERIES, ct, enhanced_ct, ramp
from tests.imaging.helpers import refusal

OTHER = "1.2.276.0.7230010.3.1.3.2"


def _slice(folder: Path, name: str, z: float, **attributes: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    attributes = {"ImagePositionPatient": [0, 0, z], "RescaleIntercept": 0, **attributes}
    return ct(folder / name, np.full((8, 8), round(z) % 4096, np.uint16), **attributes)


def test_slices_are_sorted_by_place_not_by_name_or_number(tmp_path: Path) -> None:
    for name, z, number in (("c", 5, 1), ("a", 15, 2), ("b", 10, 3), ("sub/d", 0, 4)):
        _slice(tmp_path / Path(name).parent, Path(name).name, z, InstanceNumber=number)
    series = open_series(tmp_path)
    assert [int(image.pixels[0, 0]) for image in series] == [0, 5, 10, 15]
    assert series.info.count == len(series) == 4
    assert series[-1].source.path == tmp_path / "a"
    again = read_image(series[2].source.path, series[2].source.index)
    assert again.digest == series[2].digest, "path and index of the source find it again"


def test_the_normal_decides_which_way_is_up(tmp_path: Path) -> None:
    for number, y in enumerate((30, 10, 20)):
        _slice(
            tmp_path,
            f"{number}",
            y,
            ImagePositionPatient=[0, y, 0],
            ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
        )
    # Coronal planes: the normal points to the back, y rises with it.
    assert [int(image.pixels[0, 0]) for image in open_series(tmp_path)] == [10, 20, 30]


def test_without_geometry_the_instance_number_decides(tmp_path: Path) -> None:
    for name, number in (("a", 10), ("b", 9), ("c", 1)):
        _slice(tmp_path, name, number, ImagePositionPatient=None, InstanceNumber=number)
    assert [int(image.pixels[0, 0]) for image in open_series(tmp_path)] == [1, 9, 10]


def test_several_passes_over_the_same_places_stay_together(tmp_path: Path) -> None:
    for place, z in enumerate((0, 5)):
        for phase in (2, 1):
            _slice(
                tmp_path, f"{place}{phase}", z + 100 * phase,
                ImagePositionPatient=[0, 0, z], AcquisitionNumber=phase,
            )  # fmt: skip
    assert [int(image.pixels[0, 0]) for image in open_series(tmp_path)] == [100, 105, 200, 205]


def test_series_to_choose_from(tmp_path: Path) -> None:
    for z in range(3):
        _slice(tmp_path, f"a{z}", z, SeriesDescription="Thin")
    _slice(
        tmp_path, "b", 50, SeriesInstanceUID=OTHER, SeriesNumber=1, Modality="CR", SeriesDescription="Scout"
    )
    (tmp_path / "notes.txt").write_text("nothing to see")
    (tmp_path / ".hidden.dcm").write_bytes(b"x")
    infos = list_series(tmp_path)
    assert [(info.uid, info.count, info.modality) for info in infos] == [(SERIES, 3, "CT"), (OTHER, 1, "CR")]
    assert infos[0].title == "3: Thin (CT, 3 images of 8 × 8)"
    assert infos[1].title == "1: Scout (CR, 1 image of 8 × 8)"
    assert open_series(tmp_path).info == infos[0]
    chosen = open_series(tmp_path, OTHER)
    assert (len(chosen), chosen.infos, chosen.title) == (1, tuple(infos), infos[1].title)
    assert int(read_image(tmp_path).pixels[0, 0]) == 1, "the middle of the longest series"
    assert int(read_image(tmp_path, 2, SERIES).pixels[0, 0]) == 2
    assert "holds no series 1.2.3" in refusal(tmp_path, open_series, tmp_path, "1.2.3")


def test_pixels_are_read_only_when_asked_for(tmp_path: Path) -> None:
    for z in range(3):
        _slice(tmp_path, f"a{z}", z)
    series = open_series(tmp_path)
    (tmp_path / "a1").unlink()
    assert int(series[0].pixels[0, 0]) == 0
    refusal(tmp_path / "a1", lambda: series[1])
    assert int(series[2].pixels[0, 0]) == 2


def test_frames_of_a_multi_frame_file_count_as_slices(tmp_path: Path) -> None:
    frames = np.stack([ramp(), ramp()[::-1]])
    enhanced_ct(tmp_path / "a.dcm", frames)
    series = open_series(tmp_path)
    assert len(series) == 2
    assert [image.source.index for image in series] == [0, 1]


def test_objects_that_are_no_images_are_left_out(tmp_path: Path) -> None:
    ct(tmp_path / "image.dcm")
    ct(tmp_path / "document.dcm", SOPClassUID=EncapsulatedPDFStorage, PixelData=None, SeriesInstanceUID=OTHER)
    assert [info.uid for info in list_series(tmp_path)] == [SERIES]


@pytest.mark.parametrize("files", [{}, {"a.txt": b"text"}, {"a.png": b"\x89PNG\r\n\x1a\n"}])
def test_folders_without_images(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert "holds no DICOM images" in refusal(tmp_path, open_series, tmp_path)


def test_a_folder_of_other_objects_says_what_they_are(tmp_path: Path) -> None:
    for name in "ab":
        ct(tmp_path / name, SOPClassUID=EncapsulatedPDFStorage, PixelData=None)
    assert "a PDF document wrapped in DICOM" in refusal(tmp_path, open_series, tmp_path)


def test_a_missing_folder(tmp_path: Path) -> None:
    refusal(tmp_path / "nowhere", list_series, tmp_path / "nowhere")


def test_nothing_heavy_is_imported_before_an_image_is_opened() -> None:
    heavy = ("pydicom", "SimpleITK", "PIL", "cv2", "tifffile", "scipy", "torch", "gdcm")
    code = f"import sys, app.imaging; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
