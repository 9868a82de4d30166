"""Starting, opening, and the memory that is held."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.benchmarks.window.bench import Bench


def start(path: Path, began: float) -> dict[str, float]:
    """Seconds from the start of the process to a painted window that answers."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    bench = Bench(None)

    class Painted(QObject):
        done = False

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            self.done = self.done or event.type() == QEvent.Type.Paint
            return False

    painted, answered = Painted(), []
    bench.canvas.viewport().installEventFilter(painted)
    bench.window.show()
    bench.until(lambda: painted.done)
    QTimer.singleShot(0, lambda: answered.append(time.time()))
    bench.until(lambda: answered)
    bench.close()
    return {"seconds": answered[0] - began}


def open_(path: Path, began: float) -> dict[str, float]:
    """Seconds from opening a file in a running window to its pixels on the screen; and of the bare decode."""
    import pydicom

    def bare() -> float:
        begin = time.perf_counter()
        pydicom.dcmread(path).pixel_array  # noqa: B018
        return time.perf_counter() - begin

    bare()
    bench = Bench(path)
    bench.settle()
    document = bench.document
    times, decodes = [], []
    for _ in range(9):  # in turns, so that both meet the same machine
        decodes.append(bare())
        old = document.page

        def other(old: Any = old) -> bool:
            return document.page is not old

        times.append(bench.timed(lambda: bench.window.filing.open_path(path), other) / 1000)
        bench.idle()
    bench.close()
    return {"screen": sorted(times)[4], "bare": sorted(decodes)[4]}


def memory(path: Path, began: float) -> dict[str, float]:
    """Resident bytes with 20 lesions placed."""
    from app.engine.device import resident_memory

    bench = Bench(path)
    bench.settle()
    bench.place(20)
    used = resident_memory()
    bench.close()
    return {"bytes": used}
