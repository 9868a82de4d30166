"""Where lesions may go and where they are likely: the figures of the shipped networks.

Those on real images need a folder of data, named by the environment variable LITHOGRAPH_DATA: chest and
abdominal CT for the danger zone, and `kidney_stone_ct`, images with YOLO boxes, for both. What is missing is
said and left out.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.anatomy import analyse
from app.anatomy.versions import in_use
from app.tasks import task
from app.training.measuring import measure
from app.training.scores import Score
from models.progress import finish
from tests.benchmarks.bench_danger_zone import radiograph

DATA = "LITHOGRAPH_DATA"
TASKS = ("kub-xray", "lung-ct", "abdomen-ct")
REACH = {
    "Dice, spine": "≥ 0.95",
    "Dice, pelvis and sacrum": "≥ 0.95",
    "Dice, ribs": "≥ 0.85",
    "Dice, lungs": "≥ 0.97",
    "places inside bones wrongly permitted": "≤ 0.02",
    "share of held-out lesions that the danger zone forbids": "≤ 0.03",
    "AUC of held-out lesions against random points of the body": "≥ 0.93",
    "AUC of that confidence above that of the atlas of mean positions": "≥ 0.05",
    "share of held-out lesions in the hottest 10 % of the permissible area": "≥ 0.75",
    "AUC of places where a decoy was removed against untouched places (0.5: no trace)": "0.5",
}

_PROCESS = """
import resource
from app.anatomy import analyse
from app.tasks import task
from models.progress import finish
from tests.benchmarks.bench_danger_zone import radiograph
finish(analyse(radiograph(1024, 1024), task("kub-xray")))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def rows() -> Iterator[tuple[str, str, str]]:
    """Time and memory of both networks on 1,024², and every figure on held-out images."""
    yield "danger zone, heatmap and candidates of 1,024², both networks", "≤ 0.5 s", _time()
    yield "peak memory of a process that does this", "≤ 500 MiB", _memory()
    folder = Path(os.environ[DATA]) if os.environ.get(DATA) else None
    if folder is None:
        print(f"{DATA} names no folder: the figures on real images are left out", file=sys.stderr)
    for name in TASKS:
        yield from _scores("danger-zone", name, folder)
        stones = folder / "kidney_stone_ct" if folder and name == "abdomen-ct" else None
        yield from _scores("location", name, stones)


def _scores(kind: str, name: str, data: Path | None) -> Iterator[tuple[str, str, str]]:
    weights = in_use(kind, name)
    if weights is None or (data is not None and not data.is_dir()):
        print(f"{kind} of {name}: {data or 'the model'} is missing and left out", file=sys.stderr)
        return
    if name == "abdomen-ct" and data is None:
        print(f"{kind} of {name}: its images are missing and left out", file=sys.stderr)
        return
    for row in finish(measure(kind, name, weights, data)).rows:
        yield f"{kind} of {name}: {row.what}, n = {row.n}", REACH.get(row.what, ""), _value(row)


def _value(row: Score) -> str:
    spread = f" ({row.interval[0]:.3f}–{row.interval[1]:.3f})" if row.interval else ""
    return f"{row.value:.3f}{spread}"


def _time() -> str:
    image, setting, times = radiograph(1024, 1024), task("kub-xray"), []
    for _ in range(6):
        start = time.perf_counter()
        finish(analyse(image, setting))
        times.append(time.perf_counter() - start)
    # The first one loads the networks.
    return f"{statistics.median(times[1:]):.2f} s (first {times[0]:.2f} s)"


def _memory() -> str:
    done = subprocess.run([sys.executable, "-c", _PROCESS], capture_output=True, text=True, check=True)
    kibibytes = int(done.stdout) / (1024 if sys.platform == "darwin" else 1)
    return f"{kibibytes / 1024:.0f} MiB"
