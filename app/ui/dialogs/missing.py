"""Where a scene's background is now."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from app.composition.searching import name_of
from app.engine import Job
from app.ui.dialogs.parts import ButtonBox
from app.ui.work.opening import Opener
from app.ui.work.reading import Missing

WIDTH = 520


class MissingDialog(QDialog):
    """Asks until the right image is found, or the user gives up; the scene is opened with it."""

    file_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, missing: Missing, opener: Opener, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._missing, self._opener = missing, opener
        self._job: Job | None = None
        work = missing.work
        name = name_of(work.scene.background.path or "")
        self.setWindowTitle(f"Where is {name} now?")
        self.setMinimumWidth(WIDTH)
        count = len(work.scene.placements)
        lesions = "1 lesion" if count == 1 else f"{count} lesions"
        title = QLabel(f"“{work.title}” places {lesions} in {name}.")
        title.setProperty("role", "heading")
        reason = QLabel(f"{missing.reason} No copy of it is near the scene either.", wordWrap=True)
        self.sentence = QLabel(wordWrap=True)
        self.sentence.setProperty("role", "warning")
        self.sentence.setAccessibleName("What came of the last choice")
        self.sentence.hide()
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.file = buttons.addButton("Choose the &file…", QDialogButtonBox.ButtonRole.ActionRole)
        self.folder = buttons.addButton("&Search a folder…", QDialogButtonBox.ButtonRole.ActionRole)
        self.file.setToolTip("Choose the image that the scene was made on")
        self.folder.setToolTip("Look for it in a folder and the folders below, by its name and its pixels")
        self.file.setDefault(True)
        self.file.clicked.connect(self.file_wanted)
        self.folder.clicked.connect(self.folder_wanted)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (title, reason, self.sentence, buttons):
            layout.addWidget(widget)

    def look_at(self, place: Path) -> None:
        """Opens the scene with the image there; asks again where that is another one."""
        self._say(f"Looking at {place}…")
        self._busy(True)
        self._job = self._opener.relocate(self._missing, place, self.accept, self._failed)

    def reject(self) -> None:
        if self._job is not None:
            self._job.cancel()
        super().reject()

    def _failed(self, sentence: str, details: str) -> None:
        del details
        self._busy(False)
        self._say(sentence)

    def _busy(self, busy: bool) -> None:
        self.file.setDisabled(busy)
        self.folder.setDisabled(busy)

    def _say(self, sentence: str) -> None:
        self.sentence.setText(sentence)
        self.sentence.show()
