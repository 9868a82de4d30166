"""What can be done in the editor, with its keys: they hold while it has the focus, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.actions import shown
from app.ui.theme import icon


@dataclass(frozen=True)
class Act:
    """An action: the method of the same name does it."""

    name: str
    text: str
    icon: str
    keys: tuple[str, ...]
    tip: str
    checkable: bool = False
    tool: bool = False
    """One of the tools, of which one is always taken up."""
    group: int = 0
    """Lines of the menu that stand together."""


ACTS = (
    Act("box", "&Box around a lesion", "vector-rectangle", ("B",),
        "Drag from corner to corner; drag a box to move it, its grips to resize it",
        True, True),
    Act("brush", "&Paint a structure", "brush", ("P",),
        "Paint the chosen structure; Ctrl+drag erases, Shift+wheel changes the size", True, True),
    Act("lasso", "&Lasso a structure", "lasso", ("L",),
        "Draw around what belongs to the chosen structure; Ctrl+drag cuts it out", True, True),
    Act("erase", "&Erase", "eraser", ("E",), "Brush and lasso take away instead of adding", True),
    Act("smaller", "S&maller brush", "circle-small", ("[", "-"), "Shift+wheel does so, too", group=1),
    Act("larger", "Lar&ger brush", "circle-outline", ("]", "+", "="), "Shift+wheel does so, too", group=1),
    Act("next_structure", "Ne&xt structure", "arrow-down", (".",), "Draw in the next structure", group=1),
    Act("previous_structure", "Pre&vious structure", "arrow-up", (",",), "Draw in the one before", group=1),
    Act("nothing_here", "&Nothing here", "circle-off-outline", ("N",),
        "Somebody looked at this image, and there is no lesion in it; again to take that back", group=2),
    Act("absent", "Structure is n&ot in this image", "eye-off-outline", ("Shift+N",),
        "The chosen structure was looked for and is not in this image; again to take that back", group=2),
    Act("clear", "&Clear the structure", "layers-remove", ("Ctrl+Backspace",),
        "Removes the outline of the chosen structure; it is then as good as not looked at", group=2),
    Act("propose", "Propose &structures", "auto-fix", ("G",),
        "The danger-zone network outlines what is not outlined yet; correct it with brush and lasso",
        group=2),
    Act("add_box", "&Add a box in the middle", "plus-box-outline", ("Insert",),
        "Arrows move it, Alt+arrows resize it; with Shift in larger steps", group=3),
    Act("delete", "&Delete the chosen box", "trash-can-outline", ("Delete", "Backspace"),
        "Takes the mark away, not the lesion", group=3),
    Act("cancel", "Deselect or &cancel", "close", ("Escape",), "Takes back what the hand is doing", group=3),
    Act("next_image", "Next image", "chevron-right", ("PgDown", "Ctrl+Down"),
        "What is marked is saved by itself", group=4),
    Act("previous_image", "Previous image", "chevron-left", ("PgUp", "Ctrl+Up"),
        "What is marked is saved by itself", group=4),
    Act("next_unseen", "Next one not looked at", "chevron-double-right", ("U",),
        "The next image in which nothing is marked yet", group=4),
    Act("overlays", "S&how what is marked", "layers-outline", ("S",), "Boxes and structures over the image",
        True, group=5),
    Act("fainter", "&Fainter structures", "opacity", ("A",), "See the image through them", group=5),
    Act("stronger", "S&tronger structures", "opacity", ("D",), "See the structures better", group=5),
    Act("invert", "&Invert", "invert-colors", ("I",), "Swap black and white", True, group=5),
    Act("reset", "&Reset view and window", "fit-to-page-outline", ("R",),
        "All of the image, in its own window", group=5),
)  # fmt: skip
PRESETS = tuple(str(n) for n in range(9))
"""The keys of the window presets, as in Compose."""


class ScopedActions:
    """The actions of the editor, by name; undo and redo come from the undo group."""

    def __init__(self, editor: QWidget, undo: QAction, redo: QAction) -> None:
        self._by_name: dict[str, QAction] = {}
        tools = QActionGroup(editor)
        for act in ACTS:
            action = QAction(act.text, editor, checkable=act.checkable)
            if act.tool:
                tools.addAction(action)
            method = getattr(editor, act.name)
            if act.checkable:
                action.toggled.connect(method)
            else:
                action.triggered.connect(lambda _=False, method=method: method())
            self._take(editor, act.name, action, act.keys)
            self._say(action, act.tip)
        for name, action, keys, tip in (
            ("undo", undo, ("Ctrl+Z",), "Take back the last step in this image"),
            ("redo", redo, ("Ctrl+Shift+Z", "Ctrl+Y"), "Do again what was taken back"),
        ):
            self._take(editor, name, action, keys)
            self._say(action, tip)
        for key in PRESETS:
            action = QAction(f"Window preset {key}", editor)
            action.triggered.connect(lambda _=False, key=key: editor.preset(int(key)))  # type: ignore[attr-defined]
            self._take(editor, f"preset_{key}", action, (key,))
        self.set_icons()

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def fill(self, menu: QMenu) -> None:
        """All of them, in groups; the tools first."""
        menu.setToolTipsVisible(True)
        menu.addActions([self["undo"], self["redo"]])
        group = -1
        for act in ACTS:
            if act.group != group:
                menu.addSeparator()
                group = act.group
            menu.addAction(self[act.name])

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        for act in ACTS:
            self[act.name].setIcon(icon(act.icon))
        self["undo"].setIcon(icon("undo"))
        self["redo"].setIcon(icon("redo"))

    def _take(self, editor: QWidget, name: str, action: QAction, keys: tuple[str, ...]) -> None:
        action.setObjectName(f"annotate_{name}")
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        editor.addAction(action)
        self._by_name[name] = action

    def _say(self, action: QAction, tip: str) -> None:
        key = action.shortcut().toString(QKeySequence.SequenceFormat.PortableText)
        action.setToolTip(f"{tip} ({shown(key)})")
