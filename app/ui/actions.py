"""Every action as data: menus, tool bar, shortcuts, the list of keys and the palette are made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.ui.settings import settings
from app.ui.theme import icon

NEEDS = {
    "image": "open or generate an image first",
    "series": "the image is a single one, not one of a series",
    "selection": "select a lesion first",
    "lesions": "place a lesion first",
}
"""What to do before an action can be used, by the condition that it needs."""

NOTHING = "there is nothing to use it on"
MENUS = ("&File", "&Edit", "&Lesion", "&Image", "&View", "&Models", "&Tools", "&Help")
"""In the order of the menu bar."""


@dataclass(frozen=True)
class Spec:
    """One action.

    Attributes:
        name: that of the method of the feature that does it.
        text: in the menu.
        menu, group: where it stands; a line is drawn between groups.
        icon: of the Material Design set.
        keys: its shortcuts, unless the user binds others.
        tip: what it does, where the text does not say it all.
        checkable: it is on or off, and the method takes which.
        needs: the condition under which it can be used, see `Window.conditions`; empty for always.
        why_not: why it cannot be used now, where no condition says it.
        workspace: the one that it is used in, where that is another than its feature's.
    """

    name: str
    text: str
    menu: str
    group: int = 0
    icon: str = ""
    keys: tuple[str, ...] = ()
    tip: str = ""
    checkable: bool = False
    needs: str = ""
    why_not: str = ""
    workspace: str | None = None

    @property
    def plain(self) -> str:
        """The text without the mark of its mnemonic and the dots."""
        return plain(self.text)


def plain(text: str) -> str:
    """The text of a menu without the mark of its mnemonic and the dots."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")


def portable(key: str) -> str:
    """A shortcut as it is written in the settings: `ctrl+s` becomes `Ctrl+S`."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def shown(key: str) -> str:
    """A shortcut as the system writes it."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


class Actions:
    """The QActions by name."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self._specs: dict[str, Spec] = {}
        self._by_name: dict[str, QAction] = {}
        self._tips: dict[str, tuple[str, str]] = {}
        self._conditions: Mapping[str, bool] = {}
        self._workspaces: dict[str, QActionGroup] = {}
        """The actions of each workspace: a group can be disabled without forgetting what each of them was."""

    def add(
        self,
        spec: Spec,
        handler: Callable[..., object],
        action: QAction | None = None,
        workspace: str = "",
    ) -> QAction:
        """Makes the action of a spec; `action` is one that Qt has made, such as undo.

        Args:
            workspace: that of the feature; an action of a workspace cannot be used in another one, whose
                user would not see what it does. Empty for what can be used everywhere.
        """
        if spec.name in self._specs:
            raise ValueError(f"there is an action {spec.name!r} already")
        if action is None:
            action = QAction(spec.text, self._parent, checkable=spec.checkable)
            if spec.checkable:
                action.toggled.connect(handler)
                action.setIconVisibleInMenu(False)  # its tick stands there
            else:
                action.triggered.connect(lambda _=False: handler())
        action.setObjectName(spec.name)
        workspace = workspace if spec.workspace is None else spec.workspace
        if workspace:
            self._group(workspace).addAction(action)
        self._specs[spec.name] = spec
        self._by_name[spec.name] = action
        self._bind(spec.name)
        if spec.icon:
            action.setIcon(icon(spec.icon))
        self._parent.addAction(action)
        return action

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def __iter__(self) -> Iterator[Spec]:
        return iter(self._specs.values())

    def spec(self, name: str) -> Spec:
        """What is known of an action."""
        return self._specs[name]

    def keys(self, name: str) -> tuple[str, ...]:
        """The shortcuts of an action, portable text: the user's own, else the usual ones that are free."""
        bound = settings().remembered.shortcuts
        if name in bound:
            return bound[name]
        taken = {portable(key) for keys in bound.values() for key in keys}
        return tuple(key for key in self._specs[name].keys if portable(key) not in taken)

    def bind(self, name: str, keys: tuple[str, ...] | None) -> None:
        """Gives an action other shortcuts, and remembers them; None takes back the usual ones.

        Another action that has one of them loses it.
        """
        bound = dict(settings().remembered.shortcuts)
        bound.pop(name, None)
        if keys is not None:
            wanted = tuple(dict.fromkeys(map(portable, keys)))
            for other, theirs in bound.items():
                bound[other] = tuple(key for key in theirs if portable(key) not in wanted)
            if wanted != tuple(map(portable, self._specs[name].keys)):
                bound[name] = wanted
        settings().remember(shortcuts=bound)
        self._bind_all()

    def bind_usual(self) -> None:
        """Takes back the usual shortcuts of all actions."""
        settings().remember(shortcuts={})
        self._bind_all()

    @property
    def rebound(self) -> set[str]:
        """The names of the actions whose shortcuts are not the usual ones."""
        return {spec.name for spec in self if tuple(self.keys(spec.name)) != spec.keys}

    def why_not(self, name: str) -> str:
        """Why an action cannot be used now, such as `select a lesion first`; empty where it can."""
        if self[name].isEnabled():
            return ""
        group = self[name].actionGroup()
        if group is not None and not group.isEnabled():
            return f"go to the workspace {group.objectName().capitalize()} first"
        spec, said = self._specs[name], self._tips.get(name, ("", ""))[1]
        missing = "" if self._conditions.get(spec.needs) else NEEDS.get(spec.needs, "")
        return said or missing or spec.why_not or NOTHING

    def holders(self, key: str) -> list[str]:
        """The names of the actions that have this shortcut."""
        wanted = QKeySequence(key)
        return [name for name in self._specs if any(QKeySequence(k) == wanted for k in self.keys(name))]

    def tip(self, name: str) -> str:
        """What an action does, without its shortcut."""
        return self._tips.get(name, ("", ""))[0] or self._specs[name].tip or self._specs[name].plain

    def set_tip(self, name: str, tip: str, why_not: str = "") -> None:
        """Says something else of an action, and why it cannot be used, where that depends on what is open."""
        if self._tips.get(name) != (tip, why_not):
            self._tips[name] = (tip, why_not)
            self._say(name)

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        for spec in self:
            if spec.icon:
                self._by_name[spec.name].setIcon(icon(spec.icon))

    def enable(self, conditions: Mapping[str, bool]) -> None:
        """Enables what can be used now."""
        self._conditions = conditions
        for spec in self:
            action = self._by_name[spec.name]
            if spec.needs and action.isEnabled() != conditions[spec.needs]:
                action.setEnabled(conditions[spec.needs])
                self._say(spec.name)

    def set_workspace(self, name: str) -> None:
        """Only the actions of that workspace can be used, and those that belong to none."""
        for workspace, group in self._workspaces.items():
            if group.isEnabled() != (workspace == name):
                group.setEnabled(workspace == name)
                for action in group.actions():
                    self._say(action.objectName())

    def _group(self, workspace: str) -> QActionGroup:
        if workspace not in self._workspaces:
            group = self._workspaces[workspace] = QActionGroup(self._parent)
            group.setObjectName(workspace)
            group.setExclusionPolicy(QActionGroup.ExclusionPolicy.None_)
        return self._workspaces[workspace]

    def fill(self, bar: QMenuBar, extras: Mapping[tuple[str, int], list[QMenu]]) -> None:
        """Makes the menus; `extras` are submenus, which stand before the actions of their group."""
        groups: dict[str, set[int]] = {menu: set() for menu in MENUS}
        for spec in self:
            if spec.menu:
                groups[spec.menu].add(spec.group)
        for menu, group in extras:
            groups[menu].add(group)
        for title, numbers in groups.items():
            if not numbers:
                continue
            part = bar.addMenu(title)
            part.setToolTipsVisible(True)
            for number in sorted(numbers):
                if not part.isEmpty():
                    part.addSeparator()
                for submenu in extras.get((title, number), ()):
                    part.addMenu(submenu)
                part.addActions([self[s.name] for s in self if (s.menu, s.group) == (title, number)])
            _give_letters(part)

    def _bind_all(self) -> None:
        for spec in self:
            self._bind(spec.name)

    def _bind(self, name: str) -> None:
        self[name].setShortcuts([QKeySequence(key) for key in self.keys(name)])
        self._say(name)

    def _say(self, name: str) -> None:
        """What the tool tip says: what the action does, its first shortcut, and why it cannot be used now."""
        spec, keys, reason = self._specs[name], self.keys(name), self.why_not(name)
        text = self.tip(name)
        text += f" ({shown(keys[0])})" if keys else ""
        group = self[name].actionGroup()
        elsewhere = group is not None and not group.isEnabled()
        known = reason and (elsewhere or spec.needs or spec.why_not or name in self._tips)
        self[name].setToolTip(f"{text}\nNot now: {reason}." if known else text)


def _give_letters(menu: QMenu) -> None:
    """Gives each line of a menu a letter of its own: the one that it asks for, else one that is free."""
    taken: set[str] = set()
    waiting = []
    for action in menu.actions():
        letter = _letter(action.text())
        if letter and letter not in taken:
            taken.add(letter)
        elif not action.isSeparator():
            waiting.append(action)
    for action in waiting:
        text = plain(action.text()).replace("&", "&&") + ("…" if action.text().endswith("…") else "")
        places = sorted(range(len(text)), key=lambda at: (at > 0 and text[at - 1] != " ", at))
        free = next((at for at in places if text[at].isalpha() and text[at].casefold() not in taken), None)
        if free is not None:
            taken.add(text[free].casefold())
            text = f"{text[:free]}&{text[free:]}"
        action.setText(text)


def _letter(text: str) -> str:
    """The letter of a menu's line that is pressed to choose it."""
    text = text.replace("&&", "")
    at = text.find("&") + 1
    return text[at : at + 1].casefold() if at else ""
