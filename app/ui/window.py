"""The one window: menus, rail, tool bar and status bar around the workspaces."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QMenu, QToolBar, QToolButton, QWidget

from app.ui.actions import Actions
from app.ui.compose import ComposeWorkspace
from app.ui.feature import Feature
from app.ui.features import features
from app.ui.features.filing import Filing
from app.ui.features.generating import Generating
from app.ui.features.layout import Layout
from app.ui.features.recovering import Recovering
from app.ui.features.workspaces import Workspaces
from app.ui.frame.pages import Pages
from app.ui.frame.status import StatusBar
from app.ui.settings import settings
from app.ui.theme import dress, icon
from app.ui.work.bridge import Bridge
from app.ui.workspace import Workspace

FIRST_TASK, FIRST_SEED = "kub-xray", 1
"""What the first start shows: a radiograph, not an empty field."""

TOOL_BAR = (
    ("open", "generate"),
    ("save_scene", "save_composite"),
    ("undo", "redo"),
    ("reset", "invert", "overlays"),
    ("train",),
)
"""The groups of the tool bar."""

F = TypeVar("F", bound=Feature)


class Window(QMainWindow):
    """A frame around the workspaces. What it can do is a list of features."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        dress(self)
        self.first = path
        """What the window was opened on; None for a start without a file."""
        self._shown = False
        self._may_close = False
        self._closed = False
        self.bridge = Bridge(self)
        self._told_of_settings = False
        settings().write = lambda work: self.bridge.write(
            "settings", work, failed=self._settings_failed, title="Saving the settings"
        )
        self.compose = ComposeWorkspace(self.bridge)
        self.stack = Pages()
        """The workspaces that have been visited."""
        self.stack.addWidget(self.compose)
        self.middle = QWidget()
        """The rail and the workspace that is shown."""
        row = QHBoxLayout(self.middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.stack, 1)
        self.setCentralWidget(self.middle)
        self.status = StatusBar(self.bridge, self)
        self.setStatusBar(self.status)
        self.actions_ = Actions(self)
        self.features: tuple[Feature, ...] = ()
        for kind in features():
            self.features = (*self.features, kind(self))
        row.insertWidget(0, self.feature(Workspaces).rail)
        self._make_menus()
        self._make_tool_bar()
        self._connect()
        self.feature(Layout).restore()
        self.refresh()

    def feature(self, kind: type[F]) -> F:
        """The feature of that kind."""
        return next(feature for feature in self.features if isinstance(feature, kind))

    @property
    def workspace(self) -> Workspace:
        """The workspace that is shown."""
        shown = self.stack.currentWidget()
        assert isinstance(shown, Workspace)
        return shown

    @property
    def filing(self) -> Filing:
        """Opening and saving."""
        return self.feature(Filing)

    # -- making ----------------------------------------------------------------------------------------

    def _make_menus(self) -> None:
        extras: dict[tuple[str, int], list[QMenu]] = {}
        for feature in self.features:
            for place, menus in feature.menus().items():
                extras.setdefault(place, []).extend(menus)
        self.actions_.fill(self.menuBar(), extras)

    def _make_tool_bar(self) -> None:
        bar = QToolBar("Tools", self)
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.compose.column.insertWidget(0, bar)
        self._generate_button = QToolButton()
        self._generate_button.setText("Generate")
        self._generate_button.setToolTip("Generate a background with known anatomy")
        self._generate_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._generate_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._generate_button.setMenu(self.feature(Generating).menu)
        texts = {"open": "Open", "save_composite": "Save composite", "save_scene": "Save scene"}
        texts |= {"invert": "Invert", "reset": "Fit", "overlays": "Overlays", "train": "Train lesion"}
        texts |= {"undo": "Undo", "redo": "Redo"}
        for name, text in texts.items():
            self.actions_[name].setIconText(text)
        for group in TOOL_BAR:
            if bar.actions():
                bar.addSeparator()
            for name in group:
                if name == "generate":
                    bar.addWidget(self._generate_button)
                else:
                    bar.addAction(self.actions_[name])
        self.set_icons()

    def set_icons(self) -> None:
        """Draws all icons in the colours of the theme."""
        self.actions_.set_icons()
        self._generate_button.setIcon(icon("creation-outline"))
        self.status.set_icons()
        for feature in self.features:
            feature.set_icons()

    def _connect(self) -> None:
        compose, document = self.compose, self.compose.document
        for signal in (
            document.opened, document.selection_changed, document.page_shown, document.scene_changed,
            document.stack.cleanChanged, compose.overlays.changed, compose.canvas.tool_changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        compose.controller.hover.connect(self._show_hover)
        self.status.stop_wanted.connect(self.bridge.stop)

    # -- showing ---------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        """The work of the start, once the window is on the screen."""
        if self._closed:
            return
        if settings().problem:
            self._say_problem()
            once = Qt.ConnectionType.SingleShotConnection
            # the first image wipes away what is shown before it
            self.compose.document.opened.connect(self._say_problem, once)
        if self.first is not None:
            self.compose.opener.open(self.first)
        else:
            self.compose.opener.generate(FIRST_TASK, FIRST_SEED)
        for feature in self.features:
            feature.begin()
        self.bridge.find_device()

    def _say_problem(self) -> None:
        self.compose.messages.show_message("warning", settings().problem)

    def _settings_failed(self, sentence: str, _: str) -> None:
        """Says it once: a folder that may not be written to stays so, and settings change all the time."""
        if not self._told_of_settings:
            self._told_of_settings = True
            self.compose.messages.show_message("warning", sentence, seconds=15)

    @property
    def conditions(self) -> dict[str, bool]:
        """What an action may need, and whether it is so: see `Spec.needs`."""
        document = self.compose.document
        return {
            "image": document.base is not None,
            "series": document.series is not None and len(document.series) > 1,
            "selection": bool(document.selected_ids) and document.at_base,
            "lesions": bool(document.scene.placements) and document.at_base,
        }

    def refresh(self, *_: object) -> None:
        """Enables and checks the actions, and names the window, after what is open and selected."""
        document = self.compose.document
        self.actions_.enable(self.conditions)
        for feature in self.features:
            feature.refresh()
        self.setWindowTitle(f"{document.title}[*] – Lithograph" if document.title else "Lithograph")
        self.setWindowModified(document.modified)

    def _show_hover(self, text: str, note: str, forbidden: bool) -> None:
        self.status.place.setText(text)
        self.status.set_note(note, warning=forbidden)

    # -- closing ---------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close and self.filing.holds_the_window(self._close_now):
            event.ignore()
            return
        if not self._closed:
            self._closed = True
            for feature in self.features:
                feature.close_down()
            settings().flush()
            self.status.close_down()
            self.hide()  # a step of the engine may take a while to end
            self.bridge.close()
            settings().write = lambda work: work()
        super().closeEvent(event)

    def discard_changes(self) -> None:
        """Lets the window close without a question."""
        self._may_close = True

    def close_at_once(self) -> None:
        """Closes without a question; what is not saved is offered at the next start."""
        self.feature(Recovering).leave()
        self._close_now()

    def _close_now(self) -> None:
        self.discard_changes()
        self.close()
