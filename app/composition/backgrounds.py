"""Finding a scene's background again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.anatomy.anatomy import Anatomy
from app.composition.scene import BackgroundReference, Scene
from app.errors import LithographError
from app.imaging.failures import reading
from app.imaging.image import Image
from app.simulation.background import Background
from app.tasks import task as load_task
from models.budget import Budget
from models.progress import LongWork, finish

_RECIPE_KEYS = {"source", "task", "seed", "size"}
_DRAWN_KEYS = {"source", "task", "seed", "temperature", "steps", "model", "device"}


class MissingBackground(LithographError):
    """A scene's background is not where the scene says; `relocated` puts right where it is now.

    Attributes:
        path: where it should be.
        reference: what the scene remembers of it.
    """

    def __init__(self, path: Path, reference: BackgroundReference) -> None:
        super().__init__(
            f"The background {path} is missing; put it back there, put it beside the scene as it was, or say "
            "where it is now."
        )
        self.path = path
        self.reference = reference


class OtherBackground(LithographError):
    """The file of a scene's background holds another image than it did."""


def relocated(scene: Scene, new_path: Path | str) -> Scene:
    """`scene` with its background looked for at `new_path`; reading it says whether it is the same image.

    Args:
        scene: whose background is missing.
        new_path: its file, or the folder that a file of the same name lies in.
    """
    place, old = Path(new_path).absolute(), scene.background.path
    if old is not None and (place / Path(old).name).is_file():
        place = place / Path(old).name
    return replace(scene, background=replace(scene.background, path=str(place)))


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
        MissingBackground: the file is gone.
        OtherBackground: it holds another image than it did.
        LithographError: it is unreadable.
    """
    if reference.path is None:
        return (yield from _generated(reference))
    path = Path(base or ".") / reference.path
    with reading(path):
        if not path.exists():
            raise MissingBackground(path, reference)
    from app.imaging import read_image

    image = read_image(path, reference.index)
    try:
        _verify(image, reference, str(path), "choose the right one")
    except LithographError as error:
        raise OtherBackground(str(error)) from None
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
    return Anatomy.from_labels(labels, setting, f"saved beside the image ({sidecar.name})")


def _generated(reference: BackgroundReference) -> LongWork[tuple[Image, Anatomy | None]]:
    recipe = dict(reference.recipe or ())
    if recipe.get("source") == "vqgan":
        background = yield from _drawn(recipe, reference)
        return background.image, background.anatomy
    name, seed, size = recipe.get("task"), recipe.get("seed"), recipe.get("size")
    source = recipe.get("source", "phantom")
    if not (
        recipe.keys() <= _RECIPE_KEYS
        and isinstance(name, str)
        and isinstance(seed, int)
        and isinstance(source, str)
        and isinstance(size, int | None)
    ):
        raise _incomplete()
    from app.simulation import generate

    background = yield from generate(name, seed, source=source, size=size)
    what = f"generated for {name} (source {source}, seed {seed})"
    _verify(background.image, reference, what, "use the Lithograph that saved it")
    return background.image, background.anatomy


def _drawn(recipe: dict[str, str | int | float], reference: BackgroundReference) -> LongWork[Background]:
    """What the network draws by a recipe."""
    from app.synthesis.drawing import draw

    name, seed, model = recipe.get("task"), recipe.get("seed"), recipe.get("model")
    temperature, steps, device = (recipe.get(key) for key in ("temperature", "steps", "device"))
    if not (
        recipe.keys() == _DRAWN_KEYS
        and isinstance(name, str)
        and isinstance(model, str)
        and isinstance(seed, int)
        and isinstance(steps, int)
        and isinstance(temperature, int | float)
        and isinstance(device, str)
    ):
        raise _incomplete()
    budget = Budget(device)
    background = yield from draw(name, seed, temperature=temperature, steps=steps, model=model, budget=budget)
    what = f"drawn for {name} by the network (seed {seed})"
    _verify(background.image, reference, what, "use the kind of computer that it was drawn on")
    return background


def _incomplete() -> LithographError:
    return LithographError(
        "The scene names neither a file nor a complete recipe for its background; open that itself."
    )


def _verify(image: Image, reference: BackgroundReference, what: str, remedy: str) -> None:
    if image.digest != reference.digest:
        raise LithographError(
            f"The background {what} is another image, or has changed since the scene was saved; {remedy} or "
            "start a new scene."
        )
