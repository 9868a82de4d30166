"""Which part of the image is seen, at what size, and what follows the cursor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence

from app.ui.actions import Spec
from app.ui.canvas.texts import PLANES
from app.ui.canvas.wheel import ZOOM_STEP
from app.ui.feature import Feature
from app.ui.frame.screen import pixels_per_mm
from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.window import Window

HELD_S = 0.35
"""A key that is held longer than this was held on purpose."""


class Viewing(Feature):
    """Fits and zooms; the magnifier and the crosshair."""

    SPECS = (
        Spec(
            "reset", "&Reset view and window", "&View", 0, "fit-to-page-outline", ("R",),
            "All of the image, in its own window", needs="image",
        ),
        Spec(
            "fit", "&Fit the image", "&View", 0, "arrow-expand-all", ("Ctrl+0",),
            "All of the image; the window stays as it is", needs="image",
        ),
        Spec(
            "one_to_one", "&One screen pixel per image pixel", "&View", 0, "numeric-1-box-outline",
            ("O", "Ctrl+1"), needs="image",
        ),
        Spec("true_size", "&True size (mm)", "&View", 0, "ruler-square", ("Shift+O",)),
        Spec(
            "zoom_in", "Zoom &in", "&View", 0, "magnify-plus-outline", ("Ctrl++", "Ctrl+="),
            "At the cursor; Ctrl+wheel does so, too", needs="image",
        ),
        Spec(
            "zoom_out", "&Zoom out", "&View", 0, "magnify-minus-outline", ("Ctrl+-",),
            "At the cursor; Ctrl+wheel does so, too", needs="image",
        ),
        Spec(
            "magnifier", "&Magnifier", "&View", 2, "magnify", ("M",),
            "Enlarges what is under the cursor: hold the key, or press it once to keep the magnifier",
            checkable=True, needs="image",
        ),
        Spec(
            "crosshair", "&Crosshair", "&View", 2, "crosshairs", ("X",),
            "Hairlines through the cursor, from edge to edge", checkable=True, needs="image",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._canvas = self.compose.canvas
        self._magnifier = window.actions_["magnifier"]
        self._magnifier.setAutoRepeat(False)
        self._since = 0.0
        self._canvas.installEventFilter(self)
        self.document.page_shown.connect(self._canvas.look_again)
        self.document.rendered.connect(self._canvas.look_again)
        settings().changed.connect(self._preferred)

    def refresh(self) -> None:
        action, why = self.window.actions_["true_size"], self._no_true_size()
        action.setEnabled(not why)
        page = self.document.page
        plane = PLANES.get(page.image.calibration, "") if page else ""
        self.window.actions_.set_tip("true_size", f"A mm of the image{plane} is a mm on the screen", why)

    def close_down(self) -> None:
        settings().changed.disconnect(self._preferred)

    def reset(self) -> None:
        """Fits the image, and takes its own window."""
        self.fit()
        self.compose.controller.display.reset()

    def fit(self) -> None:
        """Shows all of the image."""
        self._canvas.box.fit()

    def one_to_one(self) -> None:
        """Shows one of the screen's own pixels to an image pixel."""
        self._canvas.set_zoom(1.0)

    def true_size(self) -> None:
        """Shows a mm of the image as a mm on the screen."""
        page, dense = self.document.page, pixels_per_mm(self._canvas)
        if page is not None and page.image.spacing is not None and dense is not None:
            self._canvas.set_zoom(page.image.spacing[1] * dense)

    def zoom_in(self) -> None:
        """Enlarges."""
        self._canvas.zoom_by(ZOOM_STEP**2)

    def zoom_out(self) -> None:
        """Shrinks."""
        self._canvas.zoom_by(ZOOM_STEP**-2)

    def magnifier(self, on: bool) -> None:
        """Shows the magnifier, or hides it."""
        self._since = time.monotonic()
        self._canvas.pointer.show(magnifier=on)

    def crosshair(self, on: bool) -> None:
        """Shows the crosshair, or hides it."""
        self._canvas.pointer.show(crosshair=on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lets go of the magnifier with its key, where that was held."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease:
            key = QKeySequence(event.keyCombination())
            held = time.monotonic() - self._since > HELD_S
            if held and not event.isAutoRepeat() and key in self._magnifier.shortcuts():
                self._magnifier.setChecked(False)
        return super().eventFilter(watched, event)

    def _no_true_size(self) -> str:
        """Why the true size cannot be shown; empty where it can."""
        page = self.document.page
        if page is None:
            return "No image is open"
        if page.image.spacing is None:
            return "The image is uncalibrated: nobody knows how large its pixels are"
        if pixels_per_mm(self._canvas) is None:
            return "The screen does not say how large it is: give its resolution in the settings"
        return ""

    def _preferred(self, name: str) -> None:
        if name in ("corner_text", "deidentify"):
            self.compose.controller.show_corners()
        elif name == "screen_dpi":
            self.refresh()
