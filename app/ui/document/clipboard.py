"""Lesions on the clipboard: as a scene in JSON, which other scenes and other windows can take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from app.composition.scene import BackgroundReference, Placement, Scene
from app.errors import LithographError

MIME = "application/x-lithograph-lesions+json"
_NOWHERE = BackgroundReference("xxh3:" + "0" * 32)
_LARGEST = 1 << 20


def copy_lesions(placements: Sequence[Placement], task: str, pixel_mm: tuple[float, float]) -> None:
    """Puts lesions on the clipboard.

    Args:
        placements: in drawing order.
        task: that of their scene.
        pixel_mm: (row, column) spacing of their image; (1, 1) where uncalibrated.
    """
    from app.composition.scene_file import scene_text

    scene = json.loads(scene_text(Scene(task, _NOWHERE, tuple(placements)), None))
    text = json.dumps({"pixel_mm": list(pixel_mm), "scene": scene}, ensure_ascii=False)
    data = QMimeData()
    data.setData(MIME, text.encode())
    data.setText(text)
    QGuiApplication.clipboard().setMimeData(data)


def copied_lesions(pixel_mm: tuple[float, float]) -> tuple[Placement, ...]:
    """The lesions on the clipboard, as far apart in mm as they were; none where it holds something else.

    Args:
        pixel_mm: (row, column) spacing of the image that they are for.
    """
    data = QGuiApplication.clipboard().mimeData()
    text = bytes(data.data(MIME).data()).decode(errors="replace") if data.hasFormat(MIME) else data.text()
    if len(text) > _LARGEST:
        return ()
    try:
        from app.composition.scene_file import scene_of

        value = json.loads(text)
        rows, columns = (float(size) for size in value["pixel_mm"])
        placements = scene_of(value["scene"], Path("clipboard")).placements
    except (ValueError, TypeError, KeyError, RecursionError, LithographError):
        return ()
    if not (0 < rows < 1000 and 0 < columns < 1000):
        return ()
    across, down = columns / pixel_mm[1], rows / pixel_mm[0]
    return tuple(replace(p, x=p.x * across, y=p.y * down) for p in placements)
