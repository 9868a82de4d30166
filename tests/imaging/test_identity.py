"""What the badge and the corner of the window say of the patient."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from app.imaging import Image, read_image, write_image
from app.imaging.identity import Identity, identity
from app.imaging.image import Calibration
from tests.imaging.dicom_files import ct

PERSONAL = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
NOBODY = dict.fromkeys(PERSONAL)


def test_a_header_that_names_its_patient(tmp_path: Path) -> None:
    found = identity(read_image(ct(tmp_path / "a.dcm", InstitutionName="Klinik", BurnedInAnnotation="YES")))
    assert found.state == "patient data"
    assert found.present[:4] == ("Patient's Name", "Patient ID", "Patient's Birth Date", "Patient's Sex")
    assert {"Accession Number", "Institution Name", "Referring Physician's Name", "Study Date"} <= set(
        found.present
    )
    assert not any("UID" in name or name in ("Modality", "Rows") for name in found.present)
    assert (found.deidentified, found.burnt_in, found.recognizable) == (False, "yes", "unknown")
    assert found.patient_lines == (
        "Mustermann, Erika",
        "ID 4711-0815",
        "born 1964-08-12, 59 years, F",
        "study of 2024-02-29",
    )


def test_what_is_blank_names_nobody(tmp_path: Path) -> None:
    nobody = {**NOBODY, "PatientName": " ", "PatientID": ""}
    found = identity(read_image(ct(tmp_path / "a.dcm", **nobody, BurnedInAnnotation="NO")))
    assert found == Identity("none found", burnt_in="no")


@pytest.mark.parametrize("where", ["private", "nested", "overlay"])
def test_identity_is_found_where_it_hides(tmp_path: Path, where: str) -> None:
    path = ct(tmp_path / "a.dcm", **NOBODY)
    dataset = pydicom.dcmread(path)
    if where == "private":
        dataset.private_block(0x0011, "VENDOR", create=True).add_new(1, "LO", "Erika")
    elif where == "nested":
        deep = Dataset()
        deep.OperatorsName = "Gregor"
        dataset.AnatomicRegionSequence = Sequence([deep])
    else:
        dataset.add_new(0x60000022, "LO", "Erika")
    dataset.save_as(path)
    found = identity(read_image(path))
    assert found.state == "patient data"
    name = {"private": "private attributes", "nested": "Operators' Name", "overlay": "overlays"}[where]
    assert found.present == (name,)


def test_what_was_saved_without_the_patient_says_so(tmp_path: Path) -> None:
    write_image(read_image(ct(tmp_path / "a.dcm", BurnedInAnnotation="YES")), tmp_path / "clean.dcm")
    found = identity(read_image(tmp_path / "clean.dcm"))
    assert (found.state, found.deidentified, found.burnt_in) == ("de-identified", True, "yes")
    assert not any("Mustermann" in line or "1964" in line for line in found.patient_lines)
    write_image(read_image(tmp_path / "a.dcm"), tmp_path / "kept.dcm", deidentify=False)
    assert identity(read_image(tmp_path / "kept.dcm")).state == "patient data"


def test_an_invented_patient_is_nobody(tmp_path: Path) -> None:
    pixels = np.full((16, 16), 7, np.uint16)
    generated = Image(pixels, (0.2, 0.2), Calibration.IMAGER, modality="DX")
    assert identity(generated).state == "no header"
    write_image(generated, tmp_path / "phantom.dcm")
    found = identity(read_image(tmp_path / "phantom.dcm"))
    assert (found.state, found.present, found.burnt_in) == ("none found", (), "no")


def test_other_formats_have_no_header_for_a_patient(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8), np.uint8))
    assert identity(read_image(tmp_path / "a.png")) == Identity("no header")


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ({"PatientAge": "009M"}, "born 1964-08-12, 9 months, F"),
        ({"PatientBirthDate": "not a date"}, "F"),
        ({"PatientBirthDate": "20250101", "PatientSex": "X"}, "born 2025-01-01"),
        ({"StudyDate": "20240811"}, "born 1964-08-12, 59 years, F"),
        ({"StudyDate": "20240812"}, "born 1964-08-12, 60 years, F"),
    ],
)
def test_age_is_that_at_the_study(tmp_path: Path, header: dict[str, str], line: str) -> None:
    assert identity(read_image(ct(tmp_path / "a.dcm", **header))).patient_lines[2] == line
