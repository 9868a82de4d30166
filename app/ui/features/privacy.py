"""Patients' data: a badge that says what the open image carries, and a tool that blacks out burnt-in text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QMenu, QToolButton

from app.composition.scene import Blackout
from app.imaging.identity import Identity, identity
from app.ui.actions import Spec
from app.ui.canvas.gestures import Drawing
from app.ui.document import commands
from app.ui.feature import Feature
from app.ui.settings import settings
from app.ui.theme import icon

if TYPE_CHECKING:
    from app.ui.window import Window

TOOL = Drawing("black-out", "rectangle")

_BADGES = {
    "patient data": ("Patient data", "shield-alert-outline", "warning"),
    "none found": ("No patient data found", "shield-search", ""),
    "de-identified": ("De-identified", "shield-check-outline", ""),
    "no header": ("No patient header", "shield-off-outline", ""),
}
"""Text, icon and role of the badge, by `Identity.state`."""
_BURNT_IN = {
    "yes": "Text is burnt into the pixels: black it out before you share the image.",
    "no": "The file says that no text is burnt into the pixels.",
    "unknown": "Whether text is burnt into the pixels is unknown: look, and black it out where it is.",
}


class Privacy(Feature):
    """Says what of a patient is in the open image, and what saving does about it."""

    SPECS = (
        Spec(
            "black_out", "&Black out text…", "&Image", 6, "marker", ("Ctrl+B",),
            "Cover text that is burnt into the pixels; it is black in everything that is saved",
            checkable=True, needs="image",
        ),
        Spec(
            "clear_black_outs", "Remove all black-&outs", "&Image", 6, "",
            tip="What lies below them is shown, and saved, again", needs="image",
        ),
        Spec(
            "patient_data", "&Patient's data in this image…", "&Image", 7, "shield-account-outline",
            tip="What the header says of a patient, and what saving does about it", needs="image",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.identity: Identity | None = None
        self._told: tuple[Blackout, ...] = ()
        """The black-outs that the badge speaks of."""
        self.badge = QToolButton()
        self.badge.setObjectName("badge")
        self.badge.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.badge.clicked.connect(self.patient_data)
        window.status.addPermanentWidget(self.badge)
        self.badge.hide()
        self.document.opened.connect(self._look)
        self.document.scene_changed.connect(self._blackouts_may_have_changed)
        settings().changed.connect(self._say)
        self.compose.canvas.drawn.connect(self._drawn)
        self.compose.menu_parts.append(self._add_to_menu)

    # -- the badge -------------------------------------------------------------------------------------

    @property
    def summary(self) -> tuple[str, ...]:
        """What the open image carries and what saving does, one sentence each."""
        known = self.identity
        if known is None:
            return ()
        keeps = not settings().preferences.deidentify
        if known.state == "patient data":
            lines = [f"The header names: {', '.join(known.present)}."]
            lines.append(
                "Saving keeps that: “Remove the patient's data when saving” is off in the settings."
                if keeps
                else "Saving removes that from the new file; the file that is open stays as it is."
            )
        elif known.state == "no header":
            lines = ["This kind of file has no header that names a patient."]
        elif known.state == "de-identified":
            lines = ["The file says that the patient's identity has been removed."]
        else:
            lines = ["The header names no patient, though it does not say that it was de-identified."]
        lines.append(_BURNT_IN[known.burnt_in])
        count = len(self.document.scene.blackouts)
        if count:
            lines.append("1 black-out covers a part." if count == 1 else f"{count} black-outs cover parts.")
        return tuple(lines)

    def patient_data(self) -> None:
        """Says what the open image carries, in a message."""
        if self.identity is not None:
            kind = "warning" if self.identity.state == "patient data" else "hint"
            self.compose.messages.show_message(
                kind,
                " ".join(self.summary),
                seconds=20,
                action=("Black out text", lambda: self.window.actions_["black_out"].setChecked(True)),
            )

    def set_icons(self) -> None:
        self._say()

    def close_down(self) -> None:
        settings().changed.disconnect(self._say)

    def _look(self) -> None:
        page = self.document.base
        self.identity = identity(page.image) if page is not None else None
        self._say()

    def _blackouts_may_have_changed(self) -> None:
        if self.document.scene.blackouts != self._told:
            self._say()

    def _say(self, *_: object) -> None:
        known = self.identity
        self._told = self.document.scene.blackouts
        self.badge.setVisible(known is not None)
        if known is None:
            return
        text, name, role = _BADGES[known.state]
        if known.burnt_in == "yes" and not self.document.scene.blackouts:
            text, name, role = f"{text}, burnt-in text", "shield-alert-outline", "warning"
        if self.badge.text() != text or self.badge.property("role") != role:
            self.badge.setText(text)
            self.badge.setProperty("role", role)
            self.badge.style().unpolish(self.badge)
            self.badge.style().polish(self.badge)
        self.badge.setIcon(icon(name))
        self.badge.setToolTip("\n".join(self.summary))
        self.badge.setAccessibleName(f"Patient's data: {text}")

    # -- black-outs ------------------------------------------------------------------------------------

    def refresh(self) -> None:
        self.window.actions_["black_out"].setChecked(self.compose.canvas.tool == TOOL)
        self.window.actions_["clear_black_outs"].setEnabled(bool(self.document.scene.blackouts))

    def black_out(self, on: bool) -> None:
        """Whether a left drag draws black-outs; it goes on until Esc."""
        canvas, messages = self.compose.canvas, self.compose.messages
        if on != (canvas.tool == TOOL):
            canvas.set_tool(TOOL if on else None)
        if on:
            messages.show_message(
                "hint", "Draw a rectangle over each text, from corner to corner; Esc when all are covered."
            )
        else:
            messages.clear("hint")

    def clear_black_outs(self) -> None:
        """Removes all of them."""
        if self.document.scene.blackouts:
            self._set((), "Remove black-outs")

    def _drawn(self, tool: Drawing, rect: QRectF) -> None:
        page = self.document.page
        if tool != TOOL or page is None:
            return
        if not self.document.at_base:
            self.document.elsewhere.emit()
            return
        blackout = covering(rect, page.image.width, page.image.height)
        if blackout is None:
            self.document.refused.emit("Nothing blacked out: the rectangle lies outside the image.")
            return
        self._set((*self.document.scene.blackouts, blackout), "Black out")

    def _add_to_menu(self, menu: QMenu, place: QPointF) -> None:
        blackouts = self.document.scene.blackouts if self.document.at_base else ()
        for blackout in reversed(blackouts):
            if contains(blackout, place):
                rest = tuple(one for one in blackouts if one is not blackout)
                remove = partial(self._set, rest, "Remove black-out")
                menu.addAction(icon("eraser"), "Remove this black-out", remove)
                return

    def _set(self, blackouts: tuple[Blackout, ...], name: str) -> None:
        self.document.push(commands.EditBackground(self.document, name, blackouts=blackouts))


def covering(rect: QRectF, width: int, height: int) -> Blackout | None:
    """The whole pixels that a rectangle (image pixels) touches; None where it lies outside the image."""
    left, top = max(round(rect.left()), 0), max(round(rect.top()), 0)
    right, bottom = min(round(rect.right()), width - 1), min(round(rect.bottom()), height - 1)
    if right < left or bottom < top:
        return None
    return Blackout(left, top, right - left + 1, bottom - top + 1)


def contains(blackout: Blackout, place: QPointF) -> bool:
    """Whether a place (image pixels) lies on a black-out."""
    x, y = place.x() + 0.5 - blackout.x, place.y() + 0.5 - blackout.y
    return 0 <= x < blackout.width and 0 <= y < blackout.height
