"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.errors import LithographError
from app.imaging import Image, list_series, read_image
from app.imaging.box import Box
from app.tasks import task, task_names


def _task(name: str | None) -> str | None:
    if name is not None and name not in task_names():
        raise typer.BadParameter(f"{name!r} is no task; choose one of {', '.join(task_names())}.")
    return name


TaskName = Annotated[
    str,
    typer.Option("--task", metavar="TASK", callback=_task, help="The clinical setting, such as kub-xray."),
]
MaybeTaskName = Annotated[
    str | None,
    typer.Option("--task", metavar="TASK", callback=_task, help="Only those that fit a task."),
]


def _folder(path: Path) -> Path:
    # Said before an hour of work rather than after it.
    if path.exists() and not path.is_dir():
        raise typer.BadParameter(f"{path} is a file; --out names a folder.")
    return path


Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", callback=_folder, help="The folder for the results.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same result.")]
# `readable=False`: the reader says better than the command line what is wrong with a file.
Background = Annotated[
    Path, typer.Argument(metavar="BACKGROUND", readable=False, help="An image file, or a DICOM folder.")
]
Slice = Annotated[
    int | None,
    typer.Option("--slice", min=0, help="Which slice or frame, from 0; without it the middle one."),
]
SeriesUid = Annotated[
    str | None, typer.Option("--series", metavar="UID", help="Which series, where a folder holds several.")
]
KeepIdentity = Annotated[
    bool,
    typer.Option(
        "--keep-identity", help="Keep the patient's data in a saved DICOM; it is removed otherwise."
    ),
]


_LARGEST_DIAMETER = 10_000.0
"""As in scene files."""


def read_background(path: Path, index: int | None, series: str | None) -> Image:
    """The image that a command works on.

    Raises:
        LithographError: it cannot be read, or a folder holds several series and none was chosen.
    """
    if path.is_dir() and series is None:
        found = list_series(path)
        if len(found) > 1:
            choices = ", ".join(f"{info.uid} ({info.title})" for info in found)
            raise LithographError(
                f"{path} holds {len(found)} series; choose one with --series UID: {choices}."
            )
    return read_image(path, index, series)


def diameter_range(text: str) -> tuple[float, float]:
    """Reads `D` or `D..D2` (mm).

    Raises:
        typer.BadParameter: not of that form, not positive, or descending.
    """
    parts = text.split("..")
    try:
        low, high = float(parts[0]), float(parts[-1])
    except ValueError:
        low = high = float("nan")
    if len(parts) > 2 or not 0 < low <= high <= _LARGEST_DIAMETER:
        raise typer.BadParameter(f"--diameter-mm takes a diameter (8) or a range (4..12), not {text!r}.")
    return low, high


def point(text: str) -> tuple[float, float]:
    """Reads `X,Y` in pixels.

    Raises:
        typer.BadParameter: not of that form.
    """
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--at takes X,Y in pixels, not {text!r}.") from None
    if not (abs(x) < 1e9 and abs(y) < 1e9):
        raise typer.BadParameter(f"--at takes X,Y in pixels, not {text!r}.")
    return x, y


def box(text: str) -> Box:
    """Reads `X,Y,W,H`: the top-left pixel of a box, its width and its height.

    Raises:
        typer.BadParameter: not of that form.
    """
    wrong = typer.BadParameter(f"--remove takes X,Y,W,H in pixels, W and H above 0, not {text!r}.")
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise wrong from None
    if not (abs(x) <= 1e6 and abs(y) <= 1e6 and 0 < width <= 1e6 and 0 < height <= 1e6):
        raise wrong
    return Box(x - 0.5, y - 0.5, width, height)


__all__ = [
    "Background",
    "KeepIdentity",
    "MaybeTaskName",
    "Out",
    "Seed",
    "SeriesUid",
    "Slice",
    "TaskName",
    "box",
    "diameter_range",
    "point",
    "read_background",
    "task",
]
