"""The display window: its presets, and inversion."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from app.imaging.image import Window as GreyWindow
from app.ui.actions import Spec
from app.ui.canvas import presets
from app.ui.dialogs.windows import WindowPresetsDialog
from app.ui.feature import Feature

if TYPE_CHECKING:
    from app.ui.window import Window

_PRESETS = presets.LAST + 1


class Windowing(Feature):
    """The keys 0 to 8 choose presets, as in Weasis: automatic, the file's two, the task's."""

    SPECS = (
        *(
            Spec(
                f"preset_{n}", f"Window preset {n}", "",
                keys=(str(n),) if n <= presets.LAST_KEY else (), needs="image",
            )
            for n in range(_PRESETS)
        ),
        Spec(
            "keep_window", "&Keep this window as a preset…", "", keys=("Ctrl+Alt+W",), needs="image",
            tip="Gives a key to the window that the image is shown with now",
        ),
        Spec(
            "edit_windows", "&Edit window presets…", "", keys=("Ctrl+Shift+W",), needs="image",
            tip="Adds, removes and orders the windows of this task; the first six are on the keys 3 to 8",
        ),
        Spec(
            "invert", "&Invert", "&Image", 1, "invert-colors", ("I",), "Swap black and white",
            checkable=True, needs="image",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._display = window.compose.controller.display
        self._menu = QMenu("&Window", window)
        self._menu.setToolTipsVisible(True)
        self._actions = [window.actions_[f"preset_{n}"] for n in range(_PRESETS)]
        self._menu.addActions(self._actions)
        self._menu.addSeparator()
        self._menu.addActions([window.actions_["keep_window"], window.actions_["edit_windows"]])
        self.dialog: WindowPresetsDialog | None = None
        """That was opened last."""
        self._task = ""
        self._display.changed.connect(self.refresh)
        self.document.scene_changed.connect(self._task_may_have_changed)

    def handler(self, name: str) -> Callable[..., object]:
        if name.startswith("preset_"):
            return partial(self.choose, int(name.removeprefix("preset_")))
        return super().handler(name)

    def menus(self) -> dict[tuple[str, int], list[QMenu]]:
        return {("&Image", 0): [self._menu]}

    def refresh(self) -> None:
        self.window.actions_["invert"].setChecked(self._display.inverted)
        for action, preset in zip(self._actions, self._shown_presets(), strict=True):
            action.setVisible(preset is not None)
            text = "" if preset is None else preset_text(preset)
            if preset is not None and action.text() != text:
                action.setText(text)

    def choose(self, number: int) -> None:
        """Takes window preset `number`; nothing where there is none."""
        self._display.choose(number)

    def invert(self, on: bool) -> None:
        """Swaps black and white, or back."""
        self._display.set_inverted(on)

    def keep_window(self) -> None:
        """Adds the present window to the presets, and asks for its name."""
        self._open(adding=True)

    def edit_windows(self) -> None:
        """Edits the presets of the task."""
        self._open(adding=False)

    def _open(self, *, adding: bool) -> None:
        image, task, shown = self._display.image, self.document.task, self._display.window
        if image is None:
            return
        present = presets.preset(shown, "New preset", task, image)
        self.dialog = WindowPresetsDialog(task, present, self.window, adding=adding)
        self.dialog.chosen.connect(lambda chosen: presets.keep(task, chosen))
        self.dialog.chosen.connect(lambda _: self._display.set_task(self.document.task))
        self.dialog.open()

    def _task_may_have_changed(self) -> None:
        if self.document.scene.task != self._task:
            self._task = self.document.scene.task
            self._display.set_task(self.document.task)

    def _shown_presets(self) -> tuple[GreyWindow | None, ...]:
        none: tuple[GreyWindow | None, ...] = (None,) * _PRESETS
        return (self._display.presets + none)[:_PRESETS]


def preset_text(preset: GreyWindow) -> str:
    """`Lung  (W 1500, L −600)`."""
    name = preset.name[:1].upper() + preset.name[1:]
    return f"{name}  (W {preset.width:.0f}, L {preset.centre:.0f})".replace("-", "−")
