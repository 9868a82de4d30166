"""`train`: trains a network on the user's images, measures it, and puts it to use."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from app.cli import console
from app.cli.console import drive, guarded
from app.cli.options import Out, TaskName
from app.errors import LithographError
from app.files import write_json
from models.progress import LongWork

train = typer.Typer(
    help="Train a network on your own images. Started by `torchrun --nproc-per-node N main.py train ...`, N "
    "processes learn together, on as many GPUs or on the CPU.",
    no_args_is_help=True,
)

SCORES = "scores.json"


def _device(name: str | None) -> str | None:
    if name not in (None, "cpu", "cuda"):
        raise typer.BadParameter(f"--device is cpu or cuda, not {name!r}.")
    return name


def _preset(name: str | None) -> str | None:
    if name not in (None, "fidelity", "small", "paper"):
        raise typer.BadParameter(f"--preset is fidelity, small or paper, not {name!r}.")
    return name


def _block(name: str | None) -> str | None:
    if name not in (None, "hdfb", "residual"):
        raise typer.BadParameter(f"--block is hdfb or residual, not {name!r}.")
    return name


def _view(side: int | None) -> int | None:
    if side is not None and side % 64:
        raise typer.BadParameter(f"--view is a multiple of 64, not {side}.")
    return side


Steps = Annotated[
    int | None, typer.Option("--steps", min=1, help="Optimiser steps; without it the recipe's own number.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where an interrupted training stopped.")]
DeviceName = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="cpu|cuda", callback=_device, help="Without it the GPU where there is one."
    ),
]
Evaluate = Annotated[
    bool,
    typer.Option(
        "--evaluate",
        help="Measure the model in --out on the held-out data. A finished one is not trained again.",
    ),
]
Use = Annotated[
    bool, typer.Option("--use", help="Keep the finished model as a new version, and use it from now on.")
]


@train.command("danger-zone")
@guarded
def danger_zone(
    task_name: TaskName,
    out: Out,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Images with outlined structures, or folders of CT. Simulated images are added where the "
            "task has a simulator.",
        ),
    ] = None,
    steps: Steps = None,
    resume: Resume = False,
    device: DeviceName = None,
    evaluate: Evaluate = False,
    use: Use = False,
) -> None:
    """Trains the danger-zone U-Net (Eq. 15): weights, card, curves."""

    def work() -> LongWork[Path]:
        from app.training.danger_zone import train as train_danger_zone

        return train_danger_zone(task_name, data, out, steps=steps, resume=resume, device=_chosen(device))

    _run("danger-zone", task_name, data, out, work, resume=resume, evaluate=evaluate, use=use)


@train.command("location")
@guarded
def location(
    task_name: TaskName,
    out: Out,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Images with boxes around their lesions: YOLO, COCO, VOC, LIDC XML, masks, or a training "
            "set. Simulated images are added where the task has a simulator.",
        ),
    ] = None,
    steps: Steps = None,
    resume: Resume = False,
    device: DeviceName = None,
    evaluate: Evaluate = False,
    use: Use = False,
) -> None:
    """Trains the location model (Eq. 14) on images whose lesions are removed first: weights, card, curves."""

    def work() -> LongWork[Path]:
        from app.training.location import train as train_location

        return train_location(task_name, data, out, steps=steps, resume=resume, device=_chosen(device))

    _run("location", task_name, data, out, work, resume=resume, evaluate=evaluate, use=use)


@train.command("background")
@guarded
def background(
    task_name: TaskName,
    out: Out,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Images, or folders of CT. Without it, and beside CT, simulated images where the task has a "
            "simulator.",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="fidelity|small|paper",
            callback=_preset,
            help="fidelity without it: goes on from the shipped networks, in an hour or two on two cores. "
            "small: a lean one, from nothing. paper: the publication's own network; days without a GPU.",
        ),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(
            "--block",
            metavar="hdfb|residual",
            callback=_block,
            help="hdfb without it; residual for the plain VQGAN.",
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option("--batch", min=1, help="Patches in a step; fewer where memory is short."),
    ] = None,
    view: Annotated[
        int | None,
        typer.Option(
            "--view",
            min=64,
            max=1024,
            callback=_view,
            help="The side of a patch in pixels: 64, 128, 192, ...",
        ),
    ] = None,
    steps: Steps = None,
    resume: Resume = False,
    device: DeviceName = None,
    evaluate: Evaluate = False,
    use: Use = False,
) -> None:
    """Trains HiResMed-VQGAN and its prior (Eq. 1 to 12): weights, cards, curves, and sample sheets.

    --steps counts those of all stages: the autoencoder, its decoder against the discriminator, the prior.
    """

    def work() -> LongWork[Path]:
        from app.training.background.recipe import train as train_background

        chosen = _chosen(device)
        if preset == "paper" and chosen == "cpu" and _first():
            console.note("The preset paper is meant for a GPU; on a CPU it takes days.")
        return train_background(
            task_name,
            data,
            out,
            steps=steps,
            resume=resume,
            device=chosen,
            preset=preset,
            block=block,
            batch=batch,
            view=view,
        )

    _run("background", task_name, data, out, work, resume=resume, evaluate=evaluate, use=use)


def _run(
    kind: str,
    task_name: str,
    data: Path | None,
    out: Path,
    work: Callable[[], LongWork[Path]],
    *,
    resume: bool,
    evaluate: bool,
    use: bool,
) -> None:
    """Trains, measures and adopts, as far as each is asked for; of several processes the first one speaks."""
    if data is not None and not data.exists():
        raise LithographError(f"There is no folder {data}; name one that holds images after --data.")
    if not _first():
        console.quiet = True
    title = f"{kind.capitalize().replace('-', ' ')}, {task_name}"
    finished = (out / "card.json").is_file() and not resume
    if not (evaluate and finished):
        _train(work, out, title)
    if not _first():
        return
    print(out)
    if evaluate:
        from app.training.measuring import measure

        scores = drive(measure(kind, task_name, out, data), title)
        console.note(f"Measured on {scores.data}:")
        for row in scores.rows:
            print(row)
        write_json(out / SCORES, scores.as_json())
    if use:
        from app.training.versions import adopt, keep_from_elsewhere

        version = keep_from_elsewhere(kind, task_name, out)  # what was not trained just now may be another
        adopt(kind, task_name, version.name)
        print(f"{kind}/{task_name} {version.name} is in use")


def _train(work: Callable[[], LongWork[Path]], out: Path, title: str) -> None:
    """Trains, and says what was amiss with the data; of several processes the first one has the folder."""
    from app.training.occupied import occupied
    from models.parallel import Parted

    try:
        with occupied(out) if _first() else nullcontext():
            drive(work(), title)
    except Parted as error:
        raise LithographError(str(error)) from error
    if not _first():
        return
    for sentence in json.loads((out / "card.json").read_bytes()).get("notes", ()):
        console.note(sentence)


def _first() -> bool:
    """Whether this is the only process, or the first of those that `torchrun` has started."""
    return os.environ.get("RANK", "0") == "0"


def _chosen(device: str | None) -> str:
    """The device that was asked for, else the GPU where there is one that works.

    Raises:
        LithographError: there is no such GPU.
    """
    from app.engine.device import choose

    kind = choose().kind
    if device == "cuda" and kind != "cuda":
        raise LithographError("There is no GPU here that CUDA can use; train with --device cpu.")
    if kind == "cuda" and device != "cpu":
        from torch.cuda import device_count

        if int(os.environ.get("LOCAL_RANK", "0")) >= device_count():
            raise LithographError(
                f"This machine has {device_count()} GPU; start as many processes, or train with --device cpu."
            )
    return device or ("cuda" if kind == "cuda" else "cpu")
