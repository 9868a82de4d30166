"""The names of structures, written where each is broadest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.tasks import Task
from app.ui.canvas.marks import label_font, text_size, write
from app.ui.canvas.pyramid import Pyramid

COARSE = 256
"""Pixels of the longer side on which the places of names are found."""
LEAST = 2.0
"""What is nowhere this far inside itself, in those pixels, gets no name on the image."""


@dataclass(frozen=True)
class Name:
    """A structure's label and title, and where it is written, in image pixels."""

    label: int
    title: str
    x: float
    y: float


def names_of(zones: Pyramid, task: Task) -> tuple[Name, ...]:
    """A name for each structure that label maps of the task show, in its deepest place."""
    import cv2

    number = max(0, int(np.ceil(np.log2(max(zones.shape) / COARSE))))
    labels, size = zones.level(number), 2.0**number
    names = []
    for label, structure in enumerate(task.structures, start=1):
        inside = np.pad(labels == label, 1).astype(np.uint8)
        if not inside.any():
            continue
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1]
        row, column = divmod(int(depth.argmax()), depth.shape[1])
        if depth[row, column] >= LEAST:
            x, y = (column + 0.5) * size - 0.5, (row + 0.5) * size - 0.5
            names.append(Name(label, structure.title, x, y))
    return tuple(names)


class NamesItem(QGraphicsItem):
    """Writes the names of the structures that are shown, in their colours, as large at every zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[Name] = ()
        self._colours: Mapping[int, str] = {}
        self._around = QRectF()

    def set_names(self, names: Sequence[Name], width: int, height: int) -> None:
        """Takes the names for an image of that size."""
        self.prepareGeometryChange()
        self._names = names
        self._around = QRectF(-0.5, -0.5, width, height) if names else QRectF()

    def set_colours(self, colours: Mapping[int, str]) -> None:
        """Takes the colour by label of what is shown; no other structure is named."""
        if colours != self._colours:
            self._colours = colours
            self.update()

    @property
    def shown(self) -> tuple[str, ...]:
        """The titles that are written."""
        return tuple(name.title for name in self._names if name.label in self._colours)

    def boundingRect(self) -> QRectF:
        return self._around

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font, image = label_font(self, 0.8), view.mapRect(self._around)
        taken: list[QRectF] = []
        for name in reversed(self._names):
            colour = self._colours.get(name.label)
            if colour is None:
                continue
            wide, tall = text_size(name.title, font)
            box = QRectF(0, 0, wide, tall)
            box.moveCenter(view.map(QPointF(name.x, name.y)))
            box.moveLeft(max(min(box.left(), image.right() - wide - 2), image.left() + 2))
            while any(box.intersects(other) for other in taken):  # the more specific one keeps its place
                box.moveTop(box.top() + tall / 2)
            taken.append(box)
            at = QPointF(box.left(), box.top() + 0.8 * tall)
            write(painter, at, name.title, font, QColor(colour).lighter(125))
        painter.restore()
