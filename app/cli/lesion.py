"""`lesion list`, `lesion train`, `lesion sample`: the lesion library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app import files, imaging
from app.cli.console import drive, guarded, note
from app.cli.options import MaybeTaskName, Out, Seed, Slice, TaskName, task
from app.lesions import library

lesion = typer.Typer(help="The lesion models: list, train, sample.", no_args_is_help=True)


@lesion.command("list")
@guarded
def list_(
    task_name: MaybeTaskName = None,
) -> None:
    """Lists the lesion models: name, kind, exemplar's size, title."""
    for entry in library.entries(task(task_name) if task_name else None):
        size = entry.diameter_mm
        shown = "any size" if size is None else f"{size:.1f} mm"
        print(f"{entry.name:32} {entry.kind:8} {shown:>9}  {entry.title}")


@lesion.command()
@guarded
def train(
    image_file: Annotated[
        Path, typer.Argument(metavar="IMAGE", readable=False, help="The image that shows the lesion.")
    ],
    mask_file: Annotated[
        Path, typer.Option("--mask", readable=False, help="A mask of the lesion, of the image's size.")
    ],
    name: Annotated[str, typer.Option("--name", help="The new model's name.")],
    task_name: TaskName = "lung-ct",
    title: Annotated[str | None, typer.Option("--title", help="What it shows, in a few words.")] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="lean, or paper for the published schedule.")
    ] = "lean",
    index: Slice = None,
) -> None:
    """Trains a lesion model (SinGAN, Eq. 13) on one lesion; run again, it goes on where it stopped."""
    from app.composition.learning import exemplar_in_hu
    from app.lesions.training import train_lesion_model

    setting = task(task_name)
    image = imaging.read_image(image_file, index)
    mask = imaging.read_image(mask_file, index).pixels > 0
    work = train_lesion_model(
        image,
        mask,
        name,
        title=title or name,
        kind=setting.kind,
        tasks=(setting.name,),
        preset=preset,
        cut=exemplar_in_hu(setting.kind),
    )
    folder = drive(work, f"Training {name}")
    note("The model is in the library.")
    print(folder)


@lesion.command()
@guarded
def sample(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The lesion model.")],
    out: Out,
    seed: Seed,
    count: Annotated[int, typer.Option("--count", min=1, max=9999, help="How many.")] = 24,
) -> None:
    """Draws lesions: NNNN.nii.gz, NNNN_mask.nii.gz and a contact sheet, sheet.png."""
    import cv2

    from app.lesions.sheet import contact_sheet

    library.load(name)
    files.make_folder(out)
    drawn = []
    for number in range(count):
        one = library.draw(name, seed + number)
        shape = imaging.Image(
            one.residual,
            spacing=(one.spacing_mm, one.spacing_mm),
            calibration=imaging.Calibration.GEOMETRY,
            unit="HU",
            source=imaging.Source(None, "nifti"),
        )
        imaging.write_image(shape, out / f"{number:04d}.nii.gz")
        imaging.write_label_map((one.alpha >= 0.5).astype("uint8"), shape, out / f"{number:04d}_mask.nii.gz")
        drawn.append(one)
    sheet = cv2.imencode(".png", contact_sheet(drawn))[1]
    files.write_bytes(out / "sheet.png", sheet.tobytes())
    print(out / "sheet.png")
