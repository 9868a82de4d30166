"""The question before something is deleted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.dialogs.parts import ask

Choice = tuple[str, Callable[[], object]]
"""The words of a button, and what it does."""


def ask_before(
    parent: QWidget, title: str, text: str, consequence: str, deed: Choice, instead: Choice | None = None
) -> QMessageBox:
    """Opens a question that is answered with Cancel by whoever does not read it."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(consequence)
    box.addButton(QMessageBox.StandardButton.Cancel)
    if instead is not None:
        box.addButton(instead[0], QMessageBox.ButtonRole.AcceptRole).clicked.connect(instead[1])
    box.addButton(deed[0], QMessageBox.ButtonRole.DestructiveRole).clicked.connect(deed[1])
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    box.finished.connect(box.deleteLater)
    ask(box)
    return box
