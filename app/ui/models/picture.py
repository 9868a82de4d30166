"""A picture on a page: as wide as its place, sharp on dense screens, opened large by a click or Return."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import chosen

_HIGHEST = 460
"""Logical pixels at most, so that what stands below is seen, too."""


class Picture(QWidget):
    """Shows one image; it takes as much height as the image needs at the width that there is."""

    opened = Signal()
    """It is to be seen large."""
    stepped = Signal(int)
    """Another one is wanted: −1 for the one before, 1 for the next."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._image = QImage()
        self._drawn: QPixmap | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def image(self) -> QImage:
        """What is shown; null where there is nothing."""
        return self._image

    def show_image(self, image: QImage) -> None:
        """Shows another image, or none."""
        self._image, self._drawn = image, None
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if self._image.isNull():
            return 0
        return min(_HIGHEST, round(width * self._image.height() / self._image.width()))

    def sizeHint(self) -> QSize:
        return QSize(400, self.heightForWidth(self.width()))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter, place = QPainter(self), self._place()
        dense = self.devicePixelRatioF()
        if self._drawn is None or self._drawn.size() != place.size() * dense:
            scaled = self._image.scaled(
                place.size() * dense,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self._drawn = QPixmap.fromImage(scaled)
        painter.drawPixmap(place, self._drawn)
        if self.hasFocus():
            painter.setPen(chosen().accent)
            painter.drawRect(place.adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._place().contains(event.position().toPoint()):
            self.opened.emit()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.stepped.emit(-1 if event.key() == Qt.Key.Key_Left else 1)
        else:
            super().keyPressEvent(event)

    def _place(self) -> QRect:
        """Where the image is drawn: at the left, in its own proportions."""
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRect(0, 0, max(1, size.width()), max(1, size.height()))
