"""The editor of annotations as a page of the workspace, with the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import icon
from app.ui.work.bridge import Bridge

if TYPE_CHECKING:
    from app.training.sets import TrainingSet
    from app.ui.annotate import AnnotationEditor


class AnnotatePage(QWidget):
    """Makes the editor at the first set that is annotated."""

    left = Signal()
    """The user goes back to the list of sets."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.editor: AnnotationEditor | None = None
        self._open = False
        self.back = QPushButton("Training sets")
        self.back.setToolTip("Back to the list of training sets; what was annotated is saved")
        self.back.setAutoDefault(False)
        self.back.clicked.connect(self.left)
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        top = QHBoxLayout()
        top.setContentsMargins(8, 6, 8, 6)
        top.setSpacing(12)
        top.addWidget(self.back)
        top.addWidget(self.title, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addLayout(top)
        self.set_icons()

    def open_set(self, training_set: TrainingSet) -> None:
        """Opens a set in the editor."""
        from app.ui.annotate import AnnotationEditor

        self.title.setText(training_set.title)
        if self.editor is None:
            self.editor = AnnotationEditor(self._bridge)
            self._column.addWidget(self.editor, 1)
        self._open = True
        self.editor.open_set(training_set.name)

    def arrive(self) -> None:
        """Takes the focus."""
        (self.editor or self.back).setFocus()

    def leave(self) -> None:
        """Another page is shown: the set is let go of."""
        if self.editor is not None and self._open:
            self._open = False
            self.editor.leave()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.back.setIcon(icon("arrow-left"))
        if self.editor is not None:
            self.editor.set_icons()

    def close_down(self) -> None:
        """The window is closing: what is not on the disk yet is handed over."""
        if self.editor is not None:
            self.editor.close_down()
