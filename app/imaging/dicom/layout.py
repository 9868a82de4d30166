"""How the pixels of a file are laid out, by its header."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from app.errors import LithographError
from app.imaging.dicom.header import Header, number
from app.imaging.failures import damaged
from app.imaging.limits import check_size

_MAX_PADDING = 4096


@dataclass(frozen=True)
class Layout:
    """The image pixel description (PS3.3 §C.7.6.3), checked against itself."""

    rows: int
    columns: int
    frames: int
    allocated: int
    stored: int
    high: int
    signed: bool

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the stored values as they lie in memory."""
        return np.dtype(f"{'i' if self.signed else 'u'}{self.allocated // 8}")

    @property
    def limits(self) -> tuple[int, int]:
        """The lowest and highest stored value."""
        if self.signed:
            return -(1 << (self.stored - 1)), (1 << (self.stored - 1)) - 1
        return 0, (1 << self.stored) - 1


def layout(header: Header) -> Layout:
    """The layout of a file's pixels.

    Raises:
        LithographError: attributes are missing, contradict each other or the pixels, or ask for too many.
    """
    path, dataset = header.path, header.dataset
    rows, columns = _whole(path, dataset, "Rows"), _whole(path, dataset, "Columns")
    check_size(path, rows, columns)
    frames = frame_count(header)
    if header.keyword == "PixelData":
        allocated = _whole(path, dataset, "BitsAllocated")
        stored = int(number(dataset, "BitsStored", float(allocated)) or allocated)
        high = int(number(dataset, "HighBit", stored - 1.0) or stored - 1)
        signed = bool(number(dataset, "PixelRepresentation", 0.0))
    else:
        allocated = stored = 32 if header.keyword == "FloatPixelData" else 64
        high, signed = stored - 1, True
    if allocated == 1:
        raise LithographError(
            f"{path} is a one-bit image, a mask rather than an image; open the image it belongs to."
        )
    sensible = stored - 1 <= high < allocated and 1 <= stored <= allocated
    if allocated not in (8, 16, 32, 64) or not sensible:
        raise damaged(path, f"{stored} of {allocated} bits, up to bit {high}, make no sense")
    shape = Layout(rows, columns, frames, allocated, stored, high, signed)
    _check_length(header, shape)
    return shape


def frame_count(header: Header) -> int:
    """NumberOfFrames, but no more than there can be in the file: 1 where the header talks nonsense."""
    frames = int(number(header.dataset, "NumberOfFrames", 1.0) or 1)
    return frames if 1 <= frames <= header.available else 1


def _check_length(header: Header, shape: Layout) -> None:
    if header.length > header.available:
        missing = header.length - header.available
        raise damaged(header.path, f"it ends {missing:,} bytes before its pixels do")
    expected = shape.frames * shape.rows * shape.columns * shape.allocated // 8
    if header.length >= 0 and not expected <= header.length <= expected + _MAX_PADDING:
        raise damaged(
            header.path,
            f"{shape.frames} × {shape.rows} × {shape.columns} pixels of {shape.allocated} bits "
            f"are not the {header.length:,} bytes it holds",
        )


def _whole(path: Path, dataset: Dataset, keyword: str) -> int:
    value = number(dataset, keyword)
    if value is None or value != int(value):
        raise damaged(path, f"its header does not say {keyword}")
    return int(value)
