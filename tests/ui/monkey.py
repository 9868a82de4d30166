"""A monkey at the window: seeded random clicks, drags, keys, wheels, widgets, actions and dialogs.

`tests/ui/test_monkey.py` lets it loose for a while, `tests/benchmarks/monkey.py` for hours.
"""

from __future__ import annotations

import logging
import random
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app.ui.window import Window

_NEVER = {"quit"}
"""Actions that would end the run."""
_MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
)
_BUTTONS = (Qt.MouseButton.LeftButton,) * 4 + (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)
_KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Tab, Qt.Key.Key_Return,
    Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageDown,
)  # fmt: skip
_POKED = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView)
_LONG = ("open", "generate", "train", "save composite")
"""Kinds of work that a monkey is not to start over and over: it would do nothing else."""


@dataclass
class Findings:
    """What went wrong, and what was done."""

    exceptions: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    steps: int = 0


class _Errors(logging.Handler):
    """Errors that are only logged."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(logging.ERROR)
        self._findings = findings

    def emit(self, record: logging.LogRecord) -> None:
        self._findings.exceptions.append(self.format(record))


class Monkey:
    """Plays with one window; the same seed and speed of the machine play the same.

    Args:
        sandbox: the only folder that it writes to.
    """

    def __init__(self, window: Window, seed: int, sandbox: Path) -> None:
        self.window = window
        self.random = random.Random(seed)
        self.sandbox = sandbox
        self.findings = Findings()
        self.document = window.compose.document
        self.canvas = window.compose.canvas
        self._errors = _Errors(self.findings)
        self._last_long = 0.0

    def __enter__(self) -> Monkey:
        logging.getLogger().addHandler(self._errors)
        self._hook, sys.excepthook = sys.excepthook, self._raised
        self.window.bridge.failed.connect(self._failed)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self._errors)
        sys.excepthook = self._hook
        self.window.bridge.failed.disconnect(self._failed)
        self.close_dialogs()

    def run(self, seconds: float, pause: float = 0.004) -> None:
        """Plays for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.findings.exceptions:
            self.step()
            self._breathe(pause)

    def step(self) -> None:
        """Does one thing."""
        self.findings.steps += 1
        popup = QApplication.activePopupWidget()
        dialog = next((d for d in self.window.findChildren(QDialog) if d.isVisible()), None)
        if isinstance(popup, QMenu):
            what = self._menu
        elif popup is not None:
            popup.close()
            return
        elif dialog is not None:
            what = self._dialog
        else:
            ways = (
                self._click,
                self._drag,
                self._wheel,
                self._key,
                self._shortcut,
                self._action,
                self._widget,
            )
            (what,) = self.random.choices(ways, (5, 6, 3, 3, 3, 2, 4))
        self.findings.done[what.__name__[1:]] += 1
        try:
            what()
        except Exception:  # a slot's own exception goes to the hook; this one is the event's
            self.findings.exceptions.append(traceback.format_exc())

    def close_dialogs(self) -> None:
        """Closes whatever is open."""
        for _ in range(20):
            popup = QApplication.activePopupWidget()
            dialogs = [d for d in self.window.findChildren(QDialog) if d.isVisible()]
            if popup is None and not dialogs:
                return
            if popup is not None:
                popup.close()
            for dialog in dialogs:
                dialog.reject()
            self._breathe(0.02)

    # -- over the image --------------------------------------------------------------------------------

    def _place(self) -> QPointF:
        """A place on the canvas, often on or near a lesion."""
        items = [item for item in self.canvas.lesions.values() if item.isVisible()]
        if items and self.random.random() < 0.5:
            item = self.random.choice(items)
            spot = item.pos() + (item.handle() if self.random.random() < 0.3 else QPointF(0, 0))
            return self.canvas.viewport_point(spot) + QPointF(
                self.random.gauss(0, 3), self.random.gauss(0, 3)
            )
        port = self.canvas.viewport()
        return QPointF(self.random.uniform(0, port.width()), self.random.uniform(0, port.height()))

    def _mouse(self, kind: QEvent.Type, at: QPointF, button: Any, held: Any, modifiers: Any) -> None:
        port = self.canvas.viewport()
        place = QPointF(port.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(port, QMouseEvent(kind, at, place, button, held, modifiers))

    def _click(self) -> None:
        at, button = self._place(), self.random.choice(_BUTTONS)
        modifiers, none = self.random.choice(_MODIFIERS), Qt.MouseButton.NoButton
        self._mouse(QEvent.Type.MouseMove, at, none, none, modifiers)
        self._mouse(QEvent.Type.MouseButtonPress, at, button, button, modifiers)
        self._mouse(QEvent.Type.MouseButtonRelease, at, button, none, modifiers)

    def _drag(self) -> None:
        at, button = self._place(), self.random.choice(_BUTTONS)
        modifiers, none = self.random.choice(_MODIFIERS), Qt.MouseButton.NoButton
        self._mouse(QEvent.Type.MouseButtonPress, at, button, button, modifiers)
        for _ in range(self.random.randint(1, 12)):
            at = at + QPointF(self.random.gauss(0, 25), self.random.gauss(0, 25))
            self._mouse(QEvent.Type.MouseMove, at, none, button, modifiers)
            self._breathe(0.002)
            if self.random.random() < 0.02:
                self._press(Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, self.canvas)
        self._mouse(QEvent.Type.MouseButtonRelease, at, button, none, modifiers)

    def _wheel(self) -> None:
        at, turned = self._place(), self.random.choice((-240, -120, -30, 30, 120, 240))
        port = self.canvas.viewport()
        place = QPointF(port.mapToGlobal(at.toPoint()))
        event = QWheelEvent(
            at, place, QPoint(0, 0), QPoint(0, turned), Qt.MouseButton.NoButton,
            self.random.choice(_MODIFIERS), Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(port, event)

    # -- keys, actions, widgets, dialogs ---------------------------------------------------------------

    def _press(self, key: Qt.Key, modifiers: Any, target: QWidget | None = None, text: str = "") -> None:
        target = target or QApplication.focusWidget() or self.canvas
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(target, QKeyEvent(kind, key, modifiers, text))

    def _key(self) -> None:
        if self.random.random() < 0.7:
            self.canvas.setFocus()
        self._press(self.random.choice(_KEYS), self.random.choice(_MODIFIERS))

    def _shortcut(self) -> None:
        """A key of an action, by its action: an offscreen window is not always the active one."""
        keyed = [spec for spec in self.window.actions_ if spec.keys]
        self._trigger(self.random.choice(keyed).name)

    def _action(self) -> None:
        self._trigger(self.random.choice([spec.name for spec in self.window.actions_]))

    def _trigger(self, name: str) -> None:
        action = self.window.actions_[name]
        if name in _NEVER or not action.isEnabled() or self._too_soon(name):
            return
        self.findings.done[f"action {name}"] += 1
        action.trigger()

    def _too_soon(self, name: str) -> bool:
        """Long work is begun once in a while only."""
        if not any(name.startswith(kind.split()[0]) for kind in _LONG):
            return False
        now = time.monotonic()
        if now - self._last_long < 10:
            return True
        self._last_long = now
        return False

    def _widget(self) -> None:
        self._poke(self.window)

    def _poke(self, parent: QWidget) -> None:
        """Does something to a visible widget."""
        found = [w for kind in _POKED for w in parent.findChildren(kind)]
        widgets = [w for w in found if w.isVisible() and w.isEnabled()]
        if not widgets:
            return
        widget = self.random.choice(widgets)
        if isinstance(widget, QAbstractSlider):
            widget.setValue(self.random.randint(widget.minimum(), widget.maximum()))
        elif isinstance(widget, QSpinBox):
            widget.setValue(self.random.randint(0, min(widget.maximum(), 10**6)))
        elif isinstance(widget, QAbstractSpinBox):
            widget.stepBy(self.random.randint(-8, 8))
        elif isinstance(widget, QComboBox):
            if widget.count():
                row = self.random.randrange(widget.count())
                widget.setCurrentIndex(row)
                widget.activated.emit(row)
        elif isinstance(widget, QLineEdit):
            widget.setText(self.random.choice(("", "a", "stone", "7", "−1e9", "Ω" * 40, "lung")))
            if self.random.random() < 0.2:
                self._press(Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, widget)
        elif isinstance(widget, QAbstractItemView):
            self._pick(widget)
        elif isinstance(widget, QAbstractButton) and not self._harmful(widget):
            widget.click()

    def _pick(self, view: QAbstractItemView) -> None:
        model = view.model()
        if model is None or model.rowCount() == 0:
            return
        index = model.index(self.random.randrange(model.rowCount()), 0)
        view.setFocus()
        view.setCurrentIndex(index)
        if self.random.random() < 0.3:
            view.activated.emit(index)

    def _harmful(self, button: QAbstractButton) -> bool:
        """Buttons that begin long work, or wait for a choice in their menu; actions come elsewhere."""
        waits = isinstance(button, QToolButton) and button.menu() is not None
        return waits or button.parent() is self.window.findChild(QWidget, "tools")

    def _menu(self) -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        actions = [a for a in menu.actions() if a.isEnabled() and not a.isSeparator() and a.menu() is None]
        named = {spec.name for spec in self.window.actions_}
        actions = [a for a in actions if a.objectName() not in named]
        if actions and self.random.random() < 0.6 and not self._too_soon("generate"):
            self.random.choice(actions).trigger()
        menu.close()

    def _dialog(self) -> None:
        dialog = next(d for d in self.window.findChildren(QDialog) if d.isVisible())
        if isinstance(dialog, QFileDialog):
            self._file_dialog(dialog)
        elif isinstance(dialog, QMessageBox):
            buttons = [b for b in dialog.buttons() if b.isVisible()]
            self.random.choice(buttons).click() if buttons else dialog.reject()
        elif self.random.random() < 0.7:
            self._poke(dialog)
        elif self.random.random() < 0.3:
            dialog.accept()
        else:
            dialog.reject()

    def _file_dialog(self, dialog: QFileDialog) -> None:
        """Chooses something inside the sandbox, or nothing."""
        if self.random.random() < 0.5:
            dialog.reject()
            return
        dialog.setDirectory(str(self.sandbox))
        saving = dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave
        if dialog.fileMode() == QFileDialog.FileMode.Directory:
            chosen = self.sandbox / "composites" / str(self.random.randint(0, 3))
            chosen.mkdir(parents=True, exist_ok=True)
        elif saving:
            suffix = dialog.defaultSuffix() or "json"
            chosen = self.sandbox / f"saved-{self.random.randint(0, 3)}.{suffix}"
        else:
            files = [path for path in self.sandbox.rglob("*") if path.is_file()]
            if not files:
                dialog.reject()
                return
            chosen = self.random.choice(files)
        dialog.fileSelected.emit(str(chosen))
        dialog.done(QDialog.DialogCode.Accepted)

    # -- watching --------------------------------------------------------------------------------------

    def _breathe(self, seconds: float) -> None:
        """Lets the window live; a loop of its own, for without one nothing is deleted later."""
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def _raised(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self.findings.exceptions.append("".join(traceback.format_exception(kind, error, trace)))

    def _failed(self, sentence: str, details: str) -> None:
        if details:
            self.findings.exceptions.append(f"{sentence}\n{details}")
