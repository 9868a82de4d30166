"""Series with something amiss: what can be given is given, in order, and the rest is said."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.imaging import list_series, open_series
from app.imaging.itk import simple_itk
from app.imaging.series import Series
from tests.imaging.dicom_files import SERIES, ct, ramp
from tests.imaging.helpers import refusal

CORONAL = [1, 0, 0, 0, 0, -1]
SAGITTAL = [0, 1, 0, 0, 0, -1]


def add(folder: Path, number: int, z: float, **attributes: object) -> Path:
    """One slice at z, whose pixels all have the value of its number."""
    values = {
        "ImagePositionPatient": [0, 0, z],
        "InstanceNumber": number,
        "SOPInstanceUID": f"1.2.3.{number}",
        "RescaleIntercept": 0,
    }
    folder.mkdir(exist_ok=True)
    path = folder / f"{number:03d}.dcm"
    return ct(path, np.full((4, 4), number, np.uint16), **(values | attributes))  # type: ignore[arg-type]


def numbers(series: Series) -> list[int]:
    return [int(image.pixels[0, 0]) for image in series]


def test_a_sound_series_has_nothing_to_say(tmp_path: Path) -> None:
    for number in range(6):
        add(tmp_path, number, 2.5 * number + 0.02 * (number % 2))
    assert open_series(tmp_path).notes == ()


def test_missing_slices_are_counted_and_placed(tmp_path: Path) -> None:
    for number in range(12):
        add(tmp_path, number, -2.5 * number)
    for number in (4, 5):
        (tmp_path / f"{number:03d}.dcm").unlink()
    series = open_series(tmp_path)
    assert numbers(series) == [11, 10, 9, 8, 7, 6, 3, 2, 1, 0]
    assert series.notes == ("2 slices are missing: between image 6 and 7 lie 7.5 mm instead of 2.5 mm.",)
    (tmp_path / "009.dcm").unlink()
    (note,) = open_series(tmp_path).notes
    assert note.startswith("3 slices are missing, in 2 places; the first: between image 2 and 3 lie 5 mm")


def test_uneven_spacing_is_no_missing_slice(tmp_path: Path) -> None:
    for number, z in enumerate((0, 5, 10, 15, 16, 17, 18, 19)):
        add(tmp_path, number, z)
    assert open_series(tmp_path).notes == ("The slices are unevenly spaced: 1 to 5 mm apart.",)


def test_copies_are_left_out(tmp_path: Path) -> None:
    for number in range(5):
        add(tmp_path, number, 2 * number)
    (tmp_path / "copies").mkdir()
    for number in (1, 3):
        shutil.copy(tmp_path / f"{number:03d}.dcm", tmp_path / "copies")
    series = open_series(tmp_path)
    assert numbers(series) == [0, 1, 2, 3, 4]
    assert series.notes == ("2 duplicate slices are left out.",)
    assert all(image.source.path.parent == tmp_path for image in series)  # type: ignore[union-attr]


def test_another_image_of_the_same_place_stays_and_is_told_of(tmp_path: Path) -> None:
    for number in range(5):
        # Slabs with acquisition numbers of their own, which do not rise with the place.
        add(tmp_path, number, 2 * number, AcquisitionNumber=2 if number < 3 else 1)
    add(tmp_path, 9, 4, AcquisitionNumber=2)
    series = open_series(tmp_path)
    assert numbers(series) == [0, 1, 2, 9, 3, 4]
    assert series.notes == ("1 image lies where another one lies; they follow one another.",)


def test_passes_are_told_of_and_searched_for_gaps_each(tmp_path: Path) -> None:
    for phase in (1, 2):
        for place in range(5):
            if (phase, place) != (2, 3):
                add(tmp_path, 10 * phase + place, 2 * place, AcquisitionNumber=phase)
    series = open_series(tmp_path)
    assert numbers(series) == [10, 11, 12, 13, 14, 20, 21, 22, 24]
    assert series.notes == (
        "1 slice is missing: between image 8 and 9 lie 4 mm instead of 2 mm.",
        "The series holds 2 passes over the same places; they follow one another.",
    )


def test_other_orientations_are_series_of_their_own(tmp_path: Path) -> None:
    for number in range(6):
        add(tmp_path, number, 2 * number)
    for number in range(10, 13):
        add(tmp_path, number, 0, ImagePositionPatient=[0, -number, 0], ImageOrientationPatient=CORONAL)
    add(tmp_path, 20, 0, ImageOrientationPatient=SAGITTAL)
    add(tmp_path, 30, 0, ImageOrientationPatient=None, SeriesDescription="Dose")
    infos = list_series(tmp_path)
    assert [info.count for info in infos] == [6, 3, 1, 1]
    assert infos[0].uid == SERIES
    assert [info.description for info in infos] == ["", "coronal", "sagittal", "Dose, without a place"]
    main, coronal, *single = (open_series(tmp_path, info.uid) for info in infos)
    assert numbers(main) == [0, 1, 2, 3, 4, 5]
    assert main.notes == (
        "4 images of another orientation are left out; open them on their own.",
        "1 image without a place is left out; open it on its own.",
    )
    assert numbers(coronal) == [12, 11, 10]
    assert coronal.notes[0].startswith("7 images of another orientation are left out")
    assert [numbers(series) for series in single] == [[20], [30]]


def test_radial_planes_stay_together_by_number(tmp_path: Path) -> None:
    for number in range(8):
        angle = np.pi * number / 8
        along = [float(np.cos(angle)), float(np.sin(angle)), 0, 0, 0, -1]
        add(tmp_path, 8 - number, 0, ImageOrientationPatient=along)
    series = open_series(tmp_path)
    assert numbers(series) == list(range(1, 9))
    assert series.notes == ("The images lie in 8 orientations; they are in the order of their numbers.",)


@pytest.mark.parametrize(("modality", "notes"), [("CT", 1), ("CR", 0)])
def test_slices_without_a_place_are_in_the_order_of_their_numbers(
    tmp_path: Path, modality: str, notes: int
) -> None:
    for number in (3, 1, 2):
        add(tmp_path, number, 0, ImagePositionPatient=None, Modality=modality)
    series = open_series(tmp_path)
    assert numbers(series) == [1, 2, 3]
    said = "The images do not say where they lie; they are in the order of their numbers."
    assert series.notes == (said,) * notes
    add(tmp_path, 4, 0, ImagePositionPatient=None, Modality=modality, InstanceNumber=2)
    assert all("their numbers are missing or repeat" in note for note in open_series(tmp_path).notes)


def test_an_unreadable_file_is_told_of(tmp_path: Path) -> None:
    for number in range(5):
        add(tmp_path, number, 2 * number)
    whole = (tmp_path / "002.dcm").read_bytes()
    (tmp_path / "002.dcm").write_bytes(whole[:140] + b"\xff" * 40 + whole[180:])
    series = open_series(tmp_path)
    assert numbers(series) == [0, 1, 3, 4]
    assert "The file 002.dcm cannot be read as an image and is left out." in series.notes
    assert any(note.startswith("1 slice is missing") for note in series.notes)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told_of(tmp_path: Path) -> None:
    for number in range(4):
        add(tmp_path, number, 2 * number)
    (tmp_path / "003.dcm").chmod(0)
    assert open_series(tmp_path).notes == ("The file 003.dcm cannot be read as an image and is left out.",)


def test_a_slice_that_is_cut_off_is_refused_and_the_others_stay(tmp_path: Path) -> None:
    for number in range(3):
        add(tmp_path, number, 2 * number)
    series = open_series(tmp_path)
    path = tmp_path / "001.dcm"
    path.write_bytes(path.read_bytes()[:-10])
    assert "damaged or incomplete" in refusal(path, lambda: series[1])
    path.unlink()
    assert "There is no file" in refusal(path, lambda: series[1])
    assert [int(series[index].pixels[0, 0]) for index in (0, 2)] == [0, 2]
    shutil.rmtree(tmp_path)
    assert "There is no file" in refusal(tmp_path / "000.dcm", lambda: series[0])


def test_an_open_file_that_vanishes_is_missed_by_name_or_not_at_all(tmp_path: Path) -> None:
    frames = np.stack([ramp(), ramp()])
    ct(tmp_path / "a.dcm", frames)
    cv2.imwritemulti(str(tmp_path / "a.tif"), [frames[0], frames[1]])
    itk = simple_itk()
    itk.WriteImage(itk.GetImageFromArray(frames), str(tmp_path / "a.nii.gz"))
    opened = {name: open_series(tmp_path / name) for name in ("a.dcm", "a.tif", "a.nii.gz")}
    shutil.rmtree(tmp_path)
    for name in ("a.dcm", "a.tif"):
        assert "There is no file" in refusal(tmp_path / name, lambda name=name: opened[name][1])
    assert int(opened["a.nii.gz"][1].pixels.max()) == 4095, "a volume is in memory as a whole"
