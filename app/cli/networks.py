"""Networks in commands: on the GPU where there is one, and with less memory where it runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.cli.console import note
from models.budget import Budget
from models.progress import LongWork

T = TypeVar("T")


def frugally(what: str) -> Callable[[Callable[[Budget], LongWork[T]]], LongWork[T]]:
    """Does work with the first budget that is enough, and says so where that is not the whole machine.

    `what` is made, in words that end a sentence, as `app.engine.memory.Frugal` takes them.
    """
    from app.engine.device import choose
    from app.engine.memory import Frugal

    device, frugal = choose(), Frugal(what, note)
    return lambda work: frugal(work, device)
