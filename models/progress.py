"""How long work reports itself.

Long work is a generator: it yields `Progress` after each step and returns its result. Whoever drives it,
a command with a progress bar or the engine's worker, may stop between two steps by closing the generator;
the work's own `finally` blocks then leave everything finished so far on disk.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """One report: `done` of `total` steps, what is being done, and what is worth showing.

    Attributes:
        done, total: steps.
        note: what is being done.
        figures: by name, worth plotting.
        pictures: by name, (height, width) grey values, worth looking at.
    """

    done: int
    total: int
    note: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    pictures: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def fraction(self) -> float:
        """The finished share, 0 to 1."""
        return self.done / self.total if self.total else 0.0


LongWork = Generator[Progress, None, T]


def finish(work: LongWork[T]) -> T:
    """Runs `work` to its end and returns its result, ignoring the reports."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
