"""`background`: generates backgrounds whose anatomy is known."""

from __future__ import annotations

from typing import Annotated

import typer

from app import files, imaging, simulation
from app.cli.console import drive
from app.cli.options import Out, Seed, TaskName, task


def background(
    task_name: TaskName,
    seed: Seed,
    out: Out,
    count: Annotated[
        int, typer.Option("--count", min=1, help="How many; number I has the seed SEED + I.")
    ] = 1,
    source: Annotated[
        str, typer.Option("--source", help="phantom, or ct:DIR for one made from the CT in a folder.")
    ] = "phantom",
    size: Annotated[
        int | None,
        typer.Option("--size", min=128, max=2048, help="Pixels a side; the task's own without it."),
    ] = None,
) -> None:
    """Generates backgrounds: NNNN.dcm, NNNN_anatomy.nii.gz and preview/NNNN.png."""
    setting = task(task_name)
    for index in range(count):
        work = simulation.generate(task_name, seed + index, source=source, size=size)
        made = drive(work, f"Background {index + 1} of {count}")
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
        image_file = out / f"{name}.dcm"
        imaging.write_image(
            made.image,
            image_file,
            provenance=imaging.Provenance(
                description="Background simulated by Lithograph", entropy=repr(made.recipe)
            ),
        )
        print(image_file)
