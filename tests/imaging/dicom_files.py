"""DICOM files made in code: every kind of header that the reader has to cope with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

STUDY = "1.2.276.0.7230010.3.1.2.1"
SERIES = "1.2.276.0.7230010.3.1.3.1"


def ramp(
    height: int = 24, width: int = 32, low: int = 0, high: int = 4095, kind: Any = np.uint16
) -> NDArray[Any]:
    """(height, width) values that are all different in place and span `low` to `high`."""
    return np.linspace(low, high, height * width).round().astype(kind).reshape(height, width)


def header(pixels: NDArray[Any], **attributes: Any) -> Dataset:
    """A CT image of those stored values, (height, width) or (frames, height, width), with its identity.

    `attributes` replace or add; None removes.
    """
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = "1.2.276.0.7230010.3.1.4.1"
    dataset.StudyInstanceUID = STUDY
    dataset.SeriesInstanceUID = SERIES
    dataset.FrameOfReferenceUID = "1.2.276.0.7230010.3.1.5.1"
    dataset.Modality = "CT"
    dataset.Manufacturer = "Somebody"
    dataset.PatientName = "Mustermann^Erika"
    dataset.PatientID = "4711-0815"
    dataset.PatientBirthDate = "19640812"
    dataset.PatientSex = "F"
    dataset.StudyDate = "20240229"
    dataset.StudyTime = "121314"
    dataset.StudyID = "S1"
    dataset.AccessionNumber = "A77"
    dataset.ReferringPhysicianName = "Haus^Gregor"
    dataset.SeriesNumber = 3
    dataset.InstanceNumber = 1
    dataset.PixelSpacing = [0.8, 0.7]
    dataset.ImagePositionPatient = [-10, -20, 30]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.SliceThickness = 2
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.SamplesPerPixel = 1
    if pixels.ndim == 3:
        dataset.NumberOfFrames = len(pixels)
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    dataset.BitsAllocated = 8 * pixels.itemsize
    dataset.BitsStored = 12 if pixels.itemsize == 2 else 8 * pixels.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.RescaleIntercept = -1024
    dataset.RescaleSlope = 1
    data = pixels.tobytes()
    dataset.add_new("PixelData", "OB" if pixels.itemsize == 1 else "OW", data + b"\0" * (len(data) % 2))
    for keyword, value in attributes.items():
        if value is None:
            dataset.pop(keyword, None)
        else:
            setattr(dataset, keyword, value)
            if keyword == "BitsStored" and "HighBit" not in attributes:
                dataset.HighBit = value - 1
    return dataset


def save(dataset: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Writes a dataset whose pixels are already encoded as `syntax` says (native: little endian)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CTImageStorage)
    meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", generate_uid())
    meta.TransferSyntaxUID = syntax
    dataset.file_meta = meta
    if syntax == ExplicitVRBigEndian and dataset.get("BitsAllocated", 0) > 8:
        size = dataset.BitsAllocated // 8
        dataset.PixelData = np.frombuffer(dataset.PixelData, f"<u{size}").byteswap().tobytes()
    pydicom.dcmwrite(
        path,
        dataset,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != ExplicitVRBigEndian,
        enforce_file_format=True,
    )
    return path


def ct(
    path: Path, pixels: NDArray[Any] | None = None, syntax: str = ExplicitVRLittleEndian, **attributes: Any
) -> Path:
    """`header` and `save` in one: a CT of a ramp unless pixels are given."""
    return save(header(ramp() if pixels is None else pixels, **attributes), path, syntax)


def lut_item(entries: NDArray[Any], first: int = 0, bits: int = 16) -> Dataset:
    """An item of a Modality LUT Sequence (PS3.3 §C.11.1)."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries) % 65536, first, bits])
    item.add_new("LUTData", "OW", entries.astype("<u2").tobytes())
    item.ModalityLUTType = "US"
    return item


def enhanced_ct(path: Path, frames: NDArray[np.uint16]) -> Path:
    """An Enhanced CT (PS3.3 §A.38): what is shared and what is per frame lies in functional groups."""
    dataset = header(frames, SOPClassUID=EnhancedCTImageStorage)
    for keyword in ("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "RescaleSlope"):
        del dataset[keyword]
    del dataset.RescaleIntercept
    dataset.ContentDate, dataset.ContentTime = "20240229", "121315"
    dataset.AcquisitionDateTime = "20240229121314"
    shared = Dataset()
    shared.PixelMeasuresSequence = _one(PixelSpacing=[0.5, 0.4], SliceThickness=3)
    shared.PlaneOrientationSequence = _one(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    shared.CTImageFrameTypeSequence = _one(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    groups = []
    for number in range(len(frames)):
        group = Dataset()
        group.PlanePositionSequence = _one(ImagePositionPatient=[0, 0, 3 * number])
        group.PixelValueTransformationSequence = _one(
            RescaleIntercept=-1000 - number, RescaleSlope=1, RescaleType="HU"
        )
        group.FrameVOILUTSequence = _one(WindowCenter=40 + number, WindowWidth=400)
        group.FrameContentSequence = _one(
            FrameAcquisitionDateTime="20240229121314", InStackPositionNumber=number + 1
        )
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    return save(dataset, path)


def _one(**attributes: Any) -> Sequence:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return Sequence([item])
