"""Parts that several panels are made of."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from app.ui.canvas.gestures import next_gesture

_STEPS = 1000
_PAUSE_S = 0.8
"""Key presses and wheel turns that follow each other faster are one step of the undo history."""


class Card(QFrame):
    """A titled part of the side; `body` takes its widgets."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.heading = QLabel(title)
        self.heading.setProperty("role", "heading")
        self.header = QHBoxLayout()
        self.header.addWidget(self.heading)
        self.header.addStretch(1)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(14, 10, 14, 12)
        self.body.setSpacing(7)
        self.body.addLayout(self.header)


class Choice(QComboBox):
    """A combo box that never widens the panel: a long text ends in an ellipsis, and stands in the tooltip."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        width = self.width() - 40  # the arrow and the padding of the style sheet
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, width
        )
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class SliderField(QWidget):
    """A slider with a number field beside it.

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
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self.slider.setSingleStep(_STEPS // 100)
        self.field = QDoubleSpinBox()
        self.field.setDecimals(decimals)
        self.field.setSuffix(suffix)
        self.field.setKeyboardTracking(False)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setFixedWidth(84)
        label = QLabel(title)
        label.setBuddy(self.field)
        label.setFixedWidth(66)
        for widget in (self.slider, self.field):
            widget.setAccessibleName(title)
            widget.setToolTip(tip)
        label.setToolTip(tip)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self.slider, 0, 1)
        layout.addWidget(self.field, 0, 2)
        self.slider.sliderPressed.connect(self._begin)
        self.slider.valueChanged.connect(self._slid)
        self.field.valueChanged.connect(self._typed)

    def set_range(self, low: float, high: float, *, suffix: str | None = None) -> None:
        """Sets the limits, and the unit where another one applies."""
        self._low, self._high = low, high
        with QSignalBlocker(self.field):
            if suffix is not None:
                self.field.setSuffix(suffix)
            self.field.setRange(low, high)
            self.field.setSingleStep(10 ** -self.field.decimals() * 5)

    def set_value(self, value: float) -> None:
        """Shows a value without saying that it has changed."""
        if not self.field.hasFocus() or abs(self.field.value() - value) > 1e-9:
            with QSignalBlocker(self.field):
                self.field.setValue(value)
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._to_slider(value))

    def value(self) -> float:
        """What is shown."""
        return self.field.value()

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
        with QSignalBlocker(self.field):
            self.field.setValue(value)
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
