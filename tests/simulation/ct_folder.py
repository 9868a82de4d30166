"""A synthetic CT written as DICOM: an ellipsoid of a trunk with bones, contrast medium and a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SPACING = 2.5
SLICE = 5.0


def trunk_hu(slices: int = 76, size: int = 160, lungs: float = 0.0) -> NDArray[np.int16]:
    """(slices, size, size) HU, first slice at the head; `lungs` is the share of slices with lungs in them."""
    hu = np.full((slices, size, size), -1000, np.int16)
    y, x = np.mgrid[:size, :size].astype(float) * SPACING
    cx, cy = size * SPACING / 2, size * SPACING / 2 - 20

    def inside(a: float, b: float, dx: float = 0.0, dy: float = 0.0) -> NDArray[np.bool_]:
        return ((x - cx - dx) / a) ** 2 + ((y - cy - dy) / b) ** 2 <= 1

    for z in range(slices):
        level = z / slices
        hu[z][inside(160, 105)] = -90
        hu[z][inside(145, 90)] = 40
        if level < lungs:
            for side in (-1, 1):
                hu[z][inside(55, 65, side * 70)] = -850
        spine = inside(21, 16, 0, 50) | inside(5, 18, 0, 78)
        hu[z][spine] = 350
        if level < 0.35:  # ribs, slanting down to the sides
            for side in (-1, 1):
                turn = 0.25 + 0.9 * ((z % 6) / 6)
                hu[z][inside(7, 6, side * 140 * np.sin(turn), 84 * np.cos(turn))] = 500
        if level > 0.55:  # hip bones with the sacrum between them
            grown = min(1.0, (level - 0.55) * 8)
            for side in (-1, 1):
                hu[z][inside(14 + 22 * grown, 10 + 25 * grown, side * 85, 38)] = 450
            if level > 0.72:
                hu[z][inside(45, 14, 0, 58)] = 350
        if 0.38 < level < 0.5:  # a loop of bowel full of contrast medium
            hu[z][inside(18, 14, 55, -35)] = 900
    hu[:, int((cy + 118) / SPACING) : int((cy + 126) / SPACING), 10:-10] = 300  # the table
    return hu


def write_ct(folder: Path, hu: NDArray[np.int16], modality: str = "CT") -> Path:
    """Writes `hu` as one series of axial slices, head first."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    folder.mkdir(parents=True, exist_ok=True)
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    for z, plane in enumerate(hu):
        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid()
        data.SeriesInstanceUID, data.StudyInstanceUID, data.FrameOfReferenceUID = series, study, frame
        data.Modality, data.PatientID, data.PatientName = modality, "P", "P"
        data.InstanceNumber = z + 1
        data.ImagePositionPatient = [0.0, 0.0, -SLICE * z]
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.PixelSpacing, data.SliceThickness = [SPACING, SPACING], SLICE
        data.Rows, data.Columns = plane.shape
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
        data.RescaleIntercept, data.RescaleSlope = 0, 1
        data.PixelData = plane.astype("<i2").tobytes()
        data.save_as(folder / f"{z:03d}.dcm", enforce_file_format=True)
    return folder
