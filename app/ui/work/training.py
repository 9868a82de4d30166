"""Training a lesion model on a lesion of the open image, while the work goes on."""

from __future__ import annotations

import re
import threading
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.engine import Job, State, Urgency
from app.imaging.image import Image
from app.ui.document import Document
from app.ui.work.bridge import Bridge
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from app.lesions.library import Entry
    from app.lesions.unfinished import Unfinished

PRESET = "lean"


@dataclass(frozen=True)
class Wish:
    """What the user says of a lesion model that is to be trained.

    Attributes:
        title: what people call it.
        kind: `stone` or `nodule`.
        tasks: names of the tasks that it is for.
        source, licence: of the exemplar, in the user's words; empty for what is usual.
    """

    title: str
    kind: str
    tasks: tuple[str, ...]
    source: str = ""
    licence: str = ""

    @property
    def name(self) -> str:
        """The lesion model's name."""
        return name_for(self.title)


@dataclass(frozen=True)
class Scale:
    """A scale whose training is under way or finished, as it was when it was asked for.

    Attributes:
        number: counted from 1, as the training reports it.
        losses: per report: the finished share of the whole training (0..1), and the three `LOSSES`.
        pictures: by name, grey values; empty until it is finished.
    """

    number: int
    losses: tuple[tuple[float, float, float, float], ...]
    pictures: dict[str, NDArray[np.uint8]]


@dataclass(eq=False)
class Record:
    """What a training has reported. The engine's thread writes it, the window's reads it now and then."""

    title: str
    scales: int = 0
    """How many there will be."""
    _losses: dict[int, list[tuple[float, float, float, float]]] = field(default_factory=dict)
    _pictures: dict[int, dict[str, NDArray[np.uint8]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, progress: Progress) -> None:
        """Keeps one report."""
        found = _SCALE.search(progress.note)
        if found is None:
            return
        number, figures = int(found[1]), progress.figures
        with self._lock:
            self.scales = int(found[2])
            if progress.pictures:
                self._pictures[number] = dict(progress.pictures)
            elif figures:
                reconstruction, generator, discriminator = (float(figures[name]) for name in LOSSES)
                row = (progress.fraction, reconstruction, generator, discriminator)
                self._losses.setdefault(number, []).append(row)

    def seen(self) -> tuple[Scale, ...]:
        """The scales so far."""
        with self._lock:
            numbers = sorted(self._losses.keys() | self._pictures.keys())
            return tuple(Scale(n, tuple(self._losses.get(n, ())), self._pictures.get(n, {})) for n in numbers)


_SCALE = re.compile(r"scale (\d+) of (\d+)")
LOSSES = ("reconstruction", "generator", "discriminator")


class Trainer(QObject):
    """Runs one training at a time; stopped, it goes on from there when it is started again."""

    changed = Signal()
    """A training has begun or ended, or other ones can be gone on with."""
    trained = Signal(object)
    """The `Entry` of the new lesion model."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self._document = document
        self._bridge = bridge
        self.job: Job | None = None
        self._followed: Job | None = None
        self.record: Record | None = None
        """Of the training that runs, or ran last."""
        self.unfinished: tuple[Unfinished, ...] = ()
        self.taken: dict[str, str] = {}
        """Title by name of all lesion models, finished or not."""

    @property
    def busy(self) -> bool:
        """Whether a training is under way."""
        return self.job is not None and not self.job.state.ended

    @property
    def ended_as(self) -> State | None:
        """How the last training ended; None while one is under way, or where there was none."""
        return self.job.state if self.job is not None and self.job.state.ended else None

    def train(self, wish: Wish, image: Image, mask: NDArray[np.bool_]) -> None:
        """Trains on what the mask of the image holds."""

        def work() -> LongWork[Path]:
            from app.composition.learning import exemplar_in_hu
            from app.lesions.training import LICENCE, SOURCE, train_lesion_model

            return train_lesion_model(
                image,
                mask,
                wish.name,
                title=wish.title,
                kind=wish.kind,
                tasks=wish.tasks,
                preset=PRESET,
                cut=exemplar_in_hu(wish.kind),
                licence=wish.licence or LICENCE,
                source=wish.source or SOURCE,
            )

        self._begin(wish.name, wish.title, work)

    def go_on(self, name: str) -> None:
        """Goes on with a training that was stopped."""
        one = next((one for one in self.unfinished if one.name == name), None)
        if one is None or self.busy:
            return

        def work() -> LongWork[Path]:
            from app.lesions.training import go_on

            return go_on(name)

        self._begin(name, one.title, work)

    def discard(self, name: str) -> None:
        """Deletes what is kept of a training that was stopped."""

        def work() -> None:
            from app.lesions import unfinished

            unfinished.discard(name)

        title = self.taken.get(name, name)
        self._bridge.write("discard", work, lambda _: self.look(), title=f"Discarding “{title}”")

    def stop(self) -> None:
        """Stops the training; its finished scales are kept."""
        if self.job is not None:
            self.job.cancel()

    def follow(self) -> None:
        """Notices that the training has ended, in whatever way; called a few times a second."""
        if self._followed is not None and self._followed.state.ended:
            self._followed = None
            self.look()
            self.changed.emit()

    def look(self) -> None:
        """Looks which lesion models there are, and which trainings can be gone on with."""

        def work() -> tuple[dict[str, str], tuple[Unfinished, ...]]:
            from app.lesions import library, unfinished

            waiting = unfinished.unfinished()
            taken = {entry.name: entry.title for entry in library.entries()}
            return taken | {one.name: one.title for one in waiting}, waiting

        self._bridge.read("unfinished", work, self._take, title="Looking for unfinished trainings")

    def _begin(self, name: str, title: str, make: Callable[[], LongWork[Path]]) -> None:
        record = self.record = Record(title)

        def work() -> LongWork[Entry | None]:
            from app.lesions import library

            yield from _watched(make(), record.take)
            return next((entry for entry in library.entries() if entry.name == name), None)

        self.job = self._bridge.submit(
            "train", work, self._done,
            title=f"Training “{title}”", urgency=Urgency.BACKGROUND,
        )  # fmt: skip
        self._followed = self.job
        self.changed.emit()

    def _take(self, found: tuple[dict[str, str], tuple[Unfinished, ...]]) -> None:
        self.taken, self.unfinished = found
        self.changed.emit()

    def _done(self, entry: Entry | None) -> None:
        if entry is not None:
            self.trained.emit(entry)


def _watched(work: LongWork[Any], take: Callable[[Progress], None]) -> LongWork[Any]:
    """`work`, each of its reports handed over on the thread that does it: who polls might miss one."""
    try:
        while True:
            progress = next(work)
            take(progress)
            yield progress
    except StopIteration as end:
        return end.value
    finally:
        work.close()


def name_for(title: str) -> str:
    """A lesion model's name made of its title: `My stone, left` becomes `my-stone-left`.

    A title without Latin letters or digits gets a name made of its checksum.
    """
    plain = unicodedata.normalize("NFKD", title.lower())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    name = re.sub(r"[^a-z0-9]+", "-", plain)[:64].strip("-")
    return name or f"lesion-{zlib.crc32(title.strip().encode()):08x}"


def name_refused(title: str, taken: dict[str, str]) -> str:
    """Why a lesion model cannot be called so, in a sentence; empty where it can.

    Args:
        taken: title by name of those that there are.
    """
    if not title.strip():
        return "Give it a name."
    wanted = title.strip().casefold()
    same = next((other for other in taken.values() if other.casefold() == wanted), None)
    if same is not None:
        return f"There is a lesion model “{same}” already; choose another name."
    near = taken.get(name_for(title))
    return f"That is too near to “{near}”, which is there already; choose another name." if near else ""
