"""The samples that networks learn from, kept on disk so that training can stop and go on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.files import atomic_write, make_folder
from app.imaging.image import Image

if TYPE_CHECKING:
    from models.danger_zone.samples import Sample

LEARN, HELD_OUT = "learn", "held-out"
"""The two parts of every set of samples; the network never learns from the second."""


@dataclass(frozen=True)
class SampleStore:
    """Samples of one task in one folder, `learn-*.npz` and `held-out-*.npz`, at the network's resolution."""

    folder: Path
    structures: tuple[str, ...]
    size: int
    """The long side of the samples in pixels."""

    def has(self, part: str, name: str) -> bool:
        """Whether that sample is there, from an earlier run perhaps."""
        return self._file(part, name).is_file()

    def add(self, part: str, name: str, pixels: NDArray, masks: dict[str, NDArray[np.bool_]]) -> None:
        """Stores one image and its masks, resampled; structures without a mask are unknown.

        Raises:
            LithographError: it cannot be written.
        """
        from models.danger_zone.samples import Sample

        sample = Sample.of(pixels, masks, self.structures, self.size)
        make_folder(self.folder)
        with atomic_write(self._file(part, name)) as temporary:
            np.savez(temporary, pixels=sample.pixels, bits=sample.bits, known=np.array(sample.known))

    def files(self, part: str) -> list[Path]:
        """The samples of a part, in alphabetical order."""
        return sorted(self.folder.glob(f"{part}-*.npz"))

    def _file(self, part: str, name: str) -> Path:
        return self.folder / f"{part}-{name}.npz"


def read_sample(file: Path) -> Sample:
    """One stored sample."""
    from models.danger_zone.samples import Sample

    with np.load(file, allow_pickle=False) as arrays:
        return Sample(arrays["pixels"], arrays["bits"], tuple(map(bool, arrays["known"])))


def image_of(sample: Sample, unit: str) -> Image:
    """A stored sample as an image again."""
    return Image(sample.pixels, unit=unit)
