"""The curves of a training, drawn: the loss of each step, its course, and the learning rate."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.models.curves import EMPTY, LOSS, RATE, Curves
from app.ui.theme import chosen

_LINES = 15
"""How high the loss is drawn, in lines of text."""


class CurvesView(QWidget):
    """The loss over the steps, a thin line for each step and a thick one for its course; below, the rate."""

    def __init__(self) -> None:
        super().__init__()
        self._curves = EMPTY
        self._total = 0
        self.says = QLabel(wordWrap=True)
        self.says.setProperty("role", "small")
        self.loss, self.rate = _plot("loss"), _plot("rate")
        self.rate.setXLink(self.loss)
        self.loss.getAxis("bottom").setStyle(showValues=False)
        self.rate.setLabel("bottom", "step")
        self._raw = self.loss.plot()
        self._smooth = self.loss.plot()
        self._rates = self.rate.plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (self.says, self.loss, self.rate):
            column.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Curves of the training")
        self.setToolTip(
            "The loss is how wrong the network is on what it learns from: less is better. "
            "Thin: each step; thick: its course. Below: the learning rate."
        )
        self.set_colours()

    @property
    def curves(self) -> Curves:
        """What is drawn."""
        return self._curves

    def show_curves(self, curves: Curves, total: int = 0) -> None:
        """Draws other curves.

        Args:
            total: steps that there will be; 0 where the training is over.
        """
        self._curves = curves
        self._total = total
        if len(curves.steps) == 0 or LOSS not in curves.figures:
            self._raw.setData([], [])
            self._smooth.setData([], [])
            self._rates.setData([], [])
            self.says.setText("")
            return
        drawn = curves.thinned()
        smooth = drawn.smoothed(LOSS)
        self._raw.setData(drawn.steps, drawn.figures[LOSS])
        self._smooth.setData(drawn.steps, smooth)
        rates = drawn.figures.get(RATE)
        self.rate.setHidden(rates is None)
        if rates is not None:
            self._rates.setData(drawn.steps, rates)
        last = max(float(curves.steps[-1]), float(total), 2.0)
        self.loss.setXRange(0, last, padding=0.01)
        step = int(curves.steps[-1])
        of = f" of {total:,}" if total else ""
        rate = f", learning rate {rates[-1]:.2g}" if rates is not None else ""
        self.says.setText(f"Loss {smooth[-1]:.3f} at step {step:,}{of}{rate}")
        self.setAccessibleDescription(self.says.text())

    def set_colours(self) -> None:
        """Draws in the colours of the theme, and with its size of text."""
        theme, line = chosen(), self.fontMetrics().height()
        faint = QColor(theme.muted)
        faint.setAlpha(110)
        self._raw.setPen(pg.mkPen(faint, width=1))
        self._smooth.setPen(pg.mkPen(theme.accent, width=2))
        self._rates.setPen(pg.mkPen(theme.text, width=1.5))
        for plot, title in ((self.loss, "loss"), (self.rate, "rate")):
            plot.setBackground(theme.panel)
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(pg.mkPen(theme.border))
                axis.enableAutoSIPrefix(False)
                axis.setTextPen(pg.mkPen(theme.muted))
                axis.setStyle(tickFont=self.font())
            plot.setLabel("left", title, color=theme.muted)
            plot.getAxis("left").setWidth(round(4.6 * line))
        self.rate.setLabel("bottom", "step", color=theme.muted)
        self.loss.setFixedHeight(_LINES * line)
        self.rate.setFixedHeight(round(6.5 * line))

    def sizeHint(self) -> QSize:
        return QSize(420, super().sizeHint().height())


def _plot(name: str) -> pg.PlotWidget:
    plot = pg.PlotWidget()
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setAccessibleName(name)
    plot.setMouseEnabled(False, False)
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.getViewBox().setMouseEnabled(False, False)
    plot.setAntialiasing(True)
    plot.setFrameShape(pg.PlotWidget.Shape.NoFrame)
    # The page scrolls with the wheel wherever the cursor is.
    plot.wheelEvent = lambda event: event.ignore()
    return plot
