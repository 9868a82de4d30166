"""What is open is shown: the image, the composite, the lesions, the overlays."""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject

from app.composition.composite import Composite, RenderedLesion
from app.composition.scene import Placement
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.contour import contour
from app.ui.canvas.display import Display
from app.ui.canvas.hand import Hand, Held
from app.ui.canvas.lesion_item import Look
from app.ui.canvas.overlay_state import OverlayState
from app.ui.canvas.pyramid import Pyramid
from app.ui.canvas.texts import BARE, corners
from app.ui.document import Document, Page
from app.ui.work.finding import Finder


class Showing(QObject):
    """Keeps the canvas up to date with the document; each change touches what it changes and no more."""

    def __init__(
        self,
        document: Document,
        finder: Finder,
        canvas: Canvas,
        overlays: OverlayState,
        display: Display,
        hand: Hand,
    ) -> None:
        super().__init__(canvas)
        self._document, self._finder, self._canvas = document, finder, canvas
        self._overlays, self._display, self._hand = overlays, display, hand
        self._drawn: WeakKeyDictionary[Page, Composite] = WeakKeyDictionary()
        """What has been drawn into the `drawn` of pages."""
        self._contours: dict[str, RenderedLesion] = {}
        self._states: dict[str, tuple[Placement, Look]] = {}
        self._fresh = False
        self._bare = False
        self._instead: tuple[Pyramid, str] | None = None
        document.opened.connect(self._opened)
        document.page_shown.connect(self._show_page)
        document.rendered.connect(self._show_composite)
        document.scene_changed.connect(self._show_lesions)
        document.selection_changed.connect(self._show_lesions)
        hand.held_changed.connect(self._show_lesions)
        document.where_changed.connect(self._show_where)
        document.stack.cleanChanged.connect(self.show_corners)  # a saved scene has another title
        overlays.changed.connect(self._show_overlays)
        display.changed.connect(self._show_window)
        canvas.zoomed.connect(self.show_corners)

    def show_corners(self) -> None:
        """Brings the corner text up to date."""
        text = corners(self._document, self._display, self._canvas.zoom)
        for note in ((BARE,) if self._bare else ()) + (self._instead[1:] if self._instead else ()):
            text = replace(text, top_left=(*text.top_left, note))
        self._canvas.set_corners(text)

    def show_bare(self, on: bool) -> None:
        """Shows the background without its lesions, or the composite again."""
        if on != self._bare:
            self._bare = on
            self._show_composite()
            self.show_corners()

    def show_instead(self, pixels: Pyramid | None, note: str = "") -> None:
        """Shows other pixels in the place of the page's, with a note on them; None for the page's again."""
        instead = (pixels, note) if pixels is not None else None
        if instead != self._instead:
            self._instead = instead
            self._show_page_pixels()
            self._show_composite()
            self.show_corners()

    def _show_page_pixels(self) -> None:
        page = self._document.page
        if page is not None:
            self._canvas.image.show_pyramid(self._instead[0] if self._instead else page.pyramid)

    def _opened(self) -> None:
        """Paints the image at once; whatever else there is to show of it comes after."""
        canvas = self._canvas
        self._fresh = True
        for item in (canvas.zones, canvas.heat):
            item.show_pyramid(None)
        canvas.heat.set_scale(None)
        canvas.set_candidates(())
        canvas.names.set_names((), 0, 0)
        self._show_page()
        canvas.viewport().repaint()

    def _show_page(self) -> None:
        document, page = self._document, self._document.page
        if page is None:
            return
        self._instead = None  # it was another page's
        canvas, image = self._canvas, page.image
        old = canvas.image.boundingRect().size().toSize()
        self._show_page_pixels()
        if self._fresh or (old.width(), old.height()) != (image.width, image.height):
            canvas.set_geometry(image.width, image.height, image.pixel_mm, image.size_unit)
        canvas.scrolls = document.series is not None and len(document.series) > 1
        self._display.set_image(image, document.task, keep=not self._fresh)
        self._fresh = False
        self._states = {}
        self._show_composite()
        self._show_lesions()
        self.show_corners()

    def _show_composite(self) -> None:
        document, composite, page = self._document, self._document.composite, self._document.page
        if composite is None or page is None or not document.at_base:
            return
        if self._instead is None:
            self._draw(page, composite.bare if self._bare else composite)
        for lesion in composite.lesions:
            placement = lesion.placement
            item = self._canvas.lesions.get(placement.id)
            if item is not None and self._contours.get(placement.id) is not lesion:
                self._contours[placement.id] = lesion
                item.set_contour(contour(lesion), placement.diameter_mm, placement.rotation_deg)

    def _draw(self, page: Page, composite: Composite) -> None:
        """Draws into the page's `drawn` what has changed since the last time."""
        if self._canvas.image.pyramid is not page.drawn:
            self._canvas.image.show_pyramid(page.drawn)
        shown = self._drawn.get(page) or Composite(composite.original)
        for rect in composite.changed_since(shown):
            self._canvas.image.write(rect, composite.crop(rect))
        self._drawn[page] = composite

    def _show_lesions(self) -> None:
        document, canvas = self._document, self._canvas
        placements = document.scene.placements if document.at_base else ()
        if len(canvas.lesions) != len(placements) or any(p.id not in canvas.lesions for p in placements):
            canvas.keep_lesions(p.id for p in placements)
            kept = {p.id for p in placements}
            self._contours = {one: lesion for one, lesion in self._contours.items() if one in kept}
            self._states = {one: state for one, state in self._states.items() if one in kept}
        canvas.selection = document.selection
        chosen = set(document.selected_ids)
        for number, placement in enumerate(placements, start=1):
            held = self._hand.held.get(placement.id)
            state = self._state(number, placement, held, placement.id in chosen)
            if self._states.get(placement.id) != state:
                self._states[placement.id] = state
                self._show_lesion(*state)

    def _state(
        self, number: int, placement: Placement, held: Held | None, selected: bool
    ) -> tuple[Placement, Look]:
        """Where to show a placement, and how. In the hand, it is where the hand has it."""
        look = Look(
            number,
            selected,
            primary=placement.id == self._document.selection,
            refused=held is not None and held.refused is not None,
            locked=placement.locked,
            overridden=placement.overridden and bool(placement.override_reason),
        )
        return (placement if held is None else held.placement), look

    def _show_lesion(self, placement: Placement, look: Look) -> None:
        base = self._document.base
        rows, columns = base.image.pixel_mm if base else (1.0, 1.0)
        item, radius = self._canvas.show_lesion(placement.id), placement.diameter_mm / 2
        item.set_place(
            placement.x,
            placement.y,
            (radius / columns, radius / rows),
            placement.diameter_mm,
            placement.rotation_deg,
        )
        item.setVisible(not placement.hidden)
        item.setOpacity(1.0 if self._overlays.seen else 0.0)
        item.set_look(look)

    def _show_where(self) -> None:
        canvas, where, found = self._canvas, self._document.where, self._finder.overlays
        current = found if where is not None else None
        canvas.zones.show_pyramid(current.zones if current else None)
        canvas.heat.show_pyramid(current.heat if current else None)
        bounds = canvas.image.boundingRect()
        names = current.names if current else ()
        canvas.names.set_names(names, int(bounds.width()), int(bounds.height()))
        canvas.heat.set_scale(current.scale if current else None)
        self._show_overlays()

    def _show_overlays(self) -> None:
        canvas, state, task = self._canvas, self._overlays, self._document.task
        canvas.zones.set_structures(
            state.forbidden(task), state.permitted(task), 0.55 * state.opacity, state.opacity
        )
        canvas.heat.set_opacity(state.opacity)
        canvas.names.set_colours({**state.permitted(task), **state.forbidden(task)})
        canvas.zones.setVisible(state.seen and state.zones)
        canvas.names.setVisible(state.seen and state.zones and state.names)
        canvas.heat.setVisible(state.seen and state.heat)
        where = self._document.where
        canvas.set_candidates(where.candidates[: state.most] if where is not None else ())
        canvas.candidates.setVisible(state.seen and state.candidates)
        for item in canvas.lesions.values():
            item.setOpacity(1.0 if state.seen else 0.0)

    def _show_window(self) -> None:
        self._canvas.image.set_grey(self._display.grey)
        self._canvas.ghost.set_grey(self._display.grey)
        self.show_corners()
