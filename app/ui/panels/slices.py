"""Which image of the series is shown."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSignalBlocker, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSlider, QStyle, QStyleOptionSlider, QToolButton

from app.ui.canvas.lesion_item import PLAIN
from app.ui.canvas.texts import position_text
from app.ui.document import Document
from app.ui.work.opening import Opener

TIP = "Image of the series (wheel, Up and Down, Home, End)"


class MarkedSlider(QSlider):
    """A slider with small pointed marks above it at some of its values."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setMinimumHeight(26)
        self._marks: tuple[int, ...] = ()

    @property
    def marks(self) -> tuple[int, ...]:
        """The values that are marked."""
        return self._marks

    def set_marks(self, marks: tuple[int, ...]) -> None:
        """Marks other values."""
        if marks != self._marks:
            self._marks = marks
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._marks:
            return
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, parts = QStyle.ComplexControl.CC_Slider, QStyle.SubControl
        groove = self.style().subControlRect(control, option, parts.SC_SliderGroove, self)
        handle = self.style().subControlRect(control, option, parts.SC_SliderHandle, self).width()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1.0))
        painter.setBrush(PLAIN)
        for value in self._marks:
            x = groove.x() + handle / 2 + QStyle.sliderPositionFromValue(
                self.minimum(), self.maximum(), value, groove.width() - handle
            )  # fmt: skip
            painter.drawPolygon(QPolygonF([QPointF(x - 4.5, 0.5), QPointF(x + 4.5, 0.5), QPointF(x, 5.5)]))


class SliceBar(QFrame):
    """A slider below the image; hidden where there is only one."""

    def __init__(self, document: Document, opener: Opener) -> None:
        super().__init__()
        self.setObjectName("slices")
        self._document = document
        self.play = QToolButton()
        """Runs the images; its action is given to it."""
        self.play.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.slider = MarkedSlider()
        self.slider.setAccessibleName("Image of the series")
        self.slider.valueChanged.connect(opener.show_slice)
        self._label = QLabel()
        self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 12, 4)
        layout.setSpacing(8)
        layout.addWidget(self.play)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._label)
        document.page_shown.connect(self._show)
        document.scene_changed.connect(self._mark)
        self._show()

    @property
    def text(self) -> str:
        """What is said beside the slider."""
        return self._label.text()

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
        number, count = page.number + 1, len(series)
        where = "" if page.position_mm is None else f"    {position_text(page.position_mm)}"
        self._label.setText(f"{number} / {count}{where}")
        widest = f"{count} / {count}" + ("" if not where else "    −0000.0 mm")
        self._label.setMinimumWidth(self._label.fontMetrics().horizontalAdvance(widest))
        self._mark()

    def _mark(self) -> None:
        base, scene = self._document.base, self._document.scene
        marks = (base.number,) if base is not None and not scene.empty else ()
        self.slider.set_marks(marks)
        where = f"\nThe mark: the lesions are on image {marks[0] + 1}" if marks else ""
        self.slider.setToolTip(TIP + where)
