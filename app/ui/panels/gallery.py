"""The gallery: the lesion models that fit the task and the filter, each with a drawing of it."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSignalBlocker, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QIcon, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.ui.document import Document
from app.ui.panels import gallery_item
from app.ui.panels.gallery_item import FAVOURITE, NAME, OWN, GalleryItem, star_rect
from app.ui.panels.numbers import NumberField
from app.ui.panels.parts import Card, Choice
from app.ui.theme import icon
from app.ui.work.shelf import Filter, Shelf, facts
from app.ui.work.thumbnails import Look

MOST_ROWS = 2.35
"""Rows that are seen at once; a part of the next says that there is more."""
_KINDS = (
    ("all", "All"),
    ("favourites", "Favourites"),
    ("own", "My own"),
    ("trained", "From images"),
    ("formulas", "From formulas"),
)


class GalleryPanel(Card):
    """Chooses what the next click places."""

    menu_wanted = Signal(QPoint)
    """What can be done with the chosen model is asked for, at a place of the screen."""

    def __init__(self, document: Document, shelf: Shelf) -> None:
        super().__init__("Lesion models", "gallery")
        self._document = document
        self._shelf = shelf
        self._shown: dict[str, Look] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText("Filter by name")
        self.search.setAccessibleName("Filter the lesion models by name")
        self.search.setToolTip("Shows the models whose title or name has these words")
        self.search.setClearButtonEnabled(True)
        self.kind = Choice("Which lesion models")
        self.kind.setToolTip("Which lesion models are shown")
        for name, title in _KINDS:
            self.kind.addItem(title, name)
        self.sized = QToolButton()
        self.sized.setCheckable(True)
        self.sized.setAccessibleName("Filter by size")
        self.sized.setToolTip("Filter by the size of the exemplar, from which the model has learnt")
        self.sizes, self.smallest, self.largest = self._sizes()
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.search, 3)
        row.addWidget(self.kind, 2)
        row.addWidget(self.sized, alignment=Qt.AlignmentFlag.AlignVCenter)
        self.list = self._list()
        self.nothing = QLabel(wordWrap=True)
        self.nothing.setProperty("role", "small")
        self.all = QPushButton("Show all")
        self.all.setToolTip("Takes the filter away")
        self.body.addLayout(row)
        self.body.addWidget(self.sizes)
        self.body.addWidget(self.list)
        self.body.addWidget(self.nothing)
        self.body.addWidget(self.all, alignment=Qt.AlignmentFlag.AlignLeft)
        self.search.textChanged.connect(self._show)
        self.kind.currentIndexChanged.connect(self._show)
        self.sized.toggled.connect(self._show)
        self.smallest.entered.connect(self._show)
        self.largest.entered.connect(self._show)
        self.all.clicked.connect(self.show_all)
        self.list.currentItemChanged.connect(self._chosen)
        self.list.customContextMenuRequested.connect(self._menu)
        shelf.changed.connect(self._show)
        shelf.thumbnails.drawn.connect(self._drawn)
        document.brush_changed.connect(self._mark)
        self.set_icons()
        self._show()

    @property
    def filter(self) -> Filter:
        """Which models are shown."""
        sized = self.sized.isChecked()
        low, high = (self.smallest.value(), self.largest.value()) if sized else (0.0, 0.0)
        return Filter(self.search.text(), self.kind.currentData(), low, high)

    def show_all(self) -> None:
        """Takes the filter away."""
        with QSignalBlocker(self.search), QSignalBlocker(self.kind), QSignalBlocker(self.sized):
            self.search.clear()
            self.kind.setCurrentIndex(0)
            self.sized.setChecked(False)
        self._show()

    def titles(self) -> dict[str, str]:
        """Title by name of the lesion models that are listed."""
        return {item.data(NAME): item.text() for item in self._items()}

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        super().set_icons()
        self.sized.setIcon(icon("ruler"))
        self.list.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.list and event.type() in (QEvent.Type.Resize, QEvent.Type.FontChange):
            self._arrange()
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            return self._star(event) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def _star(self, event: QMouseEvent) -> bool:
        """A press on a star makes a favourite, or none, and chooses nothing."""
        item = self.list.itemAt(event.position().toPoint())
        if item is None or event.button() != Qt.MouseButton.LeftButton:
            return False
        on_star = star_rect(QRectF(self.list.visualItemRect(item))).contains(event.position())
        if on_star:
            self._shelf.set_favourite(item.data(NAME), not item.data(FAVOURITE))
        return on_star

    # -- making ----------------------------------------------------------------------------------------

    def _list(self) -> QListWidget:
        view = QListWidget()
        view.setObjectName("gallery")
        view.setAccessibleName("Lesion models")
        view.setViewMode(QListView.ViewMode.IconMode)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setMovement(QListView.Movement.Static)
        view.setUniformItemSizes(True)
        view.setSpacing(0)
        view.setMouseTracking(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.setItemDelegate(GalleryItem(view))
        view.installEventFilter(self)
        view.viewport().installEventFilter(self)
        return view

    def _sizes(self) -> tuple[QWidget, NumberField, NumberField]:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        fields = []
        for text, name, value in (("Exemplar", "Smallest exemplar", 0.0), ("to", "Largest exemplar", 30.0)):
            field = NumberField(name, decimals=0, suffix=" mm", tip="Longest diameter of the exemplar")
            field.setRange(0, 999)
            field.set_number(value)
            label = QLabel(text)
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)
            fields.append(field)
        row.addStretch(1)
        return line, fields[0], fields[1]

    # -- showing ---------------------------------------------------------------------------------------

    def _show(self) -> None:
        """Lists what the filter holds."""
        wanted, favourites = self.filter, self._shelf.favourites
        entries = [entry for entry in self._shelf.entries if wanted.holds(entry, favourites)]
        with QSignalBlocker(self.list):
            self.list.clear()
            self._shown = {}
            for entry in entries:
                item = QListWidgetItem(entry.title)
                favourite = entry.name in favourites
                marks = [text for text, on in (("favourite", favourite), ("your own", entry.own)) if on]
                item.setData(NAME, entry.name)
                item.setData(FAVOURITE, favourite)
                item.setData(OWN, entry.own)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join((entry.title, *marks)))
                item.setToolTip("\n".join((*facts(entry), "Shift+F or the star: favourite")))
                self.list.addItem(item)
        self.sizes.setVisible(self.sized.isChecked())
        empty = not entries and bool(self._shelf.entries)
        self.nothing.setText(self._why_nothing(wanted))
        for widget in (self.nothing, self.all):
            widget.setVisible(empty)
        self.list.setHidden(empty)
        self._arrange()
        self._mark()
        self._picture()

    def _why_nothing(self, wanted: Filter) -> str:
        if wanted.kind == "own" and not wanted.text:
            return "There is no lesion model of your own for this task yet; “Train lesion” makes one."
        if wanted.kind == "favourites" and not wanted.text:
            return "No lesion model of this task is a favourite yet; click the star of one."
        return "No lesion model of this task matches the filter."

    def _arrange(self) -> None:
        """As many columns as titles can be read in, and as many rows as there is need for, two at most."""
        metrics = QFontMetricsF(gallery_item.small(self.list.font()))
        width = self.list.contentsRect().width()
        columns = max(1, width // gallery_item.least_width(metrics))
        rows = math.ceil(self.list.count() / columns)
        scrolls = rows > MOST_ROWS
        bar = self.list.verticalScrollBar().sizeHint().width() if scrolls else 0
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOn if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.list.setVerticalScrollBarPolicy(policy)
        size = QSize((width - bar) // columns - 1, gallery_item.height(metrics))
        if size != self.list.gridSize():
            self.list.setGridSize(size)
        self.list.setFixedHeight(math.ceil(size.height() * min(max(rows, 1), MOST_ROWS)) + 2)
        QTimer.singleShot(0, self.list, self._reveal)  # once the list has been laid out anew

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(row) for row in range(self.list.count())]

    def _look(self, name: str) -> Look:
        """What the picture of a model shows: the chosen one as the next click would draw it."""
        brush = self._document.brush
        if name != brush.lesion:
            return Look(name)
        low, high = self._document.diameter_limits
        share = math.log(max(brush.diameter, low) / low) / math.log(high / low) if high > low else 1.0
        fill = round(0.3 + 0.65 * min(share, 1.0), 2)
        return Look(name, brush.seed, round(brush.contrast, 2), round(brush.rotation_deg), fill)

    def _picture(self) -> None:
        """Has the pictures drawn that are not what they should be; until then the old ones stay."""
        chosen = self._document.brush.lesion
        names = sorted((item.data(NAME) for item in self._items()), key=lambda name: name != chosen)
        looks = [look for look in map(self._look, names) if self._shown.get(look.lesion) != look]
        self._shelf.thumbnails.want("gallery", looks)
        for look in looks:
            self._drawn(look)

    def _drawn(self, look: Look) -> None:
        picture = self._shelf.thumbnails.get(look)
        if picture is None or self._shown.get(look.lesion) == look or look != self._look(look.lesion):
            return
        for item in self._items():
            if item.data(NAME) == look.lesion:
                self._shown[look.lesion] = look
                item.setIcon(QIcon(picture))

    def _mark(self) -> None:
        chosen = self._document.brush.lesion
        with QSignalBlocker(self.list):
            item = next((item for item in self._items() if item.data(NAME) == chosen), None)
            if item is not self.list.currentItem():
                self.list.setCurrentItem(item)  # type: ignore[arg-type]
                self._reveal()
        self._picture()

    def _reveal(self) -> None:
        """Scrolls to the chosen model."""
        if self.list.currentItem() is not None:
            self.list.scrollToItem(self.list.currentItem())

    # -- choosing --------------------------------------------------------------------------------------

    def _chosen(self, item: QListWidgetItem | None, _: Any) -> None:
        if item is not None:
            self._document.select(None)
            self._document.set_brush(lesion=item.data(NAME))

    def _menu(self, at: QPoint) -> None:
        if self.list.itemAt(at) is not None:
            self.menu_wanted.emit(self.list.viewport().mapToGlobal(at))
