"""What kind of file it is, by its content: names lie."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

from app.errors import LithographError
from app.imaging.failures import damaged, reading, reason

_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x5c\x01\x00\x00", "the header of an Analyze or NIfTI pair (.hdr, .img)"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a Windows bitmap"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x00\x00\x00\x0cjP  ", "a bare JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a bare JPEG 2000 image"),
    (b"{", "a JSON file"),
    (b"<", "an XML or HTML file"),
)
_HELP = "choose a DICOM, NIfTI, MHA, NRRD, PNG, TIFF or JPEG image"


def detect(path: Path) -> str:
    """The format of a file: `dicom`, `nifti`, `mha`, `nrrd`, `png`, `tiff` or `jpeg`.

    Raises:
        LithographError: it cannot be read, is empty, or is something else.
    """
    with reading(path):
        if path.exists() and not path.is_file():
            raise LithographError(f"{path} is not a file; {_HELP}.")
        with path.open("rb") as file:
            head = file.read(1024)
    if not head:
        raise LithographError(f"{path} is empty; fetch or export it again.")
    found = _format_of(path, head)
    if found is None:
        other = next(
            (what for magic, what in _OTHERS if head.startswith(magic)), "not a kind of image known here"
        )
        raise LithographError(f"{path} is {other}; {_HELP}.")
    return found


def looks_like_dicom(path: Path) -> bool:
    """Whether a file of a folder is worth reading as DICOM; OSError where it cannot be read."""
    if not path.is_file():  # a pipe would keep us waiting
        return False
    with path.open("rb") as file:
        return _is_dicom(file.read(1024))


def _format_of(path: Path, head: bytes) -> str | None:
    if head[128:132] == b"DICM":  # first, for a DICOM preamble may hold the start of a TIFF
        return "dicom"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return "tiff"
    if head.startswith(b"NRRD"):
        return "nrrd"
    if head.startswith(b"\x1f\x8b"):
        return "nifti" if _is_nifti(_first_inflated(path)) else None
    if _is_nifti(head):
        return "nifti"
    if b"NDims" in head and b"=" in head:
        return "mha"
    return "dicom" if _is_dicom(head) else None


def _first_inflated(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(544)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path, reason(error)) from error


def _is_nifti(head: bytes) -> bool:
    # NIfTI-1 and -2: the header's own size first, then a magic string at a fixed place.
    if len(head) < 348:
        return False
    sizes = struct.unpack("<i", head[:4]) + struct.unpack(">i", head[:4])
    return (348 in sizes and head[344:347] == b"n+1") or (540 in sizes and head[4:7] == b"n+2")


def _is_dicom(head: bytes) -> bool:
    if head[128:132] == b"DICM":
        return True
    # Without a preamble (PS3.10 asks for one, old archives leave it out): a first element of group 0002 or
    # 0008 whose length is sane, in any of the three encodings.
    if len(head) < 16:
        return False
    for order in "<>":
        group, element, vr, short = struct.unpack(order + "HH2sH", head[:8])
        if group in (0x0002, 0x0008) and element <= 0x0100:
            explicit = vr.isalpha() and vr.isupper()
            length = short if explicit else struct.unpack(order + "I", head[4:8])[0]
            if explicit or length <= 256:
                return True
    return False
