"""The canvas widget: it shows what it is told and says what the hand wants; it changes nothing by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene, QWidget

from app.anatomy.anatomy import Candidate
from app.ui.canvas import keys
from app.ui.canvas.foreground import Corners, paint_corners, paint_edges, paint_scale_bar, small_font
from app.ui.canvas.gesture import Gesture, Tool
from app.ui.canvas.gestures import begin, cursor_at
from app.ui.canvas.ghost import GhostItem
from app.ui.canvas.hints import CandidatesItem, NoteItem, RingItem, ShapeItem
from app.ui.canvas.image_item import ImageItem
from app.ui.canvas.lesion_item import Grip, LesionItem, hit
from app.ui.canvas.names import NamesItem
from app.ui.canvas.overlay_item import HeatItem, ZoneItem
from app.ui.canvas.pointer import Pointer
from app.ui.canvas.rulers import Rulers
from app.ui.canvas.view_box import CanvasBox
from app.ui.canvas.wheel import Wheel


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
    lesion_turned = Signal(str, float, int)
    """Placement, rotation in degrees clockwise, number of the gesture."""
    resize_wanted = Signal(int)
    """Steps of the wheel, up positive, for the selected lesions."""
    turn_wanted = Signal(int)
    """Likewise, to rotate them."""
    toggled = Signal(str)
    """The id of a placement that is to join the selection, or to leave it."""
    banded = Signal(QRectF)
    """The lesions in this rectangle, image pixels, are to join the selection."""
    forced = Signal(float, float)
    """A click that is to place even in the danger zone."""
    gesture_ended = Signal(int)
    gesture_cancelled = Signal(int)
    windowed = Signal(float, float)
    """A window drag of (right, down) screen pixels."""
    nudged = Signal(int, int)
    """The selected lesion is to move by (right, down) pixels."""
    stepped = Signal(int)
    """Slices to go on."""
    menu_wanted = Signal(QPoint)
    drawn = Signal(object, QRectF)
    """A `Drawing` tool has drawn its shape, in image pixels."""
    tool_changed = Signal()
    halted = Signal()
    """A left press while the images run."""
    rulers_changed = Signal()
    ruler_chosen = Signal()
    zoomed = Signal()

    def __init__(self, parent: QWidget | None = None, *, box: CanvasBox | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background="#000000")
        self.setObjectName("canvas")
        self.setMinimumSize(320, 240)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Image")
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.box = box or CanvasBox()
        self.setCentralItem(self.box)
        # Lesions are as large on the screen at every zoom, so a tree of where they are would not stay right,
        # and Qt would paint from it what has been removed.
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.image = ImageItem()
        self.heat = HeatItem()
        self.zones = ZoneItem()
        self.names = NamesItem()
        self.candidates = CandidatesItem()
        self.ring = RingItem()
        self.ghost = GhostItem()
        self.note = NoteItem()
        self.shape = ShapeItem()
        layers: tuple[QGraphicsItem, ...] = (self.image, self.heat, self.zones, self.names)
        for depth, item in enumerate(layers):
            item.setZValue(depth)
        for item in (*layers, self.candidates, self.ghost, self.ring, self.shape, self.note):
            self.box.addItem(item, ignoreBounds=True)
        self.barred = [self.heat]  # what has a bar of its scale over the image
        self.lesions: dict[str, LesionItem] = {}
        self.selection: str | None = None
        self.tool: Tool | None = None
        """What a left drag does; None places, selects and moves."""
        self.scrolls = False
        """Whether there are further slices for the wheel to show."""
        self.running = False
        """Whether the images run by themselves; a left press then does no more than halt them."""
        self.rulers = Rulers(self)
        self.pointer = Pointer(self)
        self.echo = Pointer(self)
        """Where the cursor is on another canvas that shows the same image."""
        self.space_held = False
        self.modifiers = Qt.KeyboardModifier.NoModifier
        """Those that were held when the mouse was pressed or moved last."""
        self.cycle: Callable[[bool], bool] = lambda _: False
        """Selects the next lesion (True) or the one before; False where there is none."""
        self.cursor_for: Callable[[QPointF], Qt.CursorShape] = lambda _: Qt.CursorShape.ArrowCursor
        """Which cursor stands for a free place."""
        self._gesture: Gesture | None = None
        self._corners = Corners()
        self._unit = "px"
        self._unit_px = 1.0
        self._wheel = Wheel(self)
        self.box.sigRangeChanged.connect(self._range_changed)

    # -- what is shown ---------------------------------------------------------------------------------

    def set_geometry(self, width: int, height: int, pixel_mm: tuple[float, float], unit: str) -> None:
        """Prepares for an image of another size (pixels) and spacing (row, column), and fits it."""
        self._unit, self._unit_px = unit, 1 / pixel_mm[1]
        self.box.set_image(width, height, pixel_mm)

    @property
    def zoom(self) -> float:
        """Screen pixels, the screen's own, to an image pixel, along x."""
        return self.box.zoom * self.devicePixelRatioF()

    def zoom_by(self, factor: float) -> None:
        """Enlarges at the cursor, or around the middle where it is elsewhere."""
        at = self.pointer.at
        self.box.zoom_at(self.box.viewRect().center() if at is None else self.image_point(at), factor)

    def set_zoom(self, zoom: float) -> None:
        """Shows so many of the screen's own pixels to an image pixel, around the same place."""
        self.zoom_by(zoom / self.zoom)

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

    def lesion_at(self, at: QPointF) -> tuple[LesionItem | None, Grip]:
        """The lesion under a viewport point, the selected one first, and the grip of it that is there."""
        return hit(self, self.lesions.values(), self.lesions.get(self.selection or ""), at)

    # -- the hand --------------------------------------------------------------------------------------

    def set_tool(self, tool: Tool | None) -> None:
        """Takes up a tool, or puts it down."""
        if tool != self.tool:
            self.cancel_gesture()
            self.tool = tool
            self.ring.hide()
            self.tool_changed.emit()

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
        self.modifiers = event.modifiers()
        if self._gesture is None:
            self._gesture = begin(self, event)
            if self._gesture and self._gesture.cursor is not None:
                self.viewport().setCursor(self._gesture.cursor)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self.modifiers = event.modifiers()
        if self._gesture is not None:
            self._gesture.move(at)
        else:
            self.update_cursor(at)
        self.pointer.move(at)
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
        self.pointer.move(None)
        self.hovered.emit(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.pointer.move(event.position())
        self._wheel.turn(event)
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent):
            return self._wheel.pinch(event)
        return bool(super().viewportEvent(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(keys.pressed(self, event))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        event.setAccepted(keys.released(self, event))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from lesion to lesion, and on to the next widget after the last one."""
        return self.cycle(forward) or super().focusNextPrevChild(forward)

    def focusOutEvent(self, event: object) -> None:
        self.space_held = False
        super().focusOutEvent(event)

    def look_again(self) -> None:
        """Something else has come under a cursor that stands still."""
        if self.pointer.at is not None and self._gesture is None:
            self.hovered.emit(self.image_point(self.pointer.at))

    def update_cursor(self, at: QPointF) -> None:
        """Shows what a left press at a viewport point would do."""
        shape = cursor_at(self, at)
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    # -- painting --------------------------------------------------------------------------------------

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:
        painter.save()
        painter.resetTransform()
        painter.setFont(small_font(self))
        size = QRectF(self.viewport().rect())
        self.rulers.paint(painter, size)
        free = paint_corners(painter, size, self._corners)
        if not self.image.boundingRect().isEmpty():
            paint_edges(painter, free, self._corners.edges)
            paint_scale_bar(painter, free, self.box.zoom * self._unit_px, self._unit)
            for item in self.barred:
                item.paint_bar(painter, free)
        self.pointer.paint(painter, size)
        self.echo.paint(painter, size)
        painter.restore()

    def _range_changed(self, *_: object) -> None:
        self.viewport().update()  # the scale bar, which stands still, changes its length
        self.zoomed.emit()
        self.look_again()
