"""The real window in a process of its own, in which a lesion is placed; for tests that kill it.

    python -m tests.ui.driver FILE

Prints `placed` once the lesion is on the screen, and then lives until it is ended.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QTimer

from app.ui import create_window
from app.ui.application import application, stop_on_signals
from tests.ui.conftest import FREE, LESION


def drive(path: Path) -> int:
    """Opens the window on `path`, places one lesion, and waits for the end."""
    app = application()
    window = create_window(path)
    window.show()
    document = window.compose.document
    look = QTimer(interval=20)

    def place() -> None:
        if document.where is not None:
            look.stop()
            document.set_brush(lesion=LESION)
            assert document.place(*FREE)
            print("placed", flush=True)

    look.timeout.connect(place)
    look.start()
    QTimer.singleShot(60_000, lambda: app.exit(1))  # a test that waits for more is told so
    with stop_on_signals(window) as came:
        app.exec()
    return 128 + came[0] if came else 0


if __name__ == "__main__":
    sys.exit(drive(Path(sys.argv[1])))
