"""What the colours of the heatmap stand for: the scale in numbers, and its bar over the image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from app.ui.canvas.foreground import INK, MARGIN, SHADE

STEPS = 4
"""Lines are drawn where the heat passes a quarter, a half and three quarters of the scale."""
HEAT = "viridis"
"""The colours of the heatmap."""
WIDE, TALL = 12.0, 128.0
"""Of the bar over the image, in screen pixels."""
_GROUND = QColor(0, 0, 0, 150)
_AIR, _BONE = QColor("#101010"), QColor("#c4c4c4")


class Scale(Protocol):
    """What colours of an overlay stand for."""

    def title(self, what: str = "") -> str:
        """What the numbers are."""

    @property
    def marks(self) -> tuple[str, ...]:
        """The numbers at the lines of the scale, from its bottom to its top."""


@dataclass(frozen=True)
class HeatScale:
    """From 0 to `top`, which the likeliest 0.5 % of the permitted pixels reach or pass.

    Attributes:
        top: the probability, summing to 1 over the image, of a pixel with the brightest colour.
        mean: that of a permitted pixel in the mean.
        pixel_mm: (row, column); None where uncalibrated.
    """

    top: float
    mean: float
    pixel_mm: tuple[float, float] | None

    def title(self, what: str = "") -> str:
        """What the numbers are: the probability, `what` being ` of a stone` perhaps."""
        return f"Probability{what} per cm²" if self.pixel_mm else f"Probability{what}, × the mean"

    def read(self, probability: float) -> str:
        """The probability of a pixel in words: `1.2 % per cm²`, or `3.4 × the mean`."""
        return f"{self._text(probability)} {'per cm²' if self.pixel_mm else 'the mean'}"

    @property
    def marks(self) -> tuple[str, ...]:
        """The numbers at the lines of the scale, from 0 to the top."""
        at = [self._text(self.top * n / STEPS) for n in range(STEPS + 1)]
        return ("0", *at[1:-1], f"≥ {at[-1]}")

    def _text(self, probability: float) -> str:
        if self.pixel_mm:
            return f"{_plain(probability * 100 * 100 / (self.pixel_mm[0] * self.pixel_mm[1]))} %"
        return f"{_plain(probability / self.mean)} ×"


def _plain(number: float) -> str:
    """Two significant digits, never in powers of ten."""
    if number < 0.01:
        return "< 0.01" if number > 0 else "0"
    return f"{number:.2g}" if number < 99.5 else f"{number:.0f}"


def paint_ground(painter: QPainter, box: QRectF, *, upright: bool) -> None:
    """What lies below the colours of a bar: half of it dark as air, half light as bone."""
    half = QRectF(box)
    if upright:
        half.setWidth(box.width() / 2)
    else:
        half.setHeight(box.height() / 2)
    painter.fillRect(box, _BONE)
    painter.fillRect(half, _AIR)


@lru_cache(maxsize=8)
def heat_colours(opacity: float, colours: str = HEAT) -> NDArray[np.uint32]:
    """The colours of 0 to 255: viridis (S. van der Walt, N. Smith, 2015), clear where the heat is nought.

    256 premultiplied ARGB words. Their steps look equal and their lightness rises all along, to colour-blind
    eyes, too. Cividis does as well, but is grey in its middle, as a radiograph is everywhere. Another map of
    that kind may be named.
    """
    import pyqtgraph as pg

    table = pg.colormap.get(colours).getLookupTable(0.1, 1.0, 256, alpha=False).astype(np.float64)
    alpha = np.linspace(0, 1, 256) ** 0.7 * opacity
    words = np.zeros(256, np.uint32)
    for shift, channel in ((16, 0), (8, 1), (0, 2)):
        words |= np.round(table[:, channel] * alpha).astype(np.uint32) << np.uint32(shift)
    return words | np.round(alpha * 255).astype(np.uint32) << np.uint32(24)


@lru_cache(maxsize=8)
def bar_image(opacity: float, *, upright: bool, colours: str = HEAT) -> QImage:
    """The 256 colours as an image one pixel wide, the brightest at the top; or one high, it at the right."""
    table = heat_colours(opacity, colours)
    words = np.ascontiguousarray(table[::-1, None] if upright else table[None, :])
    height, width = words.shape
    return QImage(words.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()


def paint_heat_bar(
    painter: QPainter, size: QRectF, scale: Scale, opacity: float, colours: str = HEAT
) -> None:
    """Draws the scale, as strong as the overlay, upright at the lower left of a viewport, above the text.

    `size` is that of the viewport in logical pixels; where it is too low, nothing is drawn.
    """
    metrics = QFontMetricsF(painter.font())
    line, title = metrics.height(), scale.title()
    bottom = size.height() - MARGIN - 2.4 * line
    box = QRectF(MARGIN, bottom - TALL, WIDE, TALL)
    if box.top() < size.height() / 2 + 2 * line:  # the letter of the left edge stands there
        return
    wide = max(metrics.horizontalAdvance(title), WIDE + 60)
    painter.fillRect(QRectF(box.left() - 6, box.top() - 1.9 * line, wide + 12, TALL + 2.5 * line), _GROUND)
    paint_ground(painter, box, upright=True)
    painter.drawImage(box, bar_image(opacity, upright=True, colours=colours))
    painter.setPen(QPen(INK, 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    for number, text in enumerate(scale.marks):
        y = box.bottom() - TALL * number / STEPS
        painter.setPen(QPen(INK, 1.0))
        painter.drawLine(QPointF(box.right(), y), QPointF(box.right() + 4, y))
        _write(painter, QPointF(box.right() + 8, y + 0.32 * line), text)
    _write(painter, QPointF(box.left(), box.top() - 0.9 * line), title)


def _write(painter: QPainter, at: QPointF, text: str) -> None:
    painter.setPen(SHADE)
    for right, down in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        painter.drawText(at + QPointF(right, down), text)
    painter.setPen(INK)
    painter.drawText(at, text)
