"""Removing a lesion that the image itself shows: a tool, and the list of what has been removed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QMenu

from app.composition.scene import Removal
from app.errors import LithographError
from app.imaging.box import Box
from app.ui.actions import Spec
from app.ui.canvas.gestures import Drawing
from app.ui.document import commands
from app.ui.document.page import new_seed
from app.ui.feature import Feature
from app.ui.theme import icon

if TYPE_CHECKING:
    from app.ui.window import Window

TOOL = Drawing("remove", "rectangle")
LEAST_PX = 2.0
"""A box is at least so wide and so high, in image pixels."""


class Removing(Feature):
    """Fills a lesion of the image from what surrounds it, and brings it back."""

    SPECS = (
        Spec(
            "remove_real", "R&emove a lesion of the image…", "&Lesion", 6, "bandage", ("Shift+R",),
            "Draw a box around a lesion that the image itself shows: it is filled from what surrounds it",
            checkable=True, needs="image",
        ),
        Spec(
            "bring_back", "&Bring all removed lesions back", "&Lesion", 6, "",
            tip="Shows, and saves, the image's own lesions again", why_not="no lesion was removed",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        self.menu = QMenu("Rem&oved lesions", window)
        self.menu.setObjectName("removed")
        super().__init__(window)
        self._canvas = self.compose.canvas
        self._listed: tuple[Removal, ...] = ()
        self.menu.aboutToHide.connect(self._canvas.shape.hide)
        self._canvas.drawn.connect(self._drawn)
        self.compose.menu_parts.append(self._add_to_menu)

    def menus(self) -> dict[tuple[str, int], list[QMenu]]:
        return {("&Lesion", 6): [self.menu]}

    def refresh(self) -> None:
        removals = self.document.scene.removals
        if removals != self._listed:
            self._listed = removals
            self._list()
        there = bool(removals)
        self.window.actions_["remove_real"].setChecked(self._canvas.tool == TOOL)
        self.window.actions_["bring_back"].setEnabled(there)
        self.menu.setEnabled(there)

    def remove_real(self, on: bool) -> None:
        """Whether a left drag draws a box around a lesion to be removed; it goes on until Esc."""
        messages = self.compose.messages
        if on != (self._canvas.tool == TOOL):
            self._canvas.set_tool(TOOL if on else None)
        if on:
            self.document.select(None)
            messages.show_message(
                "hint",
                "Draw a box closely around each lesion, from corner to corner; Esc when all are gone.",
            )
        else:
            messages.clear("hint")

    def bring_back(self) -> None:
        """Brings all of them back."""
        if self.document.scene.removals:
            self._set((), "Bring removed lesions back")

    def _drawn(self, tool: Drawing, rect: QRectF) -> None:
        document = self.document
        page = document.page
        if tool != TOOL or page is None:
            return
        if not document.at_base:
            document.elsewhere.emit()
            return
        if min(rect.width(), rect.height()) < LEAST_PX:
            document.refused.emit("Nothing removed: the box is too small; draw it around the whole lesion.")
            return
        try:
            box = _checked(rect, page.image.pixels.shape)
        except LithographError as error:
            document.refused.emit(str(error))
            return
        self._set((*document.scene.removals, Removal(box, new_seed())), "Remove lesion of the image")
        placed = [p for p in document.scene.visible if rect.contains(QPointF(p.x, p.y))]
        if placed:
            self.compose.messages.show_message(
                "hint",
                f"What the image shows below {document.name_of(placed[-1].id)} is removed. To remove a "
                "placed lesion, select it and press Delete.",
                seconds=10,
            )

    def _list(self) -> None:
        """One line for each removed lesion, numbered in the order they were removed."""
        for action in self.menu.actions():  # later, as one of them may be what was chosen
            self.menu.removeAction(action)
            action.deleteLater()
        for number, removal in enumerate(self._listed, start=1):
            key = f"&{number}" if number < 10 else str(number)
            action = self.menu.addAction(f"{key}  Bring back {_words(removal.box)}")
            action.setToolTip("The image's own lesion is shown, and saved, again")
            action.triggered.connect(partial(self._bring_back, removal))
            action.hovered.connect(partial(self._point_out, removal))

    def _point_out(self, removal: Removal) -> None:
        box = removal.box
        if self.document.at_base:
            self._canvas.shape.show_rect(QRectF(box.x, box.y, box.width, box.height), TOOL.shape)

    def _add_to_menu(self, menu: QMenu, place: QPointF) -> None:
        removals = self.document.scene.removals if self.document.at_base else ()
        for removal in reversed(removals):
            box = removal.box
            if QRectF(box.x, box.y, box.width, box.height).contains(place):
                menu.addAction(
                    icon("undo-variant"), "Bring the removed lesion back", partial(self._bring_back, removal)
                )
                menu.addAction(
                    icon("dice-5-outline"), "Fill its place in another way", partial(self._fill_anew, removal)
                )
                return

    def _bring_back(self, removal: Removal) -> None:
        rest = tuple(one for one in self.document.scene.removals if one is not removal)
        self._set(rest, "Bring removed lesion back")

    def _fill_anew(self, removal: Removal) -> None:
        other = replace(removal, seed=new_seed())
        removals = (other if one is removal else one for one in self.document.scene.removals)
        self._set(tuple(removals), "Fill removed lesion in another way")

    def _set(self, removals: tuple[Removal, ...], name: str) -> None:
        self.document.push(commands.EditBackground(self.document, name, removals=removals))


def _checked(rect: QRectF, shape: tuple[int, ...]) -> Box:
    """What has been drawn as a box, to a tenth of a pixel, as far as it lies in an image of `shape`.

    Raises:
        LithographError: it lies outside the image, or covers most of it.
    """
    from app.composition.removal import reach_of

    sides = (rect.left(), rect.top(), rect.width(), rect.height())
    drawn = Box(*(round(value, 1) for value in sides))
    reach_of(drawn, shape)
    inside = drawn.clipped(shape)
    assert inside is not None
    return Box(*(round(value, 1) for value in (inside.x, inside.y, inside.width, inside.height)))


def _words(box: Box) -> str:
    x, y = box.centre
    return f"that at ({x:.0f}, {y:.0f}), {box.width:.0f} × {box.height:.0f} pixels"
