"""Three hints over the image for who sits here for the first time; each leaves once it was followed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from app.composition.scene import Placement
from app.ui.actions import Spec, shown
from app.ui.feature import Feature
from app.ui.frame.hint_cards import HintCards
from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.window import Window

PLACE, SHAPE, SAVE = HINTS = ("place", "shape", "save")


class FirstSteps(Feature):
    """Watches the document for the deeds that the hints ask for."""

    SPECS = (
        Spec(
            "hints", "Show the &hints again", "&Help", 1, "lightbulb-on-outline",
            tip="The three hints of the first steps, over the image",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.cards = HintCards(self.compose.canvas, HINTS)
        self.cards.closed.connect(self._done)
        self._seen: dict[str, Placement] = {}
        self._welcome = False
        """Whether they may lie over what is open: over a generated image, or where they were asked for."""
        window.actions_["jobs"].toggled.connect(self._show)  # its list lies where they do
        self.document.opened.connect(self._opened)
        self.document.scene_changed.connect(self._watch)
        self.compose.saver.composite_saved.connect(lambda *_: self._done(SAVE))
        settings().changed.connect(self._changed)

    def hints(self) -> None:
        """Shows all of them again."""
        settings().remember(hints_done=())
        settings().change(hints=True)
        self._welcome = True
        self._show()

    def begin(self) -> None:
        recent = settings().remembered.recent
        if self.window.first is None and recent:
            self._last = Path(recent[0])
            self.document.opened.connect(self._offer_last, Qt.ConnectionType.SingleShotConnection)

    def _offer_last(self) -> None:
        """Who was here before most likely wants to go on with what was open; in Compose, where it shows."""
        last = self._last
        if self.compose.isHidden():
            return
        self.compose.messages.show_message(
            "hint",
            "This radiograph is generated.",
            seconds=20,
            action=(f"Open {last.name}", lambda: self.window.filing.open_path(last)),
        )

    def set_icons(self) -> None:
        for card in self.cards.cards.values():
            card.set_icons()

    def close_down(self) -> None:
        settings().changed.disconnect(self._changed)

    def _changed(self, name: str) -> None:
        if name == "hints":
            self._welcome = True
        if name in ("hints", "text_percent"):
            self._show()

    def _opened(self) -> None:
        self._seen = {p.id: p for p in self.document.scene.placements}
        self._welcome = self.document.scene.background.recipe is not None and self.document.path is None
        self._show()

    def _watch(self) -> None:
        before, self._seen = self._seen, {p.id: p for p in self.document.scene.placements}
        if set(self._seen) - set(before):
            self._done(PLACE)
        for name, placement in self._seen.items():
            old = before.get(name, placement)
            if (old.x, old.y, old.diameter_mm) != (placement.x, placement.y, placement.diameter_mm):
                self._done(SHAPE)

    def _done(self, hint: str) -> None:
        done = settings().remembered.hints_done
        if hint not in done:
            settings().remember(hints_done=(*done, hint))
            self._show()

    def _show(self, *_: object) -> None:
        busy = self.window.actions_["jobs"].isChecked()
        there = self.document.base is not None and self._welcome and not busy and settings().preferences.hints
        wanted = set(HINTS) - set(settings().remembered.hints_done) if there else set()
        if wanted:
            kind, unit = self.document.task.kind, self.document.unit
            keys = self.window.actions_.keys("save_composite")
            save = shown(keys[0]) if keys else "File › Save composite"
            cards = self.cards.cards
            cards[PLACE].say(f"Click where a {kind} may lie", "A tinted place is forbidden, and says why.")
            cards[SHAPE].say("Drag it, pull its handle", f"It is redrawn as you move; its size is in {unit}.")
            cards[SAVE].say(f"{save} saves the image", "With exact labels of every lesion, and the scene.")
        self.cards.show_only(wanted)
