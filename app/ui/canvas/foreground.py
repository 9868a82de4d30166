"""What stands over the image and does not move with it: corner text and the scale bar."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

INK = QColor("#d8dee4")
SHADE = QColor(0, 0, 0, 210)
MARGIN = 12.0
LONGEST = 160.0
"""Of the scale bar, in screen pixels."""
SCALE_BAR_HIGH = 34.0
"""What the scale bar and its text take, at the usual size of text."""

_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_MIDDLE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True)
class Corners:
    """The lines of text in the four corners."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()
    edges: tuple[str, str, str, str] | None = None
    """The letters of the left, right, top and bottom edge."""


def small_font(widget: QWidget) -> QFont:
    """A little smaller than the widget's own, which follows the size of text that the user has chosen."""
    font = QFont(widget.font())
    font.setPixelSize(max(round(QFontInfo(font).pixelSize() * 12 / 13), 9))
    return font


def paint_corners(painter: QPainter, size: QRectF, corners: Corners) -> QRectF:
    """Writes the corner text into a viewport of `size` (logical pixels); long lines end in an ellipsis.

    Returns:
        What is left for the scale bar and the letters at the edges: all of it, but for the lower lines where
        they leave no room between them.
    """
    metrics = QFontMetricsF(painter.font())
    height = metrics.lineSpacing()
    lower = 0.0
    for lines, side, top in (
        (corners.top_left, _LEFT, True),
        (corners.top_right, _RIGHT, True),
        (corners.bottom_left, _LEFT, False),
        (corners.bottom_right, _RIGHT, False),
    ):
        middle = height if top else MARGIN  # half of the letter of the upper edge, and a gap
        widest = max(size.width() / 2 - MARGIN - middle, 40.0)
        first = MARGIN if top else size.height() - MARGIN - height * len(lines)
        for number, line in enumerate(lines):
            box = QRectF(MARGIN, first + number * height, size.width() - 2 * MARGIN, height)
            text = metrics.elidedText(line, Qt.TextElideMode.ElideRight, widest)
            _write(painter, box, text, side | Qt.AlignmentFlag.AlignVCenter)
            if not top and metrics.horizontalAdvance(text) > (size.width() - LONGEST) / 2 - 2 * MARGIN:
                lower = max(lower, height * len(lines))
    return size.adjusted(0, 0, 0, -lower)


def paint_edges(painter: QPainter, size: QRectF, letters: tuple[str, str, str, str] | None) -> None:
    """Writes where the patient's right, left, front, back, head and feet are at the middle of the edges."""
    if letters is None:
        return
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(round(font.pixelSize() * 1.3))
    font.setBold(True)
    painter.setFont(font)
    high = QFontMetricsF(font).height()
    inner = size.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    above_bar = inner.bottom() - SCALE_BAR_HIGH * font.pixelSize() / 16
    for letter, box, side in (
        (letters[0], QRectF(inner.left(), inner.center().y() - high / 2, 80, high), _LEFT),
        (letters[1], QRectF(inner.right() - 80, inner.center().y() - high / 2, 80, high), _RIGHT),
        (letters[2], QRectF(inner.center().x() - 40, inner.top(), 80, high), _MIDDLE),
        (letters[3], QRectF(inner.center().x() - 40, above_bar - high, 80, high), _MIDDLE),
    ):
        _write(painter, box, letter, side | Qt.AlignmentFlag.AlignVCenter)
    painter.restore()


def paint_scale_bar(painter: QPainter, size: QRectF, pixels_per_unit: float, unit: str) -> None:
    """Draws a bar of a round length at the bottom centre; one `unit` is `pixels_per_unit` wide."""
    if pixels_per_unit <= 0:
        return
    length, text = scale_bar(pixels_per_unit, unit)
    wide = length * pixels_per_unit
    left, y = (size.width() - wide) / 2, size.height() - MARGIN - 4
    for colour, width in ((SHADE, 4.0), (INK, 1.6)):
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QPointF(left, y), QPointF(left + wide, y))
        for tick in range(6):
            x = left + wide * tick / 5
            tall = 7 if tick in (0, 5) else 4
            painter.drawLine(QPointF(x, y), QPointF(x, y - tall))
    high = QFontMetricsF(painter.font()).height()
    _write(painter, QRectF(left - 80, y - 9 - high, wide + 160, high), text, _MIDDLE)


def scale_bar(pixels_per_unit: float, unit: str) -> tuple[float, str]:
    """The length of the scale bar in `unit`, and what is written above it."""
    length = round_length(LONGEST / pixels_per_unit)
    return length, f"{length / 10:g} cm" if unit == "mm" and length >= 10 else f"{length:g} {unit}"


def round_length(longest: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is no longer than `longest`."""
    power = 10.0 ** _floor_log10(longest)
    return next(step * power for step in (5, 2, 1) if step * power <= longest * 1.0001)


def _write(painter: QPainter, box: QRectF, text: str, flags: Qt.AlignmentFlag) -> None:
    painter.setPen(SHADE)
    for right, down in ((1, 1), (-1, 1), (1, -1), (-1, -1)):  # legible on white, too
        painter.drawText(box.translated(right, down), flags, text)
    painter.setPen(INK)
    painter.drawText(box, flags, text)


def _floor_log10(value: float) -> int:
    return math.floor(math.log10(max(value, 1e-9)))
