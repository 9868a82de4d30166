"""The two networks that can learn places: the detector, and for few boxes a head on the danger zone's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.anatomy.versions import in_use
from app.errors import LithographError
from app.tasks import Task
from app.training.location_gathering import Draw, Gathered
from models.progress import LongWork

if TYPE_CHECKING:
    from models.learning import Recipe
    from models.location.heatmap_head import Heatmap, Locator
    from models.location.network import Detector, Spec

FEW = 50
"""Lesions to learn from; below that the detector has too little."""
SIZE = 384
"""The long side at which images are seen: a place is told by the organs around it, not by fine detail."""
BATCH, VIEW = 16, 320
"""Images per step, and the side of the square views of them that are learnt from."""
FRESH, ONWARDS = 3e-3, 1e-3
"""The highest learning rates, of a network that begins anew and of one that goes on."""


@dataclass(frozen=True)
class Learner:
    """A network that is to learn: how, and what it began from.

    Attributes:
        train: (folder, resume, device) → the network.
        save: (network, folder, card).
        notes: for the user, a sentence each.
    """

    recipe: Recipe
    train: Callable[[Path, bool, str], LongWork[Locator]]
    save: Callable[[Any, Path, dict[str, Any]], None]
    begun_from: str
    notes: tuple[str, ...] = ()


def learner(task: Task, gathered: Gathered, draw: Draw, steps: int) -> Learner:
    """The network that suits what there is to learn from.

    Raises:
        LithographError: there are too few boxes, and no danger-zone network to read places off.
        models.weights.DamagedWeights: the model in use is damaged.
    """
    if gathered.boxes is not None and gathered.boxes < FEW:
        return _heatmap(task, gathered.boxes, draw, steps)
    return _detector(task, draw, steps)


def spec_of(task: Task) -> Spec:
    """The detector of a task."""
    from models.inputs import Kind
    from models.location.network import Spec

    return Spec(Kind.CT if task.modality == "CT" else Kind.RADIOGRAPH, SIZE)


def _detector(task: Task, draw: Draw, steps: int) -> Learner:
    from models.learning import Recipe
    from models.location import network, training
    from models.location.heatmap_head import load_any

    spec, folder, start = spec_of(task), in_use("location", task.name), None
    if folder is not None:
        found, _ = load_any(folder)
        start = found if isinstance(found, network.Detector) and found.spec == spec else None
    recipe = Recipe(steps, batch=BATCH, view=VIEW, rate=ONWARDS if start else FRESH)

    def train(out: Path, resume: bool, device: str) -> LongWork[Detector]:
        return training.train(spec, recipe, draw, out, resume=resume, start=start, device=device)

    return Learner(recipe, train, network.save, "the model in use" if start else "random weights")


def _heatmap(task: Task, boxes: int, draw: Draw, steps: int) -> Learner:
    from models.danger_zone.network import load
    from models.learning import Recipe
    from models.location import heatmap_head

    folder = in_use("danger-zone", task.name)
    if folder is None:
        raise LithographError(
            f"{boxes} lesions are too few for the detector, and the task {task.name!r} has no danger-zone "
            f"network to read places off; label {FEW} lesions, or train its danger zone first."
        )
    features, _ = load(folder)
    spec = heatmap_head.HeatmapSpec.of(features, [draw(n) for n in range(FEW)])
    recipe = Recipe(steps, batch=BATCH // 2, view=VIEW, rate=FRESH)

    def train(out: Path, resume: bool, device: str) -> LongWork[Heatmap]:
        return heatmap_head.train(spec, recipe, draw, out, features=features, resume=resume, device=device)

    note = (
        f"With {boxes} lesions to learn from, fewer than {FEW}, a small network on the features of the "
        "danger zone's was trained in place of the detector."
    )
    return Learner(recipe, train, heatmap_head.save, "the danger-zone network in use", (note,))
