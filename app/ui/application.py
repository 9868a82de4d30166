"""The QApplication, and what holds for the whole process."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.paths import RESOURCES

if TYPE_CHECKING:
    from app.ui.window import Window

_log = logging.getLogger(__name__)

SWITCH_S = 0.001
"""How long one thread of Python keeps the others waiting (sys.setswitchinterval): 5 ms slow a hand down."""


def application() -> QApplication:
    """The one QApplication, made when first asked for, in the chosen theme."""
    existing = QCoreApplication.instance()
    if isinstance(existing, QApplication):
        if existing.property("lithograph") is None:
            _prepare(existing)
        return existing
    app = QApplication(sys.argv[:1])
    _prepare(app)
    return app


def _prepare(app: QApplication) -> None:
    import pyqtgraph as pg

    from app import __version__
    from app.ui import theme

    app.setProperty("lithograph", True)
    app.setApplicationName("Lithograph")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("org.lithograph.Lithograph")
    app.setWindowIcon(QIcon(str(RESOURCES / "icons" / "lithograph.svg")))
    app.setStyle("Fusion")
    pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)
    sys.setswitchinterval(SWITCH_S)
    theme.apply(theme.chosen())


@contextmanager
def stop_on_signals(window: Window) -> Iterator[list[int]]:
    """Closes the window on Ctrl+C and SIGTERM, and says what went wrong where a slot has failed.

    Nobody may be there to answer a question, so none is asked: unsaved work is offered at the next start.
    Yields the numbers of the signals that came.
    """
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        QTimer.singleShot(0, window.close_at_once)  # not in the middle of whatever runs now

    handlers = {number: signal.signal(number, stop) for number in _signals()}
    # Python's handlers run between two of its instructions; a resting event loop would never come to one.
    beat = QTimer(interval=250)
    beat.timeout.connect(lambda: None)
    beat.start()
    old_hook = sys.excepthook

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, error, trace))
        _log.error("%s", text)
        compose = getattr(window, "compose", None)
        if compose is not None:
            compose.messages.error(
                f"Something went wrong in the window: {error}; your work is still here.", text
            )

    sys.excepthook = report
    try:
        yield came
    finally:
        sys.excepthook = old_hook
        beat.stop()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _signals() -> tuple[signal.Signals, ...]:
    return (signal.SIGINT, signal.SIGTERM)
