"""Figures: what was measured, on how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000


@dataclass(frozen=True)
class Score:
    """One figure on the held-out part.

    Attributes:
        what: was measured, in words.
        value: of it.
        n: how many things it was measured on (lesions, images, places).
        interval: where 95 % of the values lie when the images are drawn anew (bootstrap); None where that
            makes no sense.
        higher_is_better: which way is better; None where neither is.
    """

    what: str
    value: float
    n: int
    interval: tuple[float, float] | None = None
    higher_is_better: bool | None = True

    def __str__(self) -> str:
        spread = f" ({self.interval[0]:.3f} to {self.interval[1]:.3f})" if self.interval else ""
        return f"{self.what}: {self.value:.3f}{spread}, n = {self.n}"


@dataclass(frozen=True)
class Scores:
    """The figures of one model, and what they were measured on, in words."""

    rows: tuple[Score, ...]
    data: str = ""

    def as_json(self) -> dict[str, Any]:
        """As it stands in cards and in scores.json."""
        return {"data": self.data, "rows": [asdict(row) for row in self.rows]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Scores:
        """The inverse of `as_json`; KeyError or TypeError where it is malformed."""
        rows = []
        for row in value["rows"]:
            interval = row.get("interval")
            rows.append(Score(**{**row, "interval": tuple(interval) if interval else None}))
        return cls(tuple(rows), str(value["data"]))


@dataclass(frozen=True)
class Compared:
    """One figure of two models, on the same images."""

    old: Score
    new: Score

    @property
    def what(self) -> str:
        """What was measured."""
        return self.new.what

    @property
    def better(self) -> bool | None:
        """Whether the new one is better; None where they are alike, or neither way is better."""
        difference = self.new.value - self.old.value
        if self.new.higher_is_better is None or abs(difference) < 5e-4:
            return None
        return (difference > 0) is self.new.higher_is_better


@dataclass(frozen=True)
class Comparison:
    """The figures that two models have in common, the most telling one first."""

    rows: tuple[Compared, ...]
    data: str = ""

    @property
    def verdict(self) -> str:
        """One sentence: which one to use, by the first figure that differs."""
        for row in self.rows:
            if row.better is not None:
                which = "The new model is better" if row.better else "The old model is better"
                return f"{which}: {row.what}, {row.new.value:.3f} against {row.old.value:.3f}."
        return "The two models are alike in every figure."


def mean_score(
    what: str, groups: Sequence[NDArray[Any]], *, higher_is_better: bool | None = True, seed: int = 0
) -> Score | None:
    """The mean of all values, with its interval; `groups` holds the values of one image each.

    None where there is no value at all.
    """
    sums = np.array([float(np.sum(values)) for values in groups])
    counts = np.array([len(values) for values in groups])
    if counts.sum() == 0:
        return None
    drawn = np.random.default_rng(seed).integers(len(groups), size=(RESAMPLES, len(groups)))
    totals = counts[drawn].sum(1)
    means = sums[drawn].sum(1)[totals > 0] / totals[totals > 0]
    low, high = np.percentile(means, (2.5, 97.5))
    value = float(sums.sum() / counts.sum())
    return Score(what, value, int(counts.sum()), (float(low), float(high)), higher_is_better)
