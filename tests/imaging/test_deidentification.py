"""What names the patient does not survive, wherever it hides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ImplicitVRLittleEndian

from app.imaging import Provenance, read_image, write_image
from tests.imaging.dicom_files import STUDY, ct, enhanced_ct, header, ramp, save

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom.*")

SECRETS = [
    b"Mustermann",
    b"Erika",
    b"4711-0815",
    b"19640812",
    b"Gregor",
    b"20240229",
    b"A77",
    b"SECRET",
    b"Klinik",
]
PROVENANCE = Provenance("Composite of 1 lesion.", "scene")


def _loaded(**attributes: object) -> Dataset:
    """A header that names its patient in every corner."""
    request = Dataset()
    request.RequestedProcedureDescription = "SECRET wish"
    request.ScheduledPerformingPhysicianName = "Mustermann^SECRET"
    deep = Dataset()
    deep.PatientName = "Mustermann^Erika"
    deep.PatientID = "4711-0815"
    deep.add_new(0x00110010, "LO", "SECRET VENDOR")
    deep.add_new(0x00111001, "LO", "SECRET deep")
    deep.ReferencedSOPInstanceUID = "1.2.276.0.7230010.3.1.4.1"
    request.ReferencedStudySequence = Sequence([deep])
    procedure = Dataset()
    procedure.CodeMeaning = "Abdomen"
    procedure.add_new(0x00290010, "LO", "SECRET VENDOR")
    procedure.add_new(0x00291010, "OB", b"SECRET")
    dataset = header(ramp(), RequestAttributesSequence=Sequence([request]))
    dataset.ProcedureCodeSequence = Sequence([procedure])
    dataset.OtherPatientIDs = "4711-0815"
    dataset.OtherPatientIDsSequence = Sequence([deep])
    dataset.InstitutionName = "Klinik SECRET"
    dataset.InstitutionAddress = "SECRET street"
    dataset.OperatorsName = "SECRET"
    dataset.StationName = "SECRET"
    dataset.PatientComments = "SECRET"
    dataset.ImageComments = "Erika"
    dataset.StudyDescription = "SECRET"
    dataset.SeriesDate = dataset.ContentDate = dataset.AcquisitionDate = "20240229"
    dataset.AcquisitionDateTime = "20240229121314"
    dataset.DeviceSerialNumber = "SECRET"
    dataset.add_new(0x00090010, "LO", "SECRET VENDOR")
    dataset.add_new(0x00091001, "UN", b"SECRET")
    dataset.add_new(0x60000010, "US", 24)
    dataset.add_new(0x60000011, "US", 32)
    dataset.add_new(0x60000100, "US", 1)
    dataset.add_new(0x60000102, "US", 0)
    dataset.add_new(0x60003000, "OW", b"SECRET" * 16)
    dataset.add_new(0x00085555, "LO", "SECRET")  # of no dictionary
    dataset.ReferencedImageSequence = Sequence([_reference("1.2.276.0.7230010.3.1.4.9")])
    dataset.SourceImageSequence = Sequence([_reference("1.2.276.0.7230010.3.1.4.8")])
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def _reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = uid
    return item


@pytest.mark.parametrize("implicit", [True, False])
def test_nothing_of_the_patient_survives(tmp_path: Path, implicit: bool) -> None:
    syntax = [ImplicitVRLittleEndian] if implicit else []
    path = save(_loaded(), tmp_path / "a.dcm", *syntax)
    assert all(secret in path.read_bytes() for secret in SECRETS)
    write_image(read_image(path), tmp_path / "b.dcm", provenance=PROVENANCE)
    data = (tmp_path / "b.dcm").read_bytes()
    assert [secret for secret in SECRETS if secret in data] == []
    assert b"1.2.276.0.7230010" not in data, "no UID of the source either"
    written = pydicom.dcmread(tmp_path / "b.dcm")
    assert [element.tag for element in written.iterall() if element.tag.is_private] == []
    assert written.PatientName == "ANONYMOUS"
    assert str(written.PatientID).startswith("ANON-")
    assert (written.PatientBirthDate, written.PatientSex, written.StudyDate) == ("", "", "")
    assert written.ProcedureCodeSequence[0].CodeMeaning == "Abdomen", "codes stay"


def test_it_says_so(tmp_path: Path) -> None:
    write_image(read_image(save(_loaded(BurnedInAnnotation="YES"), tmp_path / "a.dcm")), tmp_path / "b.dcm")
    written = pydicom.dcmread(tmp_path / "b.dcm")
    assert written.PatientIdentityRemoved == "YES"
    assert "PS3.15" in written.DeidentificationMethod
    assert len(written.DeidentificationMethod) <= 64
    (code,) = written.DeidentificationMethodCodeSequence
    assert (code.CodeValue, code.CodingSchemeDesignator) == ("113100", "DCM")
    assert written.LongitudinalTemporalInformationModified == "REMOVED"
    assert written.BurnedInAnnotation == "YES", "what is in the pixels is not looked at"
    purposes = [
        item.PurposeOfReferenceCodeSequence[0].CodeValue for item in written.ContributingEquipmentSequence
    ]
    assert purposes == ["109103", "109104"]
    assert "SourceImageSequence" not in written
    assert "ReferencedImageSequence" not in written


def test_replaced_uids_are_consistent_within_a_study(tmp_path: Path) -> None:
    written = []
    for number in (1, 2):
        path = ct(
            tmp_path / f"{number}.dcm",
            InstanceNumber=number,
            SOPInstanceUID=f"1.2.276.0.7230010.3.1.4.{number}",
        )
        write_image(read_image(path), tmp_path / "b.dcm", provenance=Provenance("x", f"scene {number}"))
        written.append(pydicom.dcmread(tmp_path / "b.dcm"))
    first, second = written
    assert first.StudyInstanceUID == second.StudyInstanceUID != STUDY
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID != "1.2.276.0.7230010.3.1.5.1"
    assert first.PatientID == second.PatientID
    assert first.SOPInstanceUID != second.SOPInstanceUID
    for dataset in written:
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            assert pydicom.uid.UID(dataset[keyword].value).is_valid


def test_enhanced_images_keep_what_they_must_have(tmp_path: Path) -> None:
    path = enhanced_ct(tmp_path / "a.dcm", np.stack([ramp(), ramp()]))
    write_image(read_image(path), tmp_path / "b.dcm")
    assert b"2024022912" not in (tmp_path / "b.dcm").read_bytes()
    written = pydicom.dcmread(tmp_path / "b.dcm")
    (group,) = written.PerFrameFunctionalGroupsSequence
    assert group.FrameContentSequence[0].FrameAcquisitionDateTime, "type 1: a dummy, not nothing"
    assert group.FrameContentSequence[0].InStackPositionNumber == 2
    assert len(group.DerivationImageSequence[0].SourceImageSequence) == 0
    assert written.ContentDate == "19000101"
    assert written.AcquisitionDateTime == "19000101000000"


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "693_J2KI.dcm", "examples_overlay.dcm"])
def test_real_headers(tmp_path: Path, name: str) -> None:
    source = pydicom.dcmread(get_testdata_file(name))
    write_image(read_image(get_testdata_file(name)), tmp_path / "b.dcm")
    written = pydicom.dcmread(tmp_path / "b.dcm")
    named = {
        str(element.value)
        for element in source.iterall()
        if element.VR in ("PN", "DA", "DT") and element.value and not element.tag.is_private
    }
    named |= {str(source.PatientID), str(source.SOPInstanceUID), str(source.StudyInstanceUID)}
    left = {str(element.value) for element in written.iterall() if element.VR != "SQ"}
    assert named & left <= {""}
