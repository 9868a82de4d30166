"""How long a piece of work will still take, judged by its pace so far."""

from __future__ import annotations

import math

_SETTLED_S = 0.4
"""Nothing is said before that much has been seen: the first step often loads a network."""
_MEMORY_S = 8.0
"""How far back the pace is remembered; steps of a training differ from scale to scale."""


class TimeLeft:
    """Turns (finished share, clock) into seconds left, with the pace smoothed exponentially over time."""

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None
        self._last = (0.0, 0.0)
        self._pace = 0.0

    def update(self, fraction: float, now: float) -> float | None:
        """Seconds left when `fraction` (0..1) is finished at the time `now` (s); None while it is unknown."""
        if self._first is None or fraction < self._last[0]:  # another part of the work has a pace of its own
            self._first = self._last = (fraction, now)
            self._pace = 0.0
            return None
        seen = now - self._first[1]
        elapsed = now - self._last[1]
        if elapsed > 0:
            # Like a mean over what has been seen while that is short, an exponential one after.
            weight = 1 - math.exp(-elapsed / _MEMORY_S)
            weight = max(weight, min(1.0, elapsed / seen))
            self._pace += weight * ((fraction - self._last[0]) / elapsed - self._pace)
            self._last = (fraction, now)
        if seen < _SETTLED_S or self._pace <= 0:
            return None
        return max(0.0, (1.0 - fraction) / self._pace)


def in_words(seconds: float) -> str:
    """`12 s left`, `3 min left`, `1 h 05 min left`."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s left"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min left"
    return f"{minutes // 60} h {minutes % 60:02d} min left"
