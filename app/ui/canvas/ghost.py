"""The ghost: what the next click would place, faintly, under the cursor.

The lesion is drawn once for each brush, on the engine's thread; moving the mouse moves an item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.composition.scene import Placement
from app.engine import Urgency
from app.ui.canvas.contour import outline
from app.ui.canvas.grey import Grey
from app.ui.canvas.marks import cosmetic
from app.ui.canvas.sampled_item import SHARP_FROM
from app.ui.document import Brush, Document, Page
from app.ui.work.bridge import Bridge

OUTLINE = QColor(255, 255, 255, 150)


@dataclass(frozen=True, eq=False)
class Ghost:
    """A lesion that is not placed yet.

    Attributes:
        added: (height, width) float32, what it adds to the ground below it, in the image's unit.
        left, top: where its first pixel is, in pixels from the lesion's centre.
        outline: of its mask, around the centre.
    """

    added: NDArray[np.float32]
    left: float
    top: float
    outline: QPainterPath


class GhostItem(QGraphicsItem):
    """Lightens and darkens what is below it as the lesion would, in the window that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._ghost: Ghost | None = None
        self._slope = 1.0
        self._light: QImage | None = None
        self._dark: QImage | None = None
        self.setZValue(45)
        self.hide()

    def set_ghost(self, ghost: Ghost | None) -> None:
        """Shows another lesion, or none."""
        self.prepareGeometryChange()
        self._ghost = ghost
        self._draw()

    def set_grey(self, grey: Grey) -> None:
        """Takes another display window."""
        slope = (-255.0 if grey.inverted else 255.0) / max(grey.window.width, 1e-6)
        if slope != self._slope:
            self._slope = slope
            self._draw()

    @property
    def drawn(self) -> bool:
        """Whether there is a lesion to show."""
        return self._ghost is not None

    def boundingRect(self) -> QRectF:
        return self._covered().adjusted(-1, -1, 1, 1)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        smooth = painter.worldTransform().m11() < SHARP_FROM
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        if self._light is not None:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
            painter.drawImage(self._covered(), self._light)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        if self._dark is not None:
            painter.drawImage(self._covered(), self._dark)
        if self._ghost is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(cosmetic(OUTLINE, 1.0, Qt.PenStyle.DotLine))
            painter.drawPath(self._ghost.outline)

    def _covered(self) -> QRectF:
        if self._ghost is None:
            return QRectF()
        height, width = self._ghost.added.shape
        return QRectF(self._ghost.left - 0.5, self._ghost.top - 0.5, width, height)

    def _draw(self) -> None:
        self._light = self._dark = None
        if self._ghost is not None:
            greys = self._ghost.added * np.float32(self._slope)
            light = np.clip(greys, 0, 255).astype(np.uint32)
            dark = np.clip(-2 * greys, 0, 255).astype(np.uint32)  # as on medium grey
            self._light = _image(light * 0x010101) if light.any() else None
            self._dark = _image(dark << np.uint32(24)) if dark.any() else None
        self.update()


class GhostDrawer(QObject):
    """Draws the brush's lesion when it is wanted and has changed since the last time."""

    drawn = Signal(object)
    """A Ghost; None while there is none."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self._document, self._bridge = document, bridge
        self._wanted: tuple[Page, Brush] | None = None
        self._shader: object | None = None

    def want(self) -> None:
        """Begins to draw, unless what the document's brush draws is here already or on its way."""
        page, brush = self._document.base, self._document.brush
        if page is None or not self._differs(page, brush):
            return
        if self._wanted is not None and self._wanted[0] is not page:
            self.drawn.emit(None)  # what was drawn for another image is of another size
        self._wanted = (page, brush)
        self._bridge.submit(
            "ghost",
            lambda: self._drawn(page, brush),
            self.drawn.emit,
            lambda *_: self.drawn.emit(None),  # a click says what is wrong with the lesion model
            title="Drawing the next lesion",
            urgency=Urgency.INTERACTIVE,
        )

    def _differs(self, page: Page, brush: Brush) -> bool:
        return self._wanted is None or self._wanted[0] is not page or self._wanted[1] != brush

    def _drawn(self, page: Page, brush: Brush) -> Ghost:
        """On the engine's thread."""
        from app.composition.shading import Shader
        from app.lesions import library

        shader = self._shader
        if not isinstance(shader, Shader) or shader.image is not page.image:
            shader = self._shader = Shader(page.image, library.draw)
        x, y = page.image.width // 2, page.image.height // 2
        placement = Placement(
            "",
            brush.lesion,
            x,
            y,
            brush.diameter,
            brush.seed,
            brush.blend,
            brush.rotation_deg,
            brush.contrast,
        )
        shade = shader.shade(placement)
        left, top = shade.rect.x0 - x, shade.rect.y0 - y
        return Ghost(shade.added, left, top, outline(shade.label, left, top))


def _image(words: NDArray[np.uint32]) -> QImage:
    words = np.ascontiguousarray(words, np.uint32)
    height, width = words.shape
    return QImage(words.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
