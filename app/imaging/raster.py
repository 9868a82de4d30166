"""PNG, TIFF and JPEG, in grey, 8 to 32 bits."""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.imaging.failures import check_finite, damaged, reading
from app.imaging.image import Calibration, Image, Source
from app.imaging.limits import check_size
from app.imaging.series import Series, SeriesInfo

_DEPTHS = {"L": np.uint8, "I;16": np.uint16, "I;16B": np.uint16, "I;16L": np.uint16, "F": np.float32}
_MM_PER_UNIT = {2: 25.4, 3: 10.0}  # TIFF ResolutionUnit: inch, centimetre
_ORIENTATION = 274  # EXIF: from 5 on, rows and columns change places
_UNTOLD_DPI = (1, 72, 96)  # what software writes when it knows no resolution


@dataclass(frozen=True)
class RasterSource:
    """What writing the format again needs; kept in `Source.header`."""

    white_is_zero: bool = False


def open_raster(path: Path, kind: str) -> Series:
    """A PNG, TIFF (each page an image) or JPEG; `kind` is its format.

    A colour file whose three channels are equal everywhere is taken as grey. PNG and JPEG state a
    resolution for print, if any, so they are uncalibrated; a TIFF's resolution in inches or centimetres is
    taken as its spacing, but for the 72 and 96 dpi that software writes when it knows none.
    """
    with reading(path), _opened(path) as file:
        pages = int(getattr(file, "n_frames", 1))
        lying = kind == "jpeg" and file.getexif().get(_ORIENTATION, 1) >= 5
        size = (file.width, file.height) if lying else (file.height, file.width)
        info = SeriesInfo("", path.name, "", pages, size)
    return Series(info, (info,), lambda page: _read(path, kind, page))


def _opened(path: Path) -> Any:
    from PIL import Image as Pillow

    logging.getLogger("PIL").addHandler(logging.NullHandler())
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        file = Pillow.open(path)
    except Pillow.DecompressionBombError as error:
        raise LithographError(
            f"{path} says it has more pixels than can be opened; crop or reduce it first."
        ) from error
    except Pillow.UnidentifiedImageError as error:
        raise damaged(path, "its header cannot be read") from error
    check_size(path, file.height, file.width)
    return file


def _read(path: Path, kind: str, page: int) -> Image:
    with reading(path), _opened(path) as file:
        if page:
            file.seek(page)
            check_size(path, file.height, file.width)
        white_is_zero = kind == "tiff" and file.mode.startswith("I;16") and file.tag_v2.get(262) == 0
        pixels = _grey(path, file, kind)
        if pixels.dtype.kind == "f":
            check_finite(path, pixels)
            limits: Any = np.finfo(np.float32)
        else:
            limits = np.iinfo(pixels.dtype)
        spacing = _tiff_spacing(file) if kind == "tiff" else None
        return Image(
            pixels=pixels,
            spacing=spacing,
            calibration=Calibration.GEOMETRY if spacing else Calibration.NONE,
            value_range=(float(limits.min), float(limits.max)),
            inverted=white_is_zero,
            source=Source(path, kind, page, RasterSource(white_is_zero)),
        )


def _grey(path: Path, file: Any, kind: str) -> NDArray[Any]:
    bits = _bits(path, file, kind)
    if file.mode in _DEPTHS:
        if bits < 8:
            raise LithographError(f"{path} has only {bits} bits per pixel; convert it to grey, 8 or 16 bits.")
        file = _upright(file, kind)
        return np.asarray(file).astype(_DEPTHS[file.mode], copy=False)
    if file.mode == "I" and kind == "tiff":
        sample = file.tag_v2.get(339, (1,))[0]
        pixels = np.asarray(file).astype(np.int32, copy=False)
        if bits == 16:
            return pixels.astype(np.int16)
        if sample == 2 or pixels.min() >= 0:
            return pixels
        raise LithographError(f"{path} holds 32-bit values above {2**31 - 1:,}; export it with 16 bits.")
    if file.mode in ("RGB", "RGBA", "LA") and bits == 8:  # of 16 Pillow would drop half
        channels = np.asarray(_upright(file, kind))
        colour = channels[..., : 1 if file.mode == "LA" else 3]
        opaque = file.mode == "RGB" or (channels[..., -1] == 255).all()
        if opaque and (colour == colour[..., :1]).all():
            return np.ascontiguousarray(colour[..., 0])
    what = {"P": "uses a palette", "1": "has only 1 bit per pixel", "LA": "is partly transparent"}
    raise LithographError(f"{path} {what.get(file.mode, 'is in colour')}; convert it to grey, 8 or 16 bits.")


def _upright(file: Any, kind: str) -> Any:
    # Pillow turns TIFFs itself; a JPEG says in its EXIF data which way is up.
    if kind != "jpeg":
        return file
    from PIL import ImageOps

    return ImageOps.exif_transpose(file)


def _bits(path: Path, file: Any, kind: str) -> int:
    """Bits per sample in the file."""
    if kind == "png":
        with path.open("rb") as start:
            return start.read(25)[24]  # IHDR, the first chunk, always
    return int(max(file.tag_v2.get(258, (1,)))) if kind == "tiff" else 8


def _tiff_spacing(file: Any) -> tuple[float, float] | None:
    tags = file.tag_v2
    unit = _MM_PER_UNIT.get(tags.get(296, 2))
    try:
        across, down = float(tags[282]), float(tags[283])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if unit is None or not (0 < across < 1e6 and 0 < down < 1e6):
        return None
    if unit == 25.4 and round(across) in _UNTOLD_DPI and round(down) in _UNTOLD_DPI:
        return None
    return unit / down, unit / across


def encode_png(pixels: NDArray[Any]) -> bytes:
    """(height, width) uint8 or uint16 as PNG, lossless."""
    from PIL import Image as Pillow

    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def encode_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """(height, width) uint8 as a grey JPEG of quality 100; lossy all the same, by 1 or 2 of 255 levels."""
    from PIL import Image as Pillow

    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "JPEG", quality=100)
    return buffer.getvalue()


def encode_tiff(image: Image) -> bytes:
    """An image's pixels as an uncompressed TIFF of their own type, with the spacing where it is known."""
    import tifffile

    resolution: dict[str, Any] = {}
    if image.spacing is not None:
        down, across = image.spacing
        resolution = {"resolution": (10 / across, 10 / down), "resolutionunit": "CENTIMETER"}
    header = image.source.header
    white_is_zero = isinstance(header, RasterSource) and header.white_is_zero
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        image.pixels,
        photometric="MINISWHITE" if white_is_zero else "MINISBLACK",
        metadata=None,
        software=False,
        **resolution,
    )
    return buffer.getvalue()
