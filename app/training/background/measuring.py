"""The figures of a model of backgrounds: what it gives back, what it draws, what it has learnt by heart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.evaluation.features import comparing_features
from app.tasks import Task
from app.training.background.gathering import gather
from app.training.background.generating import (
    bits,
    draw,
    fingerprints,
    nearness,
    real_images,
    telling_apart,
)
from app.training.background.index import HELD_OUT_SEED, Entry, read_index
from app.training.background.pool import Pool
from app.training.background.reconstructing import counts_of, more_codes, rebuild, use_rows
from app.training.scores import Score, Scores
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.features import FeatureNetwork
    from models.hiresmed_vqgan.model import BackgroundModel

POOL = "pool"
"""The folder beside a model's weights where its images may still be."""

SMALLEST = 64
"""Images of half as many pixels a side, and more, are measured on."""


@dataclass(frozen=True)
class Amounts:
    """How much is measured.

    Attributes:
        images: held-out images to be given back.
        drawn: new images, and as many real ones that they are compared with; twice that tells copies.
        bits: held-out images whose codes the prior is asked about.
        codes: codes of the first level that are counted, at least, where there are as many images.
        neighbours: training images that are kept to be compared with.
    """

    images: int = 24
    drawn: int = 24
    bits: int = 4
    codes: int = 8192
    neighbours: int = 500


USUAL = Amounts()


@dataclass(frozen=True)
class Measured:
    """What was found of one task.

    Attributes:
        scores: the figures, the most telling one first.
        residual: of the card, for *Project*; empty without images.
        nearest: 101 percentiles of how far real images are from the nearest that was learnt from; empty
            where nothing is known of these.
        memorisation: for the card.
        counts: (levels, codes) how often each code was used: several tasks' add up.
    """

    scores: Scores
    residual: dict[str, Any]
    nearest: list[float]
    memorisation: dict[str, Any]
    counts: NDArray[np.int64]

    def as_card(self) -> dict[str, Any]:
        """For the task's part of a card."""
        return {
            "figures": self.scores.as_json(),
            "residual": self.residual,
            "nearest": self.nearest,
            "memorisation": self.memorisation,
        }


def with_neighbours(
    model: BackgroundModel, task: Task, pool: Pool, patches: int, amounts: Amounts | None = None
) -> LongWork[tuple[BackgroundModel, tuple[Entry, ...]]]:
    """The model with the fingerprints of what it learnt from, and which images those are.

    Args:
        patches: that were drawn from the pool.

    Raises:
        LithographError: an image is damaged.
    """
    import torch

    entries = spread(pool.learnt(patches), (amounts or USUAL).neighbours)
    yield from pool.ready(entries)
    found = []
    for n, entry in enumerate(entries):
        found.append(fingerprints([pool.whole_of(entry)])[0])
        yield Progress(n + 1, len(entries), "Remembering what was learnt from")
    if not entries:
        return model, ()
    kept = torch.from_numpy(np.stack(found)).half()
    return replace(model, neighbours={**model.neighbours, task.name: kept}), entries


def measure_task(
    model: BackgroundModel, task: Task, pool: Pool, amounts: Amounts | None = None
) -> LongWork[Measured]:
    """Measures what a model does with images of a task that nothing was learnt from.

    Raises:
        LithographError: an image is damaged, or there is none.
    """
    amounts, held_out = amounts or USUAL, pool.held_out
    judged = spread(held_out, amounts.images) or spread(pool.learnt(0), amounts.images)
    yield from pool.ready(judged)
    if not judged:
        raise LithographError(f"There is no whole image to measure a model of {task.name!r} on.")
    rebuilt = yield from rebuild(model.vqgan, task, pool, judged, comparing_features())
    tokens = math.prod(side // model.vqgan.spec.levels[0] or 1 for side in pool.shape)
    more = min(300, amounts.codes // tokens) - len(judged)
    further = tuple(e for e in pool.learnt(0) if e not in judged and _there(pool, e))
    codes = yield from more_codes(model.vqgan, pool, spread(further, max(0, more)), rebuilt.codes)
    counts = counts_of(codes, model.vqgan.spec.codes)
    rows = list(rebuilt.rows)
    likely = yield from bits(model, task, rebuilt.codes[: amounts.bits])
    drawn_rows, nearest, memorisation = yield from _drawn(model, task, pool, amounts)
    rows += [*drawn_rows, *likely, *use_rows(counts, len(codes))]
    what = "held-out images" if held_out else "images that were learnt from, since none are held out"
    residual = {} if rebuilt.level is None else rebuilt.level.as_card()
    return Measured(Scores(tuple(rows), f"{len(judged)} {what}"), residual, nearest, memorisation, counts)


def measure_models(task: Task, folders: Sequence[Path], data: Path | None) -> LongWork[tuple[Scores, ...]]:
    """The figures of several models of a task, all on the same held-out images.

    Raises:
        LithographError: a model or the data will not do.
    """
    from models.hiresmed_vqgan.model import load
    from models.weights import DamagedWeights

    try:
        models = [load(folder) for folder in folders]
    except DamagedWeights as error:
        raise LithographError(str(error)) from error
    for folder, model in zip(folders, models, strict=True):
        if task.name not in model.tasks:
            raise LithographError(f"The model in {folder} does not know the task {task.name!r}.")
    scores = []
    with TemporaryDirectory(prefix="lithograph-") as temporary:
        pool = _kept(task, data, folders[-1] / POOL)
        if pool is None:
            pool = yield from gather(task, data, Path(temporary), view=SMALLEST, only_held_out=True)
        with pool:
            for model in models:
                scores.append((yield from measure_task(model, task, pool)).scores)
    return tuple(scores)


def _kept(task: Task, data: Path | None, folder: Path) -> Pool | None:
    """The pool of a training that is not tidied up yet; None where there is none of that data."""
    index = read_index(folder, task.name)
    if index is None or not index.finished or index.data != ("" if data is None else str(data.absolute())):
        return None
    return Pool(task, folder, index)


def _drawn(
    model: BackgroundModel, task: Task, pool: Pool, amounts: Amounts
) -> LongWork[tuple[list[Score], list[float], dict[str, Any]]]:
    """The figures of new images, the percentiles of real ones' distances, and the card's part on copies."""
    features, learnt = _features(), model.neighbours.get(task.name)
    others = (*pool.held_out, *_more_held_out(pool, amounts.drawn))
    entries = tuple(real_images(pool, others, amounts.drawn))
    yield from pool.ready(entries)
    real = [pool.whole_of(entry) for entry in entries]
    seen = fingerprints(real) if real else None
    drawn = (yield from draw(model, task, amounts.drawn)) if model.prior is not None else []
    rows = (yield from telling_apart(features, real, drawn)) if real and drawn else []
    if learnt is None or len(learnt) < 2:
        return rows, [], {}
    known = learnt.float().numpy()
    made = fingerprints(drawn) if drawn else known[:0]
    near = nearness(known, seen, made)
    if not drawn:
        return rows, near.percentiles(), {}
    return [*rows, *near.rows()], near.percentiles(), near.as_card()


def _more_held_out(pool: Pool, count: int) -> list[Entry]:
    """Simulated images of further seeds that nothing learns from: phantoms are to be had at will."""
    streams = [stream for stream in pool.index.streams if not stream.source.startswith("ct:")]
    return [
        stream.entry(pool.task.name, HELD_OUT_SEED + n)
        for stream in streams
        for n in range(stream.held_out, count)
    ]


def _features() -> FeatureNetwork:
    """The program's own, whatever the user has: figures in cards are by these."""
    from models.features import load_features
    from models.weights import DamagedWeights

    try:
        return load_features()
    except DamagedWeights as error:
        raise LithographError(str(error)) from error


def _there(pool: Pool, entry: Entry) -> bool:
    """Whether it need not be simulated first."""
    return (pool.folder / entry.file).is_file()


def spread(entries: Sequence[Entry], count: int) -> tuple[Entry, ...]:
    """At most `count` of them, evenly."""
    if len(entries) <= count:
        return tuple(entries)
    return tuple(entries[n * len(entries) // count] for n in range(count))
