"""The curves of a training, drawn: the loss of each step, its course, the rate, and what else it reports."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.models.curves import EMPTY, LOSS, RATE, Curves
from app.ui.models.figure_plots import FigurePlots
from app.ui.models.plots import colour, faint, plot
from app.ui.theme import chosen

_LINES = 15
"""How high the loss is drawn, in lines of text."""


class CurvesView(QWidget):
    """The loss over the steps, a thin line for each step and a thick one for its course; below, the rate.

    Figures that a training reports beside the loss have small curves between the two.
    """

    def __init__(self) -> None:
        super().__init__()
        self._curves = EMPTY
        self._total = 0
        self.says = QLabel(wordWrap=True)
        self.says.setProperty("role", "small")
        self.loss, self.rate, self.figures = plot("loss"), plot("rate"), FigurePlots()
        self.rate.setXLink(self.loss)
        self.loss.getAxis("bottom").setStyle(showValues=False)
        self.rate.setLabel("bottom", "step")
        self._raw = self.loss.plot()
        self._smooth = self.loss.plot()
        self._rates = self.rate.plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for widget in (self.says, self.loss, self.rate, self.figures):
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

    def show_curves(self, curves: Curves, total: int = 0, stage: tuple[int, int] | None = None) -> None:
        """Draws other curves.

        Args:
            total: steps that there will be; 0 where the training is over.
            stage: the step before the first and the last one of what is drawn, where it is a part.
        """
        self._curves = curves
        self._total = total
        if len(curves.steps) == 0 or LOSS not in curves.figures:
            self._raw.setData([], [])
            self._smooth.setData([], [])
            self._rates.setData([], [])
            self.figures.hide()
            self.says.setText("")
            return
        drawn = curves.thinned()
        course = Curves(drawn.steps, {name: drawn.smoothed(name) for name in drawn.figures})
        smooth = course.figures[LOSS]
        self._raw.setData(drawn.steps, drawn.figures[LOSS])
        self._smooth.setData(drawn.steps, smooth)
        rates = drawn.figures.get(RATE)
        self.rate.setHidden(rates is None)
        if rates is not None:
            self._rates.setData(drawn.steps, rates)
        first, last = stage or (round(curves.steps[0]) - 1, max(round(curves.steps[-1]), total, 2))
        self.loss.setXRange(first, last, padding=0.01)
        self.figures.show_figures(drawn, course, (first, last))
        step = int(curves.steps[-1])
        of = f" of {total:,}" if total else ""
        rate = f", learning rate {rates[-1]:.2g}" if rates is not None else ""
        self.says.setText(f"Loss {smooth[-1]:.3f} at step {step:,}{of}{rate}")
        self.setAccessibleDescription(self.says.text())

    def set_colours(self) -> None:
        """Draws in the colours of the theme, and with its size of text."""
        theme, line = chosen(), self.fontMetrics().height()
        self._raw.setPen(pg.mkPen(faint(), width=1))
        self._smooth.setPen(pg.mkPen(theme.accent, width=2))
        self._rates.setPen(pg.mkPen(theme.text, width=1.5))
        for each, title in ((self.loss, "loss"), (self.rate, "rate")):
            colour(each, self.font(), round(4.6 * line))
            each.setLabel("left", title, color=theme.muted)
        self.rate.setLabel("bottom", "step", color=theme.muted)
        self.loss.setFixedHeight(_LINES * line)
        self.rate.setFixedHeight(round(6.5 * line))
        self.figures.set_colours()

    def sizeHint(self) -> QSize:
        return QSize(420, super().sizeHint().height())
