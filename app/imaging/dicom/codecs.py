"""Decompressing one frame with the codecs that are installed."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder

from app.errors import LithographError
from app.imaging.dicom.layout import Layout
from app.imaging.failures import damaged
from app.imaging.quiet import quiet

# The fastest decoder of each, by measurement. No other is tried where it fails: GDCM takes 15 s to find out
# that a JPEG-LS codestream is damaged.
_FASTEST = {
    **dict.fromkeys(uid.JPEGLSTransferSyntaxes, "pyjpegls"),
    **dict.fromkeys(uid.JPEG2000TransferSyntaxes, "pylibjpeg"),
}


def check_codec(path: Path, syntax: uid.UID) -> None:
    """Refuses a transfer syntax that cannot be decoded here.

    Raises:
        LithographError: naming it.
    """
    try:
        known = get_decoder(syntax).is_available
    except NotImplementedError:
        known = False
    if not known:
        raise LithographError(
            f"{path} is encoded in a way that is not known here ({syntax.name}); "
            "export it uncompressed or as lossless JPEG 2000."
        )


def decode(path: Path, code: bytes, syntax: uid.UID, shape: Layout) -> NDArray[Any]:
    """The stored values of one compressed frame, (rows, columns).

    Raises:
        LithographError: the codestream is not of the size that the header states, so nothing was decoded.
    """
    size = coded_size(code)
    if size is not None and size != (shape.rows, shape.columns, 1):
        raise damaged(
            path,
            f"its header says {shape.rows} × {shape.columns} grey pixels, its {syntax.name} data "
            f"{size[0]} × {size[1]} × {size[2]}",
        )
    with quiet():
        if syntax == uid.JPEGExtended12Bit and shape.stored > 8:
            return _extended(code, shape)
        try:
            return _decoded(code, syntax, shape)
        except (Exception, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as panic:  # of the RLE decoder, which is written in Rust
            raise damaged(path, f"its {syntax.name} data make no sense") from panic


def _decoded(code: bytes, syntax: uid.UID, shape: Layout) -> NDArray[Any]:
    options: Any = {
        "rows": shape.rows,
        "columns": shape.columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": shape.allocated,
        "bits_stored": shape.stored,
        "pixel_representation": int(shape.signed),
        "photometric_interpretation": "MONOCHROME2",
        "pixel_keyword": "PixelData",
        "correct_unused_bits": False,  # done later, for every codec alike
    }
    packed = encapsulate([code])
    plugin = _FASTEST.get(syntax, "")
    values, _ = get_decoder(syntax).as_array(packed, index=0, raw=True, decoding_plugin=plugin, **options)
    return values.astype(shape.dtype, copy=False)


def _extended(code: bytes, shape: Layout) -> NDArray[Any]:
    # JPEG Extended with 12 bits: pydicom leaves it to no plugin that may be shipped, GDCM decodes it well.
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(code)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((shape.columns, shape.rows, 1))
    image.SetDataElement(element)
    image.SetPhotometricInterpretation(
        gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2)
    )
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGExtendedProcess2_4))
    image.SetPixelFormat(
        gdcm.PixelFormat(1, shape.allocated, shape.stored, shape.stored - 1, int(shape.signed))
    )
    data = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(data, shape.dtype).reshape(shape.rows, shape.columns)


def coded_size(code: bytes) -> tuple[int, int, int] | None:
    """(rows, columns, components) as a JPEG, JPEG-LS or JPEG 2000 codestream states them; None for others."""
    if code[:4] == b"\xff\x4f\xff\x51" and len(code) >= 42:  # SOC, SIZ: ISO/IEC 15444-1 §A.5.1
        right, bottom, left, top = struct.unpack(">4I", code[8:24])
        return bottom - top, right - left, struct.unpack(">H", code[40:42])[0]
    if code[:2] != b"\xff\xd8":
        return None
    place = 2
    while place + 10 <= len(code) and code[place] == 0xFF:
        marker = code[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
        elif marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns, components = struct.unpack(">HHB", code[place + 5 : place + 10])
            return rows, columns, components
        else:
            place += 2 + struct.unpack(">H", code[place + 2 : place + 4])[0]
    return None
