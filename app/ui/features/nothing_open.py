"""What a window says in which nothing is open, because the file that it was started on cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLabel

from app.ui.actions import shown
from app.ui.feature import Feature

if TYPE_CHECKING:
    from app.ui.window import Window


class NothingOpen(Feature):
    """A sentence on the empty canvas; the first image that opens takes it away."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        canvas = self.compose.canvas
        self.label = QLabel(canvas, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.label.setObjectName("nothing")
        self.label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label.hide()
        canvas.installEventFilter(self)
        self.document.opened.connect(self.label.hide)

    def begin(self) -> None:
        # not earlier: a slow start would say it before the first file has begun to open
        self.window.status.looked.connect(self._look)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.label.setGeometry(self.compose.canvas.rect())
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        coming = any(job.kind in ("open", "generate") for job in self.bridge.jobs)
        empty = self.document.base is None and not coming
        if empty and self.label.isHidden():
            opened, made = self._key("open"), self._key("generate_again")
            self.label.setText(
                f"Nothing is open.\nOpen an image{opened}, drop one here, or generate one{made}."
            )
            self.label.setGeometry(self.compose.canvas.rect())
            self.label.show()
            self.label.stackUnder(self.compose.messages)

    def _key(self, name: str) -> str:
        keys = self.window.actions_.keys(name)
        return f" ({shown(keys[0])})" if keys else ""
