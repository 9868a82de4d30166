"""The danger-zone network on one image: time, and memory of a process that does nothing else."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import numpy as np

from app.anatomy.network import predict_anatomy
from app.imaging.image import Image
from app.tasks import task
from models.progress import finish

_PROCESS = """
import resource, sys
from tests.benchmarks.bench_danger_zone import radiograph
from app.anatomy.network import predict_anatomy
from app.tasks import task
from models.progress import finish
image = radiograph(int(sys.argv[1]), int(sys.argv[2]))
finish(predict_anatomy(image, task("kub-xray")))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def radiograph(height: int, width: int) -> Image:
    """A phantom radiograph brought to that size, 16 bit."""
    import cv2

    from app.simulation import generate

    small = finish(generate("kub-xray", 7, size=512)).image.pixels
    return Image(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), spacing=(0.4, 0.4))


def rows() -> list[tuple[str, str, str]]:
    """The danger zone of a square and of a large radiograph, of a CT slice, and the memory it takes."""
    slice_ = Image(np.random.default_rng(0).normal(-300, 400, (512, 512)).astype(np.int16), unit="HU")
    return [
        ("danger zone of 1,024² (network)", "≤ 0.5 s", _time(radiograph(1024, 1024), "kub-xray")),
        ("danger zone of 3,292×3,141 (network)", "", _time(radiograph(3292, 3141), "kub-xray")),
        ("danger zone of a 512² CT slice (network)", "≤ 0.5 s", _time(slice_, "lung-ct")),
        ("longest step of it, 1,024²", "≤ 33 ms", _longest_step(radiograph(1024, 1024), "kub-xray")),
        ("peak memory of a process that does this, 1,024²", "≤ 500 MiB", _memory(1024, 1024)),
        ("peak memory of a process that does this, 3,292×3,141", "", _memory(3292, 3141)),
    ]


def _time(image: Image, task_name: str) -> str:
    times = []
    for _ in range(6):
        start = time.perf_counter()
        finish(predict_anatomy(image, task(task_name)))
        times.append(time.perf_counter() - start)
    # The first one loads the network.
    return f"{statistics.median(times[1:]):.2f} s (first {times[0]:.2f} s)"


def _longest_step(image: Image, task_name: str) -> str:
    longest = []
    for _ in range(5):
        last, steps = time.perf_counter(), []
        for _ in predict_anatomy(image, task(task_name)):
            steps.append(time.perf_counter() - last)
            last = time.perf_counter()
        longest.append(max(steps))
    return f"{statistics.median(longest) * 1000:.0f} ms"


def _memory(height: int, width: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _PROCESS, str(height), str(width)], capture_output=True, text=True, check=True
    )
    kibibytes = int(done.stdout) / (1024 if sys.platform == "darwin" else 1)
    return f"{kibibytes / 1024:.0f} MiB"
