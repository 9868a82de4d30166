"""The canvas widget: it shows what it is told and says what the hand wants; it changes nothing by itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem, QWidget

from app.anatomy.anatomy import Candidate
from app.ui.canvas.foreground import Corners, paint_corners, paint_scale_bar
from app.ui.canvas.gestures import Gesture, begin
from app.ui.canvas.hints import CandidatesItem, EllipseItem, RingItem
from app.ui.canvas.image_item import ImageItem
from app.ui.canvas.lesion_item import REACH, LesionItem
from app.ui.canvas.overlay_item import ColourItem, ZoneItem
from app.ui.canvas.view_box import CanvasBox

ZOOM_STEP = 1.15

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Canvas(pg.GraphicsView):
    """Shows an image with overlays and lesions. Places are image pixels, (0, 0) the centre of the first."""

    hovered = Signal(object)
    """The QPointF under the cursor; None when it leaves."""
    clicked = Signal(float, float)
    selected = Signal(str)
    """The id of a placement."""
    lesion_moved = Signal(str, float, float, int)
    """Placement, x, y, number of the gesture."""
    lesion_resized = Signal(str, float, int)
    """Placement, radius in image columns, number of the gesture."""
    resize_wanted = Signal(int)
    """Steps of the wheel, up positive, for the selected lesion."""
    gesture_ended = Signal(int)
    gesture_cancelled = Signal(int)
    windowed = Signal(float, float)
    """A window drag of (right, down) screen pixels."""
    nudged = Signal(int, int)
    """The selected lesion is to move by (right, down) pixels."""
    stepped = Signal(int)
    """Slices to go on."""
    menu_wanted = Signal(QPoint)
    ellipse_drawn = Signal(QRectF)
    zoomed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background="#000000")
        self.setObjectName("canvas")
        self.setMinimumSize(320, 240)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Image")
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.box = CanvasBox()
        self.setCentralItem(self.box)
        self.image = ImageItem()
        self.heat = ColourItem()
        self.zones = ZoneItem()
        self.candidates = CandidatesItem()
        self.ring = RingItem()
        self.ellipse = EllipseItem()
        layers: tuple[QGraphicsItem, ...] = (self.image, self.heat, self.zones)
        for depth, item in enumerate(layers):
            item.setZValue(depth)
        for item in (*layers, self.candidates, self.ring, self.ellipse):
            self.box.addItem(item, ignoreBounds=True)
        self.lesions: dict[str, LesionItem] = {}
        self.selection: str | None = None
        self.drawing = False
        self.scrolls = False
        """Whether there are further slices for the wheel to show."""
        self.space_held = False
        self.cursor_for: Callable[[QPointF], Qt.CursorShape] = lambda _: Qt.CursorShape.ArrowCursor
        """Which cursor stands for a free place."""
        self._gesture: Gesture | None = None
        self._corners = Corners()
        self._unit = "px"
        self._unit_px = 1.0
        self._wheel = 0
        self.box.sigRangeChanged.connect(self._range_changed)

    # -- what is shown ---------------------------------------------------------------------------------

    def set_geometry(self, width: int, height: int, pixel_mm: tuple[float, float], unit: str) -> None:
        """Prepares for an image of another size (pixels) and spacing (row, column), and fits it."""
        self._unit, self._unit_px = unit, 1 / pixel_mm[1]
        self.box.set_image(width, height, pixel_mm)

    @property
    def corners(self) -> Corners:
        """The corner text."""
        return self._corners

    def set_corners(self, corners: Corners) -> None:
        """Changes the corner text."""
        if corners != self._corners:
            self._corners = corners
            self.viewport().update()

    def set_candidates(self, places: Iterable[Candidate]) -> None:
        """Shows the proposed places."""
        bounds = self.image.boundingRect()
        self.candidates.set_places(tuple(places), int(bounds.width()), int(bounds.height()))

    def show_lesion(self, placement_id: str) -> LesionItem:
        """The item of a placement, made when first asked for."""
        item = self.lesions.get(placement_id)
        if item is None:
            item = self.lesions[placement_id] = LesionItem(placement_id)
            self.box.addItem(item, ignoreBounds=True)
        return item

    def keep_lesions(self, ids: Iterable[str]) -> None:
        """Removes the items of all other placements."""
        for gone in set(self.lesions) - set(ids):
            self.box.removeItem(self.lesions.pop(gone))

    def image_point(self, at: QPointF) -> QPointF:
        """Viewport pixels to image pixels."""
        return self.box.mapSceneToView(self.mapToScene(at.toPoint()) + (at - QPointF(at.toPoint())))

    def viewport_point(self, place: QPointF) -> QPointF:
        """Image pixels to viewport pixels."""
        return self.viewportTransform().map(self.box.mapViewToScene(place))

    def lesion_at(self, at: QPointF) -> tuple[LesionItem | None, bool]:
        """The lesion under a viewport point, the selected one first, and whether its handle is."""
        place = self.image_point(at)
        pixel = 1 / self.box.zoom
        chosen = self.lesions.get(self.selection or "")
        if chosen is not None and chosen.isVisible():
            handle = chosen.pos() + chosen.handle()
            away = QPointF(at) - self.viewport_point(handle)
            if math.hypot(away.x(), away.y()) <= REACH:
                return chosen, True
        best: tuple[float, LesionItem] | None = None
        for item in self.lesions.values():
            rx, ry = (max(radius, REACH * pixel) for radius in item.radii)
            away = place - item.pos()
            distance = (away.x() / rx) ** 2 + (away.y() / ry) ** 2
            if item is chosen:
                distance *= 0.5
            if item.isVisible() and distance <= 1 and (best is None or distance < best[0]):
                best = (distance, item)
        return (best[1] if best else None), False

    # -- the hand --------------------------------------------------------------------------------------

    @property
    def gesturing(self) -> bool:
        """Whether a button is held."""
        return self._gesture is not None

    def cancel_gesture(self) -> bool:
        """Undoes what the hand is doing; False where it does nothing."""
        gesture, self._gesture = self._gesture, None
        if gesture is None:
            return False
        gesture.cancel()
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._gesture is None:
            self._gesture = begin(self, event)
            if self._gesture and self._gesture.cursor is not None:
                self.viewport().setCursor(self._gesture.cursor)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._gesture is not None:
            self._gesture.move(at)
        else:
            self.update_cursor(at)
        self.hovered.emit(self.image_point(at))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not event.buttons():
            gesture, self._gesture = self._gesture, None
            if gesture is not None:
                gesture.finish()
            self.update_cursor(event.position())
        event.accept()

    def leaveEvent(self, event: object) -> None:
        self.hovered.emit(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()  # some systems turn Shift+wheel sideways
        modifiers = event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier or not (
            self.scrolls or modifiers & Qt.KeyboardModifier.ShiftModifier
        ):
            self.box.zoom_at(self.image_point(event.position()), ZOOM_STEP ** (turned / 120))
        else:
            self._wheel += turned  # fine wheels and touchpads send parts of a step
            steps = int(self._wheel / 120)
            self._wheel -= steps * 120
            if steps and modifiers & Qt.KeyboardModifier.ShiftModifier:
                self.resize_wanted.emit(steps)
            elif steps:
                self.stepped.emit(-steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrow = _ARROWS.get(Qt.Key(event.key()))
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_held = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif arrow is not None:
            step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self.nudged.emit(arrow[0] * step, arrow[1] * step)
        event.setAccepted(arrow is not None or event.key() == Qt.Key.Key_Space)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.space_held = False
            self.viewport().unsetCursor()
        event.setAccepted(event.key() == Qt.Key.Key_Space)

    def focusOutEvent(self, event: object) -> None:
        self.space_held = False
        super().focusOutEvent(event)

    def update_cursor(self, at: QPointF) -> None:
        """Shows what a press at a viewport point would do."""
        if self.space_held:
            shape = Qt.CursorShape.OpenHandCursor
        elif self.drawing:
            shape = Qt.CursorShape.CrossCursor
        else:
            item, on_handle = self.lesion_at(at)
            if item is None:
                shape = self.cursor_for(self.image_point(at))
            else:
                shape = Qt.CursorShape.SizeHorCursor if on_handle else Qt.CursorShape.SizeAllCursor
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    # -- painting --------------------------------------------------------------------------------------

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        painter.save()
        painter.resetTransform()
        size = QRectF(self.viewport().rect())
        paint_corners(painter, size, self._corners)
        if not self.image.boundingRect().isEmpty():
            paint_scale_bar(painter, size, self.box.zoom * self._unit_px, self._unit)
        painter.restore()

    def _range_changed(self, *_: object) -> None:
        self.viewport().update()  # the scale bar, which stands still, changes its length
        self.zoomed.emit()
