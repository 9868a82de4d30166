"""The QApplication, and what holds for the whole process."""

from __future__ import annotations

import logging
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtWidgets import QApplication, QWidget

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
    app.setStyle("Fusion")
    pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)
    sys.setswitchinterval(SWITCH_S)
    theme.apply(theme.chosen())


@contextmanager
def stop_on_signals(window: QWidget) -> Iterator[None]:
    """Closes the window on Ctrl+C and SIGTERM, and says what went wrong where a slot has failed."""
    handlers = {number: signal.signal(number, lambda *_: window.close()) for number in _signals()}
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
        yield
    finally:
        sys.excepthook = old_hook
        beat.stop()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _signals() -> tuple[signal.Signals, ...]:
    return (signal.SIGINT, signal.SIGTERM)
