"""Lesions by keys and menu: place, duplicate, align, copy, resize, rotate, go from one to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMenu

from app.ui.actions import Spec
from app.ui.document import clipboard, places
from app.ui.feature import Feature

if TYPE_CHECKING:
    from app.ui.window import Window

TURN_DEG = 5.0
DUPLICATE_AWAY = 1.25
"""How far to the right a duplicate is wanted, in its diameters."""


class Placing(Feature):
    """What the hand does with lesions, without a mouse."""

    SPECS = (
        Spec(
            "place_best", "&Place at the best free place", "&Lesion", 1, "map-marker-plus-outline", ("P",),
            "On the likeliest safe candidate that has room, else where the heatmap says", needs="image",
        ),
        Spec(
            "place_anyway", "Place here &all the same", "&Lesion", 1, "map-marker-alert-outline",
            ("Ctrl+Shift+Return",),
            "At the cursor or the chosen candidate, even in the danger zone; the scene says so "
            "(with the mouse: Ctrl+Shift+click)", needs="image",
        ),
        Spec(
            "align", "&Move to the nearest candidate", "&Lesion", 1, "target", ("Shift+P",),
            "To the nearest safe candidate that has room", needs="selection",
        ),
        Spec("larger", "&Larger", "&Lesion", 2, "", ("+", "="), "Shift+wheel does it, too", needs="image"),
        Spec("smaller", "&Smaller", "&Lesion", 2, "", ("-",), "Shift+wheel does it, too", needs="image"),
        Spec(
            "turn_right", "&Rotate clockwise", "&Lesion", 2, "rotate-right", (".",),
            "By 5°; Alt+wheel does it, too", needs="image",
        ),
        Spec(
            "turn_left", "Rotate &counterclockwise", "&Lesion", 2, "rotate-left", (",",),
            "By 5°; Alt+wheel does it, too", needs="image",
        ),
        Spec("next_lesion", "Ne&xt lesion", "&Lesion", 3, "", ("Ctrl+Down",), needs="lesions"),
        Spec("previous_lesion", "Pre&vious lesion", "&Lesion", 3, "", ("Ctrl+Up",), needs="lesions"),
        Spec("cut", "Cu&t lesion", "&Edit", 1, "content-cut", ("Ctrl+X",), needs="selection"),
        Spec("copy", "&Copy lesion", "&Edit", 1, "content-copy", ("Ctrl+C",), needs="selection"),
        Spec(
            "paste", "&Paste lesion", "&Edit", 1, "content-paste", ("Ctrl+V",),
            "At the cursor, or at the nearest permitted place", needs="image",
        ),
        Spec(
            "duplicate", "D&uplicate lesion", "&Edit", 1, "content-duplicate", ("Ctrl+D",),
            "Beside it, at the nearest permitted place", needs="selection",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.compose.menu_parts.append(self._add_to_menu)

    # -- placing ---------------------------------------------------------------------------------------

    def place_best(self) -> None:
        """Places a lesion where it is likeliest."""
        places.place_best(self.document, self.bridge)

    def place_anyway(self) -> None:
        """Places a lesion even in the danger zone."""
        place, chosen = self.compose.controller.cursor, self.compose.canvas.candidates.chosen
        by_list = self.compose.candidates_panel.list.hasFocus()  # whatever the mouse happens to point at
        if chosen is not None and (place is None or by_list):
            place = QPointF(chosen.x, chosen.y)
        if place is None:
            self.document.refused.emit("Point at a place on the image, or choose a candidate in the list.")
            return
        self.document.place(place.x(), place.y(), override=True)

    def align(self) -> None:
        """Moves each selected lesion to a candidate of its own."""
        document = self.document
        chosen = document.selected_placements
        taken = places.discs(p for p in document.scene.placements if p not in chosen)
        after = []
        for placement in chosen:
            place = places.nearest_candidate(document, placement, taken)
            if place is None:
                document.refused.emit(
                    f"There is no free candidate for {document.name_of(placement.id)}; nothing was moved."
                )
                return
            after.append(replace(placement, x=place.x, y=place.y))
            taken.append((place.x, place.y, placement.diameter_mm))
        document.change_all(after, "Move lesion to candidate")

    def duplicate(self) -> None:
        """Adds the selected lesions again, beside themselves."""
        document = self.document
        columns = document.base.image.pixel_mm[1] if document.base else 1.0
        chosen = document.selected_placements
        wanted = [replace(p, x=p.x + DUPLICATE_AWAY * p.diameter_mm / columns) for p in chosen]
        name = "Duplicate lesions" if len(chosen) > 1 else "Duplicate lesion"
        places.add_near(document, self.bridge, wanted, name)

    # -- the clipboard ---------------------------------------------------------------------------------

    def cut(self) -> None:
        """Copies the selected lesions and removes them."""
        self.copy()
        self.document.remove(*self.document.selected_ids)

    def copy(self) -> None:
        """Puts the selected lesions on the clipboard."""
        document = self.document
        if document.base is not None:
            pixel_mm = document.base.image.pixel_mm
            clipboard.copy_lesions(document.selected_placements, document.scene.task, pixel_mm)

    def paste(self) -> None:
        """Adds the lesions of the clipboard, their middle at the cursor where it is over the image."""
        document = self.document
        if document.base is None:
            return
        lesions = clipboard.copied_lesions(document.base.image.pixel_mm)
        if not lesions:
            document.refused.emit("There are no lesions on the clipboard; copy some first (Ctrl+C).")
            return
        place = self.compose.controller.cursor
        if place is not None and self.compose.canvas.image.value_at(place.x(), place.y()) is not None:
            dx = place.x() - (min(p.x for p in lesions) + max(p.x for p in lesions)) / 2
            dy = place.y() - (min(p.y for p in lesions) + max(p.y for p in lesions)) / 2
            lesions = tuple(replace(p, x=p.x + dx, y=p.y + dy) for p in lesions)
        name = "Paste lesions" if len(lesions) > 1 else "Paste lesion"
        places.add_near(document, self.bridge, lesions, name)

    # -- the selected lesions --------------------------------------------------------------------------

    def larger(self) -> None:
        """A twentieth larger."""
        self.compose.controller.hand.grow(1)

    def smaller(self) -> None:
        """A twentieth smaller."""
        self.compose.controller.hand.grow(-1)

    def turn_right(self) -> None:
        """A little clockwise."""
        self.compose.controller.hand.turn(TURN_DEG)

    def turn_left(self) -> None:
        """A little counterclockwise."""
        self.compose.controller.hand.turn(-TURN_DEG)

    def next_lesion(self) -> None:
        """Selects the next one; the first after the last."""
        hand = self.compose.controller.hand
        if not hand.cycle(forward=True):
            self.document.select(None)
            hand.cycle(forward=True)

    def previous_lesion(self) -> None:
        """Selects the one before; the last before the first."""
        hand = self.compose.controller.hand
        if not hand.cycle(forward=False):
            self.document.select(None)
            hand.cycle(forward=False)

    def _add_to_menu(self, menu: QMenu, place: QPointF) -> None:
        canvas = self.compose.canvas
        over_lesion = canvas.lesion_at(canvas.viewport_point(place))[0] is not None
        names = ("copy", "duplicate", "align") if over_lesion else ("paste",)
        for name in names:
            menu.addAction(self.window.actions_[name])
