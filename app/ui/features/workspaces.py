"""Going from one workspace to another, by the rail, the menu or a key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup

from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.frame.rail import Rail
from app.ui.settings import settings
from app.ui.workspace import Workspace, places

if TYPE_CHECKING:
    from app.ui.window import Window

COMPOSE = "compose"


class Workspaces(Feature):
    """Shows one workspace, makes it where this is the first visit, and remembers which it was."""

    WORKSPACE = ""
    SPECS = tuple(
        Spec(f"workspace_{place.name}", f"&{place.title}", "&View", 7, place.icon, (place.key,), place.tip)
        for place in places()
    )

    shown = Signal(str)
    """The name of the workspace that is shown now."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._places = {place.name: place for place in places()}
        self._made: dict[str, Workspace] = {COMPOSE: window.compose}
        actions = {name: window.actions_[f"workspace_{name}"] for name in self._places}
        one_of_them = QActionGroup(self)
        for name, action in actions.items():
            action.setCheckable(True)
            action.setIconText(self._places[name].title)
            one_of_them.addAction(action)
        self.rail = Rail(actions.items())
        self.name = COMPOSE
        """Of the workspace that is shown."""
        self.document.opened.connect(self._opened)
        self._first = window.first is None
        """Whether the next image is the one that is generated at the start, for which nobody asked."""
        window.actions_.set_workspace(COMPOSE)
        actions[COMPOSE].setChecked(True)

    def handler(self, name: str) -> Callable[..., object]:
        return partial(self.show, name.removeprefix("workspace_"))

    def begin(self) -> None:
        last = settings().remembered.workspace
        if last in self._places and self.window.first is None:
            self.show(last)

    def set_icons(self) -> None:
        self.rail.fit()
        for workspace in self._made.values():
            workspace.set_icons()

    def close_down(self) -> None:
        for workspace in self._made.values():
            workspace.close_down()

    def get(self, name: str) -> Workspace:
        """The workspace of that name, made where it has not been visited yet."""
        if name not in self._made:
            workspace = self._made[name] = self._places[name].make(self.window)
            self.window.stack.addWidget(workspace)
        return self._made[name]

    def visited(self, name: str) -> Workspace | None:
        """The workspace of that name, where it has been visited."""
        return self._made.get(name)

    def show(self, name: str) -> None:
        """Shows a workspace."""
        self.window.actions_[f"workspace_{name}"].setChecked(True)
        if name == self.name:
            return
        workspace = self.get(name)
        self.name = name
        self.compose.canvas.cancel_gesture()
        self.window.actions_.set_workspace(name)
        self.window.stack.setCurrentWidget(workspace)
        self.compose.messages.lie_over(workspace.message_place)
        settings().remember(workspace=name)
        self.window.refresh()
        self.shown.emit(name)
        workspace.arrive()

    def _opened(self) -> None:
        """Whoever opens an image wants to see it."""
        asked, self._first = not self._first, False
        if asked:
            self.show(COMPOSE)
