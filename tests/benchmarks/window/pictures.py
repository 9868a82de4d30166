"""The images that the window is measured with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID

SMALL = (1024, 1024)
LARGE = (3141, 3292)
SLICES = 275


def write_radiograph(path: Path, size: tuple[int, int]) -> None:
    """An uncompressed 16-bit DICOM of a smooth, grainy picture of that (height, width)."""
    from pydicom.uid import DigitalXRayImageStorageForPresentation

    dataset = _dataset(_grain(size, 2000, 300), DigitalXRayImageStorageForPresentation)
    dataset.Modality = "DX"
    dataset.PixelSpacing = [430 / size[0], 430 / size[0]]
    dataset.WindowCenter, dataset.WindowWidth = 2048, 4096
    dataset.save_as(path, enforce_file_format=True)


def compress(source: Path, target: Path) -> None:
    """The same picture in JPEG 2000, lossless."""
    import pydicom
    from pydicom.uid import JPEG2000Lossless

    dataset = pydicom.dcmread(source)
    dataset.compress(JPEG2000Lossless)
    dataset.save_as(target)


def write_series(folder: Path) -> None:
    """A chest CT of `SLICES` DICOM files of 512² pixels: a body with two lungs, and grain."""
    from pydicom.uid import CTImageStorage, generate_uid

    folder.mkdir()
    y, x = np.mgrid[-1:1:512j, -1:1:512j]
    tissue = np.where(np.hypot(x / 0.9, y / 0.75) < 1, 1040, 0)
    for side in (-0.4, 0.4):
        tissue[np.hypot((x - side) / 0.28, y / 0.5) < 1] = 180
    series, frame = generate_uid(), generate_uid()
    grain = _grain((512, 512), 0, 8, low=-200)
    for number in range(SLICES):
        pixels = np.clip(tissue + np.roll(grain, number, 0), 0, 4095).astype(np.uint16)
        dataset = _dataset(pixels, CTImageStorage)
        dataset.Modality, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "CT", series, frame
        dataset.InstanceNumber = number + 1
        dataset.PixelSpacing, dataset.SliceThickness = [0.75, 0.75], 1.25
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.ImagePositionPatient = [-192, -192, 1.25 * number]
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = -1024, 1, "HU"
        dataset.save_as(folder / f"{number:04}.dcm", enforce_file_format=True)


def _grain(size: tuple[int, int], mean: float, spread: float, low: int = 0) -> NDArray[Any]:
    import cv2

    rng = np.random.default_rng(1)
    coarse = rng.normal(mean, spread, (40, 40)).astype(np.float32)
    smooth = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + rng.normal(0, 20, size), low, 4095).astype(np.int32)


def _dataset(pixels: NDArray[Any], kind: UID) -> Any:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = kind
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelData = pixels.astype(np.uint16).tobytes()
    return dataset
