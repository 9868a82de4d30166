"""What a moving hand sees: lesions dragged, the window dragged, pan and zoom, slices, undo."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPointF

from tests.benchmarks.window.bench import CONTROL, LEFT, MIDDLE, PACE_S, RIGHT, Bench

MOVES = 200
MOVE, PRESS, RELEASE = QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease


def drag(path: Path, began: float) -> dict[str, list[float]]:
    """Milliseconds from each mouse event to the end of the first painting that holds its pixels."""
    bench = Bench(path)
    bench.settle()
    document, canvas = bench.document, bench.canvas
    document.set_brush(diameter=12.0)
    bench.place(1)
    result = {}
    for what in ("position", "size"):
        item = canvas.lesions[document.selection or ""]
        grip = item.pos() + item.handle() if what == "size" else item.pos()
        result[what] = _drag(bench, canvas.viewport_point(grip), what)
    bench.close()
    return result


def _drag(bench: Bench, at: QPointF, what: str) -> list[float]:
    document = bench.document
    value = tuple[float, float, float]

    def now() -> value:
        placement = document.scene.placements[0]
        return placement.x, placement.y, placement.diameter_mm

    sent: dict[value, float] = {}
    order: list[value] = []
    latency: list[float] = []
    drawn: list[value] = []

    def rendered() -> None:
        placement = document.composite.lesions[0].placement  # type: ignore[union-attr]
        drawn.append((placement.x, placement.y, placement.diameter_mm))

    def painted() -> None:
        if not drawn or drawn[-1] not in sent:
            return
        moment = time.perf_counter()
        while order and order[0] in sent:
            first = order.pop(0)
            latency.append(1000 * (moment - sent.pop(first)))
            if first == drawn[-1]:
                break

    document.rendered.connect(rendered)
    bench.on_paint = painted
    bench.mouse(PRESS, at, LEFT, LEFT)
    for step in range(1, MOVES + 1):
        began = time.perf_counter()
        shift = _circle(step) if what == "position" else QPointF(28 - 20 * math.cos(step / 25), 0)
        before = now()
        bench.mouse(MOVE, at + shift, held=LEFT)
        if now() != before:
            sent[now()] = began
            order.append(now())
        while time.perf_counter() - began < PACE_S:
            bench.application.processEvents()
    bench.until(lambda: not order, 5)
    bench.mouse(RELEASE, at + shift, LEFT)
    document.rendered.disconnect(rendered)
    bench.on_paint = None
    bench.idle()
    return latency


def look(path: Path, began: float) -> dict[str, list[float]]:
    """Milliseconds from an event to the end of its painting: window drag, pan and zoom, overlays shown."""
    bench = Bench(path)
    bench.settle()
    middle = QPointF(bench.canvas.viewport().rect().center())
    result = {}
    for what, button in (("window", RIGHT), ("pan", MIDDLE)):
        bench.mouse(PRESS, middle, button, button)
        bench.mouse(MOVE, middle + QPointF(9, 0), held=button)  # beyond a tremble
        result[what] = _paced(bench, lambda n, b=button: bench.mouse(MOVE, middle + _circle(n), held=b))  # type: ignore[misc]
        bench.mouse(RELEASE, middle, button)
    # In to four screen pixels to a pixel, out again, at changing places.
    result["zoom"] = _paced(
        bench, lambda n: bench.wheel(middle + _circle(n), 1 if n // 22 % 2 == 0 else -1, CONTROL)
    )
    bench.close()
    return result


def _paced(bench: Bench, act: Callable[[int], object], moves: int = MOVES) -> list[float]:
    times = []
    for number in range(1, moves + 1):
        began = time.perf_counter()
        times.append(bench.timed(lambda: act(number)))  # noqa: B023 - called at once
        bench.pause(began)
    return times


def _circle(step: int) -> QPointF:
    return QPointF(60 * math.sin(step / 25), 60 * (1 - math.cos(step / 25)))


def leaf(path: Path, began: float) -> dict[str, list[float]]:
    """Milliseconds from a turn of the wheel to the end of the painting that holds the next slice."""
    bench = Bench(path)
    bench.settle()
    document = bench.document
    middle = QPointF(bench.canvas.viewport().rect().center())

    def step(by: int) -> float:
        wanted = document.page.number + by  # type: ignore[union-attr]
        return bench.timed(lambda: bench.wheel(middle, -by), lambda: document.page.number == wanted)  # type: ignore[union-attr]

    times = []
    for by, count in ((1, 100), (-1, 60), (1, 40)):  # 25 slices a second, with two turns back
        for _ in range(count):
            began = time.perf_counter()
            times.append(step(by))
            bench.pause(began, 1 / 25)
    bench.idle()
    bench.close()
    return {"next": times}


def undo(path: Path, began: float) -> dict[str, list[float]]:
    """Milliseconds from undo to the end of the painting that holds the scene of before, with 20 lesions."""
    bench = Bench(path)
    bench.settle()
    bench.place(20)
    document = bench.document

    def change(**fields: Any) -> None:
        placement = document.scene.placements[7]
        document.change(replace(placement, **fields), "Change")

    def last() -> str:
        return document.scene.placements[-1].id

    steps: dict[str, Callable[[], object]] = {
        "place": lambda: document.place(800, 1500),
        "move": lambda: change(x=document.scene.placements[7].x + 40),
        "size": lambda: change(diameter_mm=document.scene.placements[7].diameter_mm + 3),
        "blend": lambda: change(blend="poisson"),
        "shape": lambda: change(seed=document.scene.placements[7].seed + 1),
        "remove": lambda: document.remove(last()),
        "remove all": lambda: document.remove(*(p.id for p in document.scene.placements)),
    }
    result = {}
    for name, act in steps.items():
        times = []
        for _ in range(8):
            act()
            bench.until(lambda: bench.up_to_date)
            bench.idle()
            times.append(bench.timed(bench.window.actions_["undo"].trigger, lambda: bench.up_to_date))
            bench.idle()
        result[name] = times
    bench.close()
    return result
