"""The README's pictures, made without a screen: `python -m tests.ui.screenshot FOLDER`.

Three of them: stones on a radiograph, nodules on a chest CT slice with the heatmap in the light theme, and
before beside after.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.window import Window

SIZE = (1440, 900)


def main(arguments: list[str]) -> int:
    """Opens the real window in a home of its own, composes scenes, and saves their pictures."""
    if len(arguments) != 1:
        print("usage: python -m tests.ui.screenshot FOLDER", file=sys.stderr)
        return 2
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["LITHOGRAPH_HOME"] = home
        take(folder)
    return 0


def take(folder: Path) -> None:
    """Saves `stones.png`, `nodules.png` and `compare.png`."""
    from app.ui import create_window
    from app.ui.settings import settings

    settings().change(hints=False)
    window = create_window()
    try:
        window.resize(*SIZE)
        window.show()
        compose = window.compose
        _ready(window)
        _compose(window, ("stone-round", "stone-oval", "stone-staghorn"), (8.0, 11.0, 18.0), 1.2)
        compose.overlays.set(candidates=True)
        _save(window, folder / "stones.png")

        compose.opener.generate("lung-ct", 5)
        _until(lambda: compose.document.scene.task == "lung-ct")
        _ready(window)
        models = ("nodule-solid-medium", "nodule-spiculated", "nodule-part-solid", "nodule-solid-small")
        _compose(window, models, (9.0, 14.0, 16.0, 6.0), 1.0)
        window.actions_["light"].trigger()
        compose.overlays.set(heat=True, zones=False, candidates=True)
        compose.gallery.set_folded(True)
        _save(window, folder / "nodules.png")

        window.actions_["dark"].trigger()
        compose.overlays.set(heat=False, zones=False, candidates=False)
        window.actions_["beside"].setChecked(True)
        _save(window, folder / "compare.png")
    finally:
        window.discard_changes()
        window.close()


def _compose(window: Window, models: Sequence[str], diameters: Sequence[float], contrast: float) -> None:
    """Places lesions where the heatmap says, and selects the last."""
    from app.anatomy import choose

    document = window.compose.document
    assert document.where is not None
    known = window.compose.gallery.titles()
    places = choose(document.where, len(models), tuple(diameters), 1)
    for number, ((x, y), name, diameter) in enumerate(zip(places, models, diameters, strict=True)):
        found = [title for title in known if title.startswith(name)]
        document.set_brush(lesion=found[0], diameter=diameter, seed=number + 1, contrast=contrast)
        assert document.place(x, y)
    composite = document.scene.placements
    _until(
        lambda: (
            document.composite is not None
            and tuple(lesion.placement for lesion in document.composite.lesions) == composite
        )
    )


def _ready(window: Window) -> None:
    document = window.compose.document
    _until(lambda: document.where is not None)
    _until(lambda: bool(window.compose.gallery.titles()))
    _until(lambda: window.bridge.idle)


def _save(window: Window, path: Path) -> None:
    from PySide6.QtCore import QPointF

    compose = window.compose
    last = compose.document.scene.placements[-1]
    compose.messages.clear()
    compose.canvas.hovered.emit(QPointF(last.x + 30, last.y - 20))
    _until(lambda: window.bridge.idle)
    time.sleep(1.1)  # the status bar looks at the memory once a second
    _until(lambda: window.bridge.idle)
    if not window.grab().save(str(path)):
        raise SystemExit(f"Cannot write {path}.")


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
