"""Trainings that somebody has asked for: kept on disk, to be stopped and gone on with at any time.

The folder `training/KIND-TASK` of the user's data folder holds the order in `training.json` and beside it
what the training itself keeps: samples, checkpoint, curves. The finished model becomes a version of its task
(`app.training.versions`) and is compared with the one in use, which stays in use until somebody decides.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from app.errors import LithographError
from app.files import cannot_write, make_folder, write_json
from app.paths import user_data
from app.training.occupied import occupied
from app.training.scores import Compared, Comparison, Score
from models.progress import LongWork

ORDER = "training.json"
KINDS = ("danger-zone", "location", "background")
_KEPT = ("samples", "checkpoint", "pool", "start", "autoencoder", "decoder", "codes", "prior")
"""What a training needs to go on, and a finished one does not."""


@dataclass(frozen=True)
class Order:
    """What is to be trained, on what, for how long; and what has come of it.

    Attributes:
        kind: `danger-zone`, `location` or `background`.
        task: the name of the task.
        data: a folder of labelled images or of CT; None for simulated images alone.
        steps: of the optimiser, in all.
        version: the name of the version that the finished model is kept as; empty before.
        old: the name of the version that was in use then; empty where there was none.
        comparison: of that one with the new one; None before, or where they cannot be compared.
        trouble: why they could not be, in a sentence.
        preset: of the network, for backgrounds alone; empty for the usual one.
        batch: images per step, for backgrounds alone; 0 for the usual number.
        device: `cpu` where it is to be spared the GPU; empty for the best that there is.
    """

    kind: str
    task: str
    data: Path | None
    steps: int
    version: str = ""
    old: str = ""
    comparison: Comparison | None = None
    trouble: str = ""
    preset: str = ""
    batch: int = 0
    device: str = ""

    @property
    def folder(self) -> Path:
        """Where the training keeps what it needs."""
        return user_data() / "training" / f"{self.kind}-{self.task}"

    @property
    def finished(self) -> bool:
        """Whether only the decision is missing."""
        return bool(self.version) and (self.comparison is not None or bool(self.trouble) or not self.old)


def orders() -> tuple[Order, ...]:
    """All that are not settled: trainings to be gone on with, and finished ones to be decided on."""
    found = []
    for file in sorted((user_data() / "training").glob(f"*/{ORDER}")):
        try:
            found.append(_order_of(json.loads(file.read_bytes())))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return tuple(found)


def steps_done(order: Order) -> int:
    """How many steps an unfinished training has made, by its curves; 0 where it has not begun to learn."""
    try:
        with (order.folder / "curves.csv").open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 2000))
            last = file.read().decode("utf-8", "replace").strip().splitlines()[-1]
        return int(last.split(",")[0])
    except (OSError, ValueError, IndexError):
        return 0


def carry_out(order: Order, device: str = "cpu") -> LongWork[Order]:
    """Trains, from where an earlier attempt was stopped; keeps the model as a version and compares it.

    Closed at any moment, it goes on from there when it is called again.

    Args:
        device: torch's word for the processor that learns, where the order does not say.

    Raises:
        LithographError: the task or the data will not do, or the disk is full.
    """
    from app.training import versions

    with occupied(order.folder):
        write(order)
        if not order.version:
            train = _trainer(order)
            folder = yield from train(
                order.task,
                order.data,
                order.folder,
                steps=order.steps,
                resume=True,
                device=order.device or device,
            )
            old = next((one.name for one in versions.versions(order.kind, order.task) if one.in_use), "")
            order = replace(order, version=versions.keep(order.kind, order.task, folder).name, old=old)
            write(order)
        for name in _KEPT:
            shutil.rmtree(order.folder / name, ignore_errors=True)
        if order.old and order.comparison is None:
            order = yield from _compared(order)
            write(order)
    return order


def write(order: Order) -> None:
    """Keeps an order.

    Raises:
        LithographError: it cannot be written.
    """
    make_folder(order.folder)
    write_json(order.folder / ORDER, {**asdict(order), "data": order.data and str(order.data)})


def discard(order: Order) -> None:
    """Forgets an order, and deletes what its training has kept; a finished version stays.

    Raises:
        LithographError: something cannot be deleted.
    """
    try:
        shutil.rmtree(order.folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise cannot_write(order.folder, error) from error


def _compared(order: Order) -> LongWork[Order]:
    from app.training import measuring, versions

    folders = {one.name: one.folder for one in versions.versions(order.kind, order.task)}
    try:
        old, new = folders[order.old], folders[order.version]
        comparison = yield from measuring.compare(order.kind, order.task, old, new, order.data)
    except KeyError:
        return replace(order, trouble="One of the two models is gone, so they cannot be compared.")
    except LithographError as error:
        return replace(order, trouble=str(error))
    return replace(order, comparison=comparison)


def _trainer(order: Order) -> Callable[..., LongWork[Path]]:
    if order.kind == "background":
        from app.training.background.recipe import train as train_background

        return partial(train_background, preset=order.preset or None, batch=order.batch or None)
    if order.kind == "location":
        from app.training.location import train

        return train
    from app.training.danger_zone import train as train_danger_zone

    return train_danger_zone


def _order_of(value: dict[str, Any]) -> Order:
    """KeyError, TypeError or ValueError where it is malformed."""
    comparison = value.pop("comparison")
    data = value.pop("data")
    order = Order(**value, data=Path(data) if data else None)
    if order.kind not in KINDS:
        raise ValueError(order.kind)
    return replace(order, comparison=_comparison_of(comparison)) if comparison else order


def _comparison_of(value: dict[str, Any]) -> Comparison:
    rows = tuple(Compared(_score_of(row["old"]), _score_of(row["new"])) for row in value["rows"])
    return Comparison(rows, str(value["data"]))


def _score_of(value: dict[str, Any]) -> Score:
    interval = value.get("interval")
    return Score(**{**value, "interval": tuple(interval) if interval else None})
