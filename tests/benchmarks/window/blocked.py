"""The longest time that the window does not answer, in a run of everything that people do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer

from tests.benchmarks.window.bench import CONTROL, LEFT, MIDDLE, RIGHT, Bench

BEAT_MS = 5
LATE_S = 0.03
"""Shorter delays are not noted."""


class Watchdog:
    """A heartbeat in the window's thread."""

    def __init__(self) -> None:
        self.gaps: list[tuple[float, float, str]] = []
        """(ms, ms of work of the window's thread, what was done) of each delay of more than `LATE_S`.

        The rest of a delay is waiting: for another thread that holds Python's lock, or for the processor.
        """
        self.step = "start"
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._beat = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._beaten)
        self._beat.start()

    def _beaten(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        late = now - self._last - BEAT_MS / 1000
        if late > LATE_S:
            self.gaps.append((1000 * late, 1000 * (worked - self._worked), self.step))
        self._last, self._worked = now, worked

    def close(self) -> None:
        """Ends the watch."""
        self._beat.stop()


def blocked(path: Path, began: float) -> dict[str, Any]:
    """The delays of a run through the window: start, opening, all gestures, undo, slices, theme, generating.

    Args:
        path: a folder with `large.dcm` and a series `ct`.
    """
    bench = Bench(None)
    watchdog = Watchdog()
    bench.window.show()
    script = _script(bench, path)
    wanted: list[Callable[[], object]] = [lambda: True]
    since = [time.perf_counter()]
    timer = QTimer(interval=16)

    def go_on() -> None:
        if not wanted[0]():
            if time.perf_counter() - since[0] > 120:
                raise TimeoutError(f"{watchdog.step}: {bench.window.compose.messages.text}")
            return
        try:
            watchdog.step, wanted[0] = next(script)
            since[0] = time.perf_counter()
        except StopIteration:
            timer.stop()
            bench.application.quit()

    timer.timeout.connect(go_on)
    timer.start()
    bench.application.exec()
    watchdog.close()
    bench.close()
    return {"gaps": watchdog.gaps}


Step = tuple[str, Callable[[], object]]


def _script(bench: Bench, folder: Path) -> Iterator[Step]:
    """What is done, by name, and what to wait for before going on."""
    window, document, canvas = bench.window, bench.document, bench.canvas
    middle = QPointF(canvas.viewport().rect().center())
    press, move, release = (
        QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease
    )  # fmt: skip

    def at_once() -> bool:
        return True

    def ready() -> bool:
        return window.bridge.idle and not document.finding and document.page is not None

    def gesture(name: str, button: Any, at: QPointF) -> Iterator[Step]:
        bench.mouse(press, at, button, button)
        for n in range(60):
            bench.mouse(move, at + QPointF(n, n % 20), held=button)
            yield name, at_once
        bench.mouse(release, at + QPointF(60, 0), button)
        yield name, ready

    yield "start", ready
    old = document.page
    window.filing.open_path(folder / "large.dcm")
    yield "open a large image", lambda: document.page is not old and ready()
    document.set_where(None)
    image = document.page.image  # type: ignore[union-attr]
    for n in range(20):
        document.place(image.width * (n % 5 + 1) / 6, image.height * (n // 5 + 1) / 5)
        yield "place", ready
    yield from gesture("drag a lesion", LEFT, canvas.viewport_point(canvas.lesions["lesion-7"].pos()))
    yield from gesture("window", RIGHT, middle)
    yield from gesture("pan", MIDDLE, middle)
    for n in range(60):
        bench.wheel(middle, 1 if n < 30 else -1, CONTROL)
        yield "zoom", at_once
    for name in ("undo",) * 6 + ("redo",) * 6 + ("overlays", "overlays", "invert", "reset", "light", "dark"):
        window.actions_[name].trigger()
        yield name, ready
    document.stack.setClean()
    old = document.page
    window.filing.open_path(folder / "ct")
    yield "open a series", lambda: document.page is not old and ready()
    for n in range(60):
        bench.wheel(middle, -1 if n < 40 else 1)
        yield "leaf", at_once
    yield "leaf", ready
    old = document.page
    window.compose.opener.generate("kub-xray", 2)
    yield "generate", lambda: document.page is not old and ready()
