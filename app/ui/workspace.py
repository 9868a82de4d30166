"""A workspace: one of the things that the window is for, with all of its middle.

A new one is a file that makes it, and one line in `places`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from app.ui.window import Window


class Workspace(QWidget):
    """What the window shows beside the rail; it stays as it was while another one is shown."""

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """Where F6 leads the keyboard, in turn."""
        return (self,)

    @property
    def message_place(self) -> QWidget:
        """What messages lie over."""
        return self

    def arrive(self) -> None:
        """It is shown: takes the focus."""
        self.setFocus()

    def drop_words(self, paths: Sequence[Path]) -> str:
        """What dropping these here would do, by their names alone; empty where they are opened in Compose."""
        return ""

    def drop(self, paths: Sequence[Path]) -> None:
        """They were dropped here, and `drop_words` had something to say."""

    def set_icons(self) -> None:
        """The theme has changed: draws the icons anew."""

    def close_down(self) -> None:
        """The window is closing; nothing may go on after this."""


@dataclass(frozen=True)
class Place:
    """A workspace as the rail knows it, made or not.

    Attributes:
        name: by which it is remembered, and by which actions say that they are for it.
        title: what people call it.
        icon: of the Material Design set.
        key: the shortcut.
        tip: what one does there.
        make: makes it, at the first visit.
    """

    name: str
    title: str
    icon: str
    key: str
    tip: str
    make: Callable[[Window], Workspace]


def _models(window: Window) -> Workspace:
    from app.ui.features.models import Models

    return window.feature(Models).make()


def places() -> tuple[Place, ...]:
    """All workspaces, in the order of the rail."""
    return (
        Place(
            "compose", "Compose", "image-edit-outline", "Alt+1",
            "Put lesions into an image", lambda window: window.compose,
        ),
        Place(
            "models", "Models", "brain", "Alt+2",
            "The networks that know where a lesion may go: their scores and versions, and training them on "
            "your own images", _models,
        ),
    )  # fmt: skip
