"""The list at the left of the workspace: trainings, training sets, and the models by kind and task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from app.ui.models.kinds import KINDS
from app.ui.models.library import Network
from app.ui.settings import settings
from app.ui.theme import icon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.lesions.library import Entry

TRAINING, SETS = "training", "sets"
LESION = "lesion:"
"""Before the name of a lesion model."""
_KEY = Qt.ItemDataRole.UserRole
_WIDTH = 400


class ModelList(QTreeWidget):
    """One line for each page; at its right stands which version is in use, or how far something is."""

    wanted = Signal(str)
    """The key of the page that is to be shown: `training`, `sets`, `danger-zone/kub-xray`, `lesion:NAME`."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("models")
        self.setAccessibleName("Models")
        self.setColumnCount(2)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(12)
        self.setItemsExpandable(True)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._icons: list[tuple[QTreeWidgetItem, str]] = []
        self._add(None, TRAINING, "Training", "school-outline")
        self._add(None, SETS, "Training sets", "image-multiple-outline")
        self._groups = {kind.name: self._group(kind.group, kind.icon) for kind in KINDS}
        self._lesions = self._group("Lesions", "shape-outline")
        self._lesions.setExpanded(False)
        self._fit()
        self.currentItemChanged.connect(self._chosen)
        self.itemClicked.connect(self._clicked)

    def sizeHint(self) -> QSize:
        width = round(_WIDTH * settings().preferences.text_percent / 100)
        return QSize(min(width, self.window().width() // 3), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width() * 2 // 3, super().minimumSizeHint().height())

    def _fit(self) -> None:
        side = round(18 * settings().preferences.text_percent / 100)
        self.setIconSize(QSize(side, side))
        self.updateGeometry()

    @property
    def key(self) -> str:
        """Of the chosen line; empty where none is."""
        item = self.currentItem()
        return str(item.data(0, _KEY) or "") if item is not None else ""

    @property
    def keys(self) -> tuple[str, ...]:
        """All of them, from above."""
        return tuple(self._items)

    def text_beside(self, key: str) -> str:
        """What stands at the right of a line."""
        return self._items[key].text(1)

    def choose(self, key: str) -> None:
        """Chooses a line."""
        item = self._items.get(key)
        if item is not None:
            self.setCurrentItem(item)

    def say(self, key: str, text: str) -> None:
        """Says something at the right of a line."""
        item = self._items[key]
        if item.text(1) != text:
            item.setText(1, text)

    def show_models(self, networks: Iterable[Network], lesions: Iterable[Entry]) -> None:
        """Lists the models; the chosen line stays the chosen one."""
        wanted: dict[str, str] = {}
        for network in networks:
            used = network.used
            if network.key not in self._items:
                self._add(self._groups[network.kind.name], network.key, network.task.title)
            self._items[network.key].setToolTip(0, f"{network.kind.title}, {network.task.title}")
            wanted[network.key] = "none yet" if used is None else _short(used.name)
        for entry in lesions:
            key = f"{LESION}{entry.name}"
            if key not in self._items:
                self._add(self._lesions, key, entry.title)
            wanted[key] = "own" if entry.own else ""
        for key in [key for key in self._items if key not in (*wanted, TRAINING, SETS)]:
            item = self._items.pop(key)
            parent = item.parent()
            if parent is not None:
                parent.removeChild(item)
        for key, text in wanted.items():
            self.say(key, text)

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        for item, name in self._icons:
            item.setIcon(0, _plain(name))
        self._fit()

    def _add(self, parent: QTreeWidgetItem | None, key: str, text: str, picture: str = "") -> None:
        item = QTreeWidgetItem([text, ""])
        item.setData(0, _KEY, key)
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if parent is None:
            self.addTopLevelItem(item)
        else:
            parent.addChild(item)
        self._items[key] = item
        if picture:
            self._icons.append((item, picture))
            item.setIcon(0, _plain(picture))

    def _group(self, title: str, picture: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self, [title])
        font = item.font(0)
        font.setBold(True)
        item.setFont(0, font)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setExpanded(True)
        item.setToolTip(0, "Fold or unfold")
        item.setIcon(0, _plain(picture))
        self._icons.append((item, picture))
        return item

    def _chosen(self, item: QTreeWidgetItem | None, _: object = None) -> None:
        if item is not None and item.data(0, _KEY):
            self.wanted.emit(str(item.data(0, _KEY)))

    def _clicked(self, item: QTreeWidgetItem, _: int) -> None:
        if not item.data(0, _KEY):
            item.setExpanded(not item.isExpanded())
        else:
            self.wanted.emit(str(item.data(0, _KEY)))


def _plain(name: str) -> QIcon:
    """An icon that stays the same where a line is chosen or unfolded."""
    side = round(18 * settings().preferences.text_percent / 100)
    return QIcon(icon(name).pixmap(side, side))


def _short(name: str) -> str:
    """`shipped`, `earlier`, `version 2`."""
    return f"version {int(name[1:])}" if name[1:].isdigit() else name
