"""What the location model learns from, kept on disk so that training can stop and go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.files import atomic_write, make_folder
from models.progress import LongWork

LEARN, CHECK, HELD_OUT = "learn", "check", "held-out"
"""The parts of a set: learnt from; calibrated on; only measured on."""


def _none() -> NDArray[np.float32]:
    return np.zeros((0, 4), np.float32)


def _nothing() -> NDArray[np.float32]:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class Prepared:
    """One image as the network learns it or is measured on it, in square pixels.

    Boxes are (n, 4): left, top, right, bottom edge; (0, 0) is the centre of the top left pixel.

    Attributes:
        pixels: (H, W) float32 in the network's unit, bones high; no lesion shows in it.
        boxes: where the lesions were.
        decoys: where lesions were removed that had been put there, at places where other images have theirs.
        controls: boxes at such places, too, where nothing was touched.
        density: how likely a lesion is, for a simulated image: (h, w), stretched over the image it lies on
            it; (0, 0) where the boxes say it.
        untouched: the pixels with their lesions; (0, 0) where there are none or nobody will ask.
        pixel_mm: the size of a pixel; 1 where unknown.
    """

    pixels: NDArray[np.float32]
    boxes: NDArray[np.float32] = field(default_factory=_none)
    decoys: NDArray[np.float32] = field(default_factory=_none)
    controls: NDArray[np.float32] = field(default_factory=_none)
    density: NDArray[np.float32] = field(default_factory=_nothing)
    untouched: NDArray[np.float32] = field(default_factory=_nothing)
    pixel_mm: float = 1.0


@dataclass(frozen=True)
class PlaceStore:
    """Prepared images in one folder, `learn-NAME.npz` and so on."""

    folder: Path

    def has(self, name: str) -> bool:
        """Whether it is there, from an earlier run perhaps."""
        return self._file(name).is_file()

    def add(self, name: str, prepared: Prepared) -> None:
        """Keeps one image.

        Raises:
            LithographError: it cannot be written.
        """
        make_folder(self.folder)
        with atomic_write(self._file(name)) as temporary:
            arrays: dict[str, NDArray[Any]] = {
                **_packed("pixels", prepared.pixels),
                **_packed("untouched", prepared.untouched),
                "boxes": prepared.boxes,
                "decoys": prepared.decoys,
                "controls": prepared.controls,
                "density": prepared.density.astype(np.float16),
                "pixel_mm": np.array(prepared.pixel_mm),
            }
            np.savez(temporary, allow_pickle=False, **arrays)

    def read(self, name: str) -> Prepared:
        """One image that has been added."""
        with np.load(self._file(name), allow_pickle=False) as arrays:
            return Prepared(
                _unpacked("pixels", arrays),
                arrays["boxes"],
                arrays["decoys"],
                arrays["controls"],
                arrays["density"].astype(np.float32),
                _unpacked("untouched", arrays),
                float(arrays["pixel_mm"]),
            )

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npz"


@dataclass(frozen=True)
class Parts:
    """The names of the images of each part in a store, the numbers of their lesions, and what they are."""

    learn: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    """For the card, a sentence each."""

    def __add__(self, other: Parts) -> Parts:
        return Parts(
            self.learn + other.learn,
            self.check + other.check,
            self.held_out + other.held_out,
            self.lines + other.lines,
        )


Gathering = LongWork[Parts]


def _packed(name: str, values: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Float32 as 16-bit steps between its extremes: half the size, finer than any detector."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    step = (high - low) / 65535 or 1.0
    steps = np.rint((values - np.float32(low)) / np.float32(step)).astype(np.uint16)
    return {name: steps, f"{name}_scale": np.array((low, step))}


def _unpacked(name: str, arrays: np.lib.npyio.NpzFile) -> NDArray[np.float32]:
    low, step = arrays[f"{name}_scale"].astype(np.float32)
    values: NDArray[np.float32] = arrays[name].astype(np.float32) * step + low
    return values
