"""A window with an image in it, events for it, and a clock that notices when something has been painted."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
NONE = Qt.MouseButton.NoButton
CONTROL = Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier
PACE_S = 1 / 60


class Bench:
    """A window on `path`; None shows what the first start shows."""

    def __init__(self, path: Path | None) -> None:
        from PySide6.QtWidgets import QApplication

        from app.ui import create_window
        from app.ui.canvas.canvas import Canvas

        self.painted: list[float] = []
        """When the canvas was painted, by time.perf_counter."""
        self.on_paint: Callable[[], None] | None = None
        original = Canvas.drawForeground  # the last thing that a canvas paints

        def timed(canvas: Any, painter: Any, rect: Any) -> None:
            original(canvas, painter, rect)
            if canvas is self.canvas:
                self.painted.append(time.perf_counter())
                if self.on_paint:
                    self.on_paint()

        setattr(Canvas, "drawForeground", timed)  # noqa: B010 - typed as if it were ours
        self.window = create_window(path)
        self.canvas = self.window.compose.canvas
        self.document = self.window.compose.document
        self.window.resize(1440, 900)
        self.application: Any = QApplication.instance()

    def until(self, reached: Callable[[], object], limit: float = 60.0) -> None:
        """Lets the window work until something is so."""
        end = time.perf_counter() + limit
        while not reached():
            self.application.processEvents()
            time.sleep(0.0002)
            if time.perf_counter() > end:
                raise TimeoutError(self.window.compose.messages.text)

    def idle(self) -> None:
        """Waits until nothing is under way."""
        self.until(lambda: self.window.bridge.idle and not self.document.finding)

    def settle(self) -> None:
        """Shows the window and waits until it is ready for the hand."""
        self.window.show()
        self.until(lambda: self.document.page is not None and not self.document.finding)
        self.until(lambda: bool(self.window.compose.gallery.titles()))
        # Placing is what is measured, not where it is allowed: the picture shows no anatomy.
        self.document.set_where(None)
        self.idle()

    def place(self, count: int) -> None:
        """Places lesions on a grid, and waits until they are on the canvas."""
        document, image = self.document, self.document.page.image  # type: ignore[union-attr]
        columns = max(1, round(count**0.5 * 1.2))
        rows = -(-count // columns)
        for number in range(count):
            row, column = divmod(number, columns)
            document.place(image.width * (column + 1) / (columns + 1), image.height * (row + 1) / (rows + 1))
        self.until(lambda: self.up_to_date)
        self.idle()

    @property
    def up_to_date(self) -> bool:
        """Whether the composite is that of the scene."""
        composite = self.document.composite
        shown = () if composite is None else tuple(lesion.placement for lesion in composite.lesions)
        return shown == self.document.scene.visible

    def mouse(self, kind: QEvent.Type, at: QPointF, button: Any = NONE, held: Any = NONE) -> None:
        """Sends a mouse event at a point of the canvas' viewport."""
        port = self.canvas.viewport()
        event = QMouseEvent(kind, at, QPointF(port.mapToGlobal(at.toPoint())), button, held, PLAIN)
        self.application.sendEvent(port, event)

    def wheel(self, at: QPointF, steps: int, modifiers: Any = PLAIN) -> None:
        """Turns the wheel over a point of the canvas' viewport."""
        port = self.canvas.viewport()
        away = QPointF(0, 120 * steps).toPoint()
        place = QPointF(port.mapToGlobal(at.toPoint()))
        phase = Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(at, place, QPointF().toPoint(), away, NONE, modifiers, phase, False)
        self.application.sendEvent(port, event)

    def timed(self, act: Callable[[], object], shown: Callable[[], object] = lambda: True) -> float:
        """Milliseconds from `act` to the end of the first painting for which `shown` holds."""
        end: list[float] = []

        def painted() -> None:
            if not end and shown():
                end.append(time.perf_counter())

        began = time.perf_counter()
        self.on_paint = painted
        act()
        self.until(lambda: end)
        self.on_paint = None
        return 1000 * (end[0] - began)

    def pause(self, began: float, pace: float = PACE_S) -> None:
        """Lets the window work until `pace` seconds after `began`."""
        while time.perf_counter() - began < pace:
            self.application.processEvents()
            time.sleep(0.0005)

    def close(self) -> None:
        """Closes the window without a question."""
        self.window.discard_changes()
        self.window.close()
