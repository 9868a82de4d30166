"""Writing and small signs over an image: legible on bone, on air, and at every size of text."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication, QGraphicsItem

SHADE = QColor(0, 0, 0, 200)
"""What every sign is edged with."""
_EDGE = 3.0


def label_font(item: QGraphicsItem, share: float = 0.9) -> QFont:
    """The canvas's font, bold, at a share of its size; so marks grow with the text of the window."""
    scene = item.scene()
    views = scene.views() if scene is not None else []
    font = QFont(views[0].font() if views else QApplication.font())
    font.setPixelSize(max(9, round(QFontInfo(font).pixelSize() * share)))
    font.setBold(True)
    return font


def text_size(text: str, font: QFont) -> tuple[float, float]:
    """(width, height) in logical pixels."""
    metrics = QFontMetricsF(font)
    return metrics.horizontalAdvance(text), metrics.height()


def write(painter: QPainter, at: QPointF, text: str, font: QFont, colour: QColor) -> None:
    """Writes `text` edged with a shade, its baseline beginning at `at`."""
    path = _text_path(text, font.toString()).translated(at)
    edged(painter, path, colour)


def edged(painter: QPainter, path: QPainterPath, colour: QColor) -> None:
    """Fills a path, edged with a shade."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(SHADE, _EDGE, j=Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(path)
    painter.fillPath(path, colour)


def warning_sign(at: QPointF, size: float) -> QPainterPath:
    """A triangle with an exclamation mark, its lower left corner at `at`: in the danger zone on purpose."""
    path = QPainterPath()
    path.moveTo(at)
    path.lineTo(at + QPointF(size, 0))
    path.lineTo(at + QPointF(size / 2, -size))
    path.closeSubpath()
    path.addRect(QRectF(at.x() + size * 0.44, at.y() - size * 0.66, size * 0.12, size * 0.34))
    path.addRect(QRectF(at.x() + size * 0.44, at.y() - size * 0.22, size * 0.12, size * 0.12))
    return path


def lock_sign(at: QPointF, size: float) -> QPainterPath:
    """A padlock, its lower left corner at `at`."""
    path = QPainterPath()
    bow = QRectF(at.x() + size * 0.2, at.y() - size, size * 0.6, size)
    path.addRoundedRect(bow, size * 0.3, size * 0.3)
    path.addRoundedRect(bow.adjusted(size * 0.14, size * 0.14, -size * 0.14, 0), size * 0.16, size * 0.16)
    body = QPainterPath()
    body.addRoundedRect(QRectF(at.x(), at.y() - size * 0.55, size, size * 0.55), size * 0.08, size * 0.08)
    return path.united(body)


@lru_cache(maxsize=256)
def _text_path(text: str, font: str) -> QPainterPath:
    written = QFont()
    written.fromString(font)
    path = QPainterPath()
    path.addText(QPointF(0, 0), written, text)
    return path


def cosmetic(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen as wide at every zoom."""
    pen = QPen(colour, width, style)
    pen.setCosmetic(True)
    return pen
