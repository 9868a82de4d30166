"""Generating a background for each task."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from app.simulation import can_generate
from app.tasks import task, task_names
from app.ui.actions import Spec
from app.ui.document import new_seed
from app.ui.feature import Feature
from app.ui.features.filing import Filing

if TYPE_CHECKING:
    from app.ui.window import Window

_NO_SOURCE = "no background can be generated for the task of the open scene"


class Generating(Feature):
    """The submenu *Generate background*."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "generate_again", "Generate a&nother", "", 0, "creation-outline", ("Ctrl+G",),
            "Generate another phantom for the task of the open scene",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.menu = QMenu("&Generate background", window)
        self.menu.setObjectName("generate")
        self.menu.setToolTipsVisible(True)
        self.menu.addAction(window.actions_["generate_again"])
        for name in filter(can_generate, task_names()):
            title = task(name).title
            phantom = Spec(
                f"generate_{name}", f"Generate {title}: phantom", "",
                tip=f"Generate a background for {title} with known anatomy",
            )  # fmt: skip
            from_ct = Spec(
                f"generate_{name}_from_ct", f"Generate {title}: from a CT folder…", "",
                tip=f"Generate a background for {title} from a CT of yours",
            )  # fmt: skip
            self.menu.addSeparator()
            for spec, handler in ((phantom, self.generate), (from_ct, self.generate_from_ct)):
                action = window.actions_.add(spec, partial(handler, name))
                action.setText(spec.text.removeprefix("Generate "))
                self.menu.addAction(action)

    def menus(self) -> dict[tuple[str, int], list[QMenu]]:
        return {("&File", 1): [self.menu]}

    def refresh(self) -> None:
        able, name = can_generate(self.document.scene.task), "generate_again"
        self.window.actions_[name].setEnabled(able)
        self.window.actions_.set_tip(name, self.window.actions_.spec(name).tip, "" if able else _NO_SOURCE)

    def generate_again(self) -> None:
        """Generates a phantom for the task that is open."""
        self.generate(self.document.scene.task)

    def generate(self, task_name: str) -> None:
        """Generates a phantom of a seed that nobody has seen."""
        filing = self.window.feature(Filing)
        filing.unless_unsaved(lambda: self.compose.opener.generate(task_name, new_seed()))

    def generate_from_ct(self, task_name: str) -> None:
        """Asks for a folder with a CT, and generates a background from it."""
        filing = self.window.feature(Filing)

        def chosen(folder: Path) -> None:
            source = f"ct:{folder}"
            filing.unless_unsaved(lambda: self.compose.opener.generate(task_name, new_seed(), source))

        filing.ask_folder("Generate from a CT: choose its folder", chosen)
