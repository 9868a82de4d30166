"""Qt's Python binding must not lose references: PySide6 6.12.0 did, and ended the program for it."""

from __future__ import annotations

import sys

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QApplication


class Sender(QObject):
    """Emits."""

    said = Signal(object)


def test_events_and_signals_lose_no_references(qapp: QApplication) -> None:
    sender = Sender()
    sender.said.connect(lambda _: None)
    for count in (100, 2000):  # the first round fills caches
        before = sys.getrefcount(None), sys.getrefcount(True)
        for _ in range(count):
            QCoreApplication.processEvents()
            sender.said.emit(True)
        after = sys.getrefcount(None), sys.getrefcount(True)
    assert min(a - b for a, b in zip(after, before, strict=True)) > -count / 2
