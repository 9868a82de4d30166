"""A field for a number. The wheel changes it only while it has the focus."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox

VARIOUS = "various"
"""What stands in a field where the lesions that it is about differ."""


class Calm:
    """A widget that leaves the wheel to the area it lies in, unless it has the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class NumberField(Calm, QDoubleSpinBox):
    """A number that is typed or stepped to.

    Anything can be typed; what is no number, or beyond the limits, is put back when the field is left, and
    `refused` says why. Comma and point both part the decimals, the unit may be typed or left out.

    Args:
        name: what is set, for readers of the screen and for what is refused.
        decimals: of the number.
        suffix: the unit, " mm".
    """

    entered = Signal(float)
    """The user has set another number, or has made various ones the same."""
    refused = Signal(str)
    """Why what was typed has been put back, in a sentence."""

    def __init__(self, name: str, *, decimals: int = 1, suffix: str = "", tip: str = "") -> None:
        super().__init__()
        self._various = False
        self._unit = suffix
        self._reason = ""
        self._settled = False
        self._tip = tip
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setDecimals(decimals)
        self.setSuffix(suffix)
        self.setKeyboardTracking(False)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.valueChanged.connect(self._changed)
        self.editingFinished.connect(self._left)

    @property
    def various(self) -> bool:
        """Whether it stands for several numbers that differ."""
        return self._various

    def set_unit(self, suffix: str) -> None:
        """Changes the unit."""
        if suffix != self._unit:
            self._unit = suffix
            self.setSuffix("" if self._various else suffix)

    def set_tip(self, tip: str) -> None:
        """Changes what the tooltip says."""
        if tip != self._tip:
            self._tip = tip
            self.setToolTip(tip)

    def set_number(self, value: float, *, various: bool = False) -> None:
        """Shows a number without saying that it has changed; what is being typed stays."""
        if self.hasFocus() and self.lineEdit().isModified():
            return
        with QSignalBlocker(self):
            if various != self._various:
                self._various = various
                self.setSuffix("" if various else self._unit)
            if self.value() != value:
                self.setValue(value)

    def sizeHint(self) -> QSize:
        """Wide enough for a number of six digits with its unit: all fields of a card are the same."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance("0000 mm") + 24, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    # -- what is typed ---------------------------------------------------------------------------------

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, pos

    def valueFromText(self, text: str) -> float:
        plain = text.removesuffix(self._unit).removesuffix(self._unit.strip()).strip().replace("−", "-")
        if self._various and plain in ("", VARIOUS):
            return self.value()
        try:
            value = float(plain.replace(",", "."))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self._reason = f"{self.accessibleName()}: “{plain}” is no number."
            return self.value()
        if not self.minimum() <= value <= self.maximum():
            low, high = (self.textFromNumber(limit) for limit in (self.minimum(), self.maximum()))
            self._reason = f"{self.accessibleName()}: {plain}{self._unit} is not between {low} and {high}."
            return self.value()
        self._settled = self._various
        return value

    def textFromValue(self, value: float) -> str:
        return VARIOUS if self._various else super().textFromValue(value)

    def textFromNumber(self, value: float) -> str:
        """A number as the field writes it, with its unit."""
        return f"{super().textFromValue(value)}{self._unit}"

    def stepBy(self, steps: int) -> None:
        self._settled = self._various
        super().stepBy(steps)

    def _changed(self, value: float) -> None:
        self.lineEdit().setModified(False)
        self._settled = False
        if self._various:
            self._various = False
            with QSignalBlocker(self):
                self.setSuffix(self._unit)
        self.entered.emit(value)

    def _left(self) -> None:
        """Enter, or the focus has gone elsewhere."""
        self.lineEdit().setModified(False)
        if self._settled:
            self._changed(self.value())
        reason, self._reason = self._reason, ""
        self.setToolTip(f"{reason}\n{self._tip}".strip() if reason else self._tip)
        if reason:
            self.refused.emit(reason)
