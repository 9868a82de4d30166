"""The recipe: samples are gathered and learnt from, the network is measured, the model is written."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.anatomy.versions import in_use
from app.errors import LithographError
from app.files import cannot_write, make_folder
from app.tasks import Task
from app.tasks import task as task_of
from app.training.danger_zone import sources
from app.training.danger_zone.evaluation import evaluate
from app.training.danger_zone.familiarise import familiarise
from app.training.danger_zone.labelled import OWN
from app.training.danger_zone.nodule_crops import SEEN_MM
from app.training.samples import HELD_OUT, LEARN, SampleStore, read_sample
from models.progress import LongWork

if TYPE_CHECKING:
    from models.danger_zone.network import Spec, UNet
    from models.danger_zone.samples import Sample

STEPS = 1500
MANY = 300
"""Images that are enough to begin afresh with."""
FRESH, ONWARDS = 3e-3, 1e-3
"""The highest learning rates, of a network that begins anew and of one that goes on."""


def train(
    task_name: str,
    data: Path | None,
    out: Path,
    *,
    steps: int | None = None,
    resume: bool = False,
    device: str = "cpu",
) -> LongWork[Path]:
    """Trains the network of a task and returns the folder of the finished model, `out`.

    With the user's outlined images, fewer than `MANY`, it goes on from the model in use, and phantoms are
    mixed in. Under `torchrun` the processes learn together; the first one gathers, measures and writes.

    Args:
        data: a folder of images with outlined structures (`app.training.labels`); or a CT series (a folder
            or a file) or a folder of such folders, to learn from beside the digital phantom; None for the
            phantom alone.
        out: receives `weights.safetensors` and `card.json` at the end; before that the samples, the
            checkpoint and `curves.csv`. A model that is there already stays until the new one is finished.
        resume: go on from the checkpoint in `out`, where there is one.
        device: torch's word for the processor that learns.

    Raises:
        LithographError: the task, the data or the folder will not do.
    """
    from models.danger_zone import training
    from models.danger_zone.network import save
    from models.learning import Recipe
    from models.parallel import world
    from models.weights import DamagedWeights

    task = task_of(task_name)
    spec, out, started = spec_of(task), make_folder(out), time.monotonic()
    store, together = SampleStore(out / "samples", spec.structures, sample_size(spec)), world()
    learnt_from, notes = list[str](), tuple[str, ...]()
    if together.rank == 0:
        learnt_from, notes = yield from sources.gather(task, data, store)
    together.wait()
    try:
        start, begun_from = _start(task, spec, store)
        recipe = Recipe(steps=steps or STEPS, rate=ONWARDS if start else FRESH)
        network = yield from training.train(
            spec, recipe, Draw(store), out, resume=resume, start=start, device=device
        )
        if together.rank > 0:
            return out
        network.familiarity = yield from familiarise(network, store, sided=task.kind == "nodule")
        scores = yield from evaluate(network, store, task)
        card: dict[str, Any] = {
            "name": f"danger-zone/{task.name}",
            "version": 1,
            "data": learnt_from,
            "notes": list(notes),
            "samples": {part: len(store.files(part)) for part in (LEARN, HELD_OUT)},
            "training": {
                "steps": recipe.steps,
                "batch": recipe.batch,
                "view": recipe.view,
                "rate": recipe.rate,
                "begun_from": begun_from,
                "device": device,
                "seconds_of_last_run": round(time.monotonic() - started),
            },
            "scores": scores,
        }
        save(network, out, card)
    except DamagedWeights as error:
        raise LithographError(str(error)) from error
    except OSError as error:
        raise cannot_write(out, error) from error
    return out


def _start(task: Task, spec: Spec, store: SampleStore) -> tuple[UNet | None, str]:
    """The network to go on from, and where it is from: the one in use where the user's images are few.

    Raises:
        models.weights.DamagedWeights: it is damaged.
    """
    from models.danger_zone.network import load

    own, folder = len(store.groups(LEARN).get(OWN, ())), in_use("danger-zone", task.name)
    if 0 < own < MANY and folder is not None:
        network, _ = load(folder)
        if (network.spec.structures, network.spec.widths) == (spec.structures, spec.widths):
            return network, f"the model in {folder}"
    return None, "random weights"


def spec_of(task: Task) -> Spec:
    """The network of a task: all its structures; a CT is seen in HU at 512 pixels, a radiograph at 448.

    Vessels of 4 mm need 512, and a cut-out of a chest keeps its scale; the organs of the abdomen, whose task
    leaves the rest of the body free, need 384.
    """
    from models.danger_zone.network import Spec
    from models.inputs import Kind

    names = tuple(structure.name for structure in task.structures)
    if task.modality == "CT":
        finest_mm = SEEN_MM if task.covering else 0.0
        return Spec(
            names, Kind.CT, 512 if task.covering else 384, covering=task.covering, finest_mm=finest_mm
        )
    return Spec(names, Kind.RADIOGRAPH, 448)


def sample_size(spec: Spec) -> int:
    """The long side at which samples are kept: a CT's own, a radiograph's a little more, for closer views."""
    from models.inputs import Kind

    return spec.size if spec.kind is Kind.CT else spec.size * 5 // 4


class Draw:
    """`draw(n)`: one of the samples to learn from, chosen by n alone.

    A source is drawn in proportion to the square root of its samples, so that a few of a rare kind count.
    """

    def __init__(self, store: SampleStore) -> None:
        self._groups = list(store.groups(LEARN).values())
        weights = np.sqrt([len(files) for files in self._groups])
        self._shares = weights / weights.sum()

    def __call__(self, n: int) -> Sample:
        random = np.random.default_rng((1, n))
        files = self._groups[int(random.choice(len(self._groups), p=self._shares))]
        return read_sample(files[int(random.integers(len(files)))])
