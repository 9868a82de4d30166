"""What a pool holds, as it is written beside its images: where each is from, and which part it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.files import atomic_write, make_folder, write_json
from app.imaging.image import Image
from app.training.samples import HELD_OUT, LEARN
from models.progress import LongWork

__all__ = ["HELD_OUT", "LEARN", "Entry", "Index", "Stream", "image_of", "read_index", "write_index"]

FORMAT, VERSION = "lithograph background pool", 1
HELD_OUT_SEED = 1_000_000
"""Simulated images from this seed on are held out."""


@dataclass(frozen=True)
class Entry:
    """One image of a pool.

    In the task's unit (HU, or 0 to 4095 with bones high) it is slope · stored + offset.

    Attributes:
        name: unique within the pool, in words for the user.
        group: the patient, series or original that it is from.
        file: within the pool's folder, NumPy's format: (height, width), of a cut-out (slices, height, width).
        source: `phantom` or `ct:DIR`, what the simulator makes it from; empty for one of the user's files.
        path: the user's file.
        number: the seed, or which slice, frame or page of the file.
        part: `LEARN` or `HELD_OUT`.
        zoom: of a cut-out, how much it is enlarged to have pixels of the usual size; 0 for whole images.
        height_mm: where it lies along its normal; None where unknown.
    """

    name: str
    group: str
    file: str
    source: str = ""
    path: str = ""
    number: int = 0
    slope: float = 1.0
    offset: float = 0.0
    part: str = LEARN
    zoom: float = 0.0
    height_mm: float | None = None


@dataclass(frozen=True)
class Stream:
    """Simulated images that are made as training goes: image k is that of seed k, always.

    Attributes:
        source: as `app.simulation.generate` takes it.
        name: in file names.
        first: how many there are before the first patch.
        every: after so many patches there is one more.
        most: how many there are in the end.
        held_out: how many are held out, of seeds from `HELD_OUT_SEED` on.
    """

    source: str
    name: str
    first: int = 48
    every: int = 64
    most: int = 1000
    held_out: int = 12

    def available(self, n: int) -> int:
        """How many images patch n may be from: decided by n alone, so that training resumes exactly."""
        return min(self.most, self.first + n // self.every)

    @property
    def held_out_seeds(self) -> range:
        """The seeds of the images that are held out."""
        return range(HELD_OUT_SEED, HELD_OUT_SEED + self.held_out)

    def entry(self, task: str, seed: int) -> Entry:
        """The image of a seed."""
        name = f"{self.name}-{seed:07d}"
        part = HELD_OUT if seed >= HELD_OUT_SEED else LEARN
        return Entry(name, name, f"{task}-{name}.npy", self.source, number=seed, part=part)


@dataclass(frozen=True)
class Index:
    """A pool's list of contents.

    Attributes:
        task: its name.
        view: the side of the patches that it was gathered for.
        data: the user's folder; empty where there is none.
        finished: everything has been gathered.
        entries: the images that are from files, by key: file, index and when the file was changed.
        refused: by key, why an image is left out: a sentence for one, one for many, and which.
        streams: the simulated ones.
        lines: what there is, a sentence each; for the card.
        notes: what is amiss, a sentence each.
    """

    task: str
    view: int
    data: str = ""
    finished: bool = False
    entries: Mapping[str, Entry] = field(default_factory=dict)
    refused: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    streams: tuple[Stream, ...] = ()
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def index_file(folder: Path, task: str) -> Path:
    """Where the list of a task's images is."""
    return folder / f"{task}.json"


def write_index(folder: Path, index: Index) -> None:
    """Writes the list.

    Raises:
        LithographError: it cannot be written.
    """
    write_json(index_file(folder, index.task), {"format": FORMAT, "version": VERSION, **asdict(index)})


def read_index(folder: Path, task: str) -> Index | None:
    """The list of a task's images in a folder; None where there is none, or none that can be read."""
    try:
        values: Any = json.loads(index_file(folder, task).read_bytes())
        if (values.pop("format"), values.pop("version"), values["task"]) != (FORMAT, VERSION, task):
            return None
        values["entries"] = {key: Entry(**entry) for key, entry in values["entries"].items()}
        values["refused"] = {key: tuple(why) for key, why in values["refused"].items()}
        values["streams"] = tuple(Stream(**stream) for stream in values["streams"])
        values["lines"], values["notes"] = tuple(values["lines"]), tuple(values["notes"])
        return Index(**values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # everything in it can be gathered again


def keep_pixels(file: Path, pixels: NDArray[Any]) -> None:
    """Writes pixels, of their own type.

    Raises:
        LithographError: they cannot be written.
    """
    make_folder(file.parent)
    with atomic_write(file) as temporary:
        np.save(temporary, np.ascontiguousarray(pixels), allow_pickle=False)


def image_of(entry: Entry, task: str) -> LongWork[Image]:
    """The image that an entry was made from, as it would be opened or generated.

    Raises:
        LithographError: its file or its CT is gone or damaged.
    """
    if entry.source:
        from app.simulation import generate

        return (yield from generate(task, entry.number, source=entry.source)).image
    from app.imaging import read_image

    if not Path(entry.path).exists():
        raise LithographError(
            f"The image {entry.path}, which was learnt from, is missing; put it back there to see it."
        )
    return read_image(entry.path, entry.number)
