"""A generated image as a DICOM instance of its own: digital X-ray, or CT where it is in Hounsfield units."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, DigitalXRayImageStorageForPresentation, generate_uid

from app.imaging.dicom.codes import SYNTHESIZING, equipment
from app.imaging.dicom.encode import file_bytes, set_pixels
from app.imaging.image import Calibration, Image


def new_instance(image: Image, description: str, entropy: str) -> bytes:
    """The file of a complete instance (PS3.3 §A.26 Digital X-Ray, §A.3 CT) for integer pixels.

    Stored values are the pixels less the lower end of `image.value_range`, in as many bits as the range
    takes. The patient is called SYNTHETIC; UIDs and numbers follow from `entropy`.
    """
    low, high = (round(end) for end in image.value_range)
    bits = max(1, (high - low).bit_length())
    if image.pixels.dtype.kind not in "iu" or bits > 16:
        raise ValueError(f"{image.pixels.dtype} pixels of {bits} bits cannot be stored")
    hounsfield = image.unit == "HU"
    dataset = Dataset()
    _patient_and_study(dataset, entropy)
    dataset.SOPClassUID = CTImageStorage if hounsfield else DigitalXRayImageStorageForPresentation
    dataset.SOPInstanceUID = _uid("instance", entropy)
    dataset.SeriesInstanceUID = _uid("series", entropy)
    dataset.Modality = "CT" if hounsfield else "DX"
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.SeriesDescription = "Synthetic background"
    dataset.Manufacturer = "Lithograph"
    dataset.ManufacturerModelName = "Lithograph"
    dataset.SyntheticData = "YES"
    dataset.DerivationDescription = description[:1024]
    dataset.ContributingEquipmentSequence = Sequence([equipment(SYNTHESIZING, description[:1024])])
    dataset.BurnedInAnnotation = "NO"
    dataset.LossyImageCompression = "00"
    dataset.PhotometricInterpretation = "MONOCHROME1" if image.inverted else "MONOCHROME2"
    dataset.RescaleIntercept = low
    dataset.RescaleSlope = 1
    windows = image.windows or (image.automatic_window,)
    dataset.WindowCenter = [_decimal(window.centre) for window in windows]
    dataset.WindowWidth = [_decimal(window.width) for window in windows]
    if any(window.name for window in windows):
        dataset.WindowCenterWidthExplanation = [window.name or "window" for window in windows]
    if hounsfield:
        _ct(dataset, image, entropy)
    else:
        _digital_xray(dataset, image)
    stored = np.clip(image.pixels.astype(np.int64) - low, 0, high - low)
    set_pixels(dataset, stored.astype(np.uint8 if bits <= 8 else np.uint16), bits, signed=False)
    return file_bytes(dataset)


def _patient_and_study(dataset: Dataset, entropy: str) -> None:
    number = int(_uid("patient", entropy).rsplit(".", 1)[-1]) % 10**8
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = f"SYNTHETIC^{number:08d}"
    dataset.PatientID = f"SYN-{number:08d}"
    dataset.PatientBirthDate = None
    dataset.PatientSex = None
    dataset.StudyInstanceUID = _uid("study", entropy)
    dataset.StudyDate = None
    dataset.StudyTime = None
    dataset.ReferringPhysicianName = None
    dataset.StudyID = None
    dataset.AccessionNumber = None


def _digital_xray(dataset: Dataset, image: Image) -> None:
    dataset.ImageType = ["DERIVED", "PRIMARY", ""]
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageLaterality = "U"
    dataset.AnatomicRegionSequence = Sequence()
    dataset.AcquisitionContextSequence = Sequence()
    dataset.DetectorType = None
    dataset.PatientOrientation = ["L", "F"]
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1 if image.inverted else -1
    dataset.RescaleType = "US"
    dataset.PresentationLUTShape = "INVERSE" if image.inverted else "IDENTITY"
    # The object asks for an ImagerPixelSpacing, but an invented one would make sizes in mm wrong.
    if image.spacing is not None:
        dataset.ImagerPixelSpacing = [_decimal(mm) for mm in image.spacing]
        if image.calibration is not Calibration.IMAGER:
            dataset.PixelSpacing = [_decimal(mm) for mm in image.spacing]


def _ct(dataset: Dataset, image: Image, entropy: str) -> None:
    dataset.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    dataset.RescaleType = "HU"
    dataset.KVP = None
    dataset.AcquisitionNumber = None
    dataset.SliceThickness = None
    dataset.FrameOfReferenceUID = _uid("frame of reference", entropy)
    dataset.PositionReferenceIndicator = None
    dataset.PatientPosition = "HFS"
    if image.spacing is None:
        return  # the Image Plane module is mandatory, but an invented spacing would make sizes in mm wrong
    down, across = image.spacing
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [
        _decimal(-across * (image.width - 1) / 2), _decimal(-down * (image.height - 1) / 2), 0
    ]  # fmt: skip
    dataset.PixelSpacing = [_decimal(down), _decimal(across)]


def _uid(purpose: str, entropy: str) -> str:
    return generate_uid(entropy_srcs=["lithograph", purpose, entropy])


def _decimal(value: float) -> str:
    """A decimal string of at most 16 characters (PS3.5 §6.2)."""
    return f"{value:.10g}"[:16]
