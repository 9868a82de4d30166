"""Between the document and the canvas: what is open is shown, and what the hand does becomes commands."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, Signal

from app.ui.canvas.canvas import Canvas
from app.ui.canvas.display import Display
from app.ui.canvas.hand import Hand
from app.ui.canvas.hover import Hover
from app.ui.canvas.overlay_state import OverlayState
from app.ui.canvas.showing import Showing
from app.ui.document import Document
from app.ui.work.bridge import Bridge
from app.ui.work.finding import Finder


class CanvasController(QObject):
    """Shows a document on a canvas and edits it there; puts together the parts that do."""

    hover = Signal(str, str, bool)
    """What is under the cursor, a note on it, and whether the note forbids something."""

    def __init__(
        self, document: Document, finder: Finder, canvas: Canvas, overlays: OverlayState, bridge: Bridge
    ) -> None:
        super().__init__(canvas)
        self.display = Display(self)
        self.hand = Hand(document, canvas)
        self.showing = Showing(document, finder, canvas, overlays, self.display, self.hand)
        self._hover = Hover(document, finder, canvas, overlays, self.hand, bridge)
        self._hover.changed.connect(self.hover)
        canvas.windowed.connect(self.display.drag)

    @property
    def cursor(self) -> QPointF | None:
        """Where the mouse is, in image pixels; None while it is elsewhere."""
        return self._hover.place

    def show_corners(self) -> None:
        """Brings the corner text up to date."""
        self.showing.show_corners()

    def nudge(self, dx: int, dy: int) -> None:
        """Moves the selected lesions by pixels (arrow keys)."""
        self.hand.nudge(dx, dy)
