"""`train`: trains a network on the user's images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import drive, guarded
from app.cli.options import Out, TaskName

train = typer.Typer(help="Train a network on your own images.", no_args_is_help=True)


@train.command("danger-zone")
@guarded
def danger_zone(
    task_name: TaskName,
    out: Out,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folders of CT; simulated images are always used."),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Optimiser steps.")] = 3000,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted training stopped.")
    ] = False,
) -> None:
    """Trains the danger-zone U-Net (Eq. 15): weights, card, curves."""
    from app.training.danger_zone import train as train_danger_zone

    print(
        drive(
            train_danger_zone(task_name, data, out, steps=steps, resume=resume), f"Danger zone, {task_name}"
        )
    )
