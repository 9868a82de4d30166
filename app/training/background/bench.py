"""What the stages of a training share, and what each leaves on disk when it is finished."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.tasks import Task
from app.training.background.plans import STAGES, Plan
from app.training.background.pool import Pool
from app.training.background.sheets import sheet_file

if TYPE_CHECKING:
    from torch import nn

    from models.features import Features
    from models.hiresmed_vqgan.model import BackgroundModel
    from models.hiresmed_vqgan.spec import Spec

CODES = "codes"
CURVES = "curves.csv"
SHOWN = 4
"""Patches on a sheet; of drawn images half as many."""

N = TypeVar("N", bound="nn.Module")


@dataclass(frozen=True)
class Bench:
    """What the stages of one training share.

    Attributes:
        out: the training's folder.
        start: the model to go on from; None for random weights.
        features: for L_p.
        kind: the class of the task in the prior.
        rank, size: which of so many processes this one is.
    """

    task: Task
    plan: Plan
    spec: Spec
    pool: Pool
    out: Path
    device: str
    start: BackgroundModel | None
    features: Features
    kind: int = 0
    rank: int = 0
    size: int = 1
    _patches: list[NDArray[np.float32]] = field(default_factory=list)

    def patches(self) -> list[NDArray[np.float32]]:
        """The patches that sheets show: held-out ones where there are some."""
        if not self._patches:
            view = min(self.plan.view, 256)
            for entry in self.pool.held_out[:SHOWN]:
                image = self.pool.whole_of(entry)
                top, left = ((length - min(view, length)) // 2 for length in image.shape)
                self._patches.append(image[top : top + view, left : left + view])
            if not self._patches:
                self._patches.extend(self.pool.patch(n, view) for n in range(SHOWN))
        return self._patches


def keep(bench: Bench, stage: str, network: nn.Module) -> None:
    """Writes the network of a finished stage, and removes its checkpoint."""
    from models import weights
    from models.learning import CHECKPOINT
    from models.parallel import world

    card = {"name": f"stage {stage} of background/{bench.task.name}", "plan": bench.plan.as_card()}
    if bench.rank == 0:
        weights.save(
            dict(network.state_dict()),
            bench.out / stage,
            card,
        )
        shutil.rmtree(bench.out / stage / CHECKPOINT, ignore_errors=True)
    world().wait()


def begun(bench: Bench, stage: str) -> bool:
    """Whether a stage was stopped in the middle and can go on."""
    from models.learning import CHECKPOINT

    return (bench.out / stage / CHECKPOINT).is_dir()


def finished(bench: Bench, stage: str, empty: N) -> N | None:
    """The network of a stage that is finished; None where it is not."""
    from models import weights

    if not (bench.out / stage / weights.WEIGHTS).is_file():
        return None
    tensors, _ = weights.load(bench.out / stage)
    empty.load_state_dict(tensors)
    return empty.eval()


def keep_for_looking(out: Path, plan: Plan) -> None:
    """Copies the curves of all stages and the last sheet beside the weights: a version keeps such files.

    Raises:
        OSError: one cannot be written.
    """
    for stage in STAGES:
        shutil.copyfile(out / stage / CURVES, out / f"curves-{stage}.csv")
    shutil.copyfile(sheet_file(out, plan.total), out / "samples.png")


def clear(out: Path) -> None:
    """Removes what earlier stages left in a folder; the pool stays."""
    for name in (*STAGES, CODES):
        shutil.rmtree(out / name, ignore_errors=True)
