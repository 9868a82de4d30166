"""The header of a DICOM file, and where its pixels lie."""

from __future__ import annotations

import io
import logging
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pydicom
from pydicom import config
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import data_element_generator, read_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from app.errors import LithographError
from app.imaging.failures import damaged
from app.imaging.limits import MAX_PIXELS

# Real headers break the rules of value representations all the time; nothing is gained by saying so.
config.settings.reading_validation_mode = config.IGNORE
config.settings.writing_validation_mode = config.IGNORE
logging.getLogger("pydicom").addHandler(logging.NullHandler())
warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")

_PIXELS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}
_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"UN", b"OL", b"OV")
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_UNDEFINED_LENGTH = 0xFFFFFFFF
MAX_INFLATED = 2 * MAX_PIXELS + (64 << 20)


@dataclass(frozen=True, eq=False)
class Header:
    """Everything of a file but its pixels, and where those begin."""

    path: Path
    dataset: Dataset
    syntax: UID
    keyword: str = ""
    """`PixelData`, `FloatPixelData`, `DoubleFloatPixelData`, or empty where there are no pixels."""
    vr: str = ""
    offset: int = 0
    """Where the value of the pixel element begins in the (inflated) stream."""
    length: int = 0
    """Bytes of that value that the header promises; -1 where they come in items of undefined length."""
    available: int = 0
    """Bytes from `offset` to the end of the stream."""


def read_header(path: Path, tags: list[str] | None = None) -> Header:
    """Reads a file up to its pixels; with `tags` (keywords) only those attributes.

    What follows the pixels (padding, signatures, private groups) is left out.

    Raises whatever pydicom meets in a damaged file; call it within `failures.reading`.
    """
    with open_stream(path) as stream:
        if isinstance(stream, _Inflated):
            dataset = read_dataset(stream, False, True, stop_when=_at_pixels, specific_tags=_numbers(tags))
            dataset.file_meta = stream.meta
        else:
            dataset = pydicom.dcmread(stream, stop_before_pixels=True, force=True, specific_tags=tags)
        syntax = _transfer_syntax(dataset)
        if syntax == ExplicitVRBigEndian:
            _swap_words(dataset)
        return _locate(path, dataset, syntax, stream)


def open_stream(path: Path) -> BinaryIO:
    """The file from its first byte, or the inflated dataset of a deflated one (PS3.5 §A.5)."""
    stream = path.open("rb")
    try:
        meta = _file_meta(stream)
        if meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian:
            with stream:
                return _Inflated(meta, _inflate(path, stream.read()))
        stream.seek(0)
        return stream
    except BaseException:
        stream.close()
        raise


class _Inflated(io.BytesIO):
    def __init__(self, meta: FileMetaDataset, data: bytes) -> None:
        super().__init__(data)
        self.meta = meta


def _file_meta(stream: BinaryIO) -> FileMetaDataset:
    # Leaves the stream where the dataset begins.
    meta = FileMetaDataset()
    stream.seek(128)
    if stream.read(4) == b"DICM":
        elements = data_element_generator(
            stream, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2
        )
        meta.update({element.tag: element for element in elements})
    return meta


def _inflate(path: Path, data: bytes) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(data, MAX_INFLATED)
    if inflater.unconsumed_tail:
        raise LithographError(
            f"{path} inflates to more than {MAX_INFLATED >> 20} MiB, which no image needs; export it again."
        )
    if not inflater.eof:
        raise damaged(path, "its deflated data end too early")
    return inflated


def _transfer_syntax(dataset: Dataset) -> UID:
    syntax = dataset.file_meta.get("TransferSyntaxUID") if hasattr(dataset, "file_meta") else None
    if syntax:
        return UID(syntax)
    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _swap_words(dataset: Dataset) -> None:
    # pydicom decodes numbers but leaves the bytes of tables and overlays as they lie in the file.
    for element in dataset.iterall():
        size = _WORDS.get(element.VR)
        if size and isinstance(element.value, bytes) and len(element.value) % size == 0:
            element.value = np.frombuffer(element.value, f">u{size}").astype(f"<u{size}").tobytes()


def _locate(path: Path, dataset: Dataset, syntax: UID, stream: BinaryIO) -> Header:
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    start = stream.read(12)
    if len(start) < 8:
        return Header(path, dataset, syntax)
    group, element, vr, _ = struct.unpack(order + "HH2sH", start[:8])
    keyword = _PIXELS.get(group << 16 | element)
    if keyword is None:
        return Header(path, dataset, syntax)
    if vr in _LONG_VRS:
        length, size = struct.unpack(order + "I", start[8:12])[0], 12
    else:
        length, size = struct.unpack(order + "I", start[4:8])[0], 8
    offset = stream.tell() - len(start) + size
    length = -1 if length == _UNDEFINED_LENGTH else length
    available = stream.seek(0, io.SEEK_END) - offset
    vr_name = vr.decode("ascii") if size == 12 else "OW"
    return Header(path, dataset, syntax, keyword, vr_name, offset, length, available)


def _at_pixels(tag: int, _vr: str | None, _length: int) -> bool:
    return tag in _PIXELS


def _numbers(tags: list[str] | None) -> list[int] | None:
    return None if tags is None else [pydicom.tag.Tag(tag) for tag in tags]


_FRAME_MACROS = (
    "PixelMeasuresSequence",
    "PixelValueTransformationSequence",
    "FrameVOILUTSequence",
    "PlanePositionSequence",
    "PlaneOrientationSequence",
)


def frame_view(dataset: Dataset, frame: int) -> Dataset:
    """The attributes that hold for one frame, as if it were a single-frame image.

    Enhanced images keep spacing, rescaling, windows and position in functional groups, shared or per frame
    (PS3.3 §C.7.6.16); here they lie at the top.
    """
    shared = value(dataset, "SharedFunctionalGroupsSequence") or []
    per_frame = value(dataset, "PerFrameFunctionalGroupsSequence") or []
    groups = [*shared[:1], *per_frame[frame : frame + 1]]
    if not groups:
        return dataset
    view = Dataset()
    view.update(dataset)
    for group in groups:
        for macro in _FRAME_MACROS:
            for item in (value(group, macro) or [])[:1]:
                view.update(item)
    return view


def value(dataset: Dataset, keyword: str) -> Any:
    """The value of an attribute; None where it is absent or damaged."""
    try:
        return dataset.get(keyword)
    except Exception:  # pydicom decodes values when they are asked for, and fails in many ways
        return None


def numbers(dataset: Dataset, keyword: str) -> list[float]:
    """The values of an attribute as numbers; empty where it is absent, empty or not finite numbers."""
    found = value(dataset, keyword)
    if found is None or found == "":
        return []
    several = found if isinstance(found, (list, tuple, pydicom.multival.MultiValue)) else [found]
    try:
        converted = [float(part) for part in several]
    except (ValueError, TypeError, OverflowError):
        return []
    return converted if all(abs(part) < float("inf") for part in converted) else []


def number(dataset: Dataset, keyword: str, fallback: float | None = None) -> float | None:
    """The first value of an attribute as a finite number; `fallback` where there is none."""
    values = numbers(dataset, keyword)
    return values[0] if values else fallback


def text(dataset: Dataset, keyword: str) -> str:
    """The value of an attribute as one line of text; empty where there is none."""
    found = value(dataset, keyword)
    return "" if found is None else " ".join(str(found).split())
