"""Trains the location model of a task (Eq. 14): gathers images, learns, calibrates, measures.

On a user's labelled images every lesion is removed first (`location_labelled`); where the task has a
simulator, its images are learnt from as well (`location_simulated`).
"""

from __future__ import annotations

import time
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.anatomy.detector import ATLAS_SHARE, Calibrated
from app.errors import LithographError
from app.files import cannot_write, make_folder
from app.tasks import task as task_of
from app.training.location_gathering import Draw, gather
from app.training.location_learners import learner, spec_of
from app.training.location_measuring import fit_temperature, measure, measure_models
from app.training.location_store import PlaceStore
from models.progress import LongWork

if TYPE_CHECKING:
    from models.location.heatmap_head import Locator

__all__ = ["STEPS", "measure_models", "train"]

STEPS = 1200
N = TypeVar("N", bound="Locator")


def train(
    task_name: str,
    data: Path | None,
    out: Path,
    *,
    steps: int | None = None,
    resume: bool = False,
    device: str = "cpu",
) -> LongWork[Path]:
    """Trains the location model of a task and returns the folder of the finished model, `out`.

    It goes on from the model in use where there is one of the same kind. Under `torchrun` the processes learn
    together; the first one prepares the images and writes the model.

    Args:
        data: a folder of labelled images; for a task with a simulator also a CT series (a folder or a file),
            a folder of such folders, or None for the digital phantom alone.
        out: receives `weights.safetensors` and `card.json` at the end; before that the samples, the
            checkpoint and `curves.csv`. A model that is there already stays until the new one is finished.
        steps: of the optimiser; `STEPS` where None.
        resume: go on from the checkpoint in `out`, where there is one.
        device: torch's word for the processor that learns.

    Raises:
        LithographError: the task, the data or the folder will not do.
    """
    from models.location.inference import prepare_network
    from models.parallel import world
    from models.weights import DamagedWeights

    task, out, started = task_of(task_name), make_folder(out), time.monotonic()
    together, store = world(), PlaceStore(out / "samples")
    if together.rank > 0:
        together.wait()
    gathered = yield from gather(task, data, store, spec_of(task))
    if together.rank == 0:
        together.wait()
    try:
        plan = learner(task, gathered, Draw(gathered, store, task), steps or STEPS)
        network = yield from plan.train(out, resume, device)
        if together.rank > 0:
            return out
        ready = prepare_network(_as_kept(network))
        temperature = round((yield from fit_temperature(ready, gathered, store, task)), 4)
        share = ATLAS_SHARE if gathered.boxes is None else 0.0
        scores = yield from measure(Calibrated(ready, temperature, share), gathered, store, task)
        card: dict[str, Any] = {
            "name": f"location/{task.name}",
            "version": 1,
            "data": list(gathered.lines),
            "notes": [*gathered.notes, *plan.notes],
            "samples": gathered.counts,
            "training": {
                "steps": plan.recipe.steps,
                "batch": plan.recipe.batch,
                "view": plan.recipe.view,
                "rate": plan.recipe.rate,
                "begun_from": plan.begun_from,
                "device": device,
                "seconds_of_last_run": round(time.monotonic() - started),
            },
            "temperature": temperature,
            "atlas_share": share,
            "scores": scores.as_json(),
        }
        plan.save(network, out, card)
    except DamagedWeights as error:
        raise LithographError(str(error)) from error
    except OSError as error:
        raise cannot_write(out, error) from error
    return out


def _as_kept(network: N) -> N:
    """A copy whose kernels have the precision that they are saved with: what is measured is what is used."""
    kept = deepcopy(network)
    for parameter in kept.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.half().float()
    return kept
