"""Finding a scene's background again."""

from __future__ import annotations

from pathlib import Path

from app.anatomy.anatomy import Anatomy
from app.composition.scene import BackgroundReference
from app.errors import LithographError
from app.imaging.image import Image
from app.simulation.background import Background
from app.tasks import task as load_task
from models.progress import LongWork, finish

_RECIPE_KEYS = {"source", "task", "seed", "size"}


def reference_to(background: Image | Background) -> BackgroundReference:
    """The reference by which a scene finds an image, read from a file or generated, again."""
    if isinstance(background, Background):
        return BackgroundReference(background.image.digest, recipe=background.recipe)
    source = background.source
    path = None if source.path is None else str(source.path.absolute())
    return BackgroundReference(background.digest, path, source.index)


def load_background(
    reference: BackgroundReference, base: Path | str | None = None, task: str | None = None
) -> tuple[Image, Anatomy | None]:
    """The image of `reference`, and its anatomy where that is known; see `loading_background`."""
    return finish(loading_background(reference, base, task))


def loading_background(
    reference: BackgroundReference, base: Path | str | None = None, task: str | None = None
) -> LongWork[tuple[Image, Anatomy | None]]:
    """Reads the background from its file, or generates it again from its recipe.

    Args:
        reference: what the scene remembers of it.
        base: the folder that a relative path starts from.
        task: the task by which the label map `<stem>_anatomy.nii.gz` beside the file is read.

    Raises:
        LithographError: the file is gone or unreadable, or holds another image than it did.
    """
    if reference.path is None:
        return (yield from _generated(reference))
    path = Path(base or ".") / reference.path
    if not path.exists():
        raise LithographError(
            f"The background {path} is missing; put it back there, or put it beside the scene as it was."
        )
    from app.imaging import read_image

    image = read_image(path, reference.index)
    _verify(image, reference, str(path))
    return image, known_anatomy(path, image, task) if task is not None else None


def known_anatomy(path: Path, image: Image, task: str) -> Anatomy | None:
    """The anatomy that was saved beside a generated background, `<stem>_anatomy.nii.gz`.

    None where there is none, or where it does not fit the image.
    """
    sidecar = path.with_name(f"{path.name.removesuffix(path.suffix)}_anatomy.nii.gz")
    if not sidecar.is_file():
        return None
    from app.imaging import read_label_map

    labels = read_label_map(sidecar)
    setting = load_task(task)
    if labels.shape != image.pixels.shape or labels.max(initial=0) > len(setting.structures):
        return None
    return Anatomy.from_labels(labels, setting, "known (simulated)")


def _generated(reference: BackgroundReference) -> LongWork[tuple[Image, Anatomy | None]]:
    recipe = dict(reference.recipe or ())
    name, seed, size = recipe.get("task"), recipe.get("seed"), recipe.get("size")
    source = recipe.get("source", "phantom")
    if not (
        recipe.keys() <= _RECIPE_KEYS
        and isinstance(name, str)
        and isinstance(seed, int)
        and isinstance(source, str)
        and isinstance(size, int | None)
    ):
        raise LithographError(
            "The scene names neither a file nor a complete recipe for its background; open that itself."
        )
    from app.simulation import generate

    background = yield from generate(name, seed, source=source, size=size)
    _verify(background.image, reference, f"generated for {name} (source {source}, seed {seed})")
    return background.image, background.anatomy


def _verify(image: Image, reference: BackgroundReference, what: str) -> None:
    if image.digest != reference.digest:
        raise LithographError(
            f"The background {what} has changed since the scene was saved; restore it or start a new scene."
        )
