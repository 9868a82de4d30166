"""A stack of slices or frames that are decoded one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.imaging.image import Image


@dataclass(frozen=True)
class SeriesInfo:
    """What a user chooses a series by; read from headers alone."""

    uid: str
    description: str
    modality: str
    count: int
    """Slices, frames or pages."""
    size: tuple[int, int]
    """(height, width) in pixels of the first of them."""
    number: int | None = None

    @property
    def title(self) -> str:
        """One line for lists: `3: Abdomen 5.0 (CT, 87 images of 512 × 512)`."""
        number = "" if self.number is None else f"{self.number}: "
        kind = f"{self.modality}, " if self.modality else ""
        images = "1 image" if self.count == 1 else f"{self.count} images"
        return f"{number}{self.description or 'series'} ({kind}{images} of {self.size[1]} × {self.size[0]})"


@dataclass(frozen=True)
class Series:
    """The images of one file, or of one DICOM series of a folder, in anatomical order where it is known.

    `series[i]` decodes the image each time it is asked for and raises `LithographError` where that fails;
    negative indices count from the end.
    """

    info: SeriesInfo
    infos: tuple[SeriesInfo, ...]
    """Every series of the folder, this one among them."""
    _load: Callable[[int], Image]
    notes: tuple[str, ...] = ()
    """What is amiss with it, one sentence each: slices that are missing, or left out."""
    folder: Path | None = None
    """Where `infos` were found; None where one file was opened."""

    @property
    def title(self) -> str:
        """One line that says what is open."""
        return self.info.title

    def __len__(self) -> int:
        return self.info.count

    def __getitem__(self, index: int) -> Image:
        if not -len(self) <= index < len(self):
            raise IndexError(f"{index} is not one of {len(self)} images")
        return self._load(index % len(self))

    def __iter__(self) -> Iterator[Image]:
        return (self._load(index) for index in range(len(self)))
