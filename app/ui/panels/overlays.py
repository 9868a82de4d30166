"""What lies over the image: which overlays, in which colours, how strong, and what the colours mean."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.anatomy.doubts import likeness
from app.ui.canvas.overlay_state import MARGIN, OverlayState
from app.ui.document import Document
from app.ui.panels.fields import SliderField
from app.ui.panels.heat_legend import HeatLegend
from app.ui.panels.parts import Card
from app.ui.theme import icon
from app.ui.work.finding import Finder

_MAIN = (
    ("zones", "Danger zone", "Where the anatomy forbids a lesion"),
    ("names", "Names", "The names of the structures, written on the image"),
    ("heat", "Heatmap", "How likely a lesion is, from dark to bright"),
    ("candidates", "Candidates", "The likeliest places, by rank; those in the danger zone are crossed out"),
)


class OverlaysPanel(Card):
    """Switches overlays; each structure that this image has is a row with its colour."""

    def __init__(self, document: Document, finder: Finder, state: OverlayState) -> None:
        super().__init__("Overlays", "overlays")
        self._document, self._finder, self._state = document, finder, state
        self.boxes: dict[str, QCheckBox] = {}
        boxes = QGridLayout()
        boxes.setHorizontalSpacing(10)
        for number, (name, title, tip) in enumerate(_MAIN):
            box = QCheckBox(title)
            box.setToolTip(tip)
            box.toggled.connect(lambda on, name=name: state.set(**{name: on}))
            self.boxes[name] = box
            boxes.addWidget(box, *divmod(number, 2))
        boxes.setColumnStretch(2, 1)
        self.opacity = SliderField("Opacity", decimals=0, suffix=" %", tip="A fainter, D stronger")
        self.opacity.set_range(5, 100)
        self.opacity.changed.connect(lambda value, _: state.set(opacity=value / 100))
        self.likeness = QLabel(wordWrap=True)
        """How familiar the image is to the network."""
        self.nothing = QLabel(wordWrap=True)
        """That the danger zone covers all of the image, where it does."""
        self.nothing.setProperty("role", "warning")
        self.heat_legend = HeatLegend()
        self.rows: dict[str, StructureRow] = {}
        """By the name of the structure, in the task's order."""
        self._legend = QWidget()
        self._rows = QVBoxLayout(self._legend)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._shown: tuple[object, ...] = ()
        self.body.addLayout(boxes)
        self.body.addWidget(self.opacity)
        for widget in (self.likeness, self.nothing, self._legend, self.heat_legend):
            self.body.addWidget(widget)
        state.changed.connect(self._show)
        document.where_changed.connect(self._show)
        self._show()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        super().set_icons()
        for row in self.rows.values():
            row.set_icons()

    def _show(self) -> None:
        state, found = self._state, self._finder.overlays
        for name, box in self.boxes.items():
            with QSignalBlocker(box):
                box.setChecked(getattr(state, name))
            box.setEnabled(state.visible)
        self.opacity.setEnabled(state.visible)
        self.opacity.set_value(state.opacity * 100)
        entries = tuple(self._entries())
        if (self._document.scene.task, entries) != self._shown:
            self._shown = (self._document.scene.task, entries)
            self._fill(entries)
        for row in self.rows.values():
            row.show_state()
        self._legend.setVisible(bool(entries) and state.visible and state.zones)
        known = found if self._document.where is not None else None
        scale = known.scale if known is not None and state.visible and state.heat else None
        self.heat_legend.setVisible(scale is not None)
        if scale is not None:
            self.heat_legend.show_scale(scale, self._document.task.kind, state.opacity)
        self.nothing.setText(known.nothing if known is not None else "")
        self.nothing.setVisible(bool(self.nothing.text()))
        self._show_likeness()

    def _show_likeness(self) -> None:
        document, found = self._document, self._finder.overlays
        familiarity = found.where.anatomy.familiarity if found is not None else None
        self.likeness.setVisible(familiarity is not None and not document.finding)
        if familiarity is None:
            return
        text = f"Likeness to the training images: {likeness(familiarity)}"
        if document.doubt:
            text += "; nothing is shown" if document.doubted is not None else "; placed without a danger zone"
        role = "warning" if familiarity.foreign else "small"
        if self.likeness.property("role") != role:
            self.likeness.setProperty("role", role)
            self.likeness.style().unpolish(self.likeness)
            self.likeness.style().polish(self.likeness)
        self.likeness.setText(text)
        self.likeness.setToolTip(
            "How far the image is from those that the network learnt from: 0 is their middle, 1 the limit. "
            "Above it the danger zone is not shown unasked."
        )

    def _entries(self) -> list[tuple[str, str, bool]]:
        """(name, title, whether it forbids) of each structure that is there."""
        found, task = self._finder.overlays, self._document.task
        if found is None or self._document.where is None:
            return []
        entries = [(s.name, s.title, s.forbidden) for s in task.structures if s.name in found.structures]
        if task.margin_mm > 0:
            entries.append((MARGIN, f"margin, {task.margin_mm:g} {self._document.unit}", True))
        return entries

    def _fill(self, entries: tuple[tuple[str, str, bool], ...]) -> None:
        for row in self.rows.values():
            self._rows.removeWidget(row)
            row.deleteLater()
        self.rows = {}
        for name, title, forbids in entries:
            row = StructureRow(self._document, self._state, name, title, forbids)
            self.rows[name] = row
            self._rows.addWidget(row)


class StructureRow(QWidget):
    """One structure: its colour, its name, whether it is shown."""

    def __init__(self, document: Document, state: OverlayState, name: str, title: str, forbids: bool) -> None:
        super().__init__()
        self._task, self._state, self._name, self._forbids = document.task, state, name, forbids
        self._title = title
        self._drawn: tuple[object, ...] | None = None
        self.swatch = _button(f"Colour of {title}", "Another colour")
        self.swatch.clicked.connect(self._choose_colour)
        self.box = QCheckBox(title)
        what = "forbids" if forbids else "permits"
        self.box.setToolTip(
            f"{title}: {what} lesions. Shows or hides its colour; it {what} them all the same"
        )
        self.box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.box.toggled.connect(lambda on: state.show_structure(self._task, name, on))
        self.usual = _button(f"Usual colour of {title}", "Back to the usual colour")
        self.usual.clicked.connect(lambda: state.paint(self._task, name, None))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.swatch)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.usual)
        self.set_icons()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.usual.setIcon(icon("restore"))

    def show_state(self) -> None:
        """Brings it up to date."""
        state, colour = self._state, self._state.colour(self._task, self._name)
        look = (colour, state.shows(self._task, self._name))
        if look == self._drawn:
            return
        self._drawn = look
        with QSignalBlocker(self.box):
            self.box.setChecked(look[1])
        self._draw_swatch()
        self.usual.setVisible(colour != state.usual_colour(self._task, self._name))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self._drawn is not None:
            self._draw_swatch()

    def _draw_swatch(self) -> None:
        self.box.ensurePolished()
        side = round(0.85 * self.box.fontMetrics().height())
        for button in (self.swatch, self.usual):
            button.setIconSize(QSize(side, side))
        colour = self._state.colour(self._task, self._name)
        self.swatch.setIcon(QIcon(_swatch(colour, self._forbids, side)))

    def _choose_colour(self) -> None:
        before = self._state.colour(self._task, self._name)
        dialog = QColorDialog(QColor(before), self.window())
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setOption(QColorDialog.ColorDialogOption.NoEyeDropperButton)
        dialog.setWindowTitle(f"Colour of {self._title}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.currentColorChanged.connect(lambda colour: self._paint(colour.name()))
        dialog.rejected.connect(lambda: self._paint(before))
        dialog.open()

    def _paint(self, colour: str) -> None:
        self._state.paint(self._task, self._name, colour)


def _button(name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(True)
    button.setAccessibleName(name)
    button.setToolTip(f"{tip}: {name[0].lower()}{name[1:]}")
    return button


def _swatch(colour: str, filled: bool, side: int) -> QPixmap:
    """A filled square for what forbids, a hollow one for what permits: colour is not the only sign."""
    pixmap = QPixmap(2 * side, 2 * side)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), max(1.4, side / 12)))
    if filled:
        painter.setBrush(QColor(colour))
    painter.drawRoundedRect(1, 1, side - 2, side - 2, 2, 2)
    painter.end()
    return pixmap
