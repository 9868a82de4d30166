"""Colour over the image: the danger zone by structure, and the heatmap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem

from app.ui.canvas.heat_scale import HEAT, STEPS, Scale, heat_colours, paint_heat_bar
from app.ui.canvas.overlay_state import MARGIN_LABEL
from app.ui.canvas.sampled_item import SampledItem

_SHIFT = 8 - (STEPS - 1).bit_length()
"""What takes 0 to 255 to the steps of the heatmap's scale, 0 to 3."""


class ColourItem(SampledItem):
    """A uint8 array shown through a table of 256 colours."""

    def __init__(self) -> None:
        super().__init__()
        self._colours = np.zeros(256, np.uint32)
        self.setOpacity(1.0)

    def set_colours(self, colours: NDArray[np.uint32]) -> None:
        """Sets the table: 256 premultiplied ARGB colours."""
        if not np.array_equal(colours, self._colours):
            self._colours = colours
            self.update()

    def picture(self, samples: NDArray[Any]) -> QImage:
        return _image(np.take(self._colours, samples, mode="clip"))


class HeatItem(ColourItem):
    """Heat, 0 to 255, with a thin line wherever it passes a mark of its scale: hue is not the only sign."""

    margin = 1
    colours = HEAT

    def __init__(self) -> None:
        super().__init__()
        self._lines = np.zeros(256, np.uint32)
        self._opacity = 0.0
        self._scale: Scale | None = None

    def set_scale(self, scale: Scale | None) -> None:
        """Takes what 255 stands for."""
        if scale != self._scale:
            self._scale = scale
            self._changed()

    def set_opacity(self, opacity: float) -> None:
        """Sets the table and the lines."""
        if opacity != self._opacity:
            self._opacity = opacity
            self._lines = heat_colours(min(2.5 * opacity, 1.0), self.colours)
            self.set_colours(heat_colours(opacity, self.colours))
            self._changed()

    @property
    def bar_shown(self) -> bool:
        """Whether the bar of the scale stands over the image."""
        return self._scale is not None and self.isVisible()

    def paint_bar(self, painter: QPainter, size: QRectF) -> None:
        """Draws the bar of the scale into a viewport of `size` (logical pixels) while the heat is shown."""
        if self._scale is not None and self.isVisible():
            paint_heat_bar(painter, size, self._scale, self._opacity, self.colours)

    def itemChange(self, change: QGraphicsItem.GraphicsItemChange, value: Any) -> Any:
        if change is QGraphicsItem.GraphicsItemChange.ItemVisibleHasChanged:
            self._changed()
        return super().itemChange(change, value)

    def _changed(self) -> None:
        """The bar stands still over the image, or beside it."""
        for view in self.scene().views() if self.scene() is not None else ():
            view.viewport().update()

    def picture(self, samples: NDArray[Any]) -> QImage:
        step = samples >> _SHIFT
        inner = samples[1:-1, 1:-1]
        above = step[1:-1, 1:-1]
        edge = above > step[:-2, 1:-1]
        for neighbour in (step[2:, 1:-1], step[1:-1, :-2], step[1:-1, 2:]):
            edge |= above > neighbour
        colours = np.take(self._colours, inner, mode="clip")
        colours[edge] = self._lines[inner[edge]]
        return _image(colours)


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
        if not np.array_equal(lines, self._outlines):
            self._outlines = lines
            self.update()
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


def _image(colours: NDArray[np.uint32]) -> QImage:
    colours = np.ascontiguousarray(colours)
    height, width = colours.shape
    return QImage(colours.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
