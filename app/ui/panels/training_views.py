"""What a training shows of itself: its losses, and what each finished scale draws."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui.theme import chosen
from app.ui.work.training import Scale

_GAP = 4.0
_ROWS = ("reconstruction", "drawing 1", "drawing 2", "drawing 3")
_LARGEST = 56.0
"""Logical pixels of a picture."""
_ENLARGED = 224
_POINTS = 2.0
"""Logical pixels that the reports of a training are averaged over."""

Curve = list[tuple[float, float]]


class LossPlot(QWidget):
    """The losses over the share of the training that is finished; a line parts one scale from the next.

    Above, the error with which the exemplar is reconstructed, on a logarithmic scale. Below, the losses of
    the generator (a full line) and of the discriminator (a broken one).
    """

    def __init__(self) -> None:
        super().__init__()
        self._scales: tuple[Scale, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Losses of the training")
        self.setToolTip(
            "Above: how far the network is from the exemplar (less is better); each scale starts anew.\n"
            "Below: generator and discriminator, which play against each other; neither should win."
        )

    def sizeHint(self) -> QSize:
        return QSize(280, round(8.6 * self.fontMetrics().height()))

    minimumSizeHint = sizeHint

    def show_scales(self, scales: tuple[Scale, ...]) -> None:
        """Takes what has been reported."""
        self._scales = scales
        last = next((scale.losses[-1] for scale in reversed(scales) if scale.losses), None)
        if last is not None:
            self.setAccessibleDescription(
                f"Error {100 * last[1]:.1f} %, generator {last[2]:.2f}, discriminator {last[3]:.2f}"
            )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = chosen(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line, area = float(self.fontMetrics().height()), QRectF(self.rect())
        upper = QRectF(0, line + 2, area.width(), area.height() * 0.55 - line)
        lower = QRectF(0, upper.bottom() + line + 4, area.width(), area.bottom() - upper.bottom() - line - 5)
        painter.setPen(QPen(QColor(theme.border), 1))
        for box in (upper, lower):
            painter.drawLine(box.bottomLeft(), box.bottomRight())
        for scale in self._scales[1:]:
            if scale.losses:
                x = scale.losses[0][0] * area.width()
                painter.setPen(QPen(QColor(theme.border), 1, Qt.PenStyle.DotLine))
                painter.drawLine(QPointF(x, upper.top()), QPointF(x, lower.bottom()))
        curves = [[self._curve(scale, n) for scale in self._scales] for n in (1, 2, 3)]
        logs = [[(x, math.log10(max(y, 1e-4))) for x, y in curve] for curve in curves[0]]
        accent, text = QColor(theme.accent), QColor(theme.text)
        _draw(painter, upper, logs, _range(logs, least=0.5), QPen(accent, 1.6))
        limits = _range([*curves[1], *curves[2]], least=1.0)
        _draw(painter, lower, curves[1], limits, QPen(text, 1.3))
        broken = QPen(QColor(theme.muted), 1.3, Qt.PenStyle.DashLine)
        _draw(painter, lower, curves[2], limits, broken)
        painter.setPen(QColor(theme.muted))
        last = next((scale.losses[-1] for scale in reversed(self._scales) if scale.losses), None)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        error = "" if last is None else f" {100 * last[1]:.1f} %"
        painter.drawText(QRectF(0, 0, area.width(), line), left, f"Error of the exemplar{error}")
        words = "Generator —   Discriminator - -"
        painter.drawText(QRectF(0, lower.top() - line - 1, area.width(), line), left, words)

    def _curve(self, scale: Scale, which: int) -> Curve:
        """One loss of a scale, averaged over some pixels of the screen."""
        bins: dict[int, list[float]] = {}
        per_bin = self.width() / _POINTS
        for row in scale.losses:
            bins.setdefault(int(row[0] * per_bin), []).append(row[which])
        return [(number / per_bin, sum(values) / len(values)) for number, values in sorted(bins.items())]


class ScalesView(QWidget):
    """A column for each scale: the exemplar as the network remembers it, and below it three drawings."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures: dict[int, list[QImage]] = {}
        self._scales = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What each finished scale draws")

    def clear(self, scales: int = 0) -> None:
        """Forgets the pictures; another training has so many scales."""
        self._pictures, self._scales = {}, scales
        self.updateGeometry()
        self.update()

    def show_scales(self, scales: Sequence[Scale], total: int) -> None:
        """Takes the pictures that are new."""
        if total != self._scales:
            self._scales = total
            self.updateGeometry()
        for scale in scales:
            if scale.pictures and scale.number not in self._pictures:
                self._pictures[scale.number] = [_image(scale.pictures[name]) for name in _ROWS]
                self.update()
        done = sorted(self._pictures)
        self.setAccessibleDescription(f"{len(done)} of {total} scales have been finished")

    @property
    def shown(self) -> dict[int, tuple[int, int]]:
        """The size in pixels of the pictures of each scale."""
        return {n: (images[0].width(), images[0].height()) for n, images in self._pictures.items()}

    def _side(self) -> float:
        width = max(self.width(), 120)
        return min(_LARGEST, (width + _GAP) / max(self._scales, 1) - _GAP)

    def sizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(280, round(4 * (self._side() + _GAP) + 3 * line))

    minimumSizeHint = sizeHint

    def resizeEvent(self, event: QEvent) -> None:
        self.updateGeometry()

    def _cells(self) -> list[tuple[int, int, QRectF]]:
        """(scale, row, where) of every picture there is to be."""
        side, line = self._side(), self.fontMetrics().height()
        cells = []
        for row in range(4):
            top = 2 * line + row * (side + _GAP) + (line if row else 0)
            for column in range(self._scales):
                cells.append((column + 1, row, QRectF(column * (side + _GAP), top, side, side)))
        return cells

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = chosen(), QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        line, side = float(self.fontMetrics().height()), self._side()
        painter.setPen(QColor(theme.muted))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        width = float(self.width())
        painter.drawText(QRectF(0, 0, width, line), left, "The exemplar as learnt, scale by scale")
        top = 2 * line + side + _GAP
        painter.drawText(QRectF(0, top, width, line), left, "New drawings")
        for number, row, where in self._cells():
            images = self._pictures.get(number)
            if row == 0:
                size = "" if images is None else f"{images[0].width()} px"
                painter.setPen(QColor(theme.muted))
                painter.drawText(QRectF(where.left(), line, side, line), Qt.AlignmentFlag.AlignCenter, size)
            if images is None:
                painter.setPen(QPen(QColor(theme.border), 1))
                painter.drawRect(where.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                painter.drawImage(where, images[row])

    def event(self, event: QEvent) -> bool:
        """A tool tip says what is under the cursor, and shows it large."""
        if isinstance(event, QHelpEvent):
            for number, row, where in self._cells():
                if where.contains(QPointF(event.pos())) and number in self._pictures:
                    what = "The exemplar as the network remembers it" if row == 0 else "A new drawing"
                    text = f"<p>{what}, at scale {number} of {self._scales}</p>"
                    QToolTip.showText(event.globalPos(), text + _large(self._pictures[number][row]), self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)


def _range(curves: Sequence[Curve], least: float) -> tuple[float, float]:
    """The lowest and the highest value, apart by at least so much."""
    values = [y for curve in curves for _, y in curve if math.isfinite(y)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    middle, half = (low + high) / 2, max(high - low, least) / 2
    return middle - half, middle + half


def _draw(
    painter: QPainter, box: QRectF, curves: Sequence[Curve], limits: tuple[float, float], pen: QPen
) -> None:
    painter.setPen(pen)
    low, high = limits
    for curve in curves:
        points = [
            QPointF(x * box.width(), box.bottom() - 2 - (y - low) / (high - low) * (box.height() - 4))
            for x, y in curve
            if math.isfinite(y)
        ]
        painter.drawPolyline(QPolygonF(points))


def _large(picture: QImage) -> str:
    """A picture, enlarged, for rich text."""
    smooth = Qt.TransformationMode.SmoothTransformation
    data = QBuffer()
    data.open(QBuffer.OpenModeFlag.WriteOnly)
    picture.scaled(_ENLARGED, _ENLARGED, mode=smooth).save(data, "PNG")  # type: ignore[call-overload]
    return f'<img src="data:image/png;base64,{data.data().toBase64().toStdString()}">'


def _image(grey: NDArray[np.uint8]) -> QImage:
    grey = np.ascontiguousarray(grey)
    height, width = grey.shape
    return QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
