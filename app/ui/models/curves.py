"""The curves of a training: what `curves.csv` holds, and what a training reports while it runs."""

from __future__ import annotations

import csv
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.progress import Progress

LOSS, RATE = "loss", "learning rate"
_MOST = 2000
"""Points that are drawn; a screen has no more."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Figures by step.

    Attributes:
        steps: (n,) counted from 1.
        figures: by name, (n,) each.
    """

    steps: NDArray[np.float64]
    figures: Mapping[str, NDArray[np.float64]]

    def smoothed(self, name: str) -> NDArray[np.float64]:
        """(n,) the mean of what is near, over a twentieth of the whole; shorter where it begins and ends."""
        values = self.figures[name]
        half = max(1, len(values) // 40)
        sums = np.concatenate(([0.0], np.cumsum(np.nan_to_num(values))))
        at = np.arange(len(values))
        low, high = np.maximum(at - half, 0), np.minimum(at + half + 1, len(values))
        return (sums[high] - sums[low]) / (high - low)

    def thinned(self) -> Curves:
        """As many points as a screen can show, each the mean of its neighbours."""
        count = len(self.steps)
        if count <= _MOST:
            return self
        edges = np.linspace(0, count, _MOST + 1).astype(int)

        def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.add.reduceat(values, edges[:-1]) / np.diff(edges)

        return Curves(mean(self.steps), {name: mean(values) for name, values in self.figures.items()})


EMPTY = Curves(np.empty(0), {})


def read_curves(file: Path) -> Curves:
    """What a training has written; nothing where it has not, or it is cut off in the middle of a line."""
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            head, *rows = list(csv.reader(stream))
        numbers = np.array([[float(cell) for cell in row] for row in rows if len(row) == len(head)])
    except (OSError, ValueError):
        return EMPTY
    if numbers.size == 0:
        return EMPTY
    names = [name.replace("_", " ") for name in head]
    return Curves(numbers[:, 0], {name: numbers[:, n] for n, name in enumerate(names) if n > 0})


@dataclass(eq=False)
class Record:
    """What a training has reported. The thread that trains writes it, the window's reads it now and then.

    Where a training has several stages, it holds the figures of the one at work.
    """

    _rows: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    _before: Curves = EMPTY
    _pictures: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    _stage: str = ""
    _reports: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def go_on_from(self, curves: Curves) -> None:
        """Takes what an earlier part of the same training has reported."""
        with self._lock:
            self._before, self._reports = curves, len(curves.steps)

    def take(self, progress: Progress) -> None:
        """Keeps one report."""
        with self._lock:
            if LOSS in progress.figures and math.isfinite(progress.figures[LOSS]):
                if self._stage not in ("", progress.note):
                    self._rows, self._before = [], EMPTY
                self._stage = progress.note
                self._rows.append((progress.done, dict(progress.figures)))
                self._reports += 1
            if progress.pictures:
                self._pictures = dict(progress.pictures)

    @property
    def reports(self) -> int:
        """How many there are: whether there is something new to draw."""
        with self._lock:
            return self._reports

    @property
    def stage(self) -> str:
        """What the last report was of; empty before there is one."""
        with self._lock:
            return self._stage

    @property
    def pictures(self) -> Mapping[str, NDArray[np.uint8]]:
        """The last ones, by name."""
        with self._lock:
            return self._pictures

    def curves(self) -> Curves:
        """All figures so far, of the stage at work."""
        with self._lock:
            if self._rows:
                self._before, self._rows = _joined(self._before, self._rows), []
            return self._before


def _joined(before: Curves, rows: list[tuple[int, dict[str, float]]]) -> Curves:
    """Figures with later ones; a step that was done twice counts once."""
    there = before.steps < rows[0][0]
    steps = np.concatenate((before.steps[there], [step for step, _ in rows]))
    figures = {}
    for name in rows[-1][1]:
        earlier = before.figures.get(name)
        head = np.full(int(there.sum()), np.nan) if earlier is None else earlier[there]
        figures[name] = np.concatenate((head, [row.get(name, math.nan) for _, row in rows]))
    return Curves(steps, figures)
