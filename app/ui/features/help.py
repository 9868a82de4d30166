"""What the mouse and the keys do, the user's guide, and what this program is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.actions import Spec, shown
from app.ui.feature import Feature
from app.ui.features.tools import Tools

if TYPE_CHECKING:
    from app.ui.dialogs.about import AboutDialog
    from app.ui.dialogs.guide import GuideDialog
    from app.ui.window import Window


class Help(Feature):
    """The help menu."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "keys", "&Mouse and keys", "&Help", 0, "keyboard-outline", ("F1",),
            "What the mouse and every key do, as they are set now",
        ),
        Spec(
            "guide", "User's &guide", "&Help", 0, "book-open-outline", ("Shift+F1",),
            "Everything that the window can do, page by page",
        ),
        Spec(
            "about", "&About Lithograph", "&Help", 9, "information-outline",
            tip="Versions, licences, how to cite the method, and what the program is not for",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._guide: GuideDialog | None = None
        self._about: AboutDialog | None = None

    def keys(self) -> None:
        """What the mouse and the keys do."""
        from app.ui.dialogs.keys import KeysDialog

        tools = self.window.feature(Tools)
        dialog = KeysDialog(self.window, tools.entries())
        dialog.change_wanted.connect(tools.shortcuts)
        dialog.open()

    def guide(self) -> None:
        """The guide stays beside the window while one works."""
        from app.ui.dialogs.guide import GuideDialog

        if self._guide is None:
            self._guide = GuideDialog(self.window, self._key_of)
            self._guide.action_wanted.connect(self._lead_to)
        else:
            self._guide.reload()
        self._guide.show()
        self._guide.raise_()
        self._guide.activateWindow()

    def about(self) -> None:
        """Versions, licences and the citation."""
        from app import licences
        from app.ui.dialogs.about import AboutDialog

        if self._about is None:
            dialog = self._about = AboutDialog(self.window, self.bridge.engine.device.name)
            dialog.licence_wanted.connect(
                lambda name: self.bridge.read(
                    "licence",
                    lambda: licences.licence_text(name),
                    dialog.show_licence,
                    title="Reading a licence",
                )
            )
            self.bridge.read(
                "licences",
                lambda: (licences.libraries(), licences.model_cards()),
                dialog.show_parts,
                title="Reading the licences",
            )
        self._about.open()

    def set_icons(self) -> None:
        if self._guide is not None:
            self._guide.reload()

    def _key_of(self, name: str, usual: str) -> str:
        keys = self.window.actions_.keys(name)
        return shown(keys[0]) if keys else f"no key instead of {usual}"

    def _lead_to(self, name: str) -> None:
        """A link of the guide: shows where the action is, and what it does."""
        self.window.activateWindow()
        self.window.feature(Tools).command_palette.open(name)
