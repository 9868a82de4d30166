"""Between the document and the canvas: what is open is shown, and what the hand does becomes commands."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from app.composition.composite import Composite, RenderedLesion
from app.ui import commands
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.contour import contour
from app.ui.canvas.display import Display
from app.ui.canvas.gestures import next_gesture
from app.ui.canvas.overlay_item import heat_colours
from app.ui.canvas.overlay_state import MARGIN_COLOUR, MARGIN_LABEL, OverlayState
from app.ui.canvas.pyramid import Pyramid
from app.ui.canvas.texts import corners, hover_text
from app.ui.document import Document, article
from app.ui.finding import Finder

RESIZE_STEP = 1.05


@dataclass(frozen=True)
class _Held:
    """A lesion in the hand: where the hand has it, which may be where it cannot stay."""

    placement_id: str
    x: float
    y: float
    diameter: float
    refused: bool


class CanvasController(QObject):
    """Shows a document on a canvas and edits it there."""

    hover = Signal(str, str, bool)
    """What is under the cursor, a note on it, and whether the note forbids something."""

    def __init__(self, document: Document, finder: Finder, canvas: Canvas, overlays: OverlayState) -> None:
        super().__init__(canvas)
        self.display = Display(self)
        self._document, self._finder, self._canvas, self._overlays = document, finder, canvas, overlays
        self._shown: Composite | None = None
        self._contours: dict[str, RenderedLesion] = {}
        self._held: _Held | None = None
        self._cursor: QPointF | None = None
        self._fresh = False
        self._shift_gesture = (0, "")
        canvas.cursor_for = self._cursor_shape

        document.opened.connect(self._opened)
        document.page_shown.connect(self._show_page)
        document.rendered.connect(self._show_composite)
        document.scene_changed.connect(self._show_lesions)
        document.selection_changed.connect(self._show_lesions)
        document.where_changed.connect(self._show_overlays)
        document.brush_changed.connect(self._show_ring)
        overlays.changed.connect(self._show_overlays)
        self.display.changed.connect(self._show_window)
        canvas.zoomed.connect(self._show_corners)

        canvas.hovered.connect(self._hovered)
        canvas.clicked.connect(lambda x, y: document.place(x, y))
        canvas.selected.connect(document.select)
        canvas.lesion_moved.connect(self._move)
        canvas.lesion_resized.connect(self._resize)
        canvas.resize_wanted.connect(self._resize_by_wheel)
        canvas.gesture_ended.connect(self._release)
        canvas.gesture_cancelled.connect(self._put_back)
        canvas.windowed.connect(self.display.drag)

    # -- showing ---------------------------------------------------------------------------------------

    def _opened(self) -> None:
        self._fresh = True
        self._held = None

    def _show_page(self) -> None:
        document, page = self._document, self._document.page
        if page is None:
            return
        self._shown = None
        canvas, image = self._canvas, page.image
        old = canvas.image.boundingRect().size().toSize()
        canvas.image.show_pyramid(Pyramid(image.pixels))
        if self._fresh or (old.width(), old.height()) != (image.width, image.height):
            canvas.set_geometry(image.width, image.height, image.pixel_mm, image.size_unit)
        canvas.scrolls = document.series is not None and len(document.series) > 1
        self.display.set_image(image, document.task, keep=not self._fresh)
        self._fresh = False
        self._show_composite()
        self._show_lesions()

    def _show_composite(self) -> None:
        document, composite = self._document, self._document.composite
        if composite is None or not document.at_base:
            return
        shown = self._shown or Composite(composite.background)
        for rect in composite.changed_since(shown):
            self._canvas.image.write(rect, composite.crop(rect))
        self._shown = composite
        for lesion in composite.lesions:
            item = self._canvas.lesions.get(lesion.placement.id)
            if item is not None and self._contours.get(lesion.placement.id) is not lesion:
                self._contours[lesion.placement.id] = lesion
                item.set_contour(contour(lesion), lesion.placement.diameter_mm)

    def _show_lesions(self) -> None:
        document, canvas = self._document, self._canvas
        placements = document.scene.placements if document.at_base else ()
        canvas.keep_lesions(p.id for p in placements)
        self._contours = {p.id: self._contours[p.id] for p in placements if p.id in self._contours}
        canvas.selection = document.selection
        for number, placement in enumerate(placements, start=1):
            item = canvas.show_lesion(placement.id)
            held = self._held if self._held and self._held.placement_id == placement.id else None
            x, y, diameter = placement.x, placement.y, placement.diameter_mm
            if held and held.refused:
                x, y, diameter = held.x, held.y, held.diameter
            item.set_place(x, y, self._radii(diameter), diameter)
            item.setVisible(self._overlays.visible)
            item.set_look(
                number, selected=placement.id == document.selection, refused=bool(held and held.refused)
            )
        self._show_ring()
        self._show_corners()

    def _show_overlays(self) -> None:
        canvas, state, found = self._canvas, self._overlays, self._finder.overlays
        current = found if self._document.where is not None else None
        canvas.zones.show_pyramid(current.zones if current else None)
        canvas.heat.show_pyramid(current.heat if current else None)
        canvas.set_candidates(current.where.candidates if current else ())
        structures = enumerate(self._document.task.structures, start=1)
        colours = {label: s.colour for label, s in structures if s.forbidden}
        organs = {
            label: s.colour for label, s in enumerate(self._document.task.structures, 1) if not s.forbidden
        }
        canvas.zones.set_structures(
            {**colours, MARGIN_LABEL: MARGIN_COLOUR}, organs, 0.55 * state.opacity, state.opacity
        )
        canvas.heat.set_colours(heat_colours(state.opacity))
        canvas.zones.setVisible(state.visible and state.zones)
        canvas.heat.setVisible(state.visible and state.heat)
        canvas.candidates.setVisible(state.visible and state.candidates)
        self._show_lesions()

    def _show_window(self) -> None:
        self._canvas.image.set_grey(self.display.grey)
        self._show_corners()

    def _show_corners(self) -> None:
        self._canvas.set_corners(corners(self._document, self.display, self._canvas.box.zoom))

    def _radii(self, diameter: float) -> tuple[float, float]:
        """(column, row) radii in pixels."""
        page = self._document.page
        rows, columns = page.image.pixel_mm if page else (1.0, 1.0)
        return diameter / 2 / columns, diameter / 2 / rows

    # -- under the cursor ------------------------------------------------------------------------------

    def _hovered(self, place: QPointF | None) -> None:
        self._cursor = place
        self._show_ring()
        page = self._document.page
        if page is None or place is None:
            self.hover.emit("", "", False)
            return
        value = self._canvas.image.value_at(place.x(), place.y())
        self.hover.emit(hover_text(page.image, place, value), *self._note(place))

    def _note(self, place: QPointF) -> tuple[str, bool]:
        """What to say about a place, and whether it forbids something."""
        document, held = self._document, self._held
        if held is not None:
            if held.refused:
                return f"Not here: {document.reason(held.x, held.y, held.diameter) or 'danger zone'}", True
            return f"{held.diameter:.1f} {document.unit}", False
        if document.page is None or self._canvas.image.value_at(place.x(), place.y()) is None:
            return "", False
        reason = document.reason(place.x(), place.y(), document.brush.diameter)
        return (f"Not here: {reason}", True) if reason else ("", False)

    def _cursor_shape(self, place: QPointF) -> Qt.CursorShape:
        if self._canvas.image.value_at(place.x(), place.y()) is None:
            return Qt.CursorShape.ArrowCursor
        if self._document.reason(place.x(), place.y(), self._document.brush.diameter):
            return Qt.CursorShape.ForbiddenCursor
        return Qt.CursorShape.CrossCursor

    def _show_ring(self) -> None:
        """The ring of the next lesion, over a free place only."""
        canvas, document, place = self._canvas, self._document, self._cursor
        free = (
            place is not None
            and self._overlays.visible
            and document.at_base
            and not canvas.gesturing
            and not canvas.drawing
            and canvas.image.value_at(place.x(), place.y()) is not None
            and canvas.lesion_at(canvas.viewport_point(place)) == (None, False)
        )
        if not free or place is None:
            canvas.ring.hide()
            return
        refused = document.reason(place.x(), place.y(), document.brush.diameter) is not None
        canvas.ring.show_at(place.x(), place.y(), self._radii(document.brush.diameter), refused=refused)

    # -- the hand --------------------------------------------------------------------------------------

    def _move(self, placement_id: str, x: float, y: float, gesture: int) -> None:
        placement = self._document.scene.placement(placement_id)
        self._hold(replace(placement, x=round(x, 2), y=round(y, 2)), "Move lesion", gesture)

    def _resize(self, placement_id: str, radius: float, gesture: int) -> None:
        page = self._document.page
        columns = page.image.pixel_mm[1] if page else 1.0
        self._resize_to(placement_id, 2 * radius * columns, gesture)

    def _resize_to(self, placement_id: str, diameter: float, gesture: int) -> None:
        low, high = self._document.diameter_limits
        diameter = round(min(max(diameter, low), high), 1)
        placement = self._document.scene.placement(placement_id)
        self._hold(replace(placement, diameter_mm=diameter), "Resize lesion", gesture)

    def _hold(self, after: commands.Placement, name: str, gesture: int) -> None:
        """Takes what the hand does; where that is forbidden, the outline follows and the lesion stays."""
        document = self._document
        reason = document.change_refused(after)
        self._held = _Held(after.id, after.x, after.y, after.diameter_mm, reason is not None)
        if reason is None:
            document.change(after, name, gesture)
        self._show_lesions()

    def _resize_by_wheel(self, steps: int) -> None:
        document, selected = self._document, self._document.selected
        if selected is None:
            low, high = document.diameter_limits
            diameter = min(max(document.brush.diameter * RESIZE_STEP**steps, low), high)
            document.set_brush(diameter=round(diameter, 1))
            return
        number, owner = self._shift_gesture
        top = document.stack.command(document.stack.index() - 1)
        if owner != selected.id or not isinstance(top, commands.Change) or top.gesture != number:
            number = next_gesture()
        self._shift_gesture = (number, selected.id)
        low, high = document.diameter_limits
        diameter = round(min(max(selected.diameter_mm * RESIZE_STEP**steps, low), high), 1)
        if diameter == selected.diameter_mm:
            diameter = round(diameter + (0.1 if steps > 0 else -0.1), 1)
        if low <= diameter <= high:
            document.change(replace(selected, diameter_mm=diameter), "Resize lesion", number)

    def nudge(self, dx: int, dy: int) -> None:
        """Moves the selected lesion by pixels (arrow keys)."""
        selected = self._document.selected
        if selected is not None:
            after = replace(selected, x=selected.x + dx, y=selected.y + dy)
            self._document.change(after, "Move lesion")

    def one_to_one(self) -> None:
        """Shows one screen pixel to an image pixel, around the cursor or the middle."""
        box = self._canvas.box
        box.set_zoom(1.0, self._cursor or box.viewRect().center())

    def _release(self, gesture: int) -> None:
        held, self._held = self._held, None
        if held is not None and held.refused:
            reason = self._document.reason(held.x, held.y, held.diameter)
            if reason:
                self._document.refused.emit(f"It stays where it was: there it would touch {article(reason)}.")
        self._show_lesions()

    def _put_back(self, gesture: int) -> None:
        """Takes back what the gesture has done so far."""
        self._held = None
        stack = self._document.stack
        top = stack.command(stack.index() - 1)
        if isinstance(top, commands.Change) and top.gesture == gesture:
            stack.undo()
        self._show_lesions()
