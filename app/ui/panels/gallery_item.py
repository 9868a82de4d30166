"""How the gallery shows one lesion model: picture, star, a mark on the user's own, two lines of title."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QIcon, QPainter, QPen, QTextLayout
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.theme import chosen, icon
from app.ui.work.thumbnails import SIDE, paint

Index = QModelIndex | QPersistentModelIndex

NAME, FAVOURITE, OWN = (Qt.ItemDataRole.UserRole + n for n in range(3))
"""What an item holds: the model's name, whether it is a favourite, and whether it is the user's own."""
THUMBNAIL = 64
STAR = 18
_LINES = 2
_MARGIN = 4


def small(font: QFont) -> QFont:
    """The font of the titles, a little smaller than the text around."""
    result = QFont(font)
    result.setPixelSize(max(round(QFontInfo(font).pixelSize() * 0.92), 1))
    return result


def least_width(metrics: QFontMetricsF) -> int:
    """The narrowest column in which a title can be read."""
    return max(THUMBNAIL + 2 * STAR, round(13 * metrics.averageCharWidth()))


def height(metrics: QFontMetricsF) -> int:
    """Of an item."""
    return round(THUMBNAIL + _LINES * metrics.height() + 3 * _MARGIN + 2)


def star_rect(item: QRectF) -> QRectF:
    """Where the star of an item is, in its upper right corner."""
    return QRectF(item.right() - STAR - 3, item.top() + 3, STAR, STAR)


class GalleryItem(QStyledItemDelegate):
    """Paints items: the text, the icon as the picture, and the marks."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        metrics = QFontMetricsF(small(option.font))
        return QSize(least_width(metrics), height(metrics))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, rect = chosen(), QRectF(option.rect).adjusted(1, 1, -1, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        under = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or under:
            focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
            ring = QPen(QColor(theme.accent), 2 if focus else 1) if selected else Qt.PenStyle.NoPen
            painter.setPen(ring)
            painter.setBrush(QColor(theme.accent_soft if selected else theme.hover))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        left = rect.center().x() - THUMBNAIL / 2
        drawn = index.data(Qt.ItemDataRole.DecorationRole)
        picture = drawn.pixmap(SIDE, SIDE) if isinstance(drawn, QIcon) else None
        paint(painter, picture, QRectF(left, rect.top() + _MARGIN, THUMBNAIL, THUMBNAIL))
        favourite = index.data(FAVOURITE)
        if favourite or under or selected:
            name = "star" if favourite else "star-outline"
            icon(name, theme).paint(painter, star_rect(rect).toRect().adjusted(1, 1, -1, -1))
        if index.data(OWN):
            mark = star_rect(rect).translated(-rect.width() + STAR + 6, 0)
            icon("account", theme).paint(painter, mark.toRect())
        painter.setPen(QColor(theme.text))
        painter.setFont(small(option.font))
        top = rect.top() + THUMBNAIL + 2 * _MARGIN
        below = QRectF(rect.left() + 2, top, rect.width() - 4, rect.bottom() - top)
        write(painter, index.data(), below, _LINES)
        painter.restore()


def write(painter: QPainter, text: str, into: QRectF, most: int) -> None:
    """Writes a text centred in at most so many lines; the last one ends in an ellipsis, where it must."""
    metrics = QFontMetricsF(painter.font())
    layout = QTextLayout(text, painter.font())
    layout.beginLayout()
    top, start = into.top(), 0
    for number in range(most):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(into.width())
        start, length = line.textStart(), line.textLength()
        rest = text[start:] if number == most - 1 else text[start : start + length]
        shown = metrics.elidedText(rest.strip(), Qt.TextElideMode.ElideRight, into.width())
        left = into.center().x() - metrics.horizontalAdvance(shown) / 2
        painter.drawText(QPointF(left, top + metrics.ascent()), shown)
        top += metrics.height()
    layout.endLayout()
