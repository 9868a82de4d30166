"""The window under the hand: scripted events through the real window, each in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.window.pictures import LARGE, SLICES, SMALL, compress, write_radiograph, write_series

Row = tuple[str, str, str]
_SIZE = f"{LARGE[1]:,}×{LARGE[0]:,}"


def rows() -> list[Row]:
    """One row per figure of the window."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large, packed = folder / "small.dcm", folder / "large.dcm", folder / "packed.dcm"
        write_radiograph(small, SMALL)
        write_radiograph(large, LARGE)
        compress(large, packed)
        write_series(folder / "ct")
        return [
            *_start(small),
            *_hand(small, large),
            *_slices(folder / "ct"),
            *_blocked(folder),
            *_opening(large, packed),
            *_memory(large),
        ]


def _start(path: Path) -> Iterator[Row]:
    starts = sorted(_measure("start", path)["seconds"] for _ in range(5))
    yield "start to a usable window, warm disk (median of 5)", "≤ 1.5 s", f"{starts[2]:.2f} s"


def _hand(small: Path, large: Path) -> Iterator[Row]:
    for size, path in ((f"{SMALL[1]:,}²", small), (_SIZE, large)):
        for what, times in _measure("drag", path).items():
            name = f"mouse move to changed pixels, dragging {what}, {size}, 95th percentile"
            yield name, "≤ 33 ms", _times(times)
    for what, times in _measure("look", large).items():
        yield (
            f"{what} at {_SIZE}, event to the end of its painting, 95th percentile",
            "≤ 25 ms",
            _times(times),
        )
    for what, times in _measure("undo", large).items():
        yield (
            f"undo of *{what}*, 20 lesions on {_SIZE}, to changed pixels, 95th percentile",
            "≤ 50 ms",
            _times(times),
        )


def _slices(folder: Path) -> Iterator[Row]:
    times = _measure("leaf", folder)["next"]
    name = f"next slice of a CT of {SLICES}, 25 a second with two turns back, 95th percentile"
    yield name, "≤ 30 ms", _times(times)


def _blocked(folder: Path) -> Iterator[Row]:
    gaps = _measure("blocked", folder)["gaps"]
    late, worked, step = max(gaps, default=(0.0, 0.0, "nothing"))
    yield (
        "longest time that the window does not answer, in a run of everything",
        "≤ 100 ms",
        f"{late:.0f} ms ({step}; {worked:.0f} ms of it work of the window's thread)",
    )


def _opening(large: Path, packed: Path) -> Iterator[Row]:
    for name, path in (("uncompressed", large), ("JPEG 2000", packed)):
        opened = _measure("open", path)
        yield (
            f"opening a {_SIZE} 16-bit DICOM ({name}) to pixels on screen, against pydicom's bare decode",
            "≤ 1.5×",
            f"{opened['screen'] / opened['bare']:.2f}× "
            f"({1000 * opened['screen']:.0f} against {1000 * opened['bare']:.0f} ms)",
        )


def _memory(large: Path) -> Iterator[Row]:
    used = _measure("memory", large)["bytes"]
    yield f"memory with a {_SIZE} background and 20 lesions", "≤ 1.2 GiB", f"{used / 2**30:.2f} GiB"


def _times(values: list[float]) -> str:
    import numpy as np

    middle, most, longest = np.percentile(values, (50, 95, 100))
    return f"{most:.0f} ms (median {middle:.0f}, longest {longest:.0f} ms)"


def _measure(what: str, path: Path) -> dict[str, Any]:
    """Runs one measurement in a process of its own, with a data folder of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"LITHOGRAPH_HOME": home}
        command = [sys.executable, "-m", "tests.benchmarks.window", what, str(path), repr(time.time())]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])
