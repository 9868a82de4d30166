"""A placed lesion on the canvas: its outline, its number, and grips for its size and rotation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.marks import (
    SHADE,
    cosmetic,
    edged,
    label_font,
    lock_sign,
    text_size,
    warning_sign,
    write,
)

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas

Grip = Literal["", "resize", "rotate"]

GRIP = 8.0
"""The side of a grip, in screen pixels."""
RESIZE_AWAY, ROTATE_AWAY = 9.0, 31.0
"""How far the grips stand off the edge, so that the smallest lesion can still be taken by its middle."""
SIGN = 0.95
"""The size of a sign beside the number, against that of the text."""
REACH = 8.0
"""How near, in screen pixels, a click must come to a small lesion or to a grip."""

SELECTED = QColor("#4cc2ff")
PLAIN = QColor("#ffd24a")
REFUSED = QColor("#ff6b78")


@dataclass(frozen=True)
class Look:
    """How a lesion is shown.

    Attributes:
        number: its place in the list, from 1.
        selected: it is one of the selected ones.
        primary: it is the one that was selected last, and has grips.
        refused: it may not be where the hand has it.
        locked: it can be selected, not changed.
        overridden: it is in the danger zone on purpose.
    """

    number: int = 0
    selected: bool = False
    primary: bool = False
    refused: bool = False
    locked: bool = False
    overridden: bool = False


class LesionItem(QGraphicsItem):
    """Shows the drawn lesion's contour, or a circle of the asked diameter until it has been drawn.

    It stands at the placement's centre, in image pixels; pens, number and grips keep their size on screen.
    """

    def __init__(self, placement_id: str) -> None:
        super().__init__()
        self.placement_id = placement_id
        self.rotation_deg = 0.0
        """Clockwise on the screen; the grips stand there."""
        self._radii = (1.0, 1.0)
        self._diameter = 1.0
        self._contour: QPainterPath | None = None
        self._contour_of = (1.0, 0.0)
        self._look = Look()

    def set_place(
        self, x: float, y: float, radii: tuple[float, float], diameter: float, rotation_deg: float = 0.0
    ) -> None:
        """Moves the outline to (x, y), with the asked (column, row) radii in image pixels and rotation."""
        if (radii, rotation_deg) != (self._radii, self.rotation_deg):
            self.prepareGeometryChange()
            self._radii, self._diameter, self.rotation_deg = radii, diameter, rotation_deg
            self.update()
        self.setPos(x, y)

    def set_contour(self, contour: QPainterPath | None, diameter: float, rotation_deg: float = 0.0) -> None:
        """Shows what has been drawn: a path relative to the centre, and what it was asked for.

        While the hand is ahead of the drawing, the path is scaled and turned as the hand asks for.
        """
        self.prepareGeometryChange()
        self._contour, self._contour_of = contour, (diameter, rotation_deg)
        self.update()

    def set_look(self, look: Look) -> None:
        """Changes how it is shown."""
        if look != self._look:
            self.prepareGeometryChange()
            self._look = look
            self.setZValue(52 if look.primary else 51 if look.selected else 50)
            self.update()

    @property
    def look(self) -> Look:
        """How it is shown."""
        return self._look

    @property
    def selected(self) -> bool:
        """Whether it is one of the selected ones."""
        return self._look.selected

    @property
    def locked(self) -> bool:
        """Whether it can only be selected."""
        return self._look.locked

    @property
    def radii(self) -> tuple[float, float]:
        """The asked (column, row) radii in image pixels."""
        return self._radii

    @property
    def seen(self) -> bool:
        """Whether its outline is shown; a lesion can be taken hold of without."""
        return self.isVisible() and self.opacity() > 0

    def handle(self, grip: Grip = "resize") -> QPointF:
        """Where a grip is, in image pixels relative to the centre."""
        return self._at(math.radians(self.rotation_deg), RESIZE_AWAY if grip == "resize" else ROTATE_AWAY)

    def cursor_over(self, grip: Grip) -> Qt.CursorShape:
        """What the cursor looks like over it."""
        if self.locked:
            return Qt.CursorShape.PointingHandCursor  # it can be selected
        if grip == "rotate":
            return Qt.CursorShape.OpenHandCursor
        return Qt.CursorShape.SizeHorCursor if grip else Qt.CursorShape.SizeAllCursor

    def boundingRect(self) -> QRectF:
        across, down = self._zoom()
        rx, ry = self._radii
        around = QRectF(-rx, -ry, 2 * rx, 2 * ry)
        if self._contour is not None:
            drawn = self._contour.boundingRect()
            reach = self._grown * max(
                math.hypot(x, y) for x in (drawn.left(), drawn.right()) for y in (drawn.top(), drawn.bottom())
            )
            around |= QRectF(-reach, -reach, 2 * reach, 2 * reach)
        margin = ROTATE_AWAY + GRIP if self._look.primary else 4.0
        wide, tall = (max(size + 6, margin) for size in self._label_size())
        return around.adjusted(-wide / across, -tall / down, wide / across, margin / down)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        look, (rx, ry) = self._look, self._radii
        colour = REFUSED if look.refused else SELECTED if look.selected else PLAIN
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._contour is not None and not look.refused:
            painter.save()
            painter.scale(self._grown * rx / ry, self._grown)  # a turn is one of mm, not of pixels
            painter.rotate(self.rotation_deg - self._contour_of[1])
            painter.scale(ry / rx, 1.0)
            self._stroke(painter, colour, self._contour)
            painter.restore()
        if look.selected or self._contour is None or look.refused:
            path = QPainterPath()
            path.addEllipse(QRectF(-rx, -ry, 2 * rx, 2 * ry))
            self._stroke(painter, colour, path, dashed=self._contour is not None)
        view = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        if look.primary and not look.locked:
            self._paint_grips(painter, colour, *(view.map(p) for p in self._arm()))
        self._paint_label(painter, colour, view.map(self._at(self._label_angle(), 4.0)))
        painter.restore()

    def _stroke(self, painter: QPainter, colour: QColor, path: QPainterPath, *, dashed: bool = False) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # A dark line below keeps the colour readable on bright bone.
        for pen in (cosmetic(QColor(0, 0, 0, 150), 3.2), cosmetic(colour, 1.4)):
            if dashed:
                pen.setDashPattern([4.2 / pen.widthF(), 5.6 / pen.widthF()])
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawPath(path)

    def _paint_grips(
        self, painter: QPainter, colour: QColor, edge: QPointF, resize: QPointF, rotate: QPointF
    ) -> None:
        for pen in (QPen(SHADE, 3.2), QPen(colour, 1.2)):
            painter.setPen(pen)
            painter.drawLine(edge, rotate)
        painter.setPen(QPen(SHADE, 1))
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(resize.x() - GRIP / 2, resize.y() - GRIP / 2, GRIP, GRIP), 2, 2)
        painter.drawEllipse(rotate, GRIP / 2 + 0.5, GRIP / 2 + 0.5)
        painter.setBrush(SHADE)
        painter.drawEllipse(rotate, GRIP / 4, GRIP / 4)

    def _paint_label(self, painter: QPainter, colour: QColor, at: QPointF) -> None:
        """The number, and signs for what colour alone would not say."""
        font = label_font(self)
        wide, _ = self._label_size()
        if self._label_angle() < -math.pi / 2:
            at -= QPointF(wide, 0)
        if self._look.number:
            write(painter, at, str(self._look.number), font, colour)
            at += QPointF(text_size(str(self._look.number), font)[0] + 3, 0)
        side = SIGN * font.pixelSize()
        for on, sign in ((self._look.locked, lock_sign), (self._look.overridden, warning_sign)):
            if on:
                edged(painter, sign(at, side), colour)
                at += QPointF(side + 3, 0)

    def _label_size(self) -> tuple[float, float]:
        font = label_font(self)
        wide, tall = text_size(str(self._look.number), font)
        return wide + (self._look.locked + self._look.overridden) * (SIGN * font.pixelSize() + 3) + 3, tall

    def _label_angle(self) -> float:
        """At the upper right, unless the grips are there."""
        near = self._look.primary and abs((self.rotation_deg - 315 + 180) % 360 - 180) < 40
        return -0.75 * math.pi if near else -0.25 * math.pi

    def _arm(self) -> tuple[QPointF, QPointF, QPointF]:
        """The edge, where the arm of the grips begins, and the two grips."""
        return self._at(math.radians(self.rotation_deg), 0.0), self.handle(), self.handle("rotate")

    def _at(self, angle: float, away: float) -> QPointF:
        """`away` screen pixels off the edge, at an angle on the screen; image pixels from the centre."""
        (across, down), (rx, ry) = self._zoom(), self._radii
        return QPointF((rx + away / across) * math.cos(angle), (ry + away / down) * math.sin(angle))

    @property
    def _grown(self) -> float:
        return self._diameter / self._contour_of[0]

    def _zoom(self) -> tuple[float, float]:
        """Screen pixels to an image pixel, across and down."""
        scene = self.scene()
        if scene is None or not scene.views():
            return 1.0, 1.0
        view, here = scene.views()[0].transform(), self.sceneTransform()
        return max(here.m11() * view.m11(), 1e-6), max(here.m22() * view.m22(), 1e-6)


def hit(
    canvas: Canvas, items: Iterable[LesionItem], chosen: LesionItem | None, at: QPointF
) -> tuple[LesionItem | None, Grip]:
    """The lesion under a viewport point and the grip that is there; `chosen` has grips and comes first."""
    if chosen is not None and chosen.seen and chosen.look.primary and not chosen.locked:
        for grip in ("resize", "rotate"):
            away = at - canvas.viewport_point(chosen.pos() + chosen.handle(grip))
            if math.hypot(away.x(), away.y()) <= REACH:
                return chosen, grip
    place, pixel = canvas.image_point(at), 1 / canvas.box.zoom
    best: tuple[float, LesionItem] | None = None
    for item in items:
        rx, ry = (max(radius, REACH * pixel) for radius in item.radii)
        away = place - item.pos()
        distance = (away.x() / rx) ** 2 + (away.y() / ry) ** 2
        if item is chosen:
            distance *= 0.5
        if item.isVisible() and distance <= 1 and (best is None or distance < best[0]):
            best = (distance, item)
    return (best[1] if best else None), ""
