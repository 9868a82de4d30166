"""Measuring a model on images that it has not learnt from, and comparing two on the same ones."""

from __future__ import annotations

from pathlib import Path

from app.errors import LithographError
from app.tasks import task as task_of
from app.training.scores import Compared, Comparison, Score, Scores
from models.progress import LongWork

__all__ = ["KINDS", "Compared", "Comparison", "Score", "Scores", "compare", "measure"]

KINDS = ("danger-zone", "location", "background")


def measure(kind: str, task_name: str, weights: Path, data: Path | None) -> LongWork[Scores]:
    """The figures of the model in the folder `weights` on the held-out part of `data`.

    Without `data`, on simulated images of seeds that nothing learns from. The most telling figure is first.

    Raises:
        LithographError: the weights or the data will not do.
    """
    (scores,) = yield from _measured(kind, task_name, (weights,), data)
    return scores


def compare(kind: str, task_name: str, old: Path, new: Path, data: Path | None) -> LongWork[Comparison]:
    """The figures of two models, each measured on the same held-out images.

    Raises:
        LithographError: the weights or the data will not do.
    """
    before, after = yield from _measured(kind, task_name, (old, new), data)
    known = {row.what: row for row in before.rows}
    rows = tuple(Compared(known[row.what], row) for row in after.rows if row.what in known)
    return Comparison(rows, after.data)


def _measured(
    kind: str, task_name: str, models: tuple[Path, ...], data: Path | None
) -> LongWork[tuple[Scores, ...]]:
    task = task_of(task_name)
    if kind == "location":
        from app.training.location import measure_models

        return (yield from measure_models(task, models, data))
    if kind == "danger-zone":
        from app.training.danger_zone import measure_models as measure_danger_zones

        return (yield from measure_danger_zones(task, models, data))
    if kind == "background":
        from app.training.background.measuring import measure_models as measure_backgrounds

        return (yield from measure_backgrounds(task, models, data))
    raise LithographError(f"There is no kind of model {kind!r}; choose {', '.join(KINDS)}.")
