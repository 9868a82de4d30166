"""How the window looks: dark, light, or as the system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QGuiApplication
from PySide6.QtWidgets import QMenu

from app.ui import theme
from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.window import Window


class Appearance(Feature):
    """Chooses the theme, and follows the system's where that is chosen."""

    WORKSPACE = ""
    SPECS = (
        Spec("dark", "&Dark", "", tip="The dark theme, for a reading room"),
        Spec("light", "&Light", "", tip="The light theme"),
        Spec("as_system", "As the &system", "", tip="The theme of the desktop, as it changes"),
    )

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._menu = QMenu("&Theme", window)
        group = QActionGroup(self)
        self._choices: dict[str, QAction] = {}
        for name, choice in (("dark", "dark"), ("light", "light"), ("as_system", "system")):
            action = window.actions_[name]
            action.setCheckable(True)
            group.addAction(action)
            self._menu.addAction(action)
            self._choices[choice] = action
        settings().changed.connect(self._changed)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)
        self.refresh()

    def menus(self) -> dict[tuple[str, int], list[QMenu]]:
        return {("&View", 8): [self._menu]}

    def refresh(self) -> None:
        self._choices[settings().preferences.theme].setChecked(True)

    def dark(self) -> None:
        """Takes the dark theme."""
        settings().change(theme="dark")

    def light(self) -> None:
        """Takes the light theme."""
        settings().change(theme="light")

    def as_system(self) -> None:
        """Follows the desktop."""
        settings().change(theme="system")

    def close_down(self) -> None:
        settings().changed.disconnect(self._changed)
        QGuiApplication.styleHints().colorSchemeChanged.disconnect(self._follow)

    def _changed(self, name: str) -> None:
        if name in ("theme", "text_percent"):
            theme.apply(theme.chosen())
            self.window.set_icons()
            self.refresh()

    def _follow(self, *_: object) -> None:
        if settings().preferences.theme == "system":
            self._changed("theme")
