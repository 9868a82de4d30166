"""Plots that are drawn in the colours of the theme and leave the mouse to the page that they lie in."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont

from app.ui.theme import chosen


def plot(name: str) -> pg.PlotWidget:
    """An empty one; a reader of the screen calls it by its name."""
    made = pg.PlotWidget()
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setAccessibleName(name)
    made.setMouseEnabled(False, False)
    made.setMenuEnabled(False)
    made.hideButtons()
    made.getViewBox().setMouseEnabled(False, False)
    made.setAntialiasing(True)
    made.setFrameShape(pg.PlotWidget.Shape.NoFrame)
    # The page scrolls with the wheel wherever the cursor is.
    made.wheelEvent = lambda event: event.ignore()
    return made


def colour(plot_widget: pg.PlotWidget, font: QFont, left: int) -> None:
    """Draws background and axes in the colours of the theme; the left axis takes `left` logical pixels."""
    theme = chosen()
    plot_widget.setBackground(theme.panel)
    for side in ("left", "bottom"):
        axis = plot_widget.getAxis(side)
        axis.setPen(pg.mkPen(theme.border))
        axis.enableAutoSIPrefix(False)
        axis.setTextPen(pg.mkPen(theme.muted))
        axis.setStyle(tickFont=font)
    plot_widget.getAxis("left").setWidth(left)


def faint() -> QColor:
    """The colour of what lies behind: each step, under its course."""
    colour_ = QColor(chosen().muted)
    colour_.setAlpha(110)
    return colour_
