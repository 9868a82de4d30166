"""Decoding the stored values of one frame."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.uid import ExplicitVRBigEndian

from app.imaging.dicom.codecs import check_codec, decode
from app.imaging.dicom.header import Header, open_stream, value
from app.imaging.dicom.layout import Layout
from app.imaging.failures import damaged


def stored_values(header: Header, shape: Layout, frame: int) -> NDArray[Any]:
    """The stored values of one frame, (rows, columns), native byte order, unused bits cleared.

    Native pixels are a read-only view of the bytes as they were read; nothing is copied unless their bytes
    must be swapped or bits beside the value cleared.

    Raises:
        LithographError: the pixels are missing, contradict the header, or their codec is unknown.
    """
    swapped_bytes = header.syntax == ExplicitVRBigEndian and shape.allocated == 8 and header.vr == "OW"
    check_codec(header.path, header.syntax)
    if header.syntax.is_encapsulated:
        values = _encapsulated(header, shape, frame)
    elif swapped_bytes:
        values = _swapped_bytes(header, shape, frame)
    else:
        values = _native(header, shape, frame)
    return values if header.keyword != "PixelData" else _used_bits(values, shape)


def _native(header: Header, shape: Layout, frame: int) -> NDArray[Any]:
    if header.keyword != "PixelData":
        kind = np.dtype(f"f{shape.allocated // 8}")
    else:
        kind = shape.dtype
    if header.syntax == ExplicitVRBigEndian:
        kind = kind.newbyteorder(">")
    size = shape.rows * shape.columns * kind.itemsize
    with open_stream(header.path) as stream:
        stream.seek(header.offset + frame * size)
        raw = stream.read(size)
    values = np.frombuffer(raw, kind).reshape(shape.rows, shape.columns)
    return values if kind.isnative else values.astype(kind.newbyteorder("="))


def _swapped_bytes(header: Header, shape: Layout, frame: int) -> NDArray[Any]:
    # 8-bit pixels as big-endian words: each pair of bytes is swapped, across the ends of odd frames too.
    size = shape.rows * shape.columns
    with open_stream(header.path) as stream:
        stream.seek(header.offset)
        raw = stream.read((size * shape.frames + 1) & ~1)
    values = np.frombuffer(raw, np.uint16).byteswap().view(shape.dtype)[frame * size : (frame + 1) * size]
    return values.reshape(shape.rows, shape.columns)


def _encapsulated(header: Header, shape: Layout, frame: int) -> NDArray[Any]:
    if header.length >= 0:
        raise damaged(header.path, f"its pixels are not compressed although it says {header.syntax.name}")
    tables = [value(header.dataset, name) for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")]
    offsets = (tables[0], tables[1]) if all(tables) else None
    with open_stream(header.path) as stream:
        _check_items(header, stream)
        stream.seek(header.offset)
        code = get_frame(stream, frame, extended_offsets=offsets, number_of_frames=shape.frames)
    return decode(header.path, code, header.syntax, shape)


def _check_items(header: Header, stream: BinaryIO) -> None:
    # Decoders make something of half a codestream, and pydicom hands it to them without a word (PS3.5 §A.4).
    place, end = header.offset, header.offset + header.available
    while place + 8 <= end:
        stream.seek(place)
        group, element, length = struct.unpack("<HHI", stream.read(8))
        if (group, element) != (0xFFFE, 0xE000):
            return  # the delimiter; or something else, which pydicom names
        place += 8 + length
    if place > end:
        raise damaged(header.path, f"it ends {place - end:,} bytes before its compressed pixels do")


def _used_bits(values: NDArray[Any], shape: Layout) -> NDArray[Any]:
    # Bits beside the value may hold overlays or garbage (PS3.5 §8.1.1); most files keep them clean.
    if shape.high == shape.stored - 1:
        low, high = shape.limits
        if shape.stored == shape.allocated or (values.min() >= low and values.max() <= high):
            return values
    above = shape.allocated - 1 - shape.high
    return (values << above) >> (shape.allocated - shape.stored)
