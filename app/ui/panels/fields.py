"""Rows of a card: a slider with its number field, and whatever has a name before it."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QSlider, QWidget

from app.ui.canvas.gesture import next_gesture
from app.ui.panels.numbers import Calm, NumberField

_STEPS = 1000
_PAUSE_S = 0.8
"""Key presses and wheel turns that follow each other faster are one step of the undo history."""


class CalmSlider(Calm, QSlider):
    """A horizontal slider."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class SliderField(QWidget):
    """A slider with a number field beside it; below it, where the text is large.

    Args:
        title: what is set.
        decimals: of the field.
        suffix: of the field, " mm".
        logarithmic: equal ways on the slider are equal ratios.
    """

    changed = Signal(float, int)
    """The value, and the number of the gesture that it belongs to."""

    def __init__(
        self, title: str, *, decimals: int = 1, suffix: str = "", logarithmic: bool = False, tip: str = ""
    ) -> None:
        super().__init__()
        self._logarithmic = logarithmic
        self._low, self._high = 1.0, 10.0
        self._gesture, self._last = 0, 0.0
        self.slider = CalmSlider()
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self.slider.setSingleStep(_STEPS // 100)
        self.field = NumberField(title, decimals=decimals, suffix=suffix, tip=tip)
        self.label = RowLabel(title)
        self.label.setBuddy(self.field)
        self.slider.setAccessibleName(title)
        for widget in (self.slider, self.label):
            widget.setToolTip(tip)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self._wide: bool | None = None
        self._arrange()
        self.slider.sliderPressed.connect(self._begin)
        self.slider.valueChanged.connect(self._slid)
        self.field.entered.connect(self._typed)

    def set_range(self, low: float, high: float, *, suffix: str | None = None) -> None:
        """Sets the limits, and the unit where another one applies."""
        if suffix is not None:
            self.field.set_unit(suffix)
        if (low, high) != (self._low, self._high):
            self._low, self._high = low, high
            with QSignalBlocker(self.field):
                self.field.setRange(low, high)
                self.field.setSingleStep(10 ** -self.field.decimals() * 5)

    def set_value(self, value: float, *, various: bool = False) -> None:
        """Shows a value without saying that it has changed; `various` where it is one of several."""
        self.field.set_number(value, various=various)
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._to_slider(value))

    def value(self) -> float:
        """What is shown."""
        return self.field.value()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._arrange()
        super().changeEvent(event)

    def _arrange(self) -> None:
        """One line, or two where there is no room for a slider between its name and its field."""
        taken = self.label.sizeHint().width() + self.field.sizeHint().width()
        wide = self.width() - taken >= 90
        if wide == self._wide:
            return
        self._wide = wide
        for widget in (self.label, self.slider, self.field):
            self._grid.removeWidget(widget)
        self._grid.addWidget(self.label, 0, 0)
        self._grid.addWidget(self.field, 0, 2)
        self._grid.addWidget(self.slider, *((0, 1) if wide else (1, 0, 1, 3)))

    def _begin(self) -> None:
        self._gesture = next_gesture()

    def _number(self) -> int:
        """The gesture that a change now belongs to."""
        now = time.monotonic()
        if not self.slider.isSliderDown() and (not self._gesture or now - self._last > _PAUSE_S):
            self._gesture = next_gesture()
        self._last = now
        return self._gesture

    def _slid(self, position: int) -> None:
        value = round(self._from_slider(position), self.field.decimals())
        self.field.set_number(value)
        self.changed.emit(value, self._number())

    def _typed(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._to_slider(value))
        self.changed.emit(value, self._number())

    def _to_slider(self, value: float) -> int:
        low, high, value = self._scaled(self._low), self._scaled(self._high), self._scaled(value)
        return round(_STEPS * (value - low) / (high - low)) if high > low else 0

    def _from_slider(self, position: int) -> float:
        low, high = self._scaled(self._low), self._scaled(self._high)
        value = low + (high - low) * position / _STEPS
        return math.exp(value) if self._logarithmic else value

    def _scaled(self, value: float) -> float:
        return math.log(max(value, 1e-6)) if self._logarithmic else value


class Row(QWidget):
    """A named row of a card; the name stands above, where the text is large."""

    def __init__(self, title: str, *widgets: QWidget) -> None:
        super().__init__()
        self.label = RowLabel(title)
        self.label.setBuddy(widgets[0])
        self._widgets = widgets
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        self._wide: bool | None = None
        widgets[0].setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._arrange()
        super().changeEvent(event)

    def _arrange(self) -> None:
        others = sum(widget.sizeHint().width() + 8 for widget in self._widgets[1:])
        wide = self.width() - self.label.sizeHint().width() - others >= 84
        if wide == self._wide:
            return
        self._wide = wide
        for widget in (self.label, *self._widgets):
            self._grid.removeWidget(widget)
        self._grid.addWidget(self.label, 0, 0, 1, 1 if wide else 3)
        first, *rest = self._widgets
        self._grid.addWidget(first, *((0, 1) if wide else (1, 0, 1, 2)))
        for column, widget in enumerate(rest, start=2):
            self._grid.addWidget(widget, 0 if wide else 1, column)


class RowLabel(QLabel):
    """The name of a row of a card: all are as wide as the longest."""

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance("Contrast") + 8
        return QSize(max(width, super().sizeHint().width()), super().sizeHint().height())
