"""Rulers: distances and angles on the image."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMenu

from app.ui.actions import Spec
from app.ui.canvas.rulers import RulerTool, words
from app.ui.feature import Feature
from app.ui.theme import icon

if TYPE_CHECKING:
    from app.ui.window import Window

TOOL = RulerTool()


class Measuring(Feature):
    """Takes up the ruler, and keeps each one on its slice."""

    SPECS = (
        Spec(
            "ruler", "&Ruler", "&Tools", 0, "ruler", ("L",),
            "Measure by a drag from end to end. Rulers are not saved: they are no part of the scene",
            checkable=True, needs="image",
        ),
        Spec(
            "remove_rulers", "Remove r&ulers", "&Tools", 0, "", ("Shift+L",),
            "Those of this image; Delete removes the one that was drawn or clicked last",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._canvas = self.compose.canvas
        self.document.opened.connect(self._canvas.rulers.forget)
        self.document.page_shown.connect(self._turned)
        self.document.selection_changed.connect(self._selected)
        self._canvas.ruler_chosen.connect(partial(self.document.select, None))
        self._canvas.clicked.connect(lambda *_: self._canvas.rulers.choose(None))
        self._canvas.rulers_changed.connect(self.refresh)
        self.compose.menu_parts.append(self._add_to_menu)

    def refresh(self) -> None:
        self.window.actions_["ruler"].setChecked(self._canvas.tool == TOOL)
        self.window.actions_["remove_rulers"].setEnabled(bool(self._canvas.rulers.shown))

    def ruler(self, on: bool) -> None:
        """Whether a left drag draws a ruler."""
        if on != (self._canvas.tool == TOOL):
            self._canvas.set_tool(TOOL if on else None)
        if on:
            self.document.select(None)
            self.compose.messages.show_message(
                "hint", "Drag from end to end to measure; the ends can be moved. Esc puts the ruler down.",
                seconds=6,
            )  # fmt: skip
        else:
            self.compose.messages.clear("hint")

    def remove_rulers(self) -> None:
        """Takes the rulers of this image away."""
        self._canvas.rulers.remove_all()

    def _add_to_menu(self, menu: QMenu, place: QPointF) -> None:
        rulers = self._canvas.rulers
        number = rulers.line_at(self._canvas.viewport_point(place))
        if number is not None:
            menu.addAction(icon("ruler"), "Remove ruler", partial(rulers.remove, number))

    def _turned(self) -> None:
        page = self.document.page
        if page is not None:
            self._canvas.rulers.measure = partial(words, image=page.image)
            self._canvas.rulers.show_slice(page.number)

    def _selected(self) -> None:
        if self.document.selected_ids:
            self._canvas.rulers.choose(None)
