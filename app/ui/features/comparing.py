"""Before and after: the background without its lesions, in turns with the composite or beside it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.ui.actions import Spec
from app.ui.canvas.beside import Beside
from app.ui.feature import Feature
from app.ui.features.viewing import HELD_S

if TYPE_CHECKING:
    from app.ui.window import Window

FLICKER_MS = 250
"""Each picture is seen for so long: two turns a second, at which eyes are quickest to see what moves."""


class Comparing(Feature):
    """Shows what the lesions have changed; while pictures take turns, only pixels differ."""

    SPECS = (
        Spec(
            "bare", "&Background without lesions", "&View", 4, "eye-off-outline", ("B",),
            "Hold the key to see the image as it was, or press it once to keep it so",
            checkable=True, needs="lesions",
        ),
        Spec(
            "flicker", "Flic&ker before and after", "&View", 4, "swap-horizontal", ("Shift+B",),
            "The background and the composite take turns, twice a second; overlays are hidden meanwhile",
            checkable=True, needs="lesions",
        ),
        Spec(
            "beside", "Be&fore and after side by side", "&View", 4, "view-split-vertical", ("Ctrl+Shift+B",),
            "The background on the left, the composite on the right; both look at the same place",
            checkable=True, needs="image",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._bare, self._flicker = (window.actions_[name] for name in ("bare", "flicker"))
        for action in (self._bare, self._flicker):
            action.setAutoRepeat(False)
        self._since = 0.0
        self._turn = False
        self._clock = QTimer(self, interval=FLICKER_MS)
        self._clock.timeout.connect(self._take_turns)
        self.side: Beside | None = None
        """The second canvas, made when first asked for."""
        window.installEventFilter(self)

    def refresh(self) -> None:
        if not self._bare.isEnabled():
            self._bare.setChecked(False)
            self._flicker.setChecked(False)

    def close_down(self) -> None:
        self._clock.stop()
        self.window.removeEventFilter(self)

    def bare(self, on: bool) -> None:
        """Shows the background without lesions, or the composite."""
        self._since = time.monotonic()
        if on:
            self._flicker.setChecked(False)
        self._show(bare=on, aside=on)

    def flicker(self, on: bool) -> None:
        """Lets background and composite take turns."""
        if on:
            self._bare.setChecked(False)
            self._clock.start()
        else:
            self._clock.stop()
        self._turn = on
        self._show(bare=on, aside=on)

    def beside(self, on: bool) -> None:
        """Shows the background beside the composite."""
        compose = self.compose
        if self.side is None:
            self.side = Beside(self.document, compose.canvas, compose.controller.display)
            self.side.hover.connect(compose.controller.hover)
            self.side.stepped.connect(compose.step)
            compose.pictures.insertWidget(0, self.side.view, 1)
        self.side.show(on)
        compose.canvas.pointer.show(crosshair=on or self.window.actions_["crosshair"].isChecked())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shows the composite again when the key is let go of, where it was held."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease:
            key = QKeySequence(event.keyCombination())
            held = time.monotonic() - self._since > HELD_S
            if held and not event.isAutoRepeat() and key in self._bare.shortcuts():
                self._bare.setChecked(False)
        return super().eventFilter(watched, event)

    def _take_turns(self) -> None:
        self._turn = not self._turn
        self._show(bare=self._turn, aside=True)

    def _show(self, *, bare: bool, aside: bool) -> None:
        self.compose.overlays.set_aside(aside)
        self.compose.controller.showing.show_bare(bare)
