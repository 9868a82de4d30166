"""Which image of the series is shown."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSlider

from app.ui.document import Document
from app.ui.opening import Opener


class SliceBar(QFrame):
    """A slider below the image; hidden where there is only one."""

    def __init__(self, document: Document, opener: Opener) -> None:
        super().__init__()
        self.setObjectName("slices")
        self._document = document
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Image of the series")
        self.slider.setToolTip("Image of the series (wheel, Home, End)")
        self.slider.valueChanged.connect(opener.show_slice)
        self._label = QLabel()
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 12, 5)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._label)
        document.page_shown.connect(self._show)
        self._show()

    def _show(self) -> None:
        series, page = self._document.series, self._document.page
        several = series is not None and len(series) > 1 and page is not None
        self.setVisible(several)
        if not several or series is None or page is None:
            return
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, len(series) - 1)
            if not self.slider.isSliderDown():
                self.slider.setValue(page.number)
        self._label.setText(f"{page.number + 1} / {len(series)}")
        self._label.setMinimumWidth(
            self._label.fontMetrics().horizontalAdvance(f"{len(series)} / {len(series)} ")
        )
