"""The proposed places: rank, probability, and whether the danger zone spares them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem

from app.anatomy.anatomy import Candidate
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.overlay_state import OverlayState
from app.ui.document import Document
from app.ui.document.likely import explained, say
from app.ui.panels.fields import CalmSlider, RowLabel
from app.ui.panels.parts import Card
from app.ui.settings import MOST_CANDIDATES

NEAR = 40
"""How far from the edge of the view, in screen pixels, a chosen candidate is brought."""


class CandidatesPanel(Card):
    """Lists the candidates (Eq. 14), likeliest first; those that are not safe (Eq. 16) are crossed out."""

    MOST_ROWS = 5

    def __init__(self, document: Document, canvas: Canvas, state: OverlayState) -> None:
        super().__init__("Likely places", "candidates")
        self._document, self._canvas, self._state = document, canvas, state
        self._places: tuple[Candidate, ...] = ()
        self.note = QLabel(wordWrap=True)
        self.note.setProperty("role", "small")
        self.most = CalmSlider()
        self.most.setRange(0, MOST_CANDIDATES)
        self.most.setPageStep(4)
        self.most.setTickInterval(4)
        self.most.setAccessibleName("How many likely places are shown")
        self.most.setToolTip(
            "How many likely places are listed and shown on the image, the likeliest first "
            "(Shift+D more, Shift+A fewer)"
        )
        label = RowLabel("Shown")
        label.setBuddy(self.most)
        self.count = QLabel()
        row = QHBoxLayout()
        row.setSpacing(8)
        for widget in (label, self.most, self.count):
            row.addWidget(widget)
        row.setStretch(1, 1)
        self.list = QListWidget()
        self.list.setAccessibleName("Likely places")
        self.list.setMouseTracking(True)
        self.list.viewport().installEventFilter(self)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.currentRowChanged.connect(self._choose)
        self.list.itemActivated.connect(self._place)
        self.list.itemEntered.connect(lambda item: canvas.candidates.point_at(self.list.row(item)))
        self.body.addWidget(self.note)
        self.body.addLayout(row)
        self.body.addWidget(self.list)
        self.most.valueChanged.connect(lambda most: state.set(most=most, candidates=True, visible=True))
        document.where_changed.connect(self._show)
        document.brush_changed.connect(self._show)
        state.changed.connect(self._show)
        self._said: tuple[object, ...] = ()
        self._show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._canvas.candidates.point_at(None)
        return super().eventFilter(watched, event)

    def _show(self) -> None:
        document, most = self._document, self._state.most
        where = document.where
        there = where.candidates if where is not None else ()
        self.setVisible(bool(there))
        with QSignalBlocker(self.most):
            self.most.setValue(most)
        # The diameter decides whether there is room, and the zone what is said of a place.
        said = (there, most, document.brush.diameter, where)
        if said == self._said:
            return
        self._said = said
        self.count.setText(f"{min(most, len(there))} of {len(there)}")
        self.note.setText(f"{explained(document)} Enter or a double-click places a lesion there.")
        self._fill(there[:most])
        self.set_title(f"Likely places ({len(self._places)})")

    def _fill(self, places: tuple[Candidate, ...]) -> None:
        chosen = self._canvas.candidates.chosen
        self._places = places
        with QSignalBlocker(self.list):
            self.list.clear()
            for rank, place in enumerate(places, start=1):
                self.list.addItem(self._item(rank, place))
            self.list.setCurrentRow(places.index(chosen) if chosen in places else -1)
        rows = min(len(places), self.MOST_ROWS)
        self.list.setFixedHeight(rows * max(self.list.sizeHintForRow(0), 1) + 4)
        self.list.setVisible(bool(places))

    def _item(self, rank: int, place: Candidate) -> QListWidgetItem:
        said = say(self._document, place)
        item = QListWidgetItem(f"{rank}   {said.probability}")
        lines = said.lines(rank)
        if not said.safe:
            item.setText(f"{item.text()}   {said.trouble}")
        if not place.safe:
            font = item.font()
            font.setStrikeOut(True)
            item.setFont(font)
        item.setToolTip("\n".join((*lines, "Enter or a double-click places a lesion there")))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, ". ".join(lines))
        return item

    def _choose(self, row: int) -> None:
        chosen = self._places[row] if 0 <= row < len(self._places) else None
        if chosen is None:
            self._canvas.candidates.choose(None)
            return
        self._state.set(candidates=True, visible=True)
        self._canvas.candidates.choose(row)
        self._bring_into_view(chosen)

    def _bring_into_view(self, place: Candidate) -> None:
        box = self._canvas.box
        width, height = box.viewPixelSize()
        seen = QRectF(box.viewRect()).normalized()
        seen.adjust(NEAR * width, NEAR * height, -NEAR * width, -NEAR * height)
        if not seen.contains(place.x, place.y):
            middle = seen.center()
            box.pan((middle.x() - place.x) / width, (middle.y() - place.y) / height)

    def _place(self, item: QListWidgetItem) -> None:
        place = self._places[self.list.row(item)]
        self._document.place(place.x, place.y)
