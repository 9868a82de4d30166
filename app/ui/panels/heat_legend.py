"""The legend of the heatmap in a card: its colours and what they stand for in numbers."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.canvas.heat_scale import HEAT, STEPS, HeatScale, bar_image, paint_ground


class HeatLegend(QWidget):
    """A bar of the heatmap's colours, as strong as over the image, and what they stand for in numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = ScaleBar()
        self.title = QLabel(wordWrap=True)
        self.marks = tuple(QLabel() for _ in range(3))
        """At the low end, the middle and the high end."""
        for label in (self.title, *self.marks):
            label.setProperty("role", "small")
        scale = QHBoxLayout()
        scale.addWidget(self.marks[0])
        for label in self.marks[1:]:
            scale.addStretch(1)
            scale.addWidget(label)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        layout.addWidget(self._bar)
        layout.addLayout(scale)

    def show_scale(self, scale: HeatScale, kind: str, opacity: float) -> None:
        """Takes the scale of an image, the kind of lesion, and the strength of the overlay."""
        marks = (scale.marks[0], scale.marks[STEPS // 2], scale.marks[-1])
        for label, text in zip(self.marks, marks, strict=True):
            label.setText(text)
        self.title.setText(scale.title(f" of a {kind}"))
        self._bar.set_opacity(opacity)
        tip = (
            f"How likely the centre of a {kind} is at a place, where one is somewhere on the image, from "
            "dark to bright, with a line over the image at each quarter of the scale. The brightest colour "
            "is the likeliest 0.5 % of the permitted area; what has no colour is forbidden or next to "
            "impossible. The status bar says the number under the cursor."
        )
        self.setToolTip(tip)
        self.setAccessibleName(f"{self.title.text()}: {', '.join(marks)}")
        self.setAccessibleDescription(tip)


class ScaleBar(QWidget):
    """The colours of a map from left to right, on dark as over air and on light as over bone."""

    def __init__(self, colours: str = HEAT) -> None:
        super().__init__()
        self._colours = colours
        self.setFixedHeight(14)
        self.setMinimumWidth(60)
        self._opacity = 1.0

    def set_opacity(self, opacity: float) -> None:
        """Takes the strength of the overlay."""
        if opacity != self._opacity:
            self._opacity = opacity
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, box = QPainter(self), QRectF(self.rect())
        paint_ground(painter, box, upright=False)
        painter.drawImage(box, bar_image(self._opacity, upright=False, colours=self._colours))
        painter.setPen(QPen(QColor("#ffffff"), 1.0))
        for n in range(1, STEPS):
            x = round(box.width() * n / STEPS)
            painter.drawLine(x, 0, x, self.height())
        painter.end()
