"""How long a simulated background takes."""

from __future__ import annotations

import statistics
import time

from app.simulation import generate
from models.progress import finish


def rows() -> list[tuple[str, str, str]]:
    """The phantom at full size, after one run that loads the libraries."""
    finish(generate("kub-xray", 0, size=256))
    times = []
    for seed in range(5):
        start = time.perf_counter()
        finish(generate("kub-xray", seed, size=1024))
        times.append(time.perf_counter() - start)
    return [("phantom kub-xray 1,024²", "≤ 3 s", f"{statistics.median(times):.2f} s")]
