"""The window presets of a task: the usual ones of its file, or those that the user keeps instead."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from app.imaging.image import Image, Window
from app.tasks import Task, WindowPreset
from app.ui.settings import settings

FIRST_KEY, LAST_KEY = 3, 8
"""The keys of a task's presets; 0 is the automatic window, 1 and 2 are the file's, as in Weasis."""
MOST = 12
"""Presets of a task; those that get no key are chosen in the menu or in the list."""
LAST = FIRST_KEY + MOST - 1
"""The number of the last one."""


def presets(task: Task) -> tuple[WindowPreset, ...]:
    """The presets of a task, on the numbers `FIRST_KEY` and up."""
    kept = settings().remembered.windows.get(task.name)
    if kept is None:
        return task.windows
    try:
        return tuple(
            WindowPreset(name=name, centre=centre, width=width) for name, centre, width in kept[:MOST]
        )
    except ValidationError:  # the settings file was changed by hand
        return task.windows


def keep(task: Task, chosen: Sequence[WindowPreset]) -> None:
    """Keeps other presets for a task; its usual ones are not kept, so that they follow the task's file."""
    kept = dict(settings().remembered.windows)
    kept.pop(task.name, None)
    if tuple(chosen) != task.windows:
        kept[task.name] = tuple((preset.name, preset.centre, preset.width) for preset in chosen)
    settings().remember(windows=kept)


def key_text(number: int) -> str:
    """The key of a preset; a dash where it has none."""
    return str(number) if number <= LAST_KEY else "–"


def offered(task: Task, image: Image) -> bool:
    """Whether a task's presets mean something for an image: both in HU, or the presets in percent."""
    return not task.unit or task.unit == image.unit


def window(preset: WindowPreset, task: Task, image: Image) -> Window:
    """A preset in the image's own values."""
    if task.unit:
        return Window(preset.centre, preset.width, preset.name)
    black, step = _percent(image)
    return Window(black + preset.centre * step, preset.width * abs(step), preset.name)


def preset(shown: Window, name: str, task: Task, image: Image) -> WindowPreset:
    """The inverse of `window`: a window as a preset of the task, rounded to what a person would write."""
    centre, width = shown.centre, shown.width
    if not task.unit:
        black, step = _percent(image)
        centre, width = (centre - black) / step, width / abs(step)
    return WindowPreset(name=name, centre=round(centre, 1), width=max(round(width, 1), 0.1))


def _percent(image: Image) -> tuple[float, float]:
    """The value that is black in the automatic window, and the step to one percent brighter."""
    automatic = image.automatic_window
    step = automatic.width / 100
    return (automatic.high, -step) if image.inverted else (automatic.low, step)
