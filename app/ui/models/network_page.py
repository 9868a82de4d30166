"""One network of a task: its versions, and the card and the curves of the chosen one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel

from app.ui.models.card_view import CardView
from app.ui.models.cards import date_of
from app.ui.models.curves import Curves
from app.ui.models.curves_view import CurvesView
from app.ui.models.library import ModelLibrary, Network
from app.ui.models.parts import Figures, Page, Title, button, buttons, first_icon, heading
from app.ui.models.picture import Picture
from app.ui.models.reading_pictures import Sample, read_samples
from app.ui.models.stages import MEANINGS, TITLES
from app.ui.panels.parts import Choice
from app.ui.theme import icon

if TYPE_CHECKING:
    from app.anatomy.versions import Version

USED = "✓ in use"


class NetworkPage(Page):
    """Shows a `Network`; what is done with a version is asked for by signals."""

    train_wanted = Signal()
    import_wanted = Signal()
    export_wanted = Signal()
    remove_wanted = Signal()
    chosen = Signal()
    """Another version is looked at."""
    opened = Signal(object, int)
    """The `Named` pictures that are to be seen large, and which of them first."""

    def __init__(self, library: ModelLibrary) -> None:
        super().__init__("Model")
        self._library = library
        self.network: Network | None = None
        self.title = Title()
        self.train = button("Train…", "Train a new version on your own images (Ctrl+Shift+T)")
        self.train.setDefault(True)
        self.bring_in = button(
            "Import a model…", "Take in a model that a colleague has trained, from its folder"
        )
        self.versions = Figures("Versions")
        self.use = button("Use", "Put the chosen version to work; open images are looked at anew")
        self.export = button("Export…", "Copy the chosen version into a folder, for a colleague")
        self.remove = button("Remove…", "Delete the chosen version, which is your own and not in use")
        self.none = QLabel(wordWrap=True)
        self.none.setProperty("role", "muted")
        self.trouble = QLabel(wordWrap=True)
        self.trouble.setProperty("role", "warning")
        self.card = CardView()
        self.drawn_heading, self.drawn = heading("What it draws"), Picture("What the model draws")
        self.drawn.setToolTip("New backgrounds of this model; a click opens them at full size")
        self._sample: Path | None = None
        self.curves_heading, self.curves = heading("How it learnt"), CurvesView()
        self.stage = Choice("Stage of the training")
        self.stage.setToolTip("The stages of the training, one after the other; each has curves of its own")
        self._curves: dict[str, Curves] = {}
        self._versions_heading = heading("Versions")
        self._of_card = heading("")
        column = self.column
        column.addWidget(self.title)
        column.addLayout(buttons(self.train, self.bring_in))
        column.addSpacing(10)
        column.addWidget(self._versions_heading)
        column.addWidget(self.none)
        column.addWidget(self.versions)
        column.addLayout(buttons(self.use, self.export, self.remove))
        column.addSpacing(14)
        for widget in (
            self._of_card, self.trouble, self.drawn_heading, self.drawn, self.card, self.curves_heading,
            self.stage, self.curves,
        ):  # fmt: skip
            column.addWidget(widget)
        column.addStretch(1)
        self._of_card.setProperty("role", "title")
        self.train.clicked.connect(self.train_wanted)
        self.bring_in.clicked.connect(self.import_wanted)
        self.export.clicked.connect(self.export_wanted)
        self.remove.clicked.connect(self.remove_wanted)
        self.use.clicked.connect(self.use_chosen)
        self.drawn.opened.connect(self.open_drawn)
        self.stage.activated.connect(self._show_stage)
        self.versions.itemSelectionChanged.connect(self._show_version)
        self.versions.itemActivated.connect(lambda _: self.use_chosen())
        self.set_icons()

    @property
    def version(self) -> Version | None:
        """The version that is looked at."""
        row = self.versions.currentRow()
        if self.network is None or not 0 <= row < len(self.network.versions):
            return None
        return self.network.versions[row]

    @property
    def has_drawn(self) -> bool:
        """Whether there is a picture of what the version draws."""
        return self._sample is not None

    def use_chosen(self) -> None:
        """Puts the chosen version to work."""
        if self.network is not None and self.version is not None and self.use.isEnabled():
            self._library.adopt(self.network, self.version)

    def open_drawn(self) -> None:
        """Asks for what the version draws to be seen large."""
        if self._sample is not None and self.network is not None:
            title = f"{self.network.kind.title}, {self.network.task.title}: {self._of_card.text()}"
            self.opened.emit([(title, self._sample)], 0)

    def show_network(self, network: Network) -> None:
        """Shows a network; the version that was looked at stays so, else the one in use is."""
        same = self.network is not None and self.network.key == network.key
        last = self.version.name if same and self.version is not None else ""
        self.network = network
        kind, there = network.kind, bool(network.versions)
        self.title.say(kind.title, network.task.title, f"{kind.what} {kind.learns}")
        self.none.setText(
            "" if there else "There is no model yet: train one, or import one that a colleague has trained."
        )
        self.none.setHidden(there)
        for widget in (self.versions, self.use, self.export, self.remove):
            widget.setVisible(there)
        self.versions.blockSignals(True)
        rows = [(_title(v), _date(v), USED if v.in_use else "") for v in network.versions]
        self.versions.fill(("Version", "Trained", ""), rows)
        used = next((n for n, v in enumerate(network.versions) if v.in_use), 0)
        kept = next((n for n, v in enumerate(network.versions) if v.name == last), used)
        self.versions.setCurrentCell(kept, 0)
        self.versions.blockSignals(False)
        self._show_version()
        if not same:
            self.verticalScrollBar().setValue(0)

    def set_icons(self) -> None:
        """Draws icons and curves in the colours of the theme."""
        for each, name in (
            (self.bring_in, "import"),
            (self.export, "export"),
            (self.use, "check-circle-outline"),
            (self.remove, "trash-can-outline"),
        ):
            each.setIcon(icon(name))
        self.train.setIcon(first_icon("school-outline"))
        self.curves.set_colours()

    def _show_version(self) -> None:
        version, network = self.version, self.network
        for widget in (self._of_card, self.trouble, self.card):
            widget.setVisible(version is not None)
        self._show_curves({})
        self._show_drawn(None, QImage())
        if version is None or network is None:
            self.chosen.emit()
            return
        used = " in use" if version.in_use else ""
        self._of_card.setText(f"The model{used}, {version.title}" if used else _title(version))
        self.trouble.setText(version.trouble)
        self.trouble.setVisible(bool(version.trouble))
        self.use.setEnabled(not version.in_use and not version.trouble)
        self.export.setEnabled(not version.trouble)
        self.remove.setEnabled(version.name != "shipped" and not version.in_use)
        self.card.show_card(version.card, network.task)
        if not network.kind.labelled:

            def take(samples: list[Sample]) -> None:
                if self.version is version:  # another one may be looked at by now
                    self._show_drawn(*samples[0])

            read_samples(self._library.bridge, "sample", (version.folder,), network.task.name, take)
        self._library.read_curves(version.folder, self._show_curves)
        self.chosen.emit()

    def _show_drawn(self, file: Path | None, image: QImage) -> None:
        self._sample = file
        self.drawn_heading.setHidden(image.isNull())
        self.drawn.setHidden(image.isNull())
        self.drawn.show_image(image)
        self.chosen.emit()

    def _show_curves(self, found: dict[str, Curves]) -> None:
        self._curves = {stage: curves for stage, curves in found.items() if len(curves.steps) > 1}
        for widget in (self.curves_heading, self.curves):
            widget.setVisible(bool(self._curves))
        self.stage.setVisible(any(self._curves))
        self.stage.clear()
        for stage in self._curves:
            self.stage.addItem(f"{TITLES.get(stage, stage)}: {MEANINGS.get(stage, '')}", stage)
        self._show_stage()

    def _show_stage(self, *_: object) -> None:
        if self._curves:
            self.curves.show_curves(self._curves[str(self.stage.currentData())])


def _title(version: Version) -> str:
    text = version.title[:1].upper() + version.title[1:]
    return f"{text}  ⚠" if version.trouble else text


def _date(version: Version) -> str:
    """When it was trained, by its card, else by its file where it is the user's own."""
    if date := date_of(version.card):
        return date
    if version.name == "shipped":
        return ""
    try:
        seconds = version.folder.joinpath("card.json").stat().st_mtime
    except OSError:
        return ""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d")
