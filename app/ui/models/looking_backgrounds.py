"""What a training of backgrounds would learn from: images as they are, counted before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import LithographError
from app.tasks import Task
from app.ui.models.seen import Seen, count
from models.progress import LongWork

if TYPE_CHECKING:
    from app.training.background.sources import Sources
    from app.training.labels import LabelledImage

_TRIED = 3
"""Images that are read, to see whether such will do; each may be of many megabytes."""


def look_at_backgrounds(task: Task, data: Path, preset: str) -> LongWork[Seen]:
    """Counts what is in a folder or a training set, and tries the first images.

    Args:
        preset: of the network; how large images must be depends on it.

    Raises:
        LithographError: there is no such folder, it is empty, or nothing in it will do.
    """
    from app.training.background.plans import plan_of
    from app.training.background.sources import images_in, sources_of
    from app.training.labels import split
    from app.training.labels.notes import Notes

    sources, notes = sources_of(task, data), Notes()
    images: tuple[LabelledImage, ...] = ()
    for place in sources.folders:
        images += yield from images_in(place, sources, task, notes)
    if not images and not sources.streams:
        raise LithographError(f"There is no image in {data}; choose a folder of images for {task.name}.")
    refused = _refused(images, task, plan_of(preset, onwards=False).view)
    if refused and len(refused) == len(images) and not sources.streams:
        raise LithographError(refused[0])
    learn, held_out = split(images)
    groups = len({image.group for image in images})
    return Seen(
        images=len(images),
        groups=groups,
        learn=len(learn),
        held_out=len(held_out),
        notes=(*_beside(sources), *notes.sentences, *refused),
        warning=_by_heart(len(images), groups, sources),
    )


def _beside(sources: Sources) -> tuple[str, ...]:
    """What is learnt from beside the images."""
    told = []
    if sources.projected:
        series = count(len(sources.projected), "CT series", "CT series")
        told.append(f"{series} in it: images are made of them, varied anew while the training goes on.")
    if sources.crops is not None:
        told.append("Cut-outs around nodules are in it: mosaics of them are learnt from, too.")
    if any(stream.source == "phantom" for stream in sources.streams):
        told.append("Simulated images are added.")
    return tuple(told)


def _by_heart(images: int, groups: int, sources: Sources) -> str:
    """The warning where there is so little that the network remembers it, unless there are phantoms."""
    from app.training.background.gathering import FEW

    if any(stream.source == "phantom" for stream in sources.streams):
        return ""
    origins = groups + len(sources.projected)
    if not 0 < origins < FEW:
        return ""
    what = "one image" if images == origins == 1 else (
        "one patient or original" if origins == 1 else f"{origins} patients or originals"
    )  # fmt: skip
    return (
        f"This is {what} only: the network will learn it by heart, and what it draws may show that very "
        f"patient. Bring images of {FEW} patients or more, or do not share the model."
    )


def _refused(images: tuple[LabelledImage, ...], task: Task, view: int) -> list[str]:
    """Why the first images will not do, a sentence each."""
    from app.training.background.images import Refusal, prepared

    sentences = []
    for image in images[:_TRIED]:
        try:
            prepared(image, task, view)
        except Refusal as why:
            sentences.append(why.one)
        except LithographError as error:
            sentences.append(str(error))
    return sentences
