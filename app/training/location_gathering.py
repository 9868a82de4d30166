"""What a location model learns from and is measured on: the user's labelled images, and simulated ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.tasks import Task
from app.training.location_labelled import labelled_places, usual_places
from app.training.location_simulated import AMOUNTS, draw_boxes, simulated_places
from app.training.location_store import CHECK, HELD_OUT, LEARN, Parts, PlaceStore
from models.progress import LongWork

if TYPE_CHECKING:
    from app.training.labels import LabelledImage
    from models.location.network import Spec
    from models.location.samples import Sample


@dataclass(frozen=True, eq=False)
class Gathered:
    """What there is to learn from.

    Attributes:
        sources: the images of each source, by part.
        boxes: how many lesions are marked in the images to learn from; None for simulated images alone.
        places: of those lesions, per image, as shares of its width and height.
        notes: what is amiss with the labels, a sentence each.
    """

    sources: tuple[Parts, ...]
    boxes: int | None
    places: tuple[NDArray[Any], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """What there is, a sentence each."""
        return tuple(line for source in self.sources for line in source.lines)

    @property
    def counts(self) -> dict[str, int]:
        """How many prepared images each part has."""
        parts = {LEARN: 0, CHECK: 0, HELD_OUT: 0}
        for source in self.sources:
            parts[LEARN] += len(source.learn)
            parts[CHECK] += len(source.check)
            parts[HELD_OUT] += len(source.held_out)
        return parts


def gather(
    task: Task, data: Path | None, store: PlaceStore, spec: Spec, *, only_held_out: bool = False
) -> LongWork[Gathered]:
    """Makes ready, in `store`, what there is in `data` and what the simulator adds.

    Raises:
        LithographError: there is nothing to learn from, or `data` will not do.
    """
    size = spec.size * 5 // 4  # a little more than is seen, for closer views
    labelled, series, notes = yield from _read(task, data)
    sources: list[Parts] = []
    boxes: int | None = None
    places: tuple[NDArray[Any], ...] = ()
    if labelled:
        from app.training.labels import split

        part = yield from labelled_places(labelled, task, spec.kind, store, size, only_held_out=only_held_out)
        sources.append(part)
        learn, _ = split([image for image in labelled if image.boxes])
        boxes = sum(len(image.boxes or ()) for image in learn)
        places = tuple(usual_places([image]) for image in learn)
    # What a model is good for shows on real images; simulated ones count where there are no others.
    if not (labelled and only_held_out):
        simulated = yield from simulated_places(task, series, store, size, only_held_out=only_held_out)
        if simulated.held_out:
            sources.append(simulated)
    if not sources:
        raise LithographError(
            f"The task {task.name!r} has no simulator to learn from; choose a folder of labelled images."
        )
    return Gathered(tuple(sources), boxes, places, notes)


def _read(
    task: Task, data: Path | None
) -> LongWork[tuple[Sequence[LabelledImage], tuple[Path, ...], tuple[str, ...]]]:
    """(labelled images, CT series for the simulator, what is amiss) of a folder: the one or the other."""
    from app.training.danger_zone.ct_series import ct_series
    from app.training.labels import read_labelled
    from app.training.labels.reading import NoLabels

    if data is None:
        return (), (), ()
    try:
        found = yield from read_labelled(data, task)
    except NoLabels:
        if task.name not in AMOUNTS:
            raise
        return (), tuple(ct_series(data)), ()
    if not any(image.boxes for image in found.images):
        raise LithographError(
            f"No lesion is marked in any image of {data}; the location model learns from boxes around them."
        )
    return found.images, (), found.notes


class Draw:
    """`draw(n)`: one of the images to learn from, chosen by n alone.

    A source is drawn in proportion to the square root of its images, so that a few real ones count.
    """

    def __init__(self, gathered: Gathered, store: PlaceStore, task: Task) -> None:
        self._sources = [source.learn for source in gathered.sources if source.learn]
        self._store, self._task = store, task
        weights = np.sqrt([len(names) for names in self._sources])
        self._shares = weights / weights.sum()

    def __call__(self, n: int) -> Sample:
        from models.location.samples import Sample

        random = np.random.default_rng((1, n))
        names = self._sources[int(random.choice(len(self._sources), p=self._shares))]
        prepared = self._store.read(names[int(random.integers(len(names)))])
        simulated = prepared.density.size > 0
        return Sample(
            prepared.pixels, draw_boxes(prepared, self._task, random) if simulated else prepared.boxes
        )
