"""Saving images in the format and depth that they came in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.files import write_bytes
from app.imaging.image import Image, Window

_SUFFIXES = {
    "dicom": (".dcm",),
    "generated": (".dcm",),
    "nifti": (".nii", ".nii.gz"),
    "mha": (".mha",),
    "nrrd": (".nrrd",),
    "png": (".png",),
    "tiff": (".tif", ".tiff"),
    "jpeg": (".png", ".jpg", ".jpeg"),
}


@dataclass(frozen=True)
class Provenance:
    """What a derived DICOM says of itself.

    Attributes:
        description: what was done, for people (at most 1,024 characters are kept).
        entropy: everything that tells this image from others made of the same source, a scene's content for
            one; the new UIDs are derived from it, so that the same scene saves to the same bytes.
        title: of the series, where the patient's identity is removed.
        derivation: what was done, a code and its meaning in DICOM's own scheme (PS3.16 CID 7203).
    """

    description: str
    entropy: str
    title: str = "Synthetic composite"
    derivation: tuple[str, str] = ("113042", "Pixel by pixel addition")

    @classmethod
    def of_reconstruction(cls, description: str, entropy: str) -> Provenance:
        """Of an image that went through a network and back, which loses some of it."""
        return cls(description, entropy, "Synthetic reconstruction", ("113040", "Lossy Compression"))


def native_suffix(image: Image) -> str:
    """The suffix of the image's own format, such as `.dcm`, `.nii.gz` or `.tif`.

    Generated images are saved as DICOM, and JPEG images as PNG of the same depth: JPEG, being lossy, would
    change every pixel of the image.
    """
    if image.source.format == "jpeg":
        return ".png"
    suffixes = _SUFFIXES[image.source.format]
    path = image.source.path
    if path is not None:
        return next((suffix for suffix in suffixes[::-1] if path.name.lower().endswith(suffix)), suffixes[0])
    return suffixes[0]


def write_image(
    image: Image, path: Path | str, *, provenance: Provenance | None = None, deidentify: bool = True
) -> None:
    """Saves an image in its own format and depth, the same bytes each time.

    DICOM becomes a new, uncompressed instance that says it is derived and synthetic, without the patient's
    identity unless `deidentify` is False; generated images become a DICOM of their own. A JPEG image is saved
    as PNG, or as JPEG of quality 100 where `path` says so, which is lossy even then. Volumes are saved as the
    one slice, in its place in space.

    Raises:
        LithographError: `path` asks for another format, or cannot be written.
    """
    path = Path(path)
    kind = image.source.format
    if not path.name.lower().endswith(_SUFFIXES[kind]):
        raise LithographError(
            f"Cannot save {path}: this image is kept in its own format; "
            f"choose a name that ends with {native_suffix(image)}."
        )
    provenance = provenance or Provenance("Saved by Lithograph.", image.digest)
    write_bytes(path, _encoded(image, path, provenance, deidentify))


def _encoded(image: Image, path: Path, provenance: Provenance, deidentify: bool) -> bytes:
    kind = image.source.format
    if kind == "dicom":
        from app.imaging.dicom.derive import derived_instance

        return derived_instance(image, provenance, deidentify)
    if kind == "generated":
        from app.imaging.dicom.create import new_instance

        return new_instance(image, provenance.description, provenance.entropy)
    if kind in ("nifti", "mha", "nrrd"):
        from app.imaging.itk import encode_slice, geometry_of

        geometry = image.source.header or geometry_of(image, image.pixels.dtype.name)
        suffix = next(end for end in _SUFFIXES[kind] if path.name.lower().endswith(end))
        return encode_slice(image.pixels, geometry, suffix)
    from app.imaging import raster

    if path.suffix.lower() == ".png":
        return raster.encode_png(image.pixels)
    if kind == "tiff":
        return raster.encode_tiff(image)
    return raster.encode_jpeg(image.pixels)


def as_seen(pixels: NDArray[Any], window: Window, inverted: bool) -> NDArray[np.uint8]:
    """(height, width) pixels as the eye sees them: windowed to 8 bits."""
    scaled = (pixels.astype(np.float32) - np.float32(window.low)) * np.float32(255 / max(window.width, 1e-6))
    shown = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return 255 - shown if inverted else shown


def write_preview(pixels: NDArray[Any], window: Window, inverted: bool, path: Path | str) -> None:
    """Saves (height, width) pixels as the eye sees them: windowed to 8 bits, PNG.

    Raises:
        LithographError: `path` cannot be written.
    """
    from app.imaging.raster import encode_png

    write_bytes(path, encode_png(as_seen(pixels, window, inverted)))
