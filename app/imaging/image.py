"""The image: pixels in their own unit and depth, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Calibration(StrEnum):
    """Where the pixel spacing comes from (PS3.3 §10.7.1.3); it decides what may be said about a size."""

    PIXEL_SPACING = "PixelSpacing"
    IMAGER = "ImagerPixelSpacing"
    SCANNED = "NominalScannedPixelSpacing"
    GEOMETRY = "image geometry"  # NIfTI, MHA, NRRD, TIFF resolution
    NONE = "uncalibrated"


@dataclass(frozen=True)
class Window:
    """A display window in the image's own unit (PS3.3 §C.11.2.1.2)."""

    centre: float
    width: float
    name: str = ""

    @property
    def low(self) -> float:
        """The value shown black (white where the image is inverted)."""
        return self.centre - self.width / 2

    @property
    def high(self) -> float:
        """The value shown white (black where the image is inverted)."""
        return self.centre + self.width / 2


@dataclass(frozen=True)
class Source:
    """Where an image came from, and what is needed to write one of its kind again."""

    path: Path | None
    format: str
    """`dicom`, `nifti`, `mha`, `nrrd`, `png`, `tiff`, `jpeg` or `generated`."""
    index: int = 0
    """Which slice or frame of the file or series."""
    header: Any = field(default=None, compare=False, repr=False)
    """What only the reader and writer of the format understand: a pydicom dataset without its pixels, ..."""


@dataclass(frozen=True, eq=False)
class Image:
    """One grey-scale image, (height, width), in its own unit and depth; 8 bit exists only on the screen.

    `pixels` is C-contiguous and read-only. Its dtype is an integer type wherever the file's values are
    integers in the image's unit, float32 otherwise.
    """

    pixels: NDArray[Any]
    spacing: tuple[float, float] | None = None
    """mm between the centres of neighbouring rows and columns (row, column); None where uncalibrated."""
    calibration: Calibration = Calibration.NONE
    unit: str = ""
    """`HU`, or empty for stored values."""
    modality: str = ""
    """DICOM's word (0008,0060): `CT`, `CR`, `DX`, ...; empty where unknown."""
    value_range: tuple[float, float] = (0.0, 4095.0)
    """The lowest and highest value that the format of the source can hold, in the image's unit."""
    inverted: bool = False
    """True where higher values are darker (MONOCHROME1)."""
    windows: tuple[Window, ...] = ()
    """The file's own windows, best first."""
    source: Source = field(default_factory=lambda: Source(None, "generated"))

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2:
            raise ValueError(f"an Image is two-dimensional, not {self.pixels.shape}")
        if self.pixels.flags.writeable or not self.pixels.flags.c_contiguous:
            pixels = np.ascontiguousarray(self.pixels).view()
            pixels.flags.writeable = False
            object.__setattr__(self, "pixels", pixels)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def calibrated(self) -> bool:
        """Whether sizes in mm may be given."""
        return self.spacing is not None

    @property
    def pixel_mm(self) -> tuple[float, float]:
        """(row, column) spacing; (1, 1) where uncalibrated, so that "mm" then reads "pixels"."""
        return self.spacing or (1.0, 1.0)

    @property
    def size_unit(self) -> str:
        """`mm`, or `px` where uncalibrated."""
        return "mm" if self.calibrated else "px"

    @cached_property
    def automatic_window(self) -> Window:
        """The file's first window, else the range less 0.1 % at either end (of a sample of the pixels)."""
        if self.windows:
            return self.windows[0]
        step = max(1, int((self.pixels.size / 250_000) ** 0.5))
        sample = self.pixels[::step, ::step]
        low, high = np.percentile(sample, (0.1, 99.9))
        return Window(float(low + high) / 2, max(float(high - low), 1.0), "automatic")

    @cached_property
    def digest(self) -> str:
        """XXH3 (128 bit) of size, type and pixels: what a scene remembers of its background.

        It tells an image from any other that it could be confused with. It is no seal against forgery, for
        which SHA-256 would take longer than reading the file.
        """
        import xxhash

        little = self.pixels.astype(self.pixels.dtype.newbyteorder("<"), copy=False)
        digest = xxhash.xxh3_128(f"{self.height}x{self.width}:{little.dtype.str}:".encode())
        digest.update(little.data)
        return f"xxh3:{digest.hexdigest()}"

    def with_pixels(self, pixels: NDArray[Any]) -> Image:
        """The same image with other pixels of the same shape and type."""
        if pixels.shape != self.pixels.shape or pixels.dtype != self.pixels.dtype:
            raise ValueError(
                f"expected {self.pixels.shape} {self.pixels.dtype}, got {pixels.shape} {pixels.dtype}"
            )
        return replace(self, pixels=pixels)
