"""Waits for what is being saved before the window closes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.work.bridge import Bridge
from app.ui.work.saving import Saver

_LOOK_MS = 100


class WaitingBox(QMessageBox):
    """Does `then` once nothing is being saved any more, unless that fails or the user stays."""

    def __init__(self, saver: Saver, bridge: Bridge, then: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._saver, self._then = saver, then
        self._quiet, self._over = 0, False
        self.setWindowTitle("Lithograph")
        self.setIcon(QMessageBox.Icon.Information)
        self.setText(f"{saver.under_way[0].title} is not finished.")
        self.setInformativeText("The window closes by itself as soon as it is.")
        self._stop = self.addButton("&Stop it and close", QMessageBox.ButtonRole.DestructiveRole)
        stay = self.addButton("&Keep the window open", QMessageBox.ButtonRole.RejectRole)
        self.setEscapeButton(stay)
        self.setDefaultButton(stay)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._looked)
        self._look.start()
        bridge.failed.connect(self.reject)
        self.finished.connect(self._answered)

    def _looked(self) -> None:
        # Twice, for between rendering and writing nothing is under way for a moment.
        self._quiet = 0 if self._saver.under_way else self._quiet + 1
        if self._quiet == 2:
            self._over = True
            self.accept()

    def _answered(self, _: int) -> None:
        self._look.stop()
        self.deleteLater()
        stopped = self.clickedButton() is self._stop
        if stopped:
            for job in self._saver.under_way:
                job.cancel()
        if stopped or self._over:
            self._then()
