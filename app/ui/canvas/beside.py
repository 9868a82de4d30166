"""The background beside the composite: a second canvas that looks at the same place in the same window."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Signal

from app.composition.composite import Composite
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.display import Display
from app.ui.canvas.foreground import Corners
from app.ui.canvas.pyramid import Pyramid
from app.ui.canvas.texts import BARE, hover_text
from app.ui.canvas.view_box import CanvasBox
from app.ui.document import Document, Page


class LinkedBox(CanvasBox):
    """Looks where another box looks; what the hand does to it is done to the other one, and it follows."""

    def __init__(self, leader: CanvasBox) -> None:
        super().__init__()
        self._leader = leader
        leader.sigRangeChanged.connect(self.follow)

    def follow(self, *_: object) -> None:
        """Looks where the other box does."""
        self.setRange(self._leader.viewRect(), padding=0, disableAutoRange=True)

    def fit(self) -> None:
        self.follow()

    def zoom_at(self, point: QPointF, factor: float) -> None:
        self._leader.zoom_at(point, factor)

    def pan(self, dx: float, dy: float) -> None:
        self._leader.pan(dx, dy)


class Beside(QObject):
    """Keeps the second canvas up to date, while it is shown; lesions are moved on the first one.

    Args:
        name: of what it shows, written on it.
    """

    hover = Signal(str, str, bool)
    """As `CanvasController.hover`, for the background."""
    stepped = Signal(int)
    """Slices to go on."""

    def __init__(self, document: Document, canvas: Canvas, display: Display, name: str = BARE) -> None:
        super().__init__(canvas)
        self._name = name
        self._document, self._canvas, self._display = document, canvas, display
        self.view = Canvas(box=LinkedBox(canvas.box))
        self.view.setAccessibleName(name)
        self.view.setFocusProxy(canvas)
        self.view.hide()
        self._shown: Composite | None = None
        self._on = False
        self.view.windowed.connect(display.drag)
        self.view.stepped.connect(self.stepped)
        self.view.hovered.connect(self._hovered)
        canvas.hovered.connect(self._hovered_there)
        document.page_shown.connect(self._show_page)
        document.rendered.connect(self._show_composite)
        display.changed.connect(self._show_window)

    def show(self, on: bool) -> None:
        """Shows the second canvas, or hides it."""
        self._on = on
        self.view.setVisible(on)
        for canvas in (self.view, self._canvas):
            canvas.echo.move(None)
            canvas.echo.crosshair = on
        self.view.pointer.show(crosshair=on)
        self._show_page()
        self._show_window()

    def _pixels(self, page: Page) -> Pyramid | None:
        """What is shown of a page; None where there is nothing."""
        return page.pyramid

    @property
    def _notes(self) -> tuple[str, ...]:
        """What is written on it."""
        return (self._name,)

    def _show_page(self) -> None:
        page, view = self._document.page, self.view
        pixels = self._pixels(page) if page is not None and self._on else None
        if page is None or pixels is None:
            view.image.show_pyramid(None)
            view.set_corners(Corners(top_left=self._notes))
            return
        image = page.image
        if view.image.boundingRect() != QRectF(-0.5, -0.5, image.width, image.height):
            view.set_geometry(image.width, image.height, image.pixel_mm, image.size_unit)
        view.image.show_pyramid(pixels)
        view.set_corners(Corners(top_left=self._notes, edges=page.letters))
        view.scrolls = self._canvas.scrolls
        view.box.fit()
        self._shown = None
        self._show_composite()

    def _show_composite(self) -> None:
        """Blacks out what is blacked out; nothing else of a composite belongs to the background."""
        composite = self._document.composite
        if not self._on or composite is None or not self._document.at_base:
            return
        bare, page = composite.bare, self._document.page
        changed = bare.changed_since(self._shown or Composite(bare.original))
        if changed and self._shown is None and page is not None:
            self.view.image.show_pyramid(page.pyramid.copy())
        for rect in changed:
            self.view.image.write(rect, bare.crop(rect))
        self._shown = bare if changed else self._shown

    def _show_window(self) -> None:
        if self._on:
            self.view.image.set_grey(self._display.grey)

    def _hovered(self, place: QPointF | None) -> None:
        """The cursor is over the background: the composite shows where."""
        self._canvas.echo.move(None if place is None else self._canvas.viewport_point(place))
        page = self._document.page
        if page is not None:
            value = None if place is None else self.view.image.value_at(place.x(), place.y())
            self.hover.emit("" if place is None else hover_text(page.image, place, value), "", False)

    def _hovered_there(self, place: QPointF | None) -> None:
        if self._on:
            self.view.echo.move(None if place is None else self.view.viewport_point(place))
