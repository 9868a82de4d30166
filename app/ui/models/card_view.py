"""A model's card on a page: titles, sentences and tables of figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.tasks import Task
from app.ui.models.cards import Part, parts_of
from app.ui.models.parts import Figures, heading, lines, small


class CardView(QWidget):
    """Shows one card; another one takes its place."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.tables: list[Figures] = []

    def show_card(self, card: Mapping[str, Any], task: Task) -> None:
        """Shows what the card of a network says."""
        self.show_parts(parts_of(card, task))

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Shows parts of a card."""
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.tables = []
        for part in parts:
            if self._column.count():
                self._column.addSpacing(10)
            self._column.addWidget(heading(part.title))
            for table in part.tables:
                view = Figures(part.title)
                view.fill(table.headings, table.rows)
                self.tables.append(view)
                self._column.addWidget(view)
                if table.meaning:
                    self._column.addWidget(small(table.meaning))
            if part.lines:
                self._column.addWidget(lines(part.lines))
