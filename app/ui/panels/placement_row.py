"""How the list shows one placed lesion: number, picture, two lines, and buttons that hide and lock it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.settings import settings
from app.ui.theme import chosen, icon
from app.ui.work.thumbnails import Look, Thumbnails, paint

Index = QModelIndex | QPersistentModelIndex

ROW = Qt.ItemDataRole.UserRole
"""Where an item holds its `Row`."""
SIDE = 34
BUTTON = 24
"""A side of the eye and of the lock, at the usual size of text."""
_GAP = 6


@dataclass(frozen=True)
class Row:
    """What a row shows."""

    placement_id: str
    number: int
    title: str
    line: str
    look: Look
    hidden: bool
    locked: bool


def button_rects(row: QRect) -> dict[str, QRect]:
    """Where the buttons of a row are, by what they do."""
    side = round(BUTTON * settings().preferences.text_percent / 100)
    top = row.center().y() - side // 2
    right = row.right() - 2
    return {
        "lock": QRect(right - side, top, side, side),
        "hide": QRect(right - 2 * side, top, side, side),
    }


class PlacementRow(QStyledItemDelegate):
    """Paints rows. `under` is the button under the mouse: (placement, what it does)."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__(thumbnails)
        self._thumbnails = thumbnails
        self.under: tuple[str, str] | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, max(SIDE, 2 * QFontMetrics(option.font).height()) + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(ROW)
        theme, rect, metrics = chosen(), option.rect.adjusted(0, 1, 0, -1), QFontMetrics(option.font)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        over = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected or over or focus:
            edge = QPen(QColor(theme.accent), 2 if focus else 1) if selected or focus else Qt.PenStyle.NoPen
            painter.setPen(edge)
            painter.setBrush(QColor(theme.accent_soft if selected else theme.hover if over else theme.panel))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 5, 5)
        painter.setFont(option.font)
        width = metrics.horizontalAdvance("00")
        left = rect.left() + _GAP
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(theme.muted if row.hidden else theme.text))
        painter.drawText(
            QRect(left, rect.top(), width, rect.height()),
            middle | Qt.AlignmentFlag.AlignRight,
            str(row.number),
        )
        left += width + _GAP
        if row.hidden:
            painter.setOpacity(0.35)
        picture = QRectF(left, rect.center().y() - SIDE / 2 + 0.5, SIDE, SIDE)
        paint(painter, self._thumbnails.get(row.look), picture)
        painter.setOpacity(1)
        left += SIDE + _GAP + 2
        buttons = button_rects(option.rect)
        room = buttons["hide"].left() - left - 4
        for number, (text, colour) in enumerate(((row.title, theme.text), (row.line, theme.muted))):
            line = QRect(left, rect.center().y() - metrics.height() * (1 - number), room, metrics.height())
            painter.setPen(QColor(theme.muted if row.hidden else colour))
            painter.drawText(line, middle, metrics.elidedText(text, Qt.TextElideMode.ElideRight, room))
        shown = {"hide": "eye-off-outline" if row.hidden else "eye-outline"}
        shown["lock"] = "lock" if row.locked else "lock-open-variant-outline"
        for name, button in buttons.items():
            here = self.under == (row.placement_id, name)
            if here:
                painter.setPen(QPen(QColor(theme.muted), 1))
                painter.setBrush(QColor(theme.hover))
                painter.drawRoundedRect(QRectF(button).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            on = row.hidden if name == "hide" else row.locked
            painter.setOpacity(1 if on or here or selected or over else 0.5)
            icon(shown[name], theme).paint(painter, button.adjusted(4, 4, -4, -4))
            painter.setOpacity(1)
        painter.restore()
