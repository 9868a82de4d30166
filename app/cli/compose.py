"""`compose` and `render`: one composite, and the same composite again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from app import anatomy
from app.anatomy import Where
from app.cli.anatomy import analysed
from app.cli.console import drive, note
from app.cli.options import (
    Background,
    KeepIdentity,
    Out,
    Seed,
    SeriesUid,
    Slice,
    TaskName,
    box,
    diameter_range,
    point,
    read_background,
    task,
)
from app.composition import Composite, Placement, Removal, Renderer, Scene, backgrounds, scene_file
from app.composition.blends import mode as blend_mode
from app.composition.export import save_composite
from app.composition.removal import reach_of
from app.errors import LithographError
from app.imaging import Image
from app.lesions import library
from app.tasks import Task


def compose(
    background: Background,
    task_name: TaskName,
    seed: Seed,
    out: Out,
    diameter: Annotated[
        str | None, typer.Option("--diameter-mm", metavar="D[..D2]", help="Longest diameter of lesions, mm.")
    ] = None,
    at: Annotated[
        list[str] | None, typer.Option("--at", metavar="X,Y", help="A place; repeat for more.")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option("--random", min=1, metavar="N", help="N likely places outside the danger zone."),
    ] = None,
    spacing_mm: Annotated[
        float,
        typer.Option("--spacing-mm", min=0, metavar="D", help="With --random: least gap between lesions."),
    ] = 0.0,
    lesion: Annotated[
        str | None,
        typer.Option("--lesion", metavar="NAME", help="The lesion model; the task's own without it."),
    ] = None,
    blend: Annotated[
        str | None, typer.Option("--blend", metavar="MODE", help="The blend mode; the task's own without it.")
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            metavar="X,Y,W,H",
            help="Fill a box around a lesion that the background itself shows from what surrounds it (its "
            "top-left pixel, width, height); repeat for more.",
        ),
    ] = None,
    allow_danger: Annotated[
        bool, typer.Option("--allow-danger", help="Place lesions even where the anatomy forbids them.")
    ] = False,
    keep_identity: KeepIdentity = False,
    index: Slice = None,
    series: SeriesUid = None,
) -> None:
    """Puts lesions into a background: composite.*, lesions.nii.gz, labels.json, scene.json, preview.png.

    With --remove alone it only takes out what is there.
    """
    placing = bool(at or count) or not remove
    if placing and bool(at) == bool(count):
        raise typer.BadParameter("Give the places either with --at X,Y or with --random N.")
    if placing and diameter is None:
        raise typer.BadParameter("Give the lesions a size with --diameter-mm D or D..D2.")
    if spacing_mm and not count:
        raise typer.BadParameter("--spacing-mm goes with --random N; places given with --at stay.")
    setting = task(task_name)
    smallest, largest = diameter_range(diameter) if diameter is not None else (0.0, 0.0)
    places = [point(text) for text in at or ()]
    boxes = [box(text) for text in remove or ()]
    lesion = lesion or setting.lesion
    mode = blend_mode(blend or setting.blend).name
    library.load(lesion)

    image = read_background(background, index, series)
    if placing and not image.calibrated:
        note("The image is uncalibrated: diameters are taken as pixels, not mm.")
    for one in boxes:
        reach_of(one, image.pixels.shape)
    # Separate streams, so that the lesions keep their seeds whether places are given or drawn.
    sizes, seeds, fillings = (np.random.default_rng([seed, stream]) for stream in (0, 1, 2))
    removals = tuple(Removal(one, int(fillings.integers(2**31))) for one in boxes)
    total = count or len(places)
    diameters = [float(d) for d in sizes.uniform(smallest, largest, total)]
    where = _where(image, setting, required=not allow_danger or bool(count)) if placing else None
    if count:
        assert where is not None
        places = anatomy.choose(where, count, diameters, seed, spacing_mm=spacing_mm)
    elif placing and not allow_danger:
        assert where is not None
        _refuse_danger(where, places, diameters, image.size_unit)

    reasons = [
        where.danger.reason(x, y, size) if where is not None else None
        for (x, y), size in zip(places, diameters, strict=True)
    ]
    placements = tuple(
        Placement(
            id=f"lesion-{number}",
            lesion=lesion,
            x=x,
            y=y,
            diameter_mm=size,
            seed=int(seeds.integers(2**31)),
            blend=mode,
            overridden=where is None or reason is not None,
            override_reason=reason or "",
        )
        for number, ((x, y), size, reason) in enumerate(zip(places, diameters, reasons, strict=True), start=1)
    )
    scene = Scene(task_name, backgrounds.reference_to(image), placements, removals=removals)
    composite = Renderer(image, library.draw).render(scene)
    _check(composite)
    _print(save_composite(scene, composite, out, deidentify=not keep_identity))


def render(
    scene_path: Annotated[Path, typer.Argument(metavar="SCENE.JSON", readable=False, help="A saved scene.")],
    out: Out,
    keep_identity: KeepIdentity = False,
) -> None:
    """Renders a saved scene again, byte for byte."""
    scene = scene_file.read_scene(scene_path)
    image, _ = drive(backgrounds.loading_background(scene.background, scene_path.parent), "Background")
    composite = Renderer(image, library.draw).render(scene)
    _print(save_composite(scene, composite, out, deidentify=not keep_identity))


def _where(image: Image, setting: Task, *, required: bool) -> Where | None:
    """The anatomy; None where it cannot be had and the user has said that it does not matter."""
    try:
        return analysed(image, setting)
    except LithographError as error:
        if required:
            raise
        note(f"Placed without a danger zone: {error}")
        return None


def _refuse_danger(
    where: Where, places: list[tuple[float, float]], diameters: list[float], unit: str
) -> None:
    for (x, y), size in zip(places, diameters, strict=True):
        reason = where.danger.reason(x, y, size)
        if reason is not None:
            raise LithographError(
                f"A lesion of {size:.1f} {unit} at ({x:g}, {y:g}) is not permitted there ({reason}); choose "
                "another place or a smaller diameter, or add --allow-danger."
            )


def _check(composite: Composite) -> None:
    """Refuses a lesion of which nothing is there, and tells of one of which only a part is.

    Raises:
        LithographError: a lesion has no pixels.
    """
    image, unit = composite.background, composite.background.size_unit
    for lesion in composite.lesions:
        asked = lesion.placement
        what = f"The lesion of {asked.diameter_mm:g} {unit} at ({asked.x:g}, {asked.y:g})"
        if not lesion.area_px:
            raise LithographError(
                f"{what} has no pixel in the image of {image.width} × {image.height}; choose a place inside "
                "it or a larger diameter."
            )
        left, top, width, height = lesion.box
        if left == 0 or top == 0 or left + width == image.width or top + height == image.height:
            note(f"{what} reaches the edge of the image: {lesion.diameter_mm:.1f} {unit} of it are seen.")


def _print(files: list[Path]) -> None:
    for file in files:
        print(file)
