"""What lies over the image: which overlays, how strong, and what their colours mean."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from app.ui.canvas.overlay_state import MARGIN_COLOUR, OverlayState
from app.ui.document import Document
from app.ui.panels.parts import Card, SliderField


class OverlaysPanel(Card):
    """Switches overlays; the legend names the structures that this image has."""

    changed = Signal()

    def __init__(self, document: Document, state: OverlayState) -> None:
        super().__init__("Overlays")
        self._document = document
        self._state = state
        self._boxes: dict[str, QCheckBox] = {}
        boxes = QGridLayout()
        boxes.setHorizontalSpacing(10)
        for column, (name, title, tip) in enumerate(
            (
                ("zones", "Danger zone", "Where the anatomy forbids a lesion"),
                ("heat", "Heatmap", "How likely a lesion is, from dark to bright"),
                ("candidates", "Candidates", "The likeliest places, ranked"),
            )
        ):
            box = QCheckBox(title)
            box.setToolTip(tip)
            box.toggled.connect(lambda on, name=name: state.set(**{name: on}))
            self._boxes[name] = box
            boxes.addWidget(box, 0, column)
        boxes.setColumnStretch(3, 1)
        self.opacity = SliderField("Opacity", decimals=0, suffix=" %", tip="A fainter, D stronger")
        self.opacity.set_range(5, 100)
        self.opacity.changed.connect(lambda value, _: state.set(opacity=value / 100))
        self.legend = QWidget()
        self._legend = QGridLayout(self.legend)
        self._legend.setContentsMargins(0, 2, 0, 0)
        self._legend.setHorizontalSpacing(8)
        self._legend.setVerticalSpacing(3)
        self._shown: tuple[object, ...] = ()
        self.body.addLayout(boxes)
        self.body.addWidget(self.opacity)
        self.body.addWidget(self.legend)
        state.changed.connect(self._show)
        document.where_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        state = self._state
        for name, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(getattr(state, name))
            box.setEnabled(state.visible)
        self.opacity.setEnabled(state.visible)
        self.opacity.set_value(state.opacity * 100)
        entries = tuple(self._entries())
        if entries != self._shown:
            self._shown = entries
            self._fill(entries)
        self.legend.setVisible(bool(entries) and state.visible and state.zones)

    def _entries(self) -> list[tuple[str, str, bool]]:
        """(colour, title, forbidden) of each structure that is there."""
        where = self._document.where
        if where is None:
            return []
        found = where.anatomy.masks
        entries = [
            (s.colour, s.title, s.forbidden) for s in self._document.task.structures if s.name in found
        ]
        if self._document.task.margin_mm > 0:
            size = f"{self._document.task.margin_mm:g} {self._document.unit}"
            entries.append((MARGIN_COLOUR, f"margin, {size}", True))
        return entries

    def _fill(self, entries: tuple[tuple[str, str, bool], ...]) -> None:
        while (item := self._legend.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for number, (colour, title, forbidden) in enumerate(entries):
            swatch = QLabel()
            swatch.setPixmap(_swatch(colour, forbidden))
            text = QLabel(title if forbidden else f"{title} (permitted)")
            text.setProperty("role", "small")
            row, column = divmod(number, 2)
            self._legend.addWidget(swatch, row, 2 * column, Qt.AlignmentFlag.AlignVCenter)
            self._legend.addWidget(text, row, 2 * column + 1)
        self._legend.setColumnStretch(1, 1)
        self._legend.setColumnStretch(3, 1)


def _swatch(colour: str, filled: bool) -> QPixmap:
    """A filled square for what forbids, a hollow one for what permits: colour is not the only sign."""
    pixmap = QPixmap(24, 24)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(colour))
    if filled:
        painter.setBrush(QColor(colour))
    painter.drawRoundedRect(1, 1, 10, 10, 2, 2)
    painter.end()
    return pixmap
