"""What the cursor says before anything is clicked: the ghost of the next lesion, or why none may be there."""

from __future__ import annotations

from math import floor

from PySide6.QtCore import QObject, QPointF, Qt, Signal

from app.anatomy.doubts import UNCHECKED
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.gestures import nothing_at
from app.ui.canvas.ghost import GhostDrawer
from app.ui.canvas.hand import Hand
from app.ui.canvas.overlay_state import OverlayState
from app.ui.canvas.texts import hover_text
from app.ui.document import OUTSIDE, Document
from app.ui.document.likely import say
from app.ui.work.bridge import Bridge
from app.ui.work.finding import Finder


class Hover(QObject):
    """Follows the cursor with a ring, a ghost and words; nothing is drawn anew while it moves."""

    changed = Signal(str, str, bool)
    """What is under the cursor, a note on it, and whether the note forbids something."""

    def __init__(
        self,
        document: Document,
        finder: Finder,
        canvas: Canvas,
        overlays: OverlayState,
        hand: Hand,
        bridge: Bridge,
    ) -> None:
        super().__init__(canvas)
        self.place: QPointF | None = None
        """Where the cursor is, in image pixels; None while it is elsewhere."""
        self._document, self._finder, self._canvas = document, finder, canvas
        self._overlays, self._hand = overlays, hand
        self._drawer = GhostDrawer(document, bridge)
        self._drawer.drawn.connect(canvas.ghost.set_ghost)
        self._judged: tuple[tuple[object, ...], str | None] = ((), None)
        canvas.cursor_for = self._cursor_shape
        canvas.hovered.connect(self._moved)
        for signal in (
            hand.held_changed, overlays.changed, document.brush_changed, document.scene_changed,
            document.page_shown, canvas.tool_changed,
        ):  # fmt: skip
            signal.connect(self._show)
        document.where_changed.connect(lambda: self._moved(self.place))

    def _moved(self, place: QPointF | None) -> None:
        self.place = place
        note = self._show()
        page = self._document.page
        if page is None or place is None:
            self.changed.emit("", "", False)
            return
        value = self._canvas.image.value_at(place.x(), place.y())
        words, forbids = note
        here = self._here(place) if value is not None else ()
        words = "  ·  ".join((*words.splitlines(), *here))
        self.changed.emit(hover_text(page.image, place, value), words, forbids)

    def _here(self, place: QPointF) -> tuple[str, ...]:
        """The structure at a place, where it forbids nothing, and how likely a lesion is there."""
        where, found, state = self._document.where, self._finder.overlays, self._overlays
        if where is None or found is None or not state.seen:
            return ()
        row, column = floor(place.y() + 0.5), floor(place.x() + 0.5)
        label = int(found.zones.level(0)[row, column])
        structures = self._document.task.structures
        permits = 0 < label <= len(structures) and not structures[label - 1].forbidden
        words = [structures[label - 1].title] if permits and state.zones else []
        if state.heat and found.scale is not None:
            words.append(f"likely: {found.scale.read(float(where.heatmap[row, column]))}")
        return tuple(words)

    def _show(self) -> tuple[str, bool]:
        """Brings the ring, the ghost and the words to the cursor; returns the words, see `_note`."""
        canvas, place = self._canvas, self.place
        if place is None:
            for item in (canvas.note, canvas.ring, canvas.ghost):
                item.hide()
            canvas.candidates.point_at(None)
            return "", False
        at, port = canvas.viewport_point(place), canvas.viewport()
        free = self._over_free_ground(place)
        self._point(place, free)
        note, forbids = self._note(free)
        seen = self._overlays.seen
        room = (at.x(), port.width() - at.x(), port.height() - at.y())
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

    def _point(self, place: QPointF, free: bool) -> None:
        """Points at the candidate under the cursor."""
        candidates = self._canvas.candidates
        width, height = self._canvas.box.viewPixelSize()
        candidates.point_at(candidates.near(place, (1 / width, 1 / height)) if free else None)

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
        lines = [] if reason is None else [not_here(reason)]
        rank = self._canvas.candidates.pointed
        if rank is None:
            return "".join(lines), bool(lines)
        said = say(self._document, self._canvas.candidates.places[rank])
        forbids = not said.safe
        return "\n".join((*said.lines(rank + 1), *(lines if said.safe else ()))), forbids or bool(lines)

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


def not_here(reason: str) -> str:
    """What the cursor says of a place where no lesion may be: `Not here: spine`."""
    if reason.startswith(UNCHECKED):
        return reason[0].upper() + reason[1:]
    return f"Not here: {reason}"
