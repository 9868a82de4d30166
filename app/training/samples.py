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

    def add(
        self,
        part: str,
        name: str,
        pixels: NDArray,
        masks: dict[str, NDArray[np.bool_]],
        pixel_mm: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        """Stores one image and its masks, resampled; structures without a mask are unknown.

        Of the (row, column) spacing `pixel_mm` only the proportion counts.

        Raises:
            LithographError: it cannot be written.
        """
        from models.danger_zone.samples import Sample

        self.put(part, name, Sample.of(pixels, masks, self.structures, self.size, pixel_mm))

    def put(self, part: str, name: str, sample: Sample) -> None:
        """Stores a sample as it is.

        Raises:
            LithographError: it cannot be written.
        """
        arrays = {"pixels": sample.pixels, "bits": sample.bits, "known": np.array(sample.known)}
        if sample.unknown is not None:
            arrays["unknown"] = sample.unknown
        make_folder(self.folder)
        with atomic_write(self._file(part, name)) as temporary:
            np.savez(temporary, **arrays)  # type: ignore[arg-type]

    def groups(self, part: str) -> dict[str, list[Path]]:
        """The samples of a part by the first word of their names, which says what they are of."""
        groups: dict[str, list[Path]] = {}
        for file in self.files(part):
            groups.setdefault(file.stem.removeprefix(f"{part}-").split("-")[0], []).append(file)
        return groups

    def clear(self, group: str) -> None:
        """Removes the samples whose names begin with that word, of both parts."""
        for part in (LEARN, HELD_OUT):
            for file in self.folder.glob(f"{part}-{group}-*.npz"):
                file.unlink()

    def files(self, part: str) -> list[Path]:
        """The samples of a part, in alphabetical order."""
        return sorted(self.folder.glob(f"{part}-*.npz"))

    def _file(self, part: str, name: str) -> Path:
        return self.folder / f"{part}-{name}.npz"


def read_sample(file: Path) -> Sample:
    """One stored sample."""
    from models.danger_zone.samples import Sample

    with np.load(file, allow_pickle=False) as arrays:
        unknown = arrays["unknown"] if "unknown" in arrays.files else None
        return Sample(arrays["pixels"], arrays["bits"], tuple(map(bool, arrays["known"])), unknown)


def image_of(sample: Sample, unit: str) -> Image:
    """A stored sample as an image again."""
    return Image(sample.pixels, unit=unit)
