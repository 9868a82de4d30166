"""Generating a background for each task: a phantom, by the network, or from a CT."""

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
from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.dialogs.draw import DrawDialog
    from app.ui.window import Window

PHANTOM, NETWORK = "phantom", "vqgan"
"""The sources, as in the recipes of backgrounds."""


class Generating(Feature):
    """The submenu *Generate background*."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "generate_again", "Generate a&nother", "", 0, "creation-outline", ("Ctrl+G",),
            "Generate another background for the task of the open scene, from the source that was used last",
        ),
        Spec(
            "generate_network", "&Draw with the network (VQGAN)…", "", 0, "draw", ("Ctrl+Shift+G",),
            "Draw a new background with the network that learnt from images: choose task, variety and seed",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.dialog: DrawDialog | None = None
        self.menu = QMenu("&Generate background", window)
        self.menu.setObjectName("generate")
        self.menu.setToolTipsVisible(True)
        for spec in self.SPECS:
            self.menu.addAction(window.actions_[spec.name])
        for name in task_names():
            self._add_task(name)

    def _add_task(self, name: str) -> None:
        title, actions = task(name).title, self.window.actions_
        phantom = Spec(
            f"generate_{name}", f"Generate {title}: phantom", "",
            tip=f"Generate a background for {title} with known anatomy",
        )  # fmt: skip
        by_network = Spec(
            f"generate_{name}_network", f"Generate {title}: by the network (VQGAN)…", "",
            tip=f"Draw a background for {title} with the network that learnt from images",
        )  # fmt: skip
        from_ct = Spec(
            f"generate_{name}_from_ct", f"Generate {title}: from a CT folder…", "",
            tip=f"Generate a background for {title} from a CT of yours",
        )  # fmt: skip
        self.menu.addSeparator()
        for spec, handler, offered in (
            (phantom, self.generate, can_generate(name)),
            (by_network, self.generate_network, True),
            (from_ct, self.generate_from_ct, can_generate(name, "ct")),
        ):
            if offered:
                action = actions.add(spec, partial(handler, name))
                action.setText(spec.text.removeprefix("Generate "))
                self.menu.addAction(action)

    def menus(self) -> dict[tuple[str, int], list[QMenu]]:
        return {("&File", 1): [self.menu]}

    def generate_again(self) -> None:
        """Generates another background for the task that is open, from the source that was used last."""
        name = self.document.scene.task
        remembered = settings().remembered
        source = remembered.source if can_generate(name) else NETWORK
        recipe = dict(self.document.scene.background.recipe or ())
        like_this = recipe.get("source") == source and recipe.get("task") == name
        seed = int(recipe["seed"]) + 1 if like_this else new_seed()
        if source == NETWORK:
            self._draw(name, seed, remembered.temperature, remembered.decoding_steps)
        else:
            self._phantom(name, seed)

    def generate(self, task_name: str) -> None:
        """Generates a phantom of a seed that nobody has seen."""
        settings().remember(source=PHANTOM)
        self._phantom(task_name, new_seed())

    def generate_network(self, task_name: str = "") -> None:
        """Asks how the network is to draw a background for a task, at first that of the open scene."""
        from app.ui.dialogs.draw import DrawDialog

        if self.dialog is not None:
            return
        dialog = self.dialog = DrawDialog(task_name or self.document.scene.task, self.bridge, self.window)
        dialog.chosen.connect(self._draw)
        dialog.finished.connect(self._forget)
        dialog.open()

    def generate_from_ct(self, task_name: str) -> None:
        """Asks for a folder with a CT, and generates a background from it."""
        filing = self.window.feature(Filing)

        def chosen(folder: Path) -> None:
            source = f"ct:{folder}"
            filing.unless_unsaved(lambda: self.compose.opener.generate(task_name, new_seed(), source))

        filing.ask_folder("Generate from a CT: choose its folder", chosen)

    def _phantom(self, task_name: str, seed: int) -> None:
        filing = self.window.feature(Filing)
        filing.unless_unsaved(lambda: self.compose.opener.generate(task_name, seed))

    def _draw(self, task_name: str, seed: int, temperature: float, steps: int) -> None:
        settings().remember(source=NETWORK, temperature=temperature, decoding_steps=steps)
        filing = self.window.feature(Filing)
        filing.unless_unsaved(lambda: self.compose.opener.draw(task_name, seed, temperature, steps))

    def _forget(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog = None
