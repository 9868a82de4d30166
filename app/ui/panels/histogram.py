"""The window as a card of the side: presets, histogram, centre and width in the image's unit."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel

from app.engine import Job
from app.imaging.histogram import Histogram, histogram
from app.imaging.image import Image
from app.ui.canvas.display import Display
from app.ui.canvas.presets import key_text
from app.ui.document import Document
from app.ui.panels.histogram_view import HistogramView
from app.ui.panels.parts import Card, Choice
from app.ui.work.bridge import Bridge

PAUSE_MS = 60
"""Images that are only leafed past are not counted."""
_FAR = 1e9


class HistogramPanel(Card):
    """Counts the values of the image that is shown, while the card is open, and sets the window."""

    def __init__(self, document: Document, display: Display, bridge: Bridge) -> None:
        super().__init__("Window", "window", folded=True)
        self._document, self._display, self._bridge = document, display, bridge
        self._counted: Image | None = None
        self._job: Job | None = None
        self.presets = Choice("Window preset")
        self.presets.setToolTip("Window presets, on the keys 0 to 8")
        self.view = HistogramView()
        self.centre = self._field("Centre", "The value shown as middle grey")
        self.width_ = self._field("Width", "From black to white")
        fields = QHBoxLayout()
        fields.setSpacing(6)
        for title, field in (("Centre", self.centre), ("Width", self.width_)):
            label = QLabel(title)
            label.setBuddy(field)
            fields.addWidget(label)
            fields.addWidget(field, 1)
        self.body.addWidget(self.presets)
        self.body.addWidget(self.view)
        self.body.addLayout(fields)
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._pause.timeout.connect(self._count)
        self.presets.activated.connect(self._chosen)
        self.view.moved.connect(lambda low, high: display.take((low + high) / 2, high - low))
        self.view.reset_wanted.connect(display.reset)
        self.centre.valueChanged.connect(lambda value: display.take(value, display.window.width))
        self.width_.valueChanged.connect(lambda value: display.take(display.window.centre, value))
        self.heading.toggled.connect(lambda _: self._page_shown())
        display.changed.connect(self._show)
        document.page_shown.connect(self._page_shown)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._page_shown()

    def _field(self, title: str, tip: str) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setAccessibleName(f"Window {title.lower()}")
        field.setToolTip(tip)
        field.setRange(-_FAR, _FAR)
        field.setKeyboardTracking(False)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.setMinimumWidth(40)
        return field

    @property
    def _open(self) -> bool:
        return not self.folded and self.isVisible()

    def _page_shown(self) -> None:
        page = self._document.page
        if self._open and page is not None:
            if page.image is not self._counted:
                self._pause.start()
            self._show()

    def _count(self) -> None:
        page = self._document.page
        if page is None or not self._open:
            return
        image = page.image

        def counted(counts: Histogram) -> None:
            if self._document.page is not None and self._document.page.image is image:
                self._counted = image
                self.view.set_histogram(counts)

        self._job = self._bridge.submit("histogram", lambda: histogram(image), counted, title="Histogram")

    def _show(self) -> None:
        """Brings everything up to date with the window."""
        display, image = self._display, self._display.image
        if not self._open or image is None:
            return
        window = display.window
        self.view.set_window(window.low, window.high, inverted=display.grey.inverted)
        decimals = 0 if window.width >= 50 else 2
        for field, value in ((self.centre, window.centre), (self.width_, window.width)):
            with QSignalBlocker(field):
                field.setDecimals(decimals)
                field.setSuffix(f" {image.unit}" if image.unit else "")
                field.setSingleStep(10**-decimals * (10 if decimals == 0 else 1))
                field.setMinimum(-_FAR if field is self.centre else display.smallest)
                field.setValue(value)
        self._show_presets()

    def _show_presets(self) -> None:
        display = self._display
        there = [(n, preset) for n, preset in enumerate(display.presets) if preset is not None]
        texts = [f"{key_text(n)}   {preset.name[:1].upper()}{preset.name[1:]}" for n, preset in there]
        current = next((row for row, (_, preset) in enumerate(there) if preset == display.window), -1)
        box = self.presets
        with QSignalBlocker(box):
            if texts != [box.itemText(row) for row in range(box.count())]:
                box.clear()
                for text, (number, _) in zip(texts, there, strict=True):
                    box.addItem(text, number)
                box.setPlaceholderText("Set by hand")
            box.setCurrentIndex(current)

    def _chosen(self, row: int) -> None:
        self._display.choose(self.presets.itemData(row))
