"""How a command drives long work when Ctrl+C is pressed."""

from __future__ import annotations

import signal

import pytest

from app.cli.console import drive
from models.progress import LongWork, Progress


class Work:
    """Work of five steps, with Ctrl+C pressed in the middle of some."""

    def __init__(self, *pressed: int) -> None:
        self.pressed, self.begun, self.ended, self.closed = pressed, 0, 0, False

    def __call__(self) -> LongWork[str]:
        try:
            for step in range(1, 6):
                self.begun += 1
                for _ in range(self.pressed.count(step)):
                    signal.raise_signal(signal.SIGINT)
                self.ended += 1
                yield Progress(step, 5)
            return "done"
        finally:
            self.closed = True


def test_ctrl_c_waits_for_the_end_of_a_step_and_pressed_twice_does_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    undisturbed = Work()
    assert drive(undisturbed(), "Work") == "done"

    once = Work(3)
    with pytest.raises(KeyboardInterrupt):
        drive(once(), "Work")
    assert (once.begun, once.ended, once.closed) == (3, 3, True)

    twice = Work(3, 3)
    with pytest.raises(KeyboardInterrupt):
        drive(twice(), "Work")
    assert (twice.begun, twice.ended, twice.closed) == (3, 2, True)
    assert signal.getsignal(signal.SIGINT) is before
