"""`background`: generates backgrounds with their anatomy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from app import files, imaging, simulation
from app.cli.console import drive, note
from app.cli.networks import frugally
from app.cli.options import Out, Seed, TaskName, task
from app.errors import LithographError
from app.simulation import Background
from app.tasks import Task
from models.budget import Budget
from models.progress import LongWork

NETWORK = "vqgan"


def background(
    task_name: TaskName,
    seed: Seed,
    out: Out,
    count: Annotated[
        int, typer.Option("--count", min=1, help="How many; number I has the seed SEED + I.")
    ] = 1,
    source: Annotated[
        str,
        typer.Option(
            "--source",
            help="phantom; ct:DIR for one made from the CT in a folder; vqgan for one drawn by the network.",
        ),
    ] = "phantom",
    size: Annotated[
        int | None,
        typer.Option("--size", min=128, max=2048, help="Pixels a side; the task's own without it."),
    ] = None,
    temperature: Annotated[
        float | None,
        typer.Option("--temperature", help="Of vqgan: below 1 more usual, above more varied; 1 without it."),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", help="Of vqgan: decoding steps; more are slower and better; 8 without it."),
    ] = None,
) -> None:
    """Generates backgrounds: NNNN.dcm, NNNN_anatomy.nii.gz and preview/NNNN.png.

    With vqgan also NNNN.json: how it was drawn, the nearest training images, and whether it is a copy of one.
    """
    setting = task(task_name)
    if source != NETWORK and (temperature is not None or steps is not None):
        raise typer.BadParameter("--temperature and --steps go with --source vqgan.")
    make = _maker(task_name, source, size, temperature, steps)
    for index in range(count):
        made = drive(make(seed + index), f"Background {index + 1} of {count}")
        name = f"{index:04d}"
        files.make_folder(out / "preview")
        # The image comes last: where it stands, its companions are whole.
        imaging.write_preview(
            made.image.pixels,
            made.image.automatic_window,
            made.image.inverted,
            out / "preview" / f"{name}.png",
        )
        imaging.write_label_map(made.anatomy.labels(setting), made.image, out / f"{name}_anatomy.nii.gz")
        description = "Background simulated by Lithograph"
        if source == NETWORK:
            description = _described(dict(made.recipe))
            files.write_json(out / f"{name}.json", _told(made, setting, name))
        image_file: Path = out / f"{name}.dcm"
        provenance = imaging.Provenance(description=description, entropy=repr(made.recipe))
        imaging.write_image(made.image, image_file, provenance=provenance)
        print(image_file)


def _maker(
    task_name: str, source: str, size: int | None, temperature: float | None, steps: int | None
) -> Callable[[int], LongWork[Background]]:
    """What makes the background of a seed."""
    if source != NETWORK:
        return lambda seed: simulation.generate(task_name, seed, source=source, size=size)
    from app.synthesis.drawing import STEPS

    steps = STEPS if steps is None else steps
    temperature = 1.0 if temperature is None else temperature
    less = frugally("the background was drawn")

    def draw(seed: int) -> LongWork[Background]:
        def work(budget: Budget) -> LongWork[Background]:
            return simulation.generate(
                task_name, seed, source=source, size=size, temperature=temperature, steps=steps, budget=budget
            )

        return less(work)

    return draw


def _described(recipe: dict[str, Any]) -> str:
    return (
        f"Background drawn by Lithograph's network HiResMed-VQGAN for {recipe['task']} "
        f"(weights SHA-256 {recipe['model']}), seed {recipe['seed']}, temperature {recipe['temperature']:g}, "
        f"{recipe['steps']} steps"
    )


def _told(made: Background, setting: Task, name: str) -> dict[str, Any]:
    """The recipe, and how near the image is to those that the network learnt from; warns of a copy."""
    from app.synthesis.neighbours import nearest

    told: dict[str, Any] = {"recipe": dict(made.recipe), "nearest": None, "copy": None}
    try:
        found = drive(nearest(made.image, setting), "Nearest training images")
    except LithographError as error:
        note(f"Warning: {error}")
        return told
    told["nearest"] = [
        {"name": one.name, "origin": one.origin, "distance": round(one.distance, 6)} for one in found
    ]
    told["copy"] = found[0].copied
    if found[0].copied:
        note(f"Warning: {name} is as near to the training image {found[0].name} as a copy of it would be.")
    return told
