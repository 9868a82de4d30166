"""What a network may use: where it computes, and how much of an image at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """Means for one piece of work.

    Attributes:
        device: torch's word: `cuda`, `mps` or `cpu`.
        tile: the side of what is computed at once, in pixels as the network sees them; 0 for everything.
    """

    device: str = "cpu"
    tile: int = 0


WHOLE = Budget()
"""Everything at once, on the CPU."""


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` is Python's, numpy's or torch's way of saying that memory ran out (host or GPU)."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    words = ("not enough memory", "out of memory", "can't allocate memory", "cannot allocate memory")
    return isinstance(error, RuntimeError) and any(word in text for word in words)
