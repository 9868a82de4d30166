"""Small curves of what a training reports beside its loss, side by side."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.ui.models.curves import Curves
from app.ui.models.figures import Shown, shown_of, those_shown
from app.ui.models.plots import colour, faint, plot
from app.ui.theme import chosen

_NARROWEST = 17
"""How wide one is at least, in heights of a line."""
_LINES = 6.5
"""How high one is, in lines of text."""


class FigurePlots(QWidget):
    """One small curve for each figure that is known to people; there is none where nothing is reported."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[str, FigurePlot] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._columns = 0
        self.hide()

    def show_figures(self, curves: Curves, smooth: Curves, ends: tuple[int, int]) -> None:
        """Draws what there is.

        Args:
            curves: as many points as are drawn.
            smooth: their course.
            ends: the steps at the left and the right edge.
        """
        there = [name for name in those_shown(curves.figures) if np.any(curves.figures[name])]
        if there != list(self.shown):
            self._make(there)
        for name, one in self.shown.items():
            one.draw_curve(curves.steps, curves.figures[name], smooth.figures[name], ends)
        self.setVisible(bool(there))

    def set_colours(self) -> None:
        """Draws in the colours of the theme."""
        for one in self.shown.values():
            one.set_colours()
        self._lay_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _make(self, names: list[str]) -> None:
        for one in self.shown.values():
            self._grid.removeWidget(one)
            one.hide()
            one.deleteLater()
        self.shown = {name: FigurePlot(known) for name in names if (known := shown_of(name)) is not None}
        self._columns = 0
        self._lay_out()

    def _lay_out(self) -> None:
        """As many side by side as there is room for, in rows that are as full as can be."""
        if not self.shown:
            return
        fit = max(1, self.width() // (_NARROWEST * self.fontMetrics().height()))
        rows = -(-len(self.shown) // min(fit, len(self.shown)))
        columns = -(-len(self.shown) // rows)
        if columns == self._columns:
            return
        self._columns = columns
        for n, one in enumerate(self.shown.values()):
            self._grid.addWidget(one, n // columns, n % columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


class FigurePlot(QWidget):
    """The curve of one figure; its title says the last value."""

    def __init__(self, shown: Shown) -> None:
        super().__init__()
        self._shown = shown
        self.title = QLabel()
        self.title.setProperty("role", "small")
        self._plot = plot(shown.title)
        self._raw, self._smooth = self._plot.plot(), self._plot.plot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self.title)
        column.addWidget(self._plot)
        self.setToolTip(shown.meaning)
        self.set_colours()

    def draw_curve(
        self,
        steps: NDArray[np.float64],
        values: NDArray[np.float64],
        smooth: NDArray[np.float64],
        ends: tuple[int, int],
    ) -> None:
        """Draws values (n,) at steps (n,), and their course, between the steps `ends`."""
        times = self._shown.times
        self._raw.setData(steps, times * values, connect="finite")
        self._smooth.setData(steps, times * smooth, connect="finite")
        self._plot.setXRange(*ends, padding=0.01)
        text = f"{self._shown.title}: {self._shown.words(float(smooth[-1]))}"
        self.title.setText(text)
        self.setAccessibleName(text)

    def set_colours(self) -> None:
        """Draws in the colours of the theme, and with its size of text."""
        line = self.fontMetrics().height()
        colour(self._plot, self.font(), round(3.4 * line))
        self._raw.setPen(pg.mkPen(faint(), width=1))
        self._smooth.setPen(pg.mkPen(chosen().accent, width=2))
        self._plot.setFixedHeight(round(_LINES * line))
