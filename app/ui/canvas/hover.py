"""What the cursor says before anything is clicked: the ghost of the next lesion, or why none may be there."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from app.ui.canvas.canvas import Canvas
from app.ui.canvas.gestures import nothing_at
from app.ui.canvas.ghost import GhostDrawer
from app.ui.canvas.hand import Hand
from app.ui.canvas.overlay_state import OverlayState
from app.ui.canvas.texts import hover_text
from app.ui.document import OUTSIDE, Document
from app.ui.work.bridge import Bridge


class Hover(QObject):
    """Follows the cursor with a ring, a ghost and words; nothing is drawn anew while it moves."""

    changed = Signal(str, str, bool)
    """What is under the cursor, a note on it, and whether the note forbids something."""

    def __init__(
        self, document: Document, canvas: Canvas, overlays: OverlayState, hand: Hand, bridge: Bridge
    ) -> None:
        super().__init__(canvas)
        self.place: QPointF | None = None
        """Where the cursor is, in image pixels; None while it is elsewhere."""
        self._document, self._canvas, self._overlays, self._hand = document, canvas, overlays, hand
        self._drawer = GhostDrawer(document, bridge)
        self._drawer.drawn.connect(canvas.ghost.set_ghost)
        self._judged: tuple[tuple[object, ...], str | None] = ((), None)
        canvas.cursor_for = self._cursor_shape
        canvas.hovered.connect(self._moved)
        for signal in (
            hand.held_changed, overlays.changed, document.brush_changed, document.scene_changed,
            document.where_changed, document.page_shown, canvas.tool_changed,
        ):  # fmt: skip
            signal.connect(self._show)

    def _moved(self, place: QPointF | None) -> None:
        self.place = place
        note = self._show()
        page = self._document.page
        if page is None or place is None:
            self.changed.emit("", "", False)
            return
        value = self._canvas.image.value_at(place.x(), place.y())
        self.changed.emit(hover_text(page.image, place, value), *note)

    def _show(self) -> tuple[str, bool]:
        """Brings the ring, the ghost and the words to the cursor; returns the words, see `_note`."""
        canvas, place = self._canvas, self.place
        if place is None:
            for item in (canvas.note, canvas.ring, canvas.ghost):
                item.hide()
            return "", False
        at, port = canvas.viewport_point(place), canvas.viewport()
        free = self._over_free_ground(place)
        note, forbids = self._note(free)
        seen = self._overlays.seen
        room = (port.width() - at.x(), port.height() - at.y())
        canvas.note.show_at(place, note if seen else "", forbids=forbids, room=room)
        if free and seen and not self._document.finding:
            self._show_next(place)
        else:
            canvas.ring.hide()
            canvas.ghost.hide()
        return note, forbids

    def _show_next(self, place: QPointF) -> None:
        """The lesion that a click here would place."""
        canvas, document = self._canvas, self._document
        refused = self._reason() is not None
        rows, columns = document.base.image.pixel_mm if document.base else (1.0, 1.0)
        radius = document.brush.diameter / 2
        canvas.ring.show_at(place.x(), place.y(), (radius / columns, radius / rows), refused=refused)
        self._drawer.want()
        canvas.ghost.setPos(place)
        canvas.ghost.setVisible(not refused)

    def _over_free_ground(self, place: QPointF) -> bool:
        """Whether a click at a place would put a lesion there, if the anatomy permits it."""
        canvas = self._canvas
        return (
            self._document.at_base
            and not canvas.gesturing
            and canvas.tool is None
            and self._inside()
            and nothing_at(canvas, canvas.viewport_point(place))
        )

    def _note(self, free: bool) -> tuple[str, bool]:
        """What to say about the place, and whether it forbids something."""
        refused = next((held.refused for held in self._hand.held.values() if held.refused), None)
        if refused:
            return f"Not here: {refused}", True
        if self._hand.held:
            return self._hand.doing, False
        reason = self._reason() if free else None
        return (f"Not here: {reason}", True) if reason else ("", False)

    def _cursor_shape(self, place: QPointF) -> Qt.CursorShape:
        self.place = place
        if not self._inside():
            return Qt.CursorShape.ArrowCursor
        return Qt.CursorShape.ForbiddenCursor if self._reason() else Qt.CursorShape.CrossCursor

    def _inside(self) -> bool:
        place = self.place
        return place is not None and self._canvas.image.value_at(place.x(), place.y()) is not None

    def _reason(self) -> str | None:
        """Why nothing may be placed here; asked once for each place."""
        document, place = self._document, self.place
        if place is None:
            return OUTSIDE
        key = (place.x(), place.y(), document.brush.diameter, document.where, document.page)
        if self._judged[0] != key:
            self._judged = key, document.reason(place.x(), place.y(), document.brush.diameter)
        return self._judged[1]
