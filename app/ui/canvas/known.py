"""An image as the network knows it: beside the image, and what differs over it."""

from __future__ import annotations

from dataclasses import dataclass

from app.ui.canvas.beside import Beside
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.display import Display
from app.ui.canvas.heat_scale import STEPS
from app.ui.canvas.names import Name, NamesItem
from app.ui.canvas.overlay_item import HeatItem, ZoneItem
from app.ui.canvas.overlay_state import OverlayState
from app.ui.canvas.pyramid import Pyramid
from app.ui.document import Document, Page
from app.ui.work.reconstructing import TOP, Known, Reconstructor

KNOWN = "As the network knows it"
"""What a picture of the reconstruction is called."""
COLOURS = "inferno"
"""Of the residual: dark to bright, as the heatmap's, and no colour of that."""
_OUTLINE = "#7fe3ff"


@dataclass(frozen=True)
class ResidualScale:
    """How much the reconstruction differs, from 0 to `TOP` times the limit of what training images show."""

    def title(self, what: str = "") -> str:
        """What the numbers are."""
        return f"Difference{what}, × the limit"

    @property
    def marks(self) -> tuple[str, ...]:
        """The numbers at the lines of the scale, from 0 to the top."""
        at = [f"{TOP * n / STEPS:g}" for n in range(STEPS + 1)]
        return (*at[:-1], f"≥ {at[-1]}")


SCALE = ResidualScale()


class ResidualItem(HeatItem):
    """The residual map."""

    colours = COLOURS


class KnownOverlay:
    """The residual map, and the unfamiliar regions in outline with their numbers, over a canvas."""

    def __init__(self, canvas: Canvas, overlays: OverlayState) -> None:
        self._canvas, self._overlays = canvas, overlays
        self.residual, self.regions, self.numbers = ResidualItem(), ZoneItem(), NamesItem()
        for item in (self.residual, self.regions, self.numbers):
            item.setZValue(canvas.names.zValue() + 1)
            item.hide()
            canvas.box.addItem(item, ignoreBounds=True)
        canvas.barred.append(self.residual)
        self._known: Known | None = None
        overlays.changed.connect(self._show)

    def show(self, known: Known | None) -> None:
        """Shows what is known of the image; None hides it."""
        self._known = known
        self.residual.show_pyramid(known.residual if known else None)
        self.residual.set_scale(SCALE if known else None)
        self.regions.show_pyramid(known.labels if known else None)
        regions = known.regions if known else ()
        names = [Name(number, f"new {number}", r.x, r.y) for number, r in enumerate(regions, start=1)]
        size = known.image if known else None
        self.numbers.set_names(names, size.width if size else 0, size.height if size else 0)
        colours = dict.fromkeys(range(1, len(regions) + 2), _OUTLINE)
        self.regions.set_structures(colours, {}, 0.0, 1.0)
        self.numbers.set_colours(colours)
        self._show()

    def _show(self) -> None:
        self.residual.set_opacity(self._overlays.opacity)
        for item in (self.residual, self.regions, self.numbers):
            item.setVisible(self._known is not None and self._overlays.seen)


class BesideKnown(Beside):
    """The reconstruction beside the image."""

    def __init__(
        self, document: Document, canvas: Canvas, display: Display, reconstructor: Reconstructor
    ) -> None:
        self._reconstructor = reconstructor
        super().__init__(document, canvas, display, KNOWN)
        reconstructor.changed.connect(self._show_page)

    def _pixels(self, page: Page) -> Pyramid | None:
        known = self._reconstructor.known
        return known.pixels if known is not None else None

    @property
    def _notes(self) -> tuple[str, ...]:
        known = self._reconstructor.known
        if known is None:
            return (self._name, "Reconstructing…") if self._reconstructor.busy else (self._name,)
        return (self._name, known.scores)

    def _show_composite(self) -> None:
        """A reconstruction has no lesions, and no changes."""
