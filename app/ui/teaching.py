"""*Train lesion from this image*: an ellipse, a name, and the training begins."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMainWindow

from app.ui.compose import ComposeWorkspace


class Teaching(QObject):
    """The steps between the action and the engine."""

    def __init__(self, window: QMainWindow, compose: ComposeWorkspace, action: QAction) -> None:
        super().__init__(window)
        self._window, self._compose, self._action = window, compose, action
        compose.canvas.ellipse_drawn.connect(self._ask_name)
        compose.trainer.trained.connect(self._trained)

    def _ask_name(self, ellipse: QRectF) -> None:
        self._action.setChecked(False)
        if self._compose.trainer.busy:
            self._compose.messages.show_message(
                "warning", "A lesion model is being trained already; wait for it, or stop it.", seconds=6
            )
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Train lesion")
        dialog.setLabelText("Name of the new lesion model, such as “round stone, 6 mm”:")
        dialog.setOkButtonText("Train")
        dialog.resize(420, dialog.height())
        dialog.textValueSelected.connect(lambda text: self._train(ellipse, text.strip()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _train(self, ellipse: QRectF, title: str) -> None:
        if title:
            self._compose.trainer.train(ellipse, title)
            self._compose.messages.show_message(
                "hint",
                f"“{title}” is being trained in the background; go on working. The status bar shows how long "
                "it takes, and stops it.",
                seconds=8,
            )

    def _trained(self, title: str) -> None:
        self._compose.messages.show_message(
            "done", f"“{title}” is trained; it is among the lesion models.", seconds=10
        )
