"""Finding a command, and setting the program up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.help.command_palette import CommandPalette
from app.ui.help.entries import Entry, entries

if TYPE_CHECKING:
    from app.ui.window import Window


class Tools(Feature):
    """The command palette, the settings, and the shortcuts."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "palette", "&Find a command…", "&Tools", 0, "magnify", ("Ctrl+Shift+P",),
            "Everything that can be done, found by a few letters",
        ),
        Spec(
            "settings", "&Settings…", "&Tools", 9, "cog-outline", ("Ctrl+,",),
            "Theme, size of text, mouse, image, patients' data",
        ),
        Spec(
            "shortcuts", "&Change shortcuts…", "&Tools", 9, "keyboard-settings-outline", ("Ctrl+Alt+K",),
            "Give any command another shortcut",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.command_palette = CommandPalette(window, self.entries)

    def entries(self) -> list[Entry]:
        """Everything that can be done."""
        return entries(self.window.actions_, self.window.menuBar().actions())

    def palette(self) -> None:
        """Opens the command palette."""
        self.command_palette.open()

    def settings(self) -> None:
        """Opens the settings."""
        from app.ui.dialogs.settings import SettingsDialog

        SettingsDialog(self.window).open()

    def shortcuts(self) -> None:
        """Lists all shortcuts, to be changed."""
        from app.ui.dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self.window.actions_, self.entries(), self.window).open()
