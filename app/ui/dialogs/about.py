"""What this program is and is not for, what it is made of, and how it is cited."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import __version__
from app.licences import Library, ModelCard
from app.ui.dialogs.parts import ButtonBox, Table, fit_to_screen, search_field

CITATION = (
    "Tang G, Cai S, Meng X, Huo S, Wang M, Lu Z, Chen Z, Luo X. High-fidelity medical image generation: "
    "controllable synthesis of high-resolution medical images via hierarchical fusion in vector-quantized "
    "generative networks. Frontiers in Physics 13:1661146 (2025). https://doi.org/10.3389/fphy.2025.1661146"
)
BIBTEX = """@article{tang2025highfidelity,
  author  = {Tang, G. and Cai, S. and Meng, X. and Huo, S. and Wang, M. and Lu, Z. and Chen, Z. and Luo, X.},
  title   = {High-fidelity medical image generation: controllable synthesis of high-resolution medical
             images via hierarchical fusion in vector-quantized generative networks},
  journal = {Frontiers in Physics},
  volume  = {13},
  pages   = {1661146},
  year    = {2025},
  doi     = {10.3389/fphy.2025.1661146}
}"""
_PARTS = ("PySide6-Essentials", "pyqtgraph", "torch", "numpy", "pydicom", "SimpleITK")


class AboutDialog(QDialog):
    """Three pages: the program, its libraries, its models. What takes time to read is brought to it."""

    licence_wanted = Signal(str)
    """The name of a library whose licence is to be shown in full."""

    def __init__(self, parent: QWidget, device: str) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Lithograph")
        self.libraries = Table("Libraries", ("Library", "Version", "Licence"), wide=2)
        self.models = Table("Models", ("Model", "Licence of what it learnt from"), wide=1)
        self.licence = _reader("Licence of the library")
        self.card = _reader("What is known of the model")
        self.licence.setPlaceholderText("Choose a library to read its licence.")
        self.card.setPlaceholderText("Choose a model to read what it learnt from, and where it is wrong.")
        self._cards: dict[str, ModelCard] = {}
        self.pages = QTabWidget()
        self.pages.addTab(self._program(device), "The program")
        self.pages.addTab(_page(self.libraries, self.licence, "Find a library or a licence"), "Libraries")
        self.pages.addTab(_page(self.models, self.card, "Find a model"), "Models")
        self.libraries.currentItemChanged.connect(self._library_chosen)
        self.models.currentItemChanged.connect(self._model_chosen)
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages, 1)
        layout.addWidget(buttons)
        fit_to_screen(self, 720, 560)

    def show_parts(self, parts: tuple[Sequence[Library], Sequence[ModelCard]]) -> None:
        """Lists the libraries and the models."""
        libraries, cards = parts
        self.libraries.clear()
        group = self.libraries.add_group(f"{len(libraries)} libraries that the program stands on")
        for library in libraries:
            QTreeWidgetItem(group, [library.name, library.version, library.licence])
        self.models.clear()
        self._cards = {card.name: card for card in cards}
        group = self.models.add_group(f"{len(cards)} models")
        for card in cards:
            line = QTreeWidgetItem(group, [card.title, card.licence])
            line.setData(0, Qt.ItemDataRole.UserRole, card.name)
            line.setToolTip(1, card.licence)

    def show_licence(self, text: str) -> None:
        """Shows the licence that was asked for."""
        self.licence.setPlainText(text)

    def _library_chosen(self, item: QTreeWidgetItem | None, _: object = None) -> None:
        if item is not None and item.parent() is not None:
            self.licence_wanted.emit(item.text(0))

    def _model_chosen(self, item: QTreeWidgetItem | None, _: object = None) -> None:
        card = self._cards.get(str(item.data(0, Qt.ItemDataRole.UserRole))) if item is not None else None
        if card is not None:
            self.card.setPlainText(f"{card.title}\n\nLicence: {card.licence}\n\n{card.notes}".strip())

    def _program(self, device: str) -> QWidget:
        title = QLabel(f"Lithograph {__version__}")
        title.setProperty("role", "title")
        warning = QLabel("Research use only. Not a medical device, not for diagnosis.", wordWrap=True)
        warning.setProperty("role", "warning")
        what = QLabel(
            "Places synthetic small lesions into medical images, on purpose and under control.\n\n"
            "Apache License 2.0. The libraries and the images that the models learnt from have licences of "
            "their own; they are on the next pages.",
            wordWrap=True,
        )
        parts = [f"Lithograph {__version__}", f"Python {platform.python_version()}"]
        parts += [*map(_version, _PARTS), f"{platform.system()} {platform.release()}", f"Device: {device}"]
        versions = QLabel("  ·  ".join(parts[1:]), wordWrap=True)
        versions.setProperty("role", "muted")
        citation = QLabel(CITATION, wordWrap=True)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        for label in (warning, what, versions, citation):
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        copies = QHBoxLayout()
        copies.addWidget(_copy("Copy the citation", lambda: CITATION))
        copies.addWidget(_copy("Copy as BibTeX", lambda: BIBTEX))
        copies.addWidget(_copy("Copy the versions", lambda: "\n".join(parts)))
        copies.addStretch(1)
        for widget in (
            title,
            warning,
            what,
            _heading("The method"),
            citation,
            _heading("Versions"),
            versions,
        ):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addLayout(copies)
        return page


def _page(table: Table, reader: QPlainTextEdit, search: str) -> QWidget:
    page = QWidget()
    layout = QVBoxLayout(page)
    layout.addWidget(search_field(search, table))
    layout.addWidget(table, 3)
    layout.addWidget(reader, 2)
    return page


def _reader(name: str) -> QPlainTextEdit:
    reader = QPlainTextEdit()
    reader.setReadOnly(True)
    reader.setTabChangesFocus(True)
    reader.setAccessibleName(name)
    reader.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return reader


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _copy(text: str, content: Callable[[], str]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)

    def copy() -> None:
        QGuiApplication.clipboard().setText(content())
        button.setText("Copied")

    button.clicked.connect(copy)
    return button


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name}: version unknown"
