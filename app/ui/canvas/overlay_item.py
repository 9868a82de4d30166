"""Colour over the image: the danger zone by structure, and the heatmap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from app.ui.canvas.overlay_state import MARGIN_LABEL
from app.ui.canvas.sampled_item import SampledItem


class ColourItem(SampledItem):
    """A uint8 array shown through a table of 256 colours."""

    def __init__(self) -> None:
        super().__init__()
        self._colours = np.zeros(256, np.uint32)
        self.setOpacity(1.0)

    def set_colours(self, colours: NDArray[np.uint32]) -> None:
        """Sets the table: 256 premultiplied ARGB colours."""
        self._colours = colours
        self.update()

    def picture(self, samples: NDArray[Any]) -> QImage:
        return _image(np.take(self._colours, samples, mode="clip"))


class ZoneItem(ColourItem):
    """Structures by label, each filled lightly and outlined, the outline as thin at every zoom."""

    smooth = False
    margin = 1

    def __init__(self) -> None:
        super().__init__()
        self._outlines = np.zeros(256, np.uint32)

    def set_structures(
        self, forbidden: Mapping[int, str], permitted: Mapping[int, str], fill: float, outline: float
    ) -> None:
        """Sets colour names by label; what is permitted is only outlined: it is no danger."""
        areas, lines = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
        for label, name in forbidden.items():
            areas[label], lines[label] = premultiplied(name, fill), premultiplied(name, outline)
        lines[MARGIN_LABEL] = areas[MARGIN_LABEL]  # the structure's own outline says enough
        for label, name in permitted.items():
            lines[label] = premultiplied(name, outline)
        self._outlines = lines
        self.set_colours(areas)

    def picture(self, samples: NDArray[Any]) -> QImage:
        inner = samples[1:-1, 1:-1]
        edge = inner != samples[:-2, 1:-1]
        for neighbour in (samples[2:, 1:-1], samples[1:-1, :-2], samples[1:-1, 2:]):
            edge |= inner != neighbour
        colours = np.take(self._colours, inner, mode="clip")
        colours[edge] = self._outlines[inner[edge]]
        return _image(colours)


def premultiplied(name: str, opacity: float) -> int:
    """An ARGB word as Format_ARGB32_Premultiplied wants it."""
    colour = QColor(name)
    alpha = round(255 * opacity)
    red, green, blue = (round(c * opacity) for c in (colour.red(), colour.green(), colour.blue()))
    return alpha << 24 | red << 16 | green << 8 | blue


def heat_colours(opacity: float) -> NDArray[np.uint32]:
    """Black-body colours that colour-blind eyes can order too (inferno), clear where the heat is nought."""
    import pyqtgraph as pg

    table = pg.colormap.get("inferno").getLookupTable(0.25, 1.0, 256, alpha=False).astype(np.float64)
    alpha = np.linspace(0, 1, 256) ** 0.7 * opacity
    words = np.zeros(256, np.uint32)
    for shift, channel in ((16, 0), (8, 1), (0, 2)):
        words |= np.round(table[:, channel] * alpha).astype(np.uint32) << np.uint32(shift)
    return words | np.round(alpha * 255).astype(np.uint32) << np.uint32(24)


def _image(colours: NDArray[np.uint32]) -> QImage:
    colours = np.ascontiguousarray(colours)
    height, width = colours.shape
    return QImage(colours.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
