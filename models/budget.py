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
