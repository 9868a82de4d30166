"""Pictures are read where nobody waits, as large as a page shows them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.engine import Job
from app.ui.models.parts import WIDEST
from app.ui.models.stages import sample_in
from app.ui.work.bridge import Bridge

Sample = tuple[Path | None, QImage]
"""The file of a picture, and what it shows; None and a null image where there is none."""


def read_picture(bridge: Bridge, kind: str, file: Path, then: Callable[[QImage], None]) -> Job:
    """Reads a picture; a null image where it is missing or damaged. The newest of a `kind` wins."""
    return bridge.read(kind, lambda: _read(file), then, title="Reading a picture")


def read_samples(
    bridge: Bridge, kind: str, folders: tuple[Path, ...], task: str, then: Callable[[list[Sample]], None]
) -> Job:
    """Reads what finished models draw, a picture for each folder."""

    def work() -> list[Sample]:
        files = [sample_in(folder, task) for folder in folders]
        return [(file, _read(file) if file is not None else QImage()) for file in files]

    return bridge.read(kind, work, then, title="Reading pictures of models")


def _read(file: Path) -> QImage:
    image = QImage(str(file))
    if image.width() <= 2 * WIDEST:
        return image
    return image.scaledToWidth(2 * WIDEST, Qt.TransformationMode.SmoothTransformation)
