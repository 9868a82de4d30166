"""What stands over the image and does not move with it: corner text and the scale bar."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

INK = QColor("#d8dee4")
SHADE = QColor(0, 0, 0, 210)
MARGIN = 12.0


@dataclass(frozen=True)
class Corners:
    """The lines of text in the four corners."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()


def paint_corners(painter: QPainter, size: QRectF, corners: Corners) -> None:
    """Writes the corner text into a viewport of `size` (logical pixels)."""
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    height = QFontMetricsF(font).lineSpacing()
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    for lines, side, top in (
        (corners.top_left, left, True),
        (corners.top_right, right, True),
        (corners.bottom_left, left, False),
        (corners.bottom_right, right, False),
    ):
        first = MARGIN if top else size.height() - MARGIN - height * len(lines)
        for number, line in enumerate(lines):
            box = QRectF(MARGIN, first + number * height, size.width() - 2 * MARGIN, height)
            for colour, shift in ((SHADE, 1.0), (INK, 0.0)):
                painter.setPen(colour)
                painter.drawText(box.translated(shift, shift), side | Qt.AlignmentFlag.AlignVCenter, line)


def paint_scale_bar(painter: QPainter, size: QRectF, pixels_per_unit: float, unit: str) -> None:
    """Draws a bar of a round length at the bottom centre; one `unit` is `pixels_per_unit` wide."""
    if pixels_per_unit <= 0:
        return
    length = round_length(160 / pixels_per_unit)
    wide = length * pixels_per_unit
    left, y = (size.width() - wide) / 2, size.height() - MARGIN - 4
    for colour, width in ((SHADE, 4.0), (INK, 1.6)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(left, y), QPointF(left + wide, y))
        for tick in range(6):
            x = left + wide * tick / 5
            tall = 7 if tick in (0, 5) else 4
            painter.drawLine(QPointF(x, y), QPointF(x, y - tall))
    text = f"{length:g} {unit}"
    if unit == "mm" and length >= 10:
        text = f"{length / 10:g} cm"
    font = QFont(painter.font())
    font.setPixelSize(12)
    painter.setFont(font)
    box = QRectF(left - 60, y - 26, wide + 120, 16)
    for colour, shift in ((SHADE, 1.0), (INK, 0.0)):
        painter.setPen(colour)
        painter.drawText(box.translated(shift, shift), Qt.AlignmentFlag.AlignCenter, text)


def round_length(longest: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is no longer than `longest`."""
    power = 10.0 ** _floor_log10(longest)
    return next(step * power for step in (5, 2, 1) if step * power <= longest * 1.0001)


def _floor_log10(value: float) -> int:

    return math.floor(math.log10(max(value, 1e-9)))
