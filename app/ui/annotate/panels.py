"""The side of the editor: lesions, structures, and how they are drawn."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QSlider

from app.imaging.box import Box
from app.ui.annotate.canvas import AnnotationCanvas
from app.ui.annotate.document import AnnotationDocument
from app.ui.annotate.page import Page
from app.ui.panels.parts import Card

ROWS = 5
"""Of the list of boxes, before it scrolls."""


class LesionsCard(Card):
    """Says whether somebody looked, and lists the boxes."""

    def __init__(self, document: AnnotationDocument) -> None:
        super().__init__("Lesions", "annotate-lesions")
        self._document = document
        self.state = QLabel(wordWrap=True)
        self.list = QListWidget()
        self.list.setAccessibleName("Boxes around lesions")
        self.list.setToolTip("Choose a box: arrows move it, Alt+arrows resize it, Delete removes it")
        self.row = QHBoxLayout()
        self.body.addWidget(self.state)
        self.body.addWidget(self.list)
        self.body.addLayout(self.row)
        self.list.currentRowChanged.connect(self._chosen)
        for signal in (document.opened, document.boxes_changed, document.chosen_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Brings it up to date."""
        page = self._document.page
        boxes = page.boxes if page is not None else None
        if page is None:
            text = "No image is shown."
        elif boxes is None:
            text = "Nobody has looked for lesions in this image yet."
        elif not boxes:
            text = "Somebody looked: there is nothing here."
        else:
            text = "1 lesion is marked." if len(boxes) == 1 else f"{len(boxes)} lesions are marked."
        self.state.setText(text)
        with QSignalBlocker(self.list):
            lines = [_words(n, box, page) for n, box in enumerate(boxes or (), start=1) if page is not None]
            if lines != [self.list.item(n).text() for n in range(self.list.count())]:
                self.list.clear()
                self.list.addItems(lines)
            chosen = self._document.selected
            self.list.setCurrentRow(-1 if chosen is None else chosen)
        self.list.setVisible(bool(boxes))
        height = self.list.sizeHintForRow(0) if boxes else 0
        self.list.setFixedHeight(height * min(max(len(boxes or ()), 1), ROWS) + 6)

    def _chosen(self, row: int) -> None:
        self._document.select(row if row >= 0 else None)


def _words(number: int, box: Box, page: Page) -> str:
    down, across = page.pixels.pixel_mm
    size = f"{box.width:.0f} × {box.height:.0f} px"
    if page.pixels.calibrated:
        size = f"{box.width * across:.1f} × {box.height * down:.1f} mm"
    return f"{number}   {size}   at {box.centre[0]:.0f}, {box.centre[1]:.0f}"


class StructuresCard(Card):
    """Lists the task's structures: which one is drawn, and which are outlined in this image."""

    def __init__(self, document: AnnotationDocument) -> None:
        super().__init__("Structures", "annotate-structures")
        self._document = document
        self.list = QListWidget()
        self.list.setAccessibleName("Structures")
        self.list.setToolTip("The chosen one is painted; , and . go to the one before and to the next one")
        self.row = QHBoxLayout()
        self.body.addWidget(self.list)
        self.body.addLayout(self.row)
        self.list.currentRowChanged.connect(document.choose_structure)
        document.set_opened.connect(self._fill)
        for signal in (document.opened, document.known_changed, document.chosen_changed):
            signal.connect(self.refresh)
        self._fill()

    def _fill(self) -> None:
        task = self._document.task
        with QSignalBlocker(self.list):
            self.list.clear()
            for structure in task.structures[: len(self._document.names)] if task is not None else ():
                self.list.addItem(structure.title)
                self.list.item(self.list.count() - 1).setIcon(_swatch(structure.colour))
        rows = max(self.list.count(), 1)
        self.list.setFixedHeight(max(self.list.sizeHintForRow(0), 20) * rows + 8)
        self.refresh()

    def refresh(self) -> None:
        """Brings it up to date."""
        document, page = self._document, self._document.page
        if document.task is None:
            return
        with QSignalBlocker(self.list):
            for n in range(self.list.count()):
                structure = document.task.structures[n]
                state = ""
                if page is not None and structure.name in page.known:
                    state = "  ✓"
                item = self.list.item(n)
                item.setText(f"{structure.title}{state}")
                said = "outlined, or known to be absent" if state else "not outlined"
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{structure.title}, {said}")
                item.setToolTip(f"{structure.title}: {said} in this image")
            self.list.setCurrentRow(document.structure)


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(28, 28)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(colour))
    painter.setPen(QColor(0, 0, 0, 90))
    painter.drawRoundedRect(3, 3, 22, 22, 6, 6)
    painter.end()
    swatch = QIcon(pixmap)
    swatch.addPixmap(pixmap, QIcon.Mode.Selected)  # else Qt tints it, and it is another colour
    return swatch


class DrawingCard(Card):
    """The size of the brush, and how strongly structures are shown."""

    opacity_changed = Signal(float)

    def __init__(self, canvas: AnnotationCanvas) -> None:
        super().__init__("Drawing", "annotate-drawing")
        self._canvas = canvas
        self.brush = _slider(
            "Size of the brush", "Its diameter; also [ and ], and Shift+wheel over the image", 0, 200
        )
        self.opacity = _slider("Opacity of structures", "Also A and D; S hides everything", 5, 100)
        self.size_text, self.opacity_text = QLabel(), QLabel()
        for text, slider, says in (
            ("Brush", self.brush, self.size_text),
            ("Opacity", self.opacity, self.opacity_text),
        ):
            row = QHBoxLayout()
            label = QLabel(text)
            label.setMinimumWidth(56)
            says.setMinimumWidth(64)
            says.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(label)
            row.addWidget(slider, 1)
            row.addWidget(says)
            self.body.addLayout(row)
        self.brush.valueChanged.connect(lambda step: canvas.set_brush(_radius(step)))
        self.opacity.valueChanged.connect(lambda percent: self.opacity_changed.emit(percent / 100))
        canvas.tool_changed.connect(self.refresh)
        canvas.document.opened.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Brings it up to date."""
        radius, page = self._canvas.brush.radius, self._canvas.document.page
        with QSignalBlocker(self.brush), QSignalBlocker(self.opacity):
            self.brush.setValue(_step(radius))
            self.opacity.setValue(round(100 * self._canvas.opacity))
        text = f"{2 * radius:.0f} px"
        if page is not None and page.pixels.calibrated:
            text = f"{2 * radius * page.pixels.pixel_mm[1]:.1f} mm"
        self.size_text.setText(text)
        self.opacity_text.setText(f"{100 * self._canvas.opacity:.0f} %")


def _slider(name: str, tip: str, low: int, high: int) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(low, high)
    slider.setAccessibleName(name)
    slider.setToolTip(tip)
    return slider


def _radius(step: int) -> float:
    """0.5 to 500 pixels, each step a little more than 3 percent."""
    return float(0.5 * 1000 ** (step / 200))


def _step(radius: float) -> int:
    from math import log

    return round(200 * log(max(radius, 0.5) / 0.5, 1000))
