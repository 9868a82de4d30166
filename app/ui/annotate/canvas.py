"""The canvas of the editor: that of Compose, with other tools and other things over the image."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent

from app.ui.annotate.box_tool import BoxTool
from app.ui.annotate.document import AnnotationDocument
from app.ui.annotate.items import BoxesItem, LineItem, PlanesItem
from app.ui.annotate.structure_tools import BrushTool, LassoTool
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.display import Display
from app.ui.canvas.foreground import Corners
from app.ui.canvas.texts import zoom_text

BRUSHES = 80
"""Radii of the brush, as it is at first, along the longer side of an image."""
_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_ALT = Qt.KeyboardModifier.AltModifier


class AnnotationCanvas(Canvas):
    """Shows the page of a document; zoom, pan and window are in the hand as they are in Compose."""

    resized = Signal(int, int)
    """The chosen box is to be wider and higher by so many pixels."""

    def __init__(self, document: AnnotationDocument) -> None:
        super().__init__()
        self.document = document
        self.display = Display(self)
        self.erase = False
        """Whether brush and lasso take away without Ctrl."""
        self.planes, self.marks, self.line = PlanesItem(), BoxesItem(), LineItem()
        self.planes.setZValue(5)
        for item in (self.planes, self.marks, self.line):
            self.box.addItem(item, ignoreBounds=True)
        self.opacity = 0.8
        self.box_tool, self.brush, self.lasso = BoxTool(document), BrushTool(document), LassoTool(document)
        self.tool = self.box_tool
        self.cycle = self._next_box
        self._fresh = True
        """Whether another set has been opened, whose images may be of quite another size."""
        self._group = ""
        """Of the image that is shown."""
        document.set_opened.connect(self._set_opened)
        document.opened.connect(self._opened)
        document.boxes_changed.connect(self._show_boxes)
        document.chosen_changed.connect(self._show_chosen)
        document.planes_changed.connect(self._planes_changed)
        self.display.changed.connect(self._show_window)
        self.windowed.connect(self.display.drag)
        self.resize_wanted.connect(self.resize_brush)
        self.zoomed.connect(self.show_corners)
        self.hovered.connect(self._hovered)
        self.tool_changed.connect(self._show_ring)
        self.set_image_name("")

    def set_image_name(self, name: str) -> None:
        """What a reader of the screen calls it."""
        self.setAccessibleName(f"Image {name}" if name else "No image")

    def set_overlays(self, seen: bool, opacity: float) -> None:
        """Shows or hides what is marked; `opacity` of the structures, 0 to 1."""
        self.opacity = opacity
        self.planes.setVisible(seen)
        self.marks.setVisible(seen)
        self._show_colours()

    def resize_brush(self, steps: int) -> None:
        """Makes the brush larger (positive) or smaller by a tenth a step, at least by half a pixel."""
        radius = self.brush.radius
        for _ in range(abs(steps)):
            radius = max(radius * 1.1, radius + 0.5) if steps > 0 else min(radius / 1.1, radius - 0.5)
        self.set_brush(radius)

    def set_brush(self, radius: float) -> None:
        """Sets the radius of the brush in image columns."""
        longest = max(self.document.page.image.size) / 4 if self.document.page is not None else 512.0
        self.brush.radius = min(max(radius, 0.5), longest)
        self._show_ring()
        self.tool_changed.emit()

    def update_cursor(self, at: QPointF) -> None:
        shape = Qt.CursorShape.OpenHandCursor
        if not self.space_held:
            tool = self.tool
            shape = tool.cursor(self, at) if tool is not None else Qt.CursorShape.ArrowCursor  # type: ignore[attr-defined]
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Alt and an arrow: the right and the lower edge of the chosen box.
        key = Qt.Key(event.key())
        if key in _ARROWS and event.modifiers() & _ALT and self.document.selected is not None:
            step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            across = {Qt.Key.Key_Left: -step, Qt.Key.Key_Right: step}.get(key, 0)
            down = {Qt.Key.Key_Up: -step, Qt.Key.Key_Down: step}.get(key, 0)
            self.resized.emit(across, down)
            event.accept()
            return
        super().keyPressEvent(event)

    def show_corners(self) -> None:
        """Brings the corner text up to date."""
        page, found = self.document.page, self.document.set
        if page is None or found is None:
            self.set_corners(Corners())
            return
        window = self.display.window
        name = f"  ({window.name})" if window.name else ""
        inverted = "  inverted" if self.display.inverted else ""
        pixels = page.pixels
        self.set_corners(
            Corners(
                top_left=(page.image.name, f"Image {page.number + 1} / {len(found.images)}"),
                top_right=(f"{pixels.width} × {pixels.height}",),
                bottom_left=(
                    f"W {window.width:.0f}  L {window.centre:.0f}{name}{inverted}".replace("-", "−"),
                ),
                bottom_right=(zoom_text(self.zoom),),
            )
        )

    def _set_opened(self) -> None:
        self._fresh = True

    def _opened(self) -> None:
        self.cancel_gesture()
        self.line.hide()
        page, document = self.document.page, self.document
        if page is None:
            self.image.show_pyramid(None)
            self.planes.show_pyramid(None)
            self.marks.set_boxes((), None, 1.0)
            self.set_image_name("")
            self.show_corners()
            self.viewport().update()
            return
        old = self.image.boundingRect().size().toSize()
        self.image.show_pyramid(page.pyramid)
        self.planes.show_pyramid(page.planes)
        if (old.width(), old.height()) != (page.pixels.width, page.pixels.height):
            pixels = page.pixels
            self.set_geometry(pixels.width, pixels.height, pixels.pixel_mm, pixels.size_unit)
            self.marks.set_image(pixels.width, pixels.height)
            if self._fresh:
                self.set_brush(max(pixels.width, pixels.height) / BRUSHES)
                self._fresh = False
        previous = self.display.image
        keep = (
            previous is not None and document.set is not None and self._alike(previous.unit, page.image.group)
        )
        self._group = page.image.group
        if document.task is not None:
            self.display.set_image(page.pixels, document.task, keep=keep)
        images = document.set.images if document.set is not None else ()
        self.scrolls = sum(image.group == page.image.group for image in images) > 1
        self.set_image_name(page.image.name)
        self._show_colours()
        self._show_boxes()
        self.show_corners()

    def _alike(self, unit: str, group: str) -> bool:
        """Whether the window stays as it is: HU mean the same in every image, other values in one series."""
        page = self.document.page
        return page is not None and page.pixels.unit == unit and (bool(unit) or self._group == group)

    def _show_colours(self) -> None:
        task = self.document.task
        colours = [s.colour for s in task.structures[: len(self.document.names)]] if task is not None else []
        self.planes.set_colours(colours, self.document.structure, self.opacity)

    def _show_boxes(self) -> None:
        chosen = self.document.selected
        self.selection = None if chosen is None else str(chosen)  # the arrows move it
        self.marks.set_boxes(self.document.boxes, chosen, self.box.zoom)

    def _show_chosen(self) -> None:
        self._show_boxes()
        self._show_colours()

    def _planes_changed(self, rect: tuple[int, int, int, int]) -> None:
        self.planes.changed(rect)

    def _show_window(self) -> None:
        self.image.set_grey(self.display.grey)
        self.show_corners()

    def _next_box(self, forward: bool) -> bool:
        """Tab goes from box to box."""
        count, chosen = len(self.document.boxes), self.document.selected
        following = (0 if forward else count - 1) if chosen is None else chosen + (1 if forward else -1)
        inside = 0 <= following < count
        self.document.select(following if inside else None)
        return inside

    def _hovered(self, place: QPointF | None) -> None:
        if place is None or self.tool is not self.brush or self.document.page is None:
            self.ring.hide()
        else:
            self.ring.show_at(place.x(), place.y(), self.brush.radii(), refused=bool(self.document.read_only))

    def _show_ring(self) -> None:
        self._hovered(None if self.pointer.at is None else self.image_point(self.pointer.at))
