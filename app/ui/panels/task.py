"""Which task the scene is for, and where its anatomy comes from."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QLabel

from app.tasks import task, task_names
from app.ui.document import Document
from app.ui.panels.parts import Card, Choice
from app.ui.settings import settings


class TaskPanel(Card):
    """Chooses the task."""

    def __init__(self, document: Document) -> None:
        super().__init__("Task", "task")
        self._document = document
        self.choice = Choice("Task")
        self.choice.setToolTip(
            "The clinical setting: which lesions, which structures forbid them, which windows"
        )
        for name in task_names():
            self.choice.addItem(task(name).title, name)
        self.choice.activated.connect(self._choose)
        self.origin = QLabel(wordWrap=True)
        self.origin.setProperty("role", "small")
        self.body.addWidget(self.choice)
        self.body.addWidget(self.origin)
        document.scene_changed.connect(self._show)
        document.where_changed.connect(self._show)
        self._show()

    def _choose(self, index: int) -> None:
        name = self.choice.itemData(index)
        settings().remember(task=name)
        self._document.set_task(name)

    def _show(self) -> None:
        document = self._document
        with QSignalBlocker(self.choice):
            self.choice.setCurrentIndex(self.choice.findData(document.scene.task))
        if document.page is None:
            text = ""
        elif document.finding:
            text = "Finding the danger zone…"
        elif document.where is not None:
            text = f"Anatomy: {document.where.anatomy.origin}"
        elif document.doubted is not None:
            text = "The danger zone is not shown: say over the image what to do."
        elif document.doubt:
            text = f"No danger zone is used, as you chose: places are {document.doubt}."
        else:
            text = "No danger zone is known for this image: lesions can be placed anywhere."
        if self.origin.text() != text:
            self.origin.setText(text)
            self.origin.setVisible(bool(text))
