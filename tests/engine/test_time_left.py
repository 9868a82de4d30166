"""The estimate of the time left."""

from __future__ import annotations

import pytest

from app.engine.time_left import TimeLeft, in_words


def test_a_steady_pace_gives_the_exact_time() -> None:
    estimate = TimeLeft()
    for step in range(1, 51):
        left = estimate.update(step / 100, step * 0.1)
    assert left == pytest.approx(5.0, rel=1e-6)


def test_nothing_is_said_at_first() -> None:
    estimate = TimeLeft()
    assert estimate.update(0.0, 100.0) is None
    assert estimate.update(0.01, 100.1) is None
    assert estimate.update(0.05, 100.5) is not None


def test_work_that_stands_still_has_no_estimate() -> None:
    estimate = TimeLeft()
    assert [estimate.update(0.0, t) for t in (0.0, 1.0, 2.0)] == [None, None, None]


def test_a_change_of_pace_is_followed() -> None:
    estimate = TimeLeft()
    for step in range(100):
        estimate.update(0.001 * step, 0.1 * step)
    for step in range(400):
        left = estimate.update(0.1 + 0.002 * step, 10 + 0.1 * step)
    assert left == pytest.approx((1 - 0.1 - 0.002 * 399) / 0.02, rel=0.02)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s left"),
        (12.4, "12 s left"),
        (59.4, "59 s left"),
        (185, "3 min left"),
        (3900, "1 h 05 min left"),
    ],
)
def test_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_another_part_of_the_work_has_a_pace_of_its_own() -> None:
    estimate = TimeLeft()
    for second in range(11):  # a fast part
        estimate.update(second / 10, float(second))
    assert estimate.update(0.0, 11.0) is None
    left = [estimate.update(step / 1000, 11.0 + step) for step in range(1, 11)][-1]
    assert left == pytest.approx(990, rel=0.02)
