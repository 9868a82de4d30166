"""Running through the images of a series by itself."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from app.ui.document import Document
from app.ui.settings import settings
from app.ui.work.opening import Opener


class Cine(QObject):
    """Asks for the image that is due by the clock, round and round.

    The opener reads one at a time and then the newest that is wanted: where reading is slower than the
    clock, images are left out. Any other wish for an image, and anything that cannot be read, ends it.
    """

    running_changed = Signal(bool)

    def __init__(self, document: Document, opener: Opener) -> None:
        super().__init__(document)
        self._document, self._opener = document, opener
        self._first, self._began, self._asked = 0, 0.0, 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        document.opened.connect(self.stop)
        document.page_shown.connect(self._look)
        settings().changed.connect(self._preferred)

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._timer.isActive()

    def start(self) -> None:
        """Runs from the image that is shown."""
        series = self._document.series
        if self.running or series is None or len(series) < 2:
            return
        self._begin()
        self.running_changed.emit(True)

    def stop(self) -> None:
        """Stays at the image that is shown."""
        if self.running:
            self._timer.stop()
            self.running_changed.emit(False)

    def close(self) -> None:
        """Stops, and listens to the settings no more."""
        self.stop()
        settings().changed.disconnect(self._preferred)

    def _begin(self) -> None:
        self._first = self._asked = self._opener.slice_wanted
        self._began = time.monotonic()
        self._timer.start(1000 // settings().preferences.cine_per_s)

    def _tick(self) -> None:
        self._look()
        series = self._document.series
        if not self.running or series is None:
            return
        due = int((time.monotonic() - self._began) * settings().preferences.cine_per_s)
        self._asked = (self._first + due) % len(series)
        self._opener.show_slice(self._asked)

    def _look(self) -> None:
        """Another image than ours is wanted: the hand has turned to it, or ours could not be read."""
        if self._opener.slice_wanted != self._asked:
            self.stop()

    def _preferred(self, name: str) -> None:
        if name == "cine_per_s" and self.running:
            self._begin()
