"""The pool: images on disk that backgrounds are learnt from, and the patches that are drawn from them.

Everything random follows from the number of the patch and the list of contents. Simulated images are added as
training goes, one every so many patches, so patch n may be from those that belong to n (`Stream.available`)
and from no other. A training that is stopped, by `kill -9` too, goes on with the very same patches.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from app.errors import LithographError
from app.tasks import Task
from app.training.background import patches
from app.training.background.index import HELD_OUT, LEARN, Entry, Index, Stream
from app.training.background.making import Ahead, make
from models.progress import LongWork, Progress, finish

if TYPE_CHECKING:
    from models.hiresmed_vqgan.grey import GreyScale

SHAPES = {"kub-xray": (1024, 1024), "lung-ct": (512, 512), "abdomen-ct": (384, 320)}
"""(height, width) of the images that are drawn, by task."""
USUAL_SHAPE = (512, 512)
_MOSAICS = 0.15
"""The share of patches that are mosaics of cut-outs, where there are whole images, too."""
_AHEAD = 6
"""How many simulated images are made ahead of being wanted."""
_EDGE = 2
"""Slices at either end of a cut-out that are not shown."""
Pixels = NDArray[np.float32]


class Pool:
    """The images of a task; close it, so that the threads that make more of them end.

    Attributes:
        task, folder, index: whose they are, where they are, what they are.
        grey: between the task's unit and the network's −1 to 1.
        shape: (height, width) of whole images.
    """

    def __init__(self, task: Task, folder: Path, index: Index) -> None:
        self.task, self.folder, self.index = task, folder, index
        self.grey, self.shape = grey_scale_of(task), SHAPES.get(task.name, USUAL_SHAPE)
        self._ahead = Ahead(folder, task.name)
        entries = [entry for entry in index.entries.values() if entry.part == LEARN]
        self._images = _by_group([entry for entry in entries if not entry.zoom])
        self._cut_outs = _by_group([entry for entry in entries if entry.zoom])

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends what goes on in the background."""
        self._ahead.close()

    @property
    def lines(self) -> tuple[str, ...]:
        """What there is to learn from, a sentence each; for the card."""
        return self.index.lines

    @property
    def notes(self) -> tuple[str, ...]:
        """What is amiss, a sentence each."""
        return self.index.notes

    @property
    def fingerprint(self) -> str:
        """Of everything that patches depend on: a checkpoint goes on with the pool that it began with."""
        entries = sorted((asdict(entry) for entry in self.index.entries.values()), key=lambda e: e["file"])
        told = json.dumps([entries, [asdict(stream) for stream in self.index.streams]], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def patch(self, n: int, view: int) -> Pixels:
        """The patch of that number, (view, view), in −1 to 1; of an image to learn from.

        Raises:
            LithographError: an image is damaged, or a simulated one cannot be made.
        """
        self._look_ahead(n)
        random = np.random.default_rng((1, n))
        if self._cut_outs and (random.random() < _MOSAICS or not self._has_whole):
            return self._mosaic(view, random)
        entry = self._drawn(n, random)
        stored = self._stored(entry)
        fit = max(self.shape[0] / stored.shape[0], self.shape[1] / stored.shape[1])
        return self._seen(entry, patches.patch(stored, view, random, fit))

    def whole(self, n: int) -> Pixels:
        """A whole image to learn from, `shape`, in −1 to 1; never mirrored.

        Raises:
            LithographError: as in `patch`; or there are only cut-outs.
        """
        if not self._has_whole:
            raise LithographError(
                f"The pool in {self.folder} holds cut-outs alone; choose a folder with whole images, too."
            )
        self._look_ahead(n)
        random = np.random.default_rng((2, n))
        entry = self._drawn(n, random)
        return self._seen(entry, patches.whole(self._stored(entry), self.shape, random))

    def learnt(self, n: int = 0) -> tuple[Entry, ...]:
        """The whole images that patches below n may have been from, the user's first."""
        own = [entry for group in self._images for entry in group]
        return (*own, *(entry for stream in self.index.streams for entry in self._made(stream, n)))

    @property
    def held_out(self) -> tuple[Entry, ...]:
        """The whole images that nothing is learnt from, the user's first."""
        own = [entry for entry in self.index.entries.values() if entry.part == HELD_OUT and not entry.zoom]
        task, streams = self.task.name, self.index.streams
        return (*own, *(stream.entry(task, seed) for stream in streams for seed in stream.held_out_seeds))

    def ready(self, entries: tuple[Entry, ...]) -> LongWork[None]:
        """Makes those simulated images that are not there yet.

        Raises:
            LithographError: one cannot be made.
        """
        for n, entry in enumerate(entries):
            told = Progress(n, len(entries), "Simulating images")
            if entry.source and not (self.folder / entry.file).is_file():
                for _ in make(self.folder, self.task.name, entry):
                    yield told
            yield told

    def pixels(self, entry: Entry) -> Pixels:
        """An image of its own size, (height, width), in the task's unit; of a cut-out its middle slice.

        Raises:
            LithographError: it is damaged, or cannot be made.
        """
        stored = self._stored(entry)
        plane = stored[len(stored) // 2] if stored.ndim == 3 else stored
        return np.asarray(plane, np.float32) * np.float32(entry.slope) + np.float32(entry.offset)

    def whole_of(self, entry: Entry) -> Pixels:
        """An image as `whole` shows it, its middle where something is cut off, in −1 to 1.

        Raises:
            LithographError: it is damaged, or cannot be made.
        """
        return self.grey.to_network(patches.whole(self.pixels(entry), self.shape))

    @property
    def _has_whole(self) -> bool:
        return bool(self._images or self.index.streams)

    def _made(self, stream: Stream, n: int) -> list[Entry]:
        return [stream.entry(self.task.name, seed) for seed in range(stream.available(n))]

    def _drawn(self, n: int, random: Generator) -> Entry:
        """An image; sources are drawn by the square root of their sizes, and within one so are patients.

        So a few images of a rare kind count, and one patient with many slices does not outweigh the others.
        """
        amounts = [stream.available(n) for stream in self.index.streams]
        if self._images:
            amounts.append(sum(map(len, self._images)))
        source = _chosen(amounts, random)
        if source < len(self.index.streams):
            return self.index.streams[source].entry(self.task.name, int(random.integers(amounts[source])))
        return self._of_group(self._images, random)

    @staticmethod
    def _of_group(groups: list[list[Entry]], random: Generator) -> Entry:
        group = groups[_chosen([len(group) for group in groups], random)]
        return group[int(random.integers(len(group)))]

    def _mosaic(self, view: int, random: Generator) -> Pixels:
        entry = self._of_group(self._cut_outs, random)

        def tile() -> Pixels:
            chosen = self._of_group(self._cut_outs, random)
            slices = self._stored(chosen)
            plane = slices[int(random.integers(_EDGE, len(slices) - _EDGE))]
            return np.asarray(plane, np.float32) * np.float32(chosen.slope) + np.float32(chosen.offset)

        return self.grey.to_network(patches.mosaic(tile, entry.zoom, view, random))

    def _seen(self, entry: Entry, pixels: Pixels) -> Pixels:
        return self.grey.to_network(pixels * np.float32(entry.slope) + np.float32(entry.offset))

    def _look_ahead(self, n: int) -> None:
        """Has the images made that patches from n on will be from."""
        wanted = []
        for stream in self.index.streams:
            now = stream.available(n)
            seeds = range(max(0, now - 1), min(stream.most, now + _AHEAD))
            wanted += [stream.entry(self.task.name, seed) for seed in seeds]
        self._ahead.want(wanted)

    def _stored(self, entry: Entry) -> NDArray[Any]:
        """The pixels as they are on disk; a simulated image that is missing or damaged is made again."""
        file = self.folder / entry.file
        try:
            return np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            if not entry.source:
                raise LithographError(
                    f"The image {file} of the pool is missing or damaged; delete the folder {self.folder} "
                    "and train anew."
                ) from error
            if not isinstance(error, FileNotFoundError):
                file.unlink(missing_ok=True)
            finish(make(self.folder, self.task.name, entry))
            return np.load(file, mmap_mode="r", allow_pickle=False)


def grey_scale_of(task: Task) -> GreyScale:
    """The grey scale of a task; of a user's own, that of the shipped task which is most like it."""
    from models.hiresmed_vqgan.grey import GREY_SCALES

    if task.name in GREY_SCALES:
        return GREY_SCALES[task.name]
    if task.modality != "CT":
        return GREY_SCALES["kub-xray"]
    return GREY_SCALES["lung-ct" if task.kind == "nodule" else "abdomen-ct"]


def _by_group(entries: list[Entry]) -> list[list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.group, entry.name)):
        groups.setdefault(entry.group, []).append(entry)
    return list(groups.values())


def _chosen(amounts: list[int], random: Generator) -> int:
    weights = np.sqrt(amounts)
    return int(random.choice(len(amounts), p=weights / weights.sum()))
