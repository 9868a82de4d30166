"""The training images that are nearest to an image, and whether it is a copy of one.

The card of a model says, under `neighbours`, for each task what the rows of its fingerprints are: a list of
names, or of objects with `name` and, where they are known, `source` and `number` (of a simulated image: its
source and seed) or `path` and `number` (of a file: its slice). Under `tasks`, TASK, `nearest` it has the 0th
to the 100th percentile of how far real images are from the nearest training image that is not themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.imaging.image import Image
from app.synthesis.models import background_model
from app.synthesis.values import Values
from app.tasks import Task
from models.budget import WHOLE, Budget
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    pass

MEMORISED = 1
"""An image nearer to a training image than this percentile of the real ones is a copy of it."""


@dataclass(frozen=True)
class Neighbour:
    """A training image.

    Attributes:
        name: in the model's card.
        distance: 1 less the cosine of the two images' fingerprints: 0 for the same image, at most 2.
        copied: whether that is so near that the image must be taken for a copy; None where nobody knows.
        task: its name.
        source, path, number: where it can be found again, as in `app.training.background.index.Entry`.
    """

    name: str
    distance: float
    copied: bool | None
    task: str
    source: str = ""
    path: str = ""
    number: int = 0

    @property
    def origin(self) -> str:
        """Where it came from, in words."""
        if self.source:
            return f"simulated ({self.source}, seed {self.number})"
        return self.path or "an image that is not part of this installation"


def nearest(
    image: Image, task: Task, count: int = 3, budget: Budget = WHOLE
) -> LongWork[tuple[Neighbour, ...]]:
    """The training images that an image is most like, the likest first; fewer where there are not so many.

    Raises:
        LithographError: there is no network for the task, or its card does not say what it learnt from.
    """
    yield Progress(0, 1, "Looking for the nearest training images")
    model = background_model(task, budget.device)
    known = _known(model.card, task.name)
    stored = model.neighbours.get(task.name)
    if stored is None or len(stored) != len(known) or not known:
        raise LithographError(
            f"The background network for the task {task.name!r} does not say which images it has learnt "
            "from; train it again to have its nearest training images."
        )
    part = model.tasks[task.name]
    found = seen_as(Values.of(image, task, part.grey).to_network(image.pixels), part.shape)
    distances = 1 - stored.float().cpu().numpy() @ found
    ranked = np.argsort(distances, kind="stable")[:count]
    return tuple(
        Neighbour(
            distance=float(max(0.0, distances[n])),
            copied=_copied(float(distances[n]), model.card, task.name),
            task=task.name,
            **known[n],
        )
        for n in ranked
    )


def picture(neighbour: Neighbour) -> LongWork[Image | None]:
    """The image itself: simulated again, or read where it still is; None where it is not to be had."""
    if neighbour.source:
        from app.simulation import generate

        try:
            made = yield from generate(neighbour.task, neighbour.number, source=neighbour.source)
        except LithographError:  # its CT is gone
            return None
        return made.image
    if not neighbour.path or not Path(neighbour.path).exists():
        return None
    from app.imaging import read_image

    yield Progress(0, 1, "Reading the training image")
    try:
        return read_image(neighbour.path, neighbour.number)
    except LithographError:
        return None


def memorised(distance: float, task: Task) -> bool | None:
    """Whether an image at that distance from its nearest training image must be taken for a copy of it.

    That is so where it is nearer than all but 1 % of the real images are to theirs. None where the card says
    nothing of these.
    """
    return _copied(distance, background_model(task).card, task.name)


def seen_as(values: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """The fingerprint (d,), of unit length, by which images (H, W) of −1 to 1 are compared.

    They are seen as the network draws images of their task: scaled to cover (height, width), and what stands
    over is cut off on both sides.
    """
    from models.features import fingerprint

    return fingerprint(_covering(values, shape))


def _covering(values: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    import cv2

    scale = max(shape[0] / values.shape[0], shape[1] / values.shape[1])
    size = [max(target, round(length * scale)) for length, target in zip(values.shape, shape, strict=True)]
    if tuple(size) != values.shape:
        mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        values = cv2.resize(values, (size[1], size[0]), interpolation=mode).astype(np.float32, copy=False)
    top, left = ((length - target) // 2 for length, target in zip(size, shape, strict=True))
    return np.ascontiguousarray(values[top : top + shape[0], left : left + shape[1]]).clip(-1, 1)


def _known(card: Mapping[str, Any], task: str) -> list[dict[str, Any]]:
    """What the rows of the fingerprints are, as arguments of a `Neighbour`."""
    listed = card.get("neighbours", {})
    rows = listed.get(task, []) if isinstance(listed, Mapping) else listed
    return [
        {"name": row}
        if isinstance(row, str)
        else {
            "name": str(row.get("name", "")),
            "source": str(row.get("source", "")),
            "path": str(row.get("path", "")),
            "number": int(row.get("number", 0)),
        }
        for row in rows
    ]


def _copied(distance: float, card: Mapping[str, Any], task: str) -> bool | None:
    percentiles = card["tasks"][task].get("nearest")
    return None if not percentiles else distance < float(percentiles[MEMORISED])
