"""Everything that can be done in the window, read from its menus: what the palette offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from app.ui.actions import NOTHING, Actions, plain, shown

SEPARATOR = " › "


@dataclass(frozen=True, eq=False)
class Entry:
    """One thing to do, as it was when the menus were read.

    Attributes:
        action: does it.
        path: the titles of the menus that it stands in, from the menu bar on.
        name: by which it is remembered.
        text: what the menu calls it.
        tip: what it does, where that is more than its text.
        keys: its shortcuts, as the system writes them.
        why_not: why it cannot be done now; empty where it can.
    """

    action: QAction
    path: tuple[str, ...]
    name: str
    text: str
    tip: str
    keys: tuple[str, ...]
    why_not: str

    @property
    def menu(self) -> str:
        """Where it stands: `Image › Window`."""
        return SEPARATOR.join(self.path)


def entries(actions: Actions, menus: list[QAction]) -> list[Entry]:
    """All that the menus hold, in their order, and after it the actions that stand in none.

    Args:
        menus: the actions of the menu bar.
    """
    names = {actions[spec.name]: spec.name for spec in actions}
    found: dict[QAction, Entry] = {}
    for action, path in _walk(menus, ()):
        if action not in found:
            found[action] = _entry(action, path, names.get(action), actions)
    for action, name in names.items():
        if action not in found and action.isVisible():
            found[action] = _entry(action, (), name, actions)
    return list(found.values())


def _entry(action: QAction, path: tuple[str, ...], name: str | None, actions: Actions) -> Entry:
    text = plain(action.text())
    keys = tuple(shown(key.toString()) for key in action.shortcuts())
    if name is not None:
        tip = actions.tip(name)
        return Entry(action, path, name, text, "" if tip == text else tip, keys, actions.why_not(name))
    why_not = "" if action.isEnabled() else NOTHING
    tip = "" if plain(action.toolTip()) == text else action.toolTip()
    return Entry(action, path, SEPARATOR.join((*path, text)), text, tip, keys, why_not)


def _walk(actions: list[QAction], path: tuple[str, ...]) -> Iterator[tuple[QAction, tuple[str, ...]]]:
    for action in actions:
        menu = action.menu()
        if isinstance(menu, QMenu):
            menu.aboutToShow.emit()  # some are filled only when they are opened
            yield from _walk(menu.actions(), (*path, plain(menu.title())))
        elif action.isVisible() and not action.isSeparator() and action.text():
            yield action, path
