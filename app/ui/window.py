"""The one window: menus, tool bar and status bar around the workspace."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar, QToolButton

from app.tasks import task, task_names
from app.ui import theme
from app.ui.actions import Actions
from app.ui.bridge import Bridge
from app.ui.compose import ComposeWorkspace
from app.ui.filing import Filing
from app.ui.settings import settings
from app.ui.status import StatusBar
from app.ui.teaching import Teaching

FIRST_TASK, FIRST_SEED = "kub-xray", 1
"""What the first start shows: a radiograph, not an empty field."""


class Window(QMainWindow):
    """Turns actions into calls on the workspace; asks before work is lost."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self._first: Path | None = path
        self._shown = False
        self._may_close = False
        self.bridge = Bridge(self)
        self.compose = ComposeWorkspace(self.bridge)
        self.setCentralWidget(self.compose)
        self.filing = Filing(self, self.compose)
        self.status = StatusBar(self.bridge.engine, self)
        self.setStatusBar(self.status)
        self.actions_ = Actions(self, self._handlers())
        self.teaching = Teaching(self, self.compose, self.actions_["train"])
        self._make_menus()
        self._make_tool_bar()
        self._connect()
        self.resize(1440, 900)
        geometry = settings().value("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)
        self._update()

    # -- making ----------------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Callable[..., object]]:
        compose, filing = self.compose, self.filing
        document, display, overlays = compose.document, compose.controller.display, compose.overlays
        return {
            "open": filing.open_image,
            "open_folder": filing.open_folder,
            "open_scene": filing.open_scene,
            "save_scene": filing.save_scene,
            "save_scene_as": filing.save_scene_as,
            "save_composite": filing.save_composite,
            "quit": self.close,
            "remove": lambda: document.remove(*filter(None, (document.selection,))),
            "reroll": compose.lesion_panel.new_shape,
            "cancel": self.cancel,
            "reset": self.reset_view,
            "one_to_one": compose.controller.one_to_one,
            "invert": display.set_inverted,
            "overlays": lambda on: overlays.set(visible=on),
            "fainter": lambda: overlays.strengthen(-0.1),
            "stronger": lambda: overlays.strengthen(0.1),
            "first": lambda: compose.opener.show_slice(0),
            "previous": lambda: compose.step(-1),
            "next": lambda: compose.step(1),
            "last": lambda: compose.opener.show_slice(10**9),
            "train": compose.set_drawing,
            "stop": self.status.stop,
            "keys": self.show_keys,
            "about": self.show_about,
        }

    def _make_menus(self) -> None:
        document = self.compose.document
        self._undo = document.stack.createUndoAction(self, "&Undo")
        self._undo.setShortcuts(QKeySequence.StandardKey.Undo)
        self._redo = document.stack.createRedoAction(self, "&Redo")
        self._redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        self._generate_menu = QMenu("&Generate background", self)
        for name in task_names():
            title = task(name).title
            self._generate_menu.addAction(f"{title}: phantom", partial(self.filing.generate, name))
            self._generate_menu.addAction(
                f"{title}: from a CT folder…", partial(self.filing.generate_from_ct, name)
            )
        self._presets_menu = QMenu("&Window", self)
        self._presets: list[QAction] = []
        for number in range(9):
            choose = partial(self.compose.controller.display.choose, number)
            action = self._presets_menu.addAction("", choose)
            action.setShortcut(QKeySequence(str(number)))
            self._presets.append(action)
        self._theme_menu = QMenu("&Theme", self)
        group = QActionGroup(self)
        for name in theme.THEMES:
            action = self._theme_menu.addAction(name.capitalize(), partial(self.set_theme, name))
            action.setCheckable(True)
            action.setChecked(theme.chosen().name == name)
            group.addAction(action)
        self.actions_.fill(
            self.menuBar(),
            {
                ("&File", 1): lambda menu: _add(menu, self._generate_menu),
                ("&Edit", 0): lambda menu: menu.addActions([self._undo, self._redo]),
                ("&View", 2): lambda menu: _add(menu, self._presets_menu),
                ("&View", 4): lambda menu: _add(menu, self._theme_menu),
            },
        )
        self.addActions(self._presets)

    def _make_tool_bar(self) -> None:
        bar = QToolBar("Tools", self)
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.addToolBar(bar)
        self._generate_button = QToolButton()
        self._generate_button.setText("Generate")
        self._generate_button.setToolTip("Generate a background with known anatomy")
        self._generate_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._generate_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._generate_button.setMenu(self._generate_menu)
        texts = {"open": "Open", "save_composite": "Save composite", "save_scene": "Save scene"}
        texts |= {"invert": "Invert", "reset": "Fit", "overlays": "Overlays", "train": "Train lesion"}
        for name, text in texts.items():
            self.actions_[name].setIconText(text)
        self._undo.setIconText("Undo")
        self._redo.setIconText("Redo")
        bar.addAction(self.actions_["open"])
        bar.addWidget(self._generate_button)
        bar.addSeparator()
        bar.addActions([self.actions_["save_scene"], self.actions_["save_composite"]])
        bar.addSeparator()
        bar.addActions([self._undo, self._redo])
        bar.addSeparator()
        bar.addActions([self.actions_[name] for name in ("reset", "invert", "overlays")])
        bar.addSeparator()
        bar.addAction(self.actions_["train"])
        self._set_icons()

    def _set_icons(self) -> None:
        self.actions_.set_icons()
        self._undo.setIcon(theme.icon("undo"))
        self._redo.setIcon(theme.icon("redo"))
        self._generate_button.setIcon(theme.icon("creation-outline"))
        self.compose.set_icons()
        self.status.set_icons()

    def _connect(self) -> None:
        compose, document = self.compose, self.compose.document
        document.opened.connect(self._update)
        document.selection_changed.connect(self._update)
        document.page_shown.connect(self._update)
        document.stack.cleanChanged.connect(self._update)
        compose.controller.display.changed.connect(self._update_display)
        compose.overlays.changed.connect(self._update)
        compose.controller.hover.connect(self._show_hover)
        self.status.stop_wanted.connect(lambda job: job.cancel())

    # -- showing ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        """The work of the start, once the window is on the screen."""
        if self._first is not None:
            self.compose.opener.open(self._first)
        else:
            self.compose.opener.generate(FIRST_TASK, FIRST_SEED)
            self.compose.messages.show_message(
                "hint",
                "A radiograph is being generated. Click where a stone may lie, drag it, pull its handle; "
                "or open an image of your own.",
                seconds=20,
            )
        self.bridge.find_device()

    def _update(self) -> None:
        document = self.compose.document
        has_image, selected = document.base is not None, document.selection is not None
        several = document.series is not None and len(document.series) > 1
        for name in (
            "save_scene",
            "save_scene_as",
            "save_composite",
            "train",
            "reset",
            "one_to_one",
            "invert",
        ):
            self.actions_[name].setEnabled(has_image)
        self.actions_["remove"].setEnabled(selected)
        for name in ("first", "previous", "next", "last"):
            self.actions_[name].setEnabled(several)
        self.actions_["overlays"].setChecked(self.compose.overlays.visible)
        self.setWindowTitle(f"{document.title}[*] – Lithograph" if document.title else "Lithograph")
        self.setWindowModified(document.modified)

    def _update_display(self) -> None:
        display = self.compose.controller.display
        self.actions_["invert"].setChecked(display.inverted)
        for number, action in enumerate(self._presets):
            there = number < len(display.presets)
            action.setVisible(there)
            action.setEnabled(there)
            if there:
                window = display.presets[number]
                action.setText(f"{window.name.capitalize()}  (W {window.width:.0f}, L {window.centre:.0f})")

    def _show_hover(self, text: str, note: str, forbidden: bool) -> None:
        self.status.place.setText(text)
        self.status.set_note(note, warning=forbidden)

    def set_theme(self, name: str) -> None:
        """Changes between dark and light."""
        theme.apply(theme.THEMES[name])
        self._set_icons()

    def reset_view(self) -> None:
        """Fits the image, and takes its own window."""
        self.compose.canvas.box.fit()
        self.compose.controller.display.reset()

    def cancel(self) -> None:
        """Esc: takes back what the hand is doing, then drawing, then the selection."""
        if self.compose.canvas.gesturing or not self.actions_["train"].isChecked():
            self.compose.cancel()
        else:
            self.actions_["train"].setChecked(False)

    def show_keys(self) -> None:
        """What the mouse and the keys do."""
        from app.ui.dialogs.keys import KeysDialog

        KeysDialog(self).open()

    def show_about(self) -> None:
        """Versions and licence."""
        from app.ui.dialogs.about import show_about

        show_about(self, self.bridge.engine.device.name)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close and self.compose.document.modified:
            event.ignore()
            self.filing.unless_unsaved(self._close_now)
            return
        settings().setValue("geometry", self.saveGeometry())
        self.status.close_down()
        self.bridge.close()
        super().closeEvent(event)

    def discard_changes(self) -> None:
        """Lets the window close without a question."""
        self._may_close = True

    def _close_now(self) -> None:
        self.discard_changes()
        self.close()


def _add(menu: QMenu, part: QMenu) -> None:
    menu.addMenu(part)
