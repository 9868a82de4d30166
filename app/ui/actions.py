"""Every action as data: menus, tool bar and shortcuts are made from this one list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.ui.theme import icon


@dataclass(frozen=True)
class Spec:
    """One action; `menu` is where it stands, `group` draws a line where it changes."""

    name: str
    text: str
    menu: str
    group: int = 0
    icon: str = ""
    keys: tuple[str, ...] = ()
    tip: str = ""
    checkable: bool = False


SPECS = (
    Spec("open", "&Open image…", "&File", 0, "folder-open-outline", ("Ctrl+O",), "Open an image file"),
    Spec("open_folder", "Open &folder…", "&File", 0, "folder-outline", ("Ctrl+Shift+O",)),
    Spec("open_scene", "Open s&cene…", "&File", 0, "layers-outline", ("Ctrl+Alt+O",), "Open a saved scene"),
    Spec("save_scene", "&Save scene", "&File", 2, "content-save-outline", ("Ctrl+S",), "Save the placements"),
    Spec("save_scene_as", "Save scene &as…", "&File", 2, "", ("Ctrl+Shift+S",)),
    Spec(
        "save_composite", "Save co&mposite…", "&File", 2, "image-move", ("Ctrl+E",),
        "Save the image with its lesions, their labels and the scene",
    ),
    Spec("quit", "&Quit", "&File", 3, "", ("Ctrl+Q",)),
    Spec("remove", "Remo&ve lesion", "&Edit", 1, "trash-can-outline", ("Delete", "Backspace")),
    Spec("reroll", "&Draw another shape", "&Edit", 1, "dice-5-outline", ("N",), "Take a new seed"),
    Spec("cancel", "&Deselect or cancel", "&Edit", 2, "", ("Escape",)),
    Spec("reset", "&Reset view and window", "&View", 0, "fit-to-page-outline", ("R",)),
    Spec("one_to_one", "&One screen pixel per image pixel", "&View", 0, "", ("O",)),
    Spec("invert", "&Invert", "&View", 0, "invert-colors", ("I",), "Swap black and white", checkable=True),
    Spec("overlays", "Show &overlays", "&View", 1, "layers-triple-outline", ("S",), checkable=True),
    Spec("fainter", "Overlays &fainter", "&View", 1, "", ("A",)),
    Spec("stronger", "Overlays &stronger", "&View", 1, "", ("D",)),
    Spec("first", "&First slice", "&View", 3, "", ("Home",)),
    Spec("previous", "&Previous slice", "&View", 3, "", ("PgUp",)),
    Spec("next", "&Next slice", "&View", 3, "", ("PgDown",)),
    Spec("last", "&Last slice", "&View", 3, "", ("End",)),
    Spec(
        "train", "&Train lesion from this image…", "&Lesion", 0, "vector-ellipse", ("Ctrl+T",),
        "Draw an ellipse around a real lesion, and let a lesion model learn from it",
        checkable=True,
    ),
    Spec("stop", "&Stop what is running", "&Lesion", 1, "stop-circle-outline", ("Ctrl+.",)),
    Spec("keys", "&Mouse and keys", "&Help", 0, "keyboard-outline", ("F1",)),
    Spec("about", "&About Lithograph", "&Help", 0, "information-outline"),
)  # fmt: skip


class Actions:
    """The QActions by name."""

    def __init__(self, parent: QWidget, handlers: Mapping[str, Callable[..., object]]) -> None:
        missing = {spec.name for spec in SPECS} ^ set(handlers)
        if missing:
            raise ValueError(f"actions without handler, or handlers without action: {sorted(missing)}")
        self._by_name: dict[str, QAction] = {}
        for spec in SPECS:
            action = QAction(spec.text, parent, checkable=spec.checkable)
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            plain = spec.text.replace("&", "").rstrip("…")
            native = QKeySequence.SequenceFormat.NativeText
            keys = f" ({action.shortcut().toString(native)})" if spec.keys else ""
            action.setToolTip((spec.tip or plain) + keys)
            handler = handlers[spec.name]
            if spec.checkable:
                action.toggled.connect(handler)
            else:
                action.triggered.connect(lambda _=False, handler=handler: handler())
            self._by_name[spec.name] = action
        self.set_icons()

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        for spec in SPECS:
            if spec.icon:
                self._by_name[spec.name].setIcon(icon(spec.icon))

    def fill(self, bar: QMenuBar, extras: Mapping[tuple[str, int], Callable[[QMenu], None]]) -> None:
        """Makes the menus; `extras` fill a group of a menu that is no fixed list of actions."""
        groups: dict[str, set[int]] = {}
        for spec in SPECS:
            groups.setdefault(spec.menu, set()).add(spec.group)
        for menu, group in extras:
            groups[menu].add(group)
        for title, numbers in groups.items():
            part = bar.addMenu(title)
            for number in sorted(numbers):
                if not part.isEmpty():
                    part.addSeparator()
                if (title, number) in extras:
                    extras[title, number](part)
                part.addActions([self[s.name] for s in SPECS if (s.menu, s.group) == (title, number)])
