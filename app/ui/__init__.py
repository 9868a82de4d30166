"""The window. Qt, and nothing but: the work is done by the rest of `app`, on the engine's thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.window import Window

__all__ = ["create_window", "run"]


def run(argv_path: str | None = None) -> int:
    """Opens the window, on a file, folder or scene where one is named, and returns its exit status.

    Without one it generates a radiograph, so that there is something to work on at once.
    """
    from app.ui.application import application, stop_on_signals

    app = application()
    window = create_window(None if argv_path is None else Path(argv_path))
    window.show()
    with stop_on_signals(window) as came:
        status = app.exec()
    return 128 + came[0] if came else status


def create_window(path: Path | None = None) -> Window:
    """The window, not shown yet; closing it stops the engine."""
    from app.ui.application import application
    from app.ui.window import Window

    application()
    return Window(path)
