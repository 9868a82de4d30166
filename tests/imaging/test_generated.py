"""Generated images as DICOM instances of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.uid import CTImageStorage, DigitalXRayImageStorageForPresentation

from app.imaging import Calibration, Image, Provenance, Window, native_suffix, read_image, write_image
from tests.imaging.dicom_files import ramp

# Type 1 (with a value) and 2 (present) of the mandatory modules, PS3.3 Tables A.26.3-1 and A.3-1.
COMMON_1 = """
    SOPClassUID SOPInstanceUID StudyInstanceUID SeriesInstanceUID Modality SamplesPerPixel Rows Columns
    PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation PixelData ImageType
    RescaleIntercept RescaleSlope RescaleType"""
COMMON_2 = """
    PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime ReferringPhysicianName StudyID
    AccessionNumber SeriesNumber Manufacturer InstanceNumber"""
DX_1 = """
    PresentationIntentType ImageLaterality PixelIntensityRelationship PixelIntensityRelationshipSign
    PresentationLUTShape LossyImageCompression PatientOrientation BurnedInAnnotation ImagerPixelSpacing
    WindowCenter WindowWidth"""
DX_2 = "AnatomicRegionSequence DetectorType AcquisitionContextSequence"
CT_1 = "FrameOfReferenceUID PixelSpacing ImageOrientationPatient ImagePositionPatient"
CT_2 = "PositionReferenceIndicator SliceThickness KVP AcquisitionNumber"


def _radiograph(**options: object) -> Image:
    return Image(ramp(60, 50), spacing=(0.3, 0.2), calibration=Calibration.IMAGER, modality="DX", **options)


def _ct_slice() -> Image:
    return Image(
        ramp(60, 50, low=-1024, high=3071, kind=np.int16),
        spacing=(0.7, 0.6), calibration=Calibration.PIXEL_SPACING, unit="HU", modality="CT",
        value_range=(-1024, 3071), windows=(Window(-600, 1500, "Lung"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("image", "sop_class", "type_1", "type_2"),
    [
        (_radiograph(), DigitalXRayImageStorageForPresentation, (COMMON_1, DX_1), (COMMON_2, DX_2)),
        (_ct_slice(), CTImageStorage, (COMMON_1, CT_1), (COMMON_2, CT_2)),
    ],
    ids=["radiograph", "ct"],
)
def test_a_complete_instance(
    tmp_path: Path, image: Image, sop_class: str, type_1: tuple, type_2: tuple
) -> None:
    path = tmp_path / f"a{native_suffix(image)}"
    write_image(image, path, provenance=Provenance("A phantom.", "seed 7"))
    written = pydicom.dcmread(path)
    assert written.SOPClassUID == sop_class
    assert [keyword for keyword in " ".join(type_1).split() if written.get(keyword) in (None, "", [])] == []
    assert [keyword for keyword in " ".join(type_2).split() if keyword not in written] == []
    assert str(written.PatientName).startswith("SYNTHETIC^")
    assert written.SyntheticData == "YES"
    assert written.ContributingEquipmentSequence[0].PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
    assert (written.BitsStored, written.BitsAllocated, written.HighBit) == (12, 16, 11)
    assert all(
        written[keyword].value in ("", None) for keyword in ("StudyDate", "StudyTime", "PatientBirthDate")
    )


@pytest.mark.parametrize("image", [_radiograph(), _radiograph(inverted=True), _ct_slice()])
def test_it_reads_back_as_it_was(tmp_path: Path, image: Image) -> None:
    write_image(image, tmp_path / "a.dcm")
    again = read_image(tmp_path / "a.dcm")
    assert again.digest == image.digest
    for attribute in ("spacing", "calibration", "unit", "modality", "value_range", "inverted"):
        assert getattr(again, attribute) == getattr(image, attribute), attribute
    assert again.windows[0].width == pytest.approx(image.automatic_window.width)
    write_image(image, tmp_path / "b.dcm")
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()


def test_uids_follow_the_entropy(tmp_path: Path) -> None:
    uids = set()
    for entropy in ("seed 1", "seed 2"):
        write_image(_radiograph(), tmp_path / "a.dcm", provenance=Provenance("A phantom.", entropy))
        uids.add(pydicom.dcmread(tmp_path / "a.dcm").SOPInstanceUID)
    assert len(uids) == 2


def test_without_spacing_none_is_invented(tmp_path: Path) -> None:
    write_image(Image(ramp()), tmp_path / "a.dcm")
    assert read_image(tmp_path / "a.dcm").spacing is None


def test_other_depths(tmp_path: Path) -> None:
    for kind, high in ((np.uint8, 255), (np.uint16, 65535), (np.uint16, 16383)):
        image = Image(ramp(high=high, kind=kind), value_range=(0, high))
        write_image(image, tmp_path / "a.dcm")
        assert read_image(tmp_path / "a.dcm").digest == image.digest
    with pytest.raises(ValueError, match="cannot be stored"):
        write_image(Image(np.zeros((4, 4), np.float32)), tmp_path / "b.dcm")
