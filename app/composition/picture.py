"""The composite's image alone, in the background's own format or in one that other programs read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.composition.composite import Composite
from app.composition.export import description
from app.composition.scene import Scene
from app.composition.scene_file import scene_text
from app.errors import LithographError
from app.files import write_bytes
from app.imaging.image import Image, Window

HU_OFFSET, FULL_OFFSET = 1024, 1 << 15
"""What is added to negative values, which PNG cannot hold: as DICOM does for CT, else half the range."""


@dataclass(frozen=True)
class Form:
    """One format on offer.

    Attributes:
        name: `native`, `png16`, `png8` or `tiff`.
        title: for a list.
        suffix: of its files.
    """

    name: str
    title: str
    suffix: str


_NAMES = {"dicom": "DICOM", "generated": "DICOM", "nifti": "NIfTI", "mha": "MetaImage", "nrrd": "NRRD"}


def forms(image: Image) -> tuple[Form, ...]:
    """The formats for an image, its own first."""
    from app.imaging import native_suffix

    suffix, kind = native_suffix(image), image.source.format
    others = (
        Form("png16", "PNG, 16-bit values", ".png"),
        Form("png8", "PNG, 8 bits as seen", ".png"),
        Form("tiff", "TIFF, values as they are", ".tif"),
    )
    name = _NAMES.get(kind)
    if name is not None:
        return Form("native", f"{name}, the background's own format", suffix), *others
    own = Form("native", f"{suffix[1:].upper()}, the background's own format", suffix)
    return own, *(form for form in others if form.name != "tiff" or kind != "tiff")


def save_picture(
    scene: Scene,
    composite: Composite,
    path: Path | str,
    form: str,
    *,
    window: Window,
    inverted: bool,
    deidentify: bool = True,
) -> str:
    """Saves the composite's image; returns what the user should know of the file's values, or nothing.

    `png16` holds the stored values, plus 1,024 (or 32,768, where that does not do) if some are negative.

    Args:
        scene, composite: what was rendered, and its pixels.
        form: see `Form.name`.
        window, inverted: how it is seen; for `png8` alone.
        deidentify: whether a DICOM file is rid of what names the patient.

    Raises:
        LithographError: the format cannot hold these values, `path` is the background's own file, or it
            cannot be written.
    """
    from app.imaging import Provenance, write_image, write_preview
    from app.imaging.raster import encode_png, encode_tiff

    path, image = Path(path), composite.image
    source = composite.original.source.path
    if source is not None and path.resolve() == source.resolve():
        raise LithographError(f"{path} is the background's own file; choose another name.")
    if form == "native":
        provenance = Provenance(description(composite), scene_text(scene, None))
        write_image(image, path, provenance=provenance, deidentify=deidentify)
    elif form == "png8":
        write_preview(image.pixels, window, inverted, path)
    elif form == "tiff":
        write_bytes(path, encode_tiff(image))
    else:
        values, offset = _unsigned(image, path)
        write_bytes(path, encode_png(values))
        if offset:
            return f"Its values are those of the image plus {offset:,}, for PNG knows none below zero."
    return ""


def _unsigned(image: Image, path: Path) -> tuple[NDArray[np.uint16], int]:
    """The pixels as 16 bits without a sign, and what was added to them."""
    pixels = image.pixels
    if pixels.dtype.kind == "f":
        raise LithographError(f"Cannot save {path}: PNG holds no fractions; choose TIFF.")
    low, high = int(pixels.min()), int(pixels.max())
    offset = 0 if low >= 0 else HU_OFFSET if low >= -HU_OFFSET else FULL_OFFSET
    if low + offset < 0 or high + offset >= 1 << 16:
        raise LithographError(f"Cannot save {path}: its values do not fit into 16 bits; choose TIFF.")
    return (pixels.astype(np.int32) + offset).astype(np.uint16), offset
