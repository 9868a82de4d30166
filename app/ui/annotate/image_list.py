"""The images of the set, with what is marked in each."""

from __future__ import annotations

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QListView, QVBoxLayout, QWidget

from app.ui.annotate.document import AnnotationDocument
from app.ui.annotate.opening import Opener
from app.ui.annotate.page import Status
from app.ui.settings import settings
from app.ui.theme import icon

_Index = QModelIndex | QPersistentModelIndex
_WIDTH, _LEAST = 190, 110
"""Logical pixels, at first and, at the usual size of the text, at least."""


class _Model(QAbstractListModel):
    def __init__(self, document: AnnotationDocument) -> None:
        super().__init__()
        self._document = document
        self._icons: dict[str, QIcon] = {}
        self.set_icons()

    def set_icons(self) -> None:
        names = {"unseen": "circle-outline", "empty": "circle-off-outline", "marked": "check-circle-outline"}
        self._icons = {state: icon(name) for state, name in names.items()}

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - as Qt has it
        return 0 if parent.isValid() else len(self._document.statuses)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        found = self._document.set
        if found is None or not 0 <= index.row() < len(self._document.statuses):
            return None
        image, status = found.images[index.row()], self._document.statuses[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{image.name}\n{status.text}"
        if role == Qt.ItemDataRole.DecorationRole:
            return self._icons[_state(status)]
        if role == Qt.ItemDataRole.ToolTipRole:
            which = f", image {image.index + 1} of the file" if image.index else ""
            return f"{image.path}{which}"
        return None

    def changed(self, number: int) -> None:
        index = self.index(number)
        self.dataChanged.emit(index, index)


def _state(status: Status) -> str:
    if status == Status():
        return "unseen"
    return "empty" if status == Status(0) else "marked"


class ImageList(QWidget):
    """Lists them; choosing one shows it."""

    chosen = Signal(int)

    def __init__(self, document: AnnotationDocument, opener: Opener) -> None:
        super().__init__()
        self._document, self._opener = document, opener
        self._model = _Model(document)
        self.view = QListView()
        self.view.setObjectName("annotated")
        self.view.setAccessibleName("Images of the training set")
        self.view.setModel(self._model)
        self.view.setUniformItemSizes(True)
        self.view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.count = QLabel(wordWrap=True)
        self.count.setProperty("role", "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 2, 6)
        column.setSpacing(4)
        column.addWidget(self.count)
        column.addWidget(self.view, 1)
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        document.set_opened.connect(self._show_set)
        document.opened.connect(self._show_current)
        document.status_changed.connect(self._status_changed)
        self.set_icons()
        self._show_set()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, super().sizeHint().height())

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme, as large as the text asks for."""
        share = settings().preferences.text_percent / 100
        self.view.setIconSize(QSize(round(18 * share), round(18 * share)))
        self.setMinimumWidth(round(_LEAST * share))
        self._model.set_icons()
        self.view.viewport().update()

    def _show_set(self) -> None:
        self._model.beginResetModel()
        self._model.endResetModel()
        self._show_count()

    def _show_current(self) -> None:
        page = self._document.page
        if page is not None and self.view.currentIndex().row() != page.number:
            self.view.setCurrentIndex(self._model.index(page.number))

    def _status_changed(self, number: int) -> None:
        self._model.changed(number)
        self._show_count()

    def _show_count(self) -> None:
        statuses = self._document.statuses
        seen = sum(status != Status() for status in statuses)
        self.count.setText(
            f"{seen:,} of {len(statuses):,} looked at" if statuses else "No images in this set yet"
        )

    def _current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid() and index.row() != self._opener.wanted:
            self.chosen.emit(index.row())
