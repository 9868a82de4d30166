"""The lesions of the scene, in drawing order."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from app.composition.scene import Placement
from app.ui.document import Document
from app.ui.panels.parts import Card


class PlacementsPanel(Card):
    """Lists the placed lesions, and selects them."""

    MOST_ROWS = 7

    def __init__(self, document: Document) -> None:
        super().__init__("Placed lesions")
        self._document = document
        self.list = QListWidget()
        self.list.setAccessibleName("Placed lesions")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.currentRowChanged.connect(self._choose)
        self.body.addWidget(self.list)
        document.scene_changed.connect(self._show)
        document.selection_changed.connect(self._mark)
        self._show()

    def _show(self) -> None:
        placements = self._document.scene.placements
        with QSignalBlocker(self.list):
            while self.list.count() > len(placements):
                self.list.takeItem(self.list.count() - 1)
            while self.list.count() < len(placements):
                self.list.addItem(QListWidgetItem())
            for row, placement in enumerate(placements):
                item, text = self.list.item(row), self._describe(row + 1, placement)
                if item.text() != text:
                    item.setText(text)
        self.heading.setText(f"Placed lesions ({len(placements)})" if placements else "Placed lesions")
        rows = min(len(placements), self.MOST_ROWS)
        self.list.setFixedHeight(rows * self.list.sizeHintForRow(0) + 2 if rows else 0)
        self.list.setVisible(bool(placements))
        self.setVisible(bool(placements))
        self._mark()

    def _describe(self, number: int, placement: Placement) -> str:
        size = f"{placement.diameter_mm:.1f} {self._document.unit}"
        mark = "   in the danger zone, on purpose" if placement.overridden and self._document.where else ""
        return f"{number}   {placement.lesion}   {size}{mark}"

    def _mark(self) -> None:
        selected = self._document.selected
        row = self._document.scene.placements.index(selected) if selected else -1
        with QSignalBlocker(self.list):
            self.list.setCurrentRow(row)

    def _choose(self, row: int) -> None:
        placements = self._document.scene.placements
        self._document.select(placements[row].id if 0 <= row < len(placements) else None)
