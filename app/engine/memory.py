"""When memory runs out: smaller parts first, then the CPU, then a clear sentence."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

from app.engine.device import Device
from app.engine.failures import out_of_memory
from app.errors import LithographError
from models.budget import Budget
from models.progress import LongWork, Progress

T = TypeVar("T")

TILE = 256
"""The side of the smaller parts, in pixels as the network sees them."""


def budgets(device: str) -> tuple[Budget, ...]:
    """What is tried, one after the other, where a device has the memory it has."""
    kinds = ("cpu",) if device == "cpu" else (device, "cpu")
    return tuple(Budget(kind, tile) for kind in kinds for tile in (0, TILE))


class Frugal:
    """One kind of work that makes do with less where memory runs out, and from then on begins with less.

    Args:
        what: is made, in words that begin a sentence's second half: "the danger zone was found".
        says: gets one sentence, once, when it has made do; called on the thread that does the work.
    """

    def __init__(self, what: str, says: Callable[[str], None]) -> None:
        self._what, self._says = what, says
        self._enough: dict[str, int] = {}
        """By device, which of its budgets has been enough."""

    def __call__(self, work: Callable[[Budget], LongWork[T]], device: Device) -> LongWork[T]:
        """`work` with the first budget that is enough.

        Raises:
            LithographError: none is; any other error of `work` passes.
        """
        tried = budgets(device.kind)
        first = self._enough.get(device.kind, 0)
        for number, budget in enumerate(tried[first:], start=first):
            try:
                result = yield from work(budget)
            except Exception as error:
                if not out_of_memory(error):
                    raise
                error.__traceback__ = None  # its frames hold what filled the memory
            else:
                self._enough[device.kind] = number
                if number > first:
                    self._says(self._sentence(device.kind, budget))
                return result
            gc.collect()
            device.release_memory()
            yield Progress(0, 1, "Not enough memory; trying with less")
        raise LithographError(
            f"There was not enough memory before {self._what}, even in small parts on the CPU; "
            "close other programs or choose a smaller image."
        )

    def _sentence(self, device: str, budget: Budget) -> str:
        if device == "cpu":
            return f"Memory ran out; {self._what} in smaller parts."
        if budget.device != device:
            return f"The GPU ran out of memory; {self._what} on the CPU instead."
        return f"The GPU ran out of memory; {self._what} on it in smaller parts."
