"""A window with a small radiograph whose anatomy is known, and a hand to use it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.composition.scene import Placement
from app.imaging import write_image, write_label_map
from app.imaging.image import Calibration, Image, Window
from app.tasks import task
from app.ui import create_window
from app.ui.window import Window as MainWindow

SIZE = 256
SPINE = (118, 138)
"""Columns of the spine; the rest of the picture is permitted."""
FREE = (60.0, 90.0)
LESION = "parametric-stone"


@pytest.fixture(scope="session")
def radiograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 256² DICOM of 1 mm pixels with a spine down the middle, its label map beside it."""
    path = tmp_path_factory.mktemp("images") / "kub.dcm"
    rng = np.random.default_rng(5)
    pixels = 1500 + rng.normal(0, 15, (SIZE, SIZE))
    pixels[:, SPINE[0] : SPINE[1]] += 700
    image = Image(
        np.clip(pixels, 0, 4095).astype(np.uint16),
        spacing=(1.0, 1.0),
        calibration=Calibration.PIXEL_SPACING,
        modality="DX",
        windows=(Window(1700, 1400, "NORMAL"), Window(1500, 600, "SOFT")),
    )
    write_image(image, path)
    labels = np.zeros((SIZE, SIZE), np.uint8)
    labels[:, SPINE[0] : SPINE[1]] = task("kub-xray").label("spine")
    write_label_map(labels, image, path.with_name("kub_anatomy.nii.gz"))
    return path


class Hand:
    """A window, and what a user does with it. Places are image pixels."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window = window
        self.qtbot = qtbot
        self.compose = window.compose
        self.document = window.compose.document
        self.canvas = window.compose.canvas
        self.modifiers = Qt.KeyboardModifier.NoModifier

    def wait(self, reached: Callable[[], object], seconds: float = 20) -> None:
        self.qtbot.waitUntil(lambda: bool(reached()), timeout=int(1000 * seconds))

    def settled(self) -> None:
        """Waits until nothing is under way, and what was rendered is shown."""
        self.wait(lambda: self.window.bridge.idle)
        self.qtbot.wait(20)
        self.wait(lambda: self.window.bridge.idle)

    def at(self, x: float, y: float) -> QPointF:
        return self.canvas.viewport_point(QPointF(x, y))

    def mouse(
        self,
        kind: QEvent.Type,
        at: QPointF,
        button: Qt.MouseButton = Qt.MouseButton.NoButton,
        held: Qt.MouseButton = Qt.MouseButton.NoButton,
    ) -> None:
        port = self.canvas.viewport()
        where = QPointF(port.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(port, QMouseEvent(kind, at, where, button, held, self.modifiers))

    @contextmanager
    def holding(self, modifiers: Qt.KeyboardModifier) -> Iterator[None]:
        """Keys that are held during what the mouse does."""
        self.modifiers = modifiers
        yield
        self.modifiers = Qt.KeyboardModifier.NoModifier

    def click(self, x: float, y: float, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        self.hover(x, y)
        self.mouse(QEvent.Type.MouseButtonPress, self.at(x, y), button, button)
        self.mouse(QEvent.Type.MouseButtonRelease, self.at(x, y), button)
        self.settled()

    def hover(self, x: float, y: float) -> None:
        self.mouse(QEvent.Type.MouseMove, self.at(x, y))

    def drag(
        self,
        start: QPointF,
        end: QPointF,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
        *,
        release: bool = True,
    ) -> None:
        """A drag in viewport pixels."""
        self.mouse(QEvent.Type.MouseButtonPress, start, button, button)
        for step in range(1, 11):
            self.mouse(QEvent.Type.MouseMove, start + (end - start) * (step / 10), held=button)
            self.qtbot.wait(2)
        if release:
            self.mouse(QEvent.Type.MouseButtonRelease, end, button)
        self.settled()

    def wheel(
        self, x: float, y: float, steps: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        port, at = self.canvas.viewport(), self.at(x, y)
        event = QWheelEvent(
            at,
            QPointF(port.mapToGlobal(at.toPoint())),
            QPointF(0, 0).toPoint(),
            QPointF(0, 120 * steps).toPoint(),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(port, event)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.canvas.setFocus()
        self.qtbot.keyClick(self.canvas, key, modifiers)

    def place(self, x: float = FREE[0], y: float = FREE[1]) -> Placement:
        """Places a lesion by a click and returns it."""
        before = len(self.document.scene.placements)
        self.click(x, y)
        assert len(self.document.scene.placements) == before + 1
        placement = self.document.selected
        assert placement is not None
        return placement

    def shown(self, x: float, y: float) -> float:
        """The value of the pixel that the canvas shows there."""
        value = self.canvas.image.value_at(x, y)
        assert value is not None
        return value


@pytest.fixture
def opened(qtbot: QtBot) -> Iterator[Callable[[Path], Hand]]:
    """Opens the real window on a file; closes it, and with it the engine."""
    windows: list[MainWindow] = []

    def open_on(path: Path) -> Hand:
        window = create_window(path)
        windows.append(window)
        window.resize(1200, 800)
        window.show()
        qtbot.waitExposed(window)
        hand = Hand(window, qtbot)
        hand.wait(lambda: hand.document.page is not None and not hand.document.finding, 60)
        hand.settled()
        window.activateWindow()
        hand.canvas.setFocus()
        return hand

    yield open_on
    for window in windows:
        window.discard_changes()
        window.close()
        window.deleteLater()


@pytest.fixture
def hand(opened: Callable[[Path], Hand], radiograph: Path) -> Hand:
    """The window with the radiograph, and a stone to place that needs no network."""
    hand = opened(radiograph)
    assert hand.document.where is not None, hand.compose.messages.text
    hand.document.set_brush(lesion=LESION)
    return hand
