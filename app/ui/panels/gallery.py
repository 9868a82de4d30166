"""The gallery: every lesion model that fits the task, with a drawing of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QListWidget, QListWidgetItem

from app.engine import Urgency
from app.lesions.lesion import Lesion
from app.ui.bridge import Bridge
from app.ui.document import Document
from app.ui.panels.parts import Card
from models.progress import LongWork, Progress

THUMBNAIL = 64
COLUMNS = 3
ROW = THUMBNAIL + 42
SCROLL_BAR = 12
MOST_ROWS = 2
_SEED = 7


class GalleryPanel(Card):
    """Chooses what the next click places."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__("Lesion models")
        self._document = document
        self._bridge = bridge
        self._task = ""
        self._pixmaps: dict[str, QPixmap] = {}
        self.list = QListWidget()
        self.list.setAccessibleName("Lesion models")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setSpacing(0)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setFixedHeight(ROW)
        self.list.currentItemChanged.connect(self._chosen)
        self.body.addWidget(self.list)
        document.opened.connect(self._task_may_have_changed)
        document.scene_changed.connect(self._task_may_have_changed)
        document.brush_changed.connect(self._mark)

    def refresh(self) -> None:
        """Reads the library again: a lesion model has been added."""
        self._task = self._document.scene.task
        name = self._task

        def work() -> LongWork[None]:
            from app.lesions import library

            entries = library.entries(name)
            self._bridge.tell(self._list, name, [(e.name, e.title) for e in entries])
            for number, entry in enumerate(entries):
                yield Progress(number, len(entries))
                if entry.name not in self._pixmaps:
                    lesion = library.draw(entry.name, _SEED)
                    self._bridge.tell(self._draw, entry.name, thumbnail(lesion, THUMBNAIL * 2))

        self._bridge.submit("gallery", work, title="Drawing the gallery", urgency=Urgency.BACKGROUND)

    def titles(self) -> dict[str, str]:
        """Title by name of the lesion models that are listed."""
        items = (self.list.item(row) for row in range(self.list.count()))
        return {item.data(Qt.ItemDataRole.UserRole): item.text() for item in items}

    def _task_may_have_changed(self) -> None:
        if self._document.scene.task != self._task:
            self.refresh()

    def _list(self, task_name: str, entries: list[tuple[str, str]]) -> None:
        if task_name != self._document.scene.task:
            return
        with QSignalBlocker(self.list):
            self.list.clear()
            for name, title in entries:
                item = QListWidgetItem(self._icon(name), title)
                item.setData(Qt.ItemDataRole.UserRole, name)
                item.setToolTip(title)
                item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
                item.setSizeHint(QSize((self.list.width() - SCROLL_BAR) // COLUMNS - 1, ROW))
                self.list.addItem(item)
        names = [name for name, _ in entries]
        if names and self._document.brush.lesion not in names:
            self._document.set_brush(lesion=names[0])
        rows = min(-(-len(entries) // COLUMNS), MOST_ROWS)
        self.list.setFixedHeight(max(rows, 1) * ROW + (ROW // 3 if len(entries) > COLUMNS * MOST_ROWS else 4))
        self._mark()

    def _draw(self, name: str, grey: NDArray[np.uint8]) -> None:
        side = grey.shape[0]
        image = QImage(grey.data, side, side, side, QImage.Format.Format_Grayscale8).copy()
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(side / THUMBNAIL)
        self._pixmaps[name] = _rounded(pixmap)
        for item in self._items(name):
            item.setIcon(self._icon(name))

    def _icon(self, name: str) -> QIcon:
        pixmap = self._pixmaps.get(name)
        if pixmap is None:
            pixmap = QPixmap(THUMBNAIL, THUMBNAIL)
            pixmap.fill(QColor(127, 127, 127, 30))
        icon = QIcon()
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Active):
            icon.addPixmap(pixmap, mode)
        return icon

    def _items(self, name: str) -> list[QListWidgetItem]:
        items = [self.list.item(row) for row in range(self.list.count())]
        return [item for item in items if item.data(Qt.ItemDataRole.UserRole) == name]

    def _mark(self) -> None:
        with QSignalBlocker(self.list):
            items = self._items(self._document.brush.lesion)
            self.list.setCurrentItem(items[0] if items else None)  # type: ignore[arg-type]
            if items:
                self.list.scrollToItem(items[0])

    def _chosen(self, item: QListWidgetItem | None, _: Any) -> None:
        if item is not None:
            self._document.select(None)
            self._document.set_brush(lesion=item.data(Qt.ItemDataRole.UserRole))


def thumbnail(lesion: Lesion, side: int) -> NDArray[np.uint8]:
    """(side, side): the lesion on dark ground, as large as it fits, its brightest at the same white."""
    import cv2

    rows, columns = np.nonzero(lesion.alpha > 0.05)
    grey = np.full((side, side), 34, np.uint8)
    if rows.size == 0:
        return grey
    centre = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    half = max(np.ptp(rows), np.ptp(columns)) / 2 * 1.25 + 1.5
    step = 2 * half / side
    matrix = np.array([[step, 0, centre[1] - half + step / 2], [0, step, centre[0] - half + step / 2]])
    drawn = cv2.warpAffine(
        lesion.residual,
        matrix,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    peak = max(float(np.percentile(drawn, 99.5)), 1e-6)
    return np.clip(34 + 206 * drawn / peak, 0, 255).astype(np.uint8)


def _rounded(pixmap: QPixmap) -> QPixmap:
    from PySide6.QtGui import QPainterPath

    result = QPixmap(pixmap.size())
    result.setDevicePixelRatio(pixmap.devicePixelRatio())
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(0, 0, THUMBNAIL, THUMBNAIL, 6, 6)
    painter.setClipPath(path)
    painter.drawPixmap(0, 0, pixmap)
    painter.end()
    return result
