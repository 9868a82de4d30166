"""*Place several at random*: how many, how large, how far apart; with a look at the places before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.anatomy.where import Where
from app.composition.scattering import Scatter, scatter
from app.composition.scene import Placement
from app.engine import Job
from app.ui.dialogs.parts import ButtonBox, fit_to_screen
from app.ui.dialogs.scatter_preview import ScatterPreview, picture
from app.ui.document import Document, Page, new_seed
from app.ui.panels.lesion import CONTRAST_PERCENT
from app.ui.panels.numbers import NumberField
from app.ui.panels.parts import Choice
from app.ui.settings import Several, settings
from app.ui.theme import icon
from app.ui.work.bridge import Bridge
from app.ui.work.shelf import Shelf

MOST = 200
_PAUSE_MS = 150


class ScatterDialog(QDialog):
    """Asks, shows what would be placed, and hands it over when it is accepted; nothing is placed before."""

    chosen = Signal(object)
    """The placements, when the dialog is accepted."""

    def __init__(
        self,
        document: Document,
        shelf: Shelf,
        bridge: Bridge,
        page: Page,
        where: Where,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Place several at random")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._document, self._shelf, self._bridge = document, shelf, bridge
        self._where = where
        self._jobs: list[Job] = []
        self.placements: tuple[Placement, ...] = ()
        """What would be placed; empty while it is not known, or where it cannot be."""
        self._make_fields()
        self.preview = ScatterPreview(page.image)
        self.says = QLabel(wordWrap=True)
        self.buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.place = QPushButton("Place")
        self.place.setDefault(True)
        self.buttons.addButton(self.place, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._choose_places)
        self._recall()
        self._connect()
        self._submit("scatter picture", lambda: picture(page.image, where), self.preview.show_picture)
        self._ask()
        fit_to_screen(self, 860, 520)
        self.count.setFocus()
        self.count.selectAll()

    # -- making ----------------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        unit = f" {self._document.unit}"
        low, high = self._document.diameter_limits
        self.count = _field("How many", 1, MOST, decimals=0, tip="How many lesions are placed")
        self.models = Choice("Lesion models")
        self.models.setToolTip("Each lesion gets one of these models")
        self.smallest = _field("Smallest size", low, high, suffix=unit, tip="Longest diameter")
        self.largest = _field("Largest size", low, high, suffix=unit, tip="Longest diameter")
        tip = "The least gap between the edges of two lesions, those that are there already included"
        self.spacing = _field("Spacing", 0, 500, suffix=unit, tip=tip)
        tip = "Times the lesion model's own contrast"
        self.lowest = _field("Lowest contrast", *CONTRAST_PERCENT, decimals=0, suffix=" %", tip=tip)
        self.highest = _field("Highest contrast", *CONTRAST_PERCENT, decimals=0, suffix=" %", tip=tip)
        self.turned = QCheckBox("Turn each by another angle")
        self.turned.setToolTip("Otherwise all stand as their models draw them")
        tip = "The same seed chooses the same places, sizes and shapes"
        self.seed = _field("Seed", 0, 2**31 - 1, decimals=0, tip=tip)
        self.again = QToolButton()
        self.again.setIcon(icon("dice-5-outline"))
        self.again.setAccessibleName("Other places")
        self.again.setToolTip("Take a new seed: other places, sizes and shapes")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(9)
        label = QLabel("&How many")
        label.setBuddy(self.count)
        form.addRow(label, _line(self.count))
        form.addRow("&Models", self.models)
        for title, widgets in (
            ("&Size", (self.smallest, QLabel("to"), self.largest)),
            ("S&pacing", (self.spacing,)),
            ("&Contrast", (self.lowest, QLabel("to"), self.highest)),
            ("", (self.turned,)),
            ("S&eed", (self.seed, self.again)),
        ):
            label = QLabel(title)
            label.setBuddy(widgets[0])
            form.addRow(label, _line(*widgets))
        left = QVBoxLayout()
        left.addLayout(form)
        left.addStretch(1)
        left.addWidget(self.says)
        row = QHBoxLayout()
        row.setSpacing(18)
        row.addLayout(left, 2)
        row.addWidget(self.preview, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(14)
        layout.addLayout(row, 1)
        layout.addWidget(self.buttons)

    def _connect(self) -> None:
        for field in self._fields:
            field.entered.connect(self._ask)
            field.refused.connect(self._refuse)
        for low, high in ((self.smallest, self.largest), (self.lowest, self.highest)):
            low.entered.connect(lambda value, high=high: high.set_number(max(value, high.value())))
            high.entered.connect(lambda value, low=low: low.set_number(min(value, low.value())))
        self.models.activated.connect(self._ask)
        self.turned.toggled.connect(self._ask)
        self.again.clicked.connect(lambda: self.seed.setValue(new_seed()))

    @property
    def _fields(self) -> Sequence[NumberField]:
        return (
            self.count, self.smallest, self.largest, self.spacing, self.lowest, self.highest, self.seed,
        )  # fmt: skip

    def _recall(self) -> None:
        """What was asked for the last time."""
        document, shelf = self._document, self._shelf
        last = settings().remembered.several.get(document.scene.task, Several())
        own = shelf.title(document.brush.lesion)
        favourites = self._models("favourites")
        self.models.addItem(f"The chosen one: {own}", "chosen")
        if favourites:
            self.models.addItem(f"Favourites ({len(favourites)})", "favourites")
        self.models.addItem(f"All of the task ({len(shelf.entries)})", "all")
        self.models.setCurrentIndex(max(self.models.findData(last.models), 0))
        usual = document.brush.diameter
        sized = last.smallest > 0 and document.base is not None and document.base.image.calibrated
        self.smallest.set_number(last.smallest if sized else round(usual * 0.6, 1))
        self.largest.set_number(last.largest if sized else round(usual * 1.4, 1))
        self.count.set_number(last.count)
        self.spacing.set_number(last.spacing)
        self.lowest.set_number(last.lowest)
        self.highest.set_number(last.highest)
        self.turned.setChecked(last.turned)
        self.seed.set_number(new_seed())

    def _remember(self) -> None:
        remembered, task = settings().remembered, self._document.scene.task
        calibrated = self._document.unit == "mm"
        several = Several(
            count=int(self.count.value()),
            models=self.models.currentData(),
            smallest=self.smallest.value() if calibrated else 0,
            largest=self.largest.value() if calibrated else 0,
            spacing=self.spacing.value(),
            lowest=self.lowest.value(),
            highest=self.highest.value(),
            turned=self.turned.isChecked(),
        )
        settings().remember(several={**remembered.several, task: several})

    # -- choosing --------------------------------------------------------------------------------------

    def _models(self, which: str) -> tuple[str, ...]:
        shelf = self._shelf
        if which == "chosen":
            return (self._document.brush.lesion,)
        names = tuple(entry.name for entry in shelf.entries)
        return names if which == "all" else tuple(name for name in names if name in shelf.favourites)

    @property
    def wanted(self) -> Scatter:
        """What the fields ask for."""
        return Scatter(
            int(self.count.value()),
            self._models(self.models.currentData()),
            self._document.brush.blend,
            (self.smallest.value(), self.largest.value()),
            (self.lowest.value() / 100, self.highest.value() / 100),
            self.spacing.value(),
            self.turned.isChecked(),
            int(self.seed.value()),
        )

    def _ask(self) -> None:
        """Something has changed: the places are chosen anew, after a short pause."""
        self.placements = ()
        self._say("Choosing places…")
        self._pause.start()

    def _choose_places(self) -> None:
        wanted, where, document = self.wanted, self._where, self._document
        there, ids = document.scene.placements, document.new_ids(wanted.count)
        self._submit("scatter", lambda: scatter(wanted, where, there, ids), self._chosen, self._failed)

    def _submit(
        self,
        kind: str,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[str, str], None] | None = None,
    ) -> None:
        self._jobs = [job for job in self._jobs if not job.state.ended]
        self._jobs.append(self._bridge.submit(kind, work, done, failed, title="Choosing places"))

    def _chosen(self, placements: tuple[Placement, ...]) -> None:
        self.placements = placements
        sizes = [placement.diameter_mm for placement in placements]
        self._say(f"{min(sizes):.1f} to {max(sizes):.1f} {self._document.unit}, all in permitted places.")

    def _failed(self, message: str, _: str) -> None:
        self._say(message, warning=True)

    def _refuse(self, sentence: str) -> None:
        self._say(sentence, warning=True)

    def _say(self, text: str, *, warning: bool = False) -> None:
        self.says.setText(text)
        self.says.setProperty("role", "warning" if warning else "muted")
        self.says.style().unpolish(self.says)
        self.says.style().polish(self.says)
        count = len(self.placements)
        self.place.setEnabled(count > 0)
        self.place.setText(f"Place {count} lesions" if count > 1 else "Place lesion" if count else "Place")
        self.preview.show_places(self._document.scene.placements, self.placements)

    def accept(self) -> None:
        """Hands over what is shown; not while it is still being chosen."""
        if self.placements:
            self._remember()
            self.chosen.emit(self.placements)
            super().accept()

    def done(self, result: int) -> None:
        self._pause.stop()
        for job in self._jobs:
            job.cancel()
        super().done(result)


def _field(
    name: str, low: float, high: float, *, decimals: int = 1, suffix: str = "", tip: str = ""
) -> NumberField:
    field = NumberField(name, decimals=decimals, suffix=suffix, tip=tip)
    field.setRange(low, high)
    return field


def _line(*widgets: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(8)
    for widget in widgets:
        line.addWidget(widget, alignment=Qt.AlignmentFlag.AlignVCenter)
    line.addStretch(1)
    return line
