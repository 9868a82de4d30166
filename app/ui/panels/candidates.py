"""The proposed places: rank, probability, and whether the danger zone spares them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSignalBlocker, Qt
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem

from app.anatomy.anatomy import Candidate
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.overlay_state import OverlayState
from app.ui.document import Document
from app.ui.panels.parts import Card

NEAR = 40
"""How far from the edge of the view, in screen pixels, a chosen candidate is brought."""


class CandidatesPanel(Card):
    """Lists the candidates (Eq. 14), likeliest first; those that are not safe (Eq. 16) are crossed out."""

    MOST_ROWS = 5

    def __init__(self, document: Document, canvas: Canvas, state: OverlayState) -> None:
        super().__init__("Likely places", "candidates")
        self._document, self._canvas, self._state = document, canvas, state
        self._places: tuple[Candidate, ...] = ()
        note = QLabel(
            "Probability against the likeliest place. Enter or a double-click places a lesion there."
        )
        note.setWordWrap(True)
        note.setProperty("role", "small")
        self.list = QListWidget()
        self.list.setAccessibleName("Likely places")
        self.list.setToolTip(
            "Choose one to see it on the image; Enter or a double-click places a lesion there"
        )
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.currentRowChanged.connect(self._choose)
        self.list.itemActivated.connect(self._place)
        self.body.addWidget(note)
        self.body.addWidget(self.list)
        document.where_changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        where = self._document.where
        self._places = where.candidates if where is not None else ()
        with QSignalBlocker(self.list):
            self.list.clear()
            for rank, place in enumerate(self._places, start=1):
                self.list.addItem(self._item(rank, place))
            self.list.setCurrentRow(-1)
        self.set_title(f"Likely places ({len(self._places)})" if self._places else "Likely places")
        rows = min(len(self._places), self.MOST_ROWS)
        self.list.setFixedHeight(rows * max(self.list.sizeHintForRow(0), 1) + 4)
        self.setVisible(bool(self._places))

    def _item(self, rank: int, place: Candidate) -> QListWidgetItem:
        text = f"{rank}   {_percent(place.score)}"
        item = QListWidgetItem(text)
        if not place.safe:
            danger = self._document.where.danger if self._document.where else None
            reason = danger.reason(place.x, place.y, 0.0) if danger else None
            font = item.font()
            font.setStrikeOut(True)
            item.setFont(font)
            item.setText(f"{text}   {reason or 'danger zone'}")
            item.setToolTip(f"In the danger zone: {reason or 'no lesion may be here'}")
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole, f"{rank}, {_percent(place.score)}, in the danger zone"
            )
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


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"
