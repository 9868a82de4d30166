"""Files, folders and scenes that are dropped onto the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QLabel

from app.ui.feature import Feature
from app.ui.features.filing import Filing
from app.ui.work.reading import SCENE_SUFFIX

if TYPE_CHECKING:
    from app.ui.window import Window

FOREIGN = "Only files and folders can be dropped here"
_MARGIN = 12


class Dropping(Feature):
    """Says over the canvas what a drop would do, and does it."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        canvas = self.compose.canvas
        # What lies in the window leaves drops to the window itself.
        canvas.setAcceptDrops(False)
        canvas.viewport().setAcceptDrops(False)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self.hint = QLabel(canvas, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.hint.setObjectName("drop")
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hint.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self.hint.hide()
            self._drop(event)
            return True
        if isinstance(event, QDragEnterEvent):
            self._say(event.mimeData())
            self._answer(event)
            return True
        if isinstance(event, QDragMoveEvent):
            self._answer(event)
            return True
        if event.type() == QEvent.Type.DragLeave:
            self.hint.hide()
            return True
        return super().eventFilter(watched, event)

    def _answer(self, event: QDragMoveEvent) -> None:
        """Always stays in the conversation, so as to be told when the drag leaves; takes only files."""
        event.setDropAction(
            Qt.DropAction.CopyAction if paths_of(event.mimeData()) else Qt.DropAction.IgnoreAction
        )
        event.accept()

    def _say(self, data: QMimeData) -> None:
        """What would be opened, by the names alone: a look at the disk could take long."""
        paths = paths_of(data)
        if not paths:
            text = f"{FOREIGN}."
        elif words := self.window.workspace.drop_words(paths):
            text = words
        elif len(paths) == 1:
            kind = "scene" if paths[0].suffix.lower() == SCENE_SUFFIX else "image or folder"
            text = f"Drop to open the {kind}\n{paths[0].name}"
        else:
            text = f"Drop to open the series of these {len(paths)} files\n{paths[0].name} …"
        self.hint.setText(text)
        self.hint.setProperty("kind", "" if paths else "refused")
        self.hint.style().unpolish(self.hint)
        self.hint.style().polish(self.hint)
        place = self.window.workspace.message_place
        self.hint.setParent(place)
        area = place.rect()
        self.hint.setGeometry(area.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN))
        self.hint.show()
        self.hint.raise_()

    def _drop(self, event: QDropEvent) -> None:
        paths = paths_of(event.mimeData())
        if not paths:
            event.ignore()
            self.compose.messages.show_message(
                "warning", f"{FOREIGN}; save the image as a file first, and drop that.", seconds=8
            )
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if self.window.workspace.drop_words(paths):
            self.window.workspace.drop(paths)
            return
        filing = self.window.feature(Filing)
        filing.unless_unsaved(lambda: self.compose.opener.open_several(paths))


def paths_of(data: QMimeData) -> list[Path]:
    """The files and folders of a drag, by name; empty where it holds something else as well."""
    urls = data.urls()
    if not urls or not all(url.isLocalFile() for url in urls):
        return []
    return [Path(url.toLocalFile()) for url in urls]
