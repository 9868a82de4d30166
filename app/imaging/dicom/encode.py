"""A dataset as the bytes of a DICOM file: explicit VR little endian, no preamble text, no times."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, ExplicitVRLittleEndian

from app import __version__


def set_pixels(dataset: Dataset, stored: NDArray[Any], bits_stored: int, signed: bool) -> None:
    """Makes (rows, columns) stored values the pixels of a dataset (PS3.3 §C.7.6.3)."""
    dataset.SamplesPerPixel = 1
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated = 8 * stored.itemsize
    dataset.BitsStored = bits_stored
    dataset.HighBit = bits_stored - 1
    dataset.PixelRepresentation = int(signed)
    data = stored.astype(stored.dtype.newbyteorder("<"), copy=False).tobytes()
    dataset.add_new("PixelData", "OB" if stored.itemsize == 1 else "OW", data + b"\0" * (len(data) % 2))
    for keyword, value in (
        ("SmallestImagePixelValue", stored.min()),
        ("LargestImagePixelValue", stored.max()),
    ):
        if keyword in dataset:
            del dataset[keyword]
            if stored.itemsize <= 2:
                dataset.add_new(keyword, "SS" if signed else "US", int(value))


def file_bytes(dataset: Dataset) -> bytes:
    """The whole file, preamble and file meta information (PS3.10 §7.1) first."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    meta.ImplementationVersionName = f"LITHOGRAPH {__version__}"[:16]
    dataset.file_meta = meta
    buffer = io.BytesIO()
    pydicom.dcmwrite(
        buffer, dataset, implicit_vr=False, little_endian=True, enforce_file_format=True, overwrite=True
    )
    return buffer.getvalue()


def drop_unwritable(dataset: Dataset) -> None:
    """Removes what has no place in a file and what cannot be encoded, such as text where a number belongs."""
    for tag in list(dataset.keys()):
        if tag.group < 0x0008:  # of a message, of the file meta information, of a DICOMDIR
            del dataset[tag]
            continue
        try:
            element = dataset[tag]
            if element.VR == "SQ":
                for item in element.value:
                    drop_unwritable(item)
            elif " or " not in element.VR:  # that is settled when the whole is written
                scratch = DicomBytesIO()
                scratch.is_little_endian, scratch.is_implicit_VR = True, False
                write_data_element(scratch, element)
                if element.VR in ("IS", "DS") and not element.is_empty:
                    np.asarray(element.value, float)
        except Exception:
            del dataset[tag]
