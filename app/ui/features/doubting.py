"""A foreign image: its danger zone is not shown before the user has said what to do with it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.anatomy.doubts import doubt, remedy
from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.frame.doubt_strip import DoubtStrip

if TYPE_CHECKING:
    from app.ui.window import Window

_USUAL = "the network does not take this image for a foreign one"


class Doubting(Feature):
    """Warns, and takes one of two answers; also warns of an image on which nothing is permitted."""

    SPECS = (
        Spec(
            "believe_zone", "Show the danger zone &all the same", "&View", 4, "eye-outline",
            ("Ctrl+Shift+D",),
            "Uses what the network has found on a foreign image, for this image only",
        ),
        Spec(
            "without_zone", "Place without a danger &zone", "&View", 4, "map-marker-off-outline",
            ("Ctrl+Shift+N",),
            "Lesions can then be placed anywhere on this image; the scene says that they were not checked",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        actions = window.actions_
        answers = (actions["believe_zone"], actions["without_zone"])
        self.strip = DoubtStrip(self.compose.canvas, answers)
        chain: tuple[QWidget, ...] = (self.compose.canvas, *self.strip.buttons)
        for before, after in pairwise(chain):
            QWidget.setTabOrder(before, after)
        messages = self.compose.messages
        self.strip.moved.connect(lambda: messages.stand_below(self.strip))
        self._warned = ""
        self.document.where_changed.connect(self._look)
        self.document.opened.connect(self._look)

    def refresh(self) -> None:
        asked = self.document.doubted is not None
        for spec in self.SPECS:
            self.window.actions_[spec.name].setEnabled(asked)
            self.window.actions_.set_tip(spec.name, spec.tip, "" if asked else _USUAL)

    def set_icons(self) -> None:
        self.strip.set_icons()

    def believe_zone(self) -> None:
        """Shows and uses it."""
        self._answer(believed=True)

    def without_zone(self) -> None:
        """Does without it."""
        self._answer(believed=False)

    def _answer(self, *, believed: bool) -> None:
        self.compose.messages.clear("warning")  # that nothing was placed before
        self.document.believe(believed)

    def _look(self) -> None:
        """Something else is known of the image, or another one is open."""
        self.refresh()
        document, doubted = self.document, self.document.doubted
        familiarity = doubted.anatomy.familiarity if doubted is not None else None
        text = ""
        if familiarity is not None:
            what = f"{doubt(familiarity, document.task)}; its danger zone is not shown."
            text = f"{what} {remedy(familiarity)} Until you choose, nothing is placed."
        if bool(text) != bool(self.strip.text):
            self.compose.canvas.setFocus()  # from a button that leaves
        self.strip.say(text)
        self._warn_of_nothing()

    def _warn_of_nothing(self) -> None:
        found = self.compose.finder.overlays
        nothing = found.nothing if found is not None and self.document.where is found.where else ""
        if self._warned and not nothing:
            self.compose.messages.withdraw(self._warned)
        elif nothing and nothing != self._warned:
            self.compose.messages.show_message("warning", nothing)
        self._warned = nothing
