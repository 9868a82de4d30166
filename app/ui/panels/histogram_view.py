"""The picture of a histogram, with the window over it that can be dragged."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.imaging.histogram import Histogram

REACH = 7
"""Logical pixels from an edge of the window within which the mouse takes hold of it."""
_SIDE, _TOP, _RAMP, _TEXT = 8, 6, 6, 17


class Part(Enum):
    """What of the window the mouse has hold of."""

    LOW = "low"
    HIGH = "high"
    MIDDLE = "middle"


@dataclass(frozen=True)
class _Grip:
    part: Part
    start: float
    """The value under the mouse when it was pressed."""
    low: float
    high: float


class HistogramView(QWidget):
    """Counts on a logarithmic scale. The edges of the window are dragged, or all of it between them.

    With the keyboard: Left and Right move the window, Down and Up make it narrower or wider; Shift does so
    ten times as fast.
    """

    moved = Signal(float, float)
    """Low and high edge of the window, as the hand wants them."""
    reset_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Histogram and window")
        self.setToolTip(
            "Drag an edge of the window, or what lies between them; double-click for the automatic window.\n"
            "Keys: Left and Right move it, Up and Down widen and narrow it, Shift ten times as fast."
        )
        self._histogram: Histogram | None = None
        self._low, self._high = 0.0, 1.0
        self._inverted = False
        self._range = (0.0, 1.0)
        self._curve = QPolygonF()
        self._grip: _Grip | None = None

    def sizeHint(self) -> QSize:
        return QSize(280, 96 + self.fontMetrics().height())

    @property
    def range(self) -> tuple[float, float]:
        """The values at the left and the right end."""
        return self._range

    def set_histogram(self, histogram: Histogram | None) -> None:
        """Shows other counts; None while those are unknown."""
        self._histogram = histogram
        self._fit()

    def set_window(self, low: float, high: float, *, inverted: bool) -> None:
        """Shows the window from `low` (black, or white where `inverted`) to `high`."""
        if (low, high, inverted) != (self._low, self._high, self._inverted):
            self._low, self._high, self._inverted = low, high, inverted
            if self._grip is None:
                self._fit()
            self.update()

    def x_of(self, value: float) -> float:
        """Where a value stands, in logical pixels."""
        low, high = self._range
        share = (value - low) / (high - low)
        return _SIDE + share * (self.width() - 2 * _SIDE)

    def value_at(self, x: float) -> float:
        """The value that stands at a place."""
        low, high = self._range
        return low + (x - _SIDE) / max(self.width() - 2 * _SIDE, 1) * (high - low)

    # -- the hand --------------------------------------------------------------------------------------

    def part_at(self, x: float) -> Part:
        """What a press there takes hold of; an edge outside the picture is held at its border."""
        low, high = self._edges()
        if min(abs(x - low), abs(x - high)) <= REACH:
            return Part.LOW if abs(x - low) < abs(x - high) or (low == high and x < low) else Part.HIGH
        return Part.MIDDLE

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            x = event.position().x()
            self._grip = _Grip(self.part_at(x), self.value_at(x), self._low, self._high)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x, grip = event.position().x(), self._grip
        if grip is None:
            edge = self.part_at(x) is not Part.MIDDLE
            self.setCursor(Qt.CursorShape.SizeHorCursor if edge else Qt.CursorShape.OpenHandCursor)
            return
        way = self.value_at(x) - grip.start
        low = grip.low + way * (grip.part is not Part.HIGH)
        high = grip.high + way * (grip.part is not Part.LOW)
        if grip.part is Part.LOW:
            low = min(low, high)
        elif grip.part is Part.HIGH:
            high = max(low, high)
        self.moved.emit(low, high)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self._fit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        low, high = self._range
        step = (high - low) / (20 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 200)
        ways = {
            Qt.Key.Key_Left: (-step, -step),
            Qt.Key.Key_Right: (step, step),
            Qt.Key.Key_Up: (-step, step),
            Qt.Key.Key_Down: (step, -step),
        }
        way = ways.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
        else:
            centre = (self._low + self._high) / 2
            wider = way[0] != way[1]
            low, high = self._low + way[0], self._high + way[1]
            self.moved.emit(*((min(low, centre), max(high, centre)) if wider else (low, high)))

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()

    # -- painting --------------------------------------------------------------------------------------

    def _fit(self) -> None:
        """All counts and the window's edges in sight, unless those are far away."""
        if self._histogram is None:
            return
        first, last = self._histogram.low, self._histogram.high
        room = (last - first) / 2
        low, high = max(min(first, self._low), first - room), min(max(last, self._high), last + room)
        self._range = low, max(high, low + 1e-6)
        self._make_curve()
        self.update()

    def _make_curve(self) -> None:
        histogram = self._histogram
        if histogram is None:
            return
        tall = np.log1p(histogram.counts)
        tall = tall / max(float(tall.max()), 1e-6)
        edges = np.linspace(histogram.low, histogram.high, len(tall) + 1)
        points = [QPointF(edges[0], 0.0)]
        for number, height in enumerate(tall.tolist()):
            points += [QPointF(edges[number], height), QPointF(edges[number + 1], height)]
        self._curve = QPolygonF([*points, QPointF(edges[-1], 0.0)])

    def _edges(self) -> tuple[float, float]:
        """Where the window's edges are drawn and held."""
        first, last = float(_SIDE), float(self.width() - _SIDE)
        return min(max(self.x_of(self._low), first), last), min(max(self.x_of(self._high), first), last)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = self.palette()
        base, muted = (
            palette.color(QPalette.ColorRole.Base),
            palette.color(QPalette.ColorRole.PlaceholderText),
        )
        accent = palette.color(QPalette.ColorRole.Highlight)
        bottom = float(self.height() - _TEXT - _RAMP)
        plot = QRectF(_SIDE, _TOP, self.width() - 2 * _SIDE, bottom - _TOP)
        low, high = self._edges()
        painter.fillRect(plot, base)
        soft = QColor(accent)
        soft.setAlpha(48)
        painter.fillRect(QRectF(low, plot.top(), high - low, plot.height()), soft)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.setClipRect(plot)
        first, last = self._range
        painter.translate(plot.left(), plot.bottom())
        painter.scale(plot.width() / (last - first), -(plot.height() - 3))
        painter.translate(-first, 0)
        painter.setPen(Qt.PenStyle.NoPen)
        muted.setAlpha(190)
        painter.setBrush(muted)
        painter.drawPolygon(self._curve)
        painter.restore()
        self._paint_ramp(painter, QRectF(plot.left(), bottom, plot.width(), _RAMP), low, high)
        for x in (low, high):
            painter.setPen(QPen(accent, 2))
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, bottom + _RAMP))
            painter.setBrush(accent)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(QRectF(x - 3.5, plot.center().y() - 9, 7, 18), 2, 2)
        self._paint_values(painter, low, high)
        if self.hasFocus():
            painter.setPen(QPen(accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_ramp(self, painter: QPainter, strip: QRectF, low: float, high: float) -> None:
        """The grey that each value is shown in."""
        dark, bright = QColor("#000000"), QColor("#ffffff")
        left, right = (bright, dark) if self._inverted else (dark, bright)
        grey = QLinearGradient(low, 0, max(high, low + 0.01), 0)
        grey.setColorAt(0, left)
        grey.setColorAt(1, right)
        painter.fillRect(strip, grey)

    def _paint_values(self, painter: QPainter, low: float, high: float) -> None:
        """The values of the edges, below them, side by side where they would overlap."""
        font = painter.font()
        font.setPixelSize(max(round(font.pixelSize() * 0.85), 9) if font.pixelSize() > 0 else 11)
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        texts = [number_text(self._low), number_text(self._high)]
        widths = [painter.fontMetrics().horizontalAdvance(text) + 4.0 for text in texts]
        left = min(max(low - widths[0] / 2, 0), self.width() - widths[0] - widths[1])
        right = max(min(high - widths[1] / 2, self.width() - widths[1]), left + widths[0])
        top = self.height() - _TEXT + 1.0
        for x, wide, text in zip((left, right), widths, texts, strict=True):
            painter.drawText(QRectF(x, top, wide, _TEXT - 1), Qt.AlignmentFlag.AlignCenter, text)


def number_text(value: float) -> str:
    """A value with as many digits as one can tell apart, and a true minus sign."""
    text = f"{value:.0f}" if abs(value) >= 10 or value == round(value) else f"{value:.3g}"
    return text.replace("-", "−")
