"""The README's screenshot, made without a screen: `python -m tests.ui.screenshot OUT.png [light]`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SIZE = (1440, 900)
TASK, SEED = "kub-xray", 1
LESIONS = ("stone-round", "stone-oval", "stone-staghorn")
DIAMETERS = (8.0, 11.0, 18.0)


def main(arguments: list[str]) -> int:
    """Opens the real window in a home of its own, composes a scene, and saves its picture."""
    if not 1 <= len(arguments) <= 2:
        print("usage: python -m tests.ui.screenshot OUT.png [light]", file=sys.stderr)
        return 2
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["LITHOGRAPH_HOME"] = home
        take(Path(arguments[0]), arguments[1] if len(arguments) > 1 else "dark")
    return 0


def take(path: Path, theme: str) -> None:
    """Saves a picture of a scene with lesions, the danger zone and the candidates."""
    from PySide6.QtCore import QPointF

    from app.anatomy import choose
    from app.ui import create_window

    window = create_window()
    try:
        window.set_theme(theme)
        window.resize(*SIZE)
        window.show()
        compose, document = window.compose, window.compose.document
        _until(lambda: document.where is not None)
        assert document.where is not None
        _until(lambda: bool(compose.gallery.titles()))
        titles = compose.gallery.titles()
        places = choose(document.where, len(LESIONS), DIAMETERS, SEED)
        for number, ((x, y), name, diameter) in enumerate(zip(places, LESIONS, DIAMETERS, strict=True)):
            known = [title for title in titles if title.startswith(name)] or [document.brush.lesion]
            document.set_brush(lesion=known[0], diameter=diameter, seed=number + 1, contrast=1.2)
            document.place(x, y)
        document.select(document.scene.placements[-1].id)
        compose.overlays.set(candidates=True)
        _until(lambda: document.composite is not None and len(document.composite.lesions) == len(LESIONS))
        _until(lambda: window.bridge.engine.idle)
        compose.messages.clear()
        compose.canvas.hovered.emit(QPointF(*places[0]))
        _until(lambda: bool(window.status.place.text()))
        time.sleep(1.1)  # the status bar looks at the memory once a second
        _until(lambda: window.status.job is None)
        if not window.grab().save(str(path)):
            raise SystemExit(f"Cannot write {path}.")
    finally:
        window.discard_changes()
        window.close()


def _until(reached: Callable[[], bool], seconds: float = 60) -> None:
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while not reached():
        QApplication.processEvents()
        time.sleep(0.005)
        if time.monotonic() > end:
            raise SystemExit("The window did not get ready in time.")
    for _ in range(10):
        QApplication.processEvents()
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
