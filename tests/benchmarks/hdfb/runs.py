"""Training the contestants, each with the same patches in the same order, and timing their steps."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from models import weights
from models.hiresmed_vqgan.losses import CODEBOOK, COMMITMENT
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.training import Course, train
from models.learning import CHECKPOINT, Recipe
from tests.benchmarks.hdfb.images import Images, Values, held_out_patches, patch
from tests.benchmarks.hdfb.networks import Contestant

STEPS = 300
BATCH = 4
VIEW = 128
POINTS = 15
"""Of a curve."""
HELD_OUT_PATCHES = 16
COURSE = Course(adversarial=0, perceptual=0, levels_dropped=0)
"""Eq. 1 without L_p and L_GAN: the claim is about how fast the loss falls."""
CURVE = "curve.json"
FINAL = "final"


@dataclass(frozen=True)
class Run:
    """One training: a contestant, a task, a seed, a highest learning rate, and how many steps."""

    contestant: Contestant
    task: str
    seed: int
    rate: float = 1.5e-3
    steps: int = STEPS

    @property
    def name(self) -> str:
        """Also that of its folder."""
        rate = "" if self.rate == Run.rate else f"-{self.rate:g}"
        steps = "" if self.steps == STEPS else f"-{self.steps}-steps"
        return f"{self.task}-{self.contestant.name}-{self.seed}{rate}{steps}"

    @property
    def every(self) -> int:
        """Steps between two points of the curve."""
        return self.steps // POINTS

    @property
    def recipe(self) -> Recipe:
        """The same for all but for seed, rate and steps."""
        return Recipe(
            steps=self.steps,
            batch=BATCH,
            view=VIEW,
            rate=self.rate,
            weight_decay=0.01,
            memory=0.95,
            seed=self.seed,
            checkpoint_every=self.every,
        )


def learn(run: Run, source: Images, cache: Path) -> None:
    """Trains, unless that is done; goes on from where an earlier call was stopped.

    Leaves `curve.json`, lists by name with a value every `run.every` steps, and `final/`, averaged weights.
    """
    folder = cache / run.name
    if (folder / FINAL).is_dir():
        return
    patches = held_out_patches(source, HELD_OUT_PATCHES, VIEW)
    points = _curve(folder)
    with run.contestant.built():
        work = train(
            run.contestant.spec,
            run.recipe,
            COURSE,
            lambda number: patch(source, number, run.seed, VIEW),
            folder,
            resume=True,
        )
        lately: list[float] = []
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                network = end.value
                break
            lately.append(progress.figures["loss"])
            if progress.done % run.every == 0 and progress.done not in points["step"]:
                point = {"step": progress.done, "learnt": float(np.mean(lately[-run.every :]))}
                point |= held_out(_averaged(run.contestant, folder), patches)
                for name, value in point.items():
                    points.setdefault(name, []).append(value)
                (folder / CURVE).write_text(json.dumps(points), encoding="utf-8")
    weights.save(network.state_dict(), folder / FINAL, {"spec": run.contestant.spec.as_card()})
    shutil.rmtree(folder / CHECKPOINT)
    print(f"{time.strftime('%H:%M:%S')} {run.name}: {points['squared'][-1]:.5f}", file=sys.stderr, flush=True)


@torch.inference_mode()
def held_out(network: Vqgan, patches: Values) -> dict[str, float]:
    """‖Î − I‖², and the sum of Eq. 1, on patches that were not learnt from."""
    squared, latent = [], []
    for part in torch.from_numpy(patches)[:, None].split(8):
        z = network.encode(part)
        with torch.enable_grad():  # the quantiser tells its terms of the loss only while it learns
            quantised = network.quantise(z.clone())
        squared.append(F.mse_loss(network.decode(quantised.features.detach()), part).item())
        latent.append((COMMITMENT * quantised.commitment + CODEBOOK * quantised.codebook).item())
    return {"squared": float(np.mean(squared)), "loss": float(np.mean(squared) + np.mean(latent))}


def curve(run: Run, cache: Path) -> dict[str, list[float]] | None:
    """The curve of a finished run; None of another."""
    return _curve(cache / run.name) if (cache / run.name / FINAL).is_dir() else None


def trained(run: Run, cache: Path) -> Vqgan | None:
    """The network of a finished run; None of another."""
    if not (cache / run.name / FINAL).is_dir():
        return None
    network = run.contestant.network()
    network.load_state_dict(weights.load(cache / run.name / FINAL)[0])
    return network.eval()


def step_seconds(contestants: Sequence[Contestant], rounds: int = 24) -> dict[str, float]:
    """The median processor time of a training step of each, in seconds.

    They take turns, so that whatever else the machine does disturbs all alike, and processor time leaves out
    what it spends on others. Every step is one of the training itself, with drawing of patches and optimiser.
    """
    noise = np.random.default_rng(0).uniform(-1, 1, (16, VIEW, VIEW)).astype(np.float32)
    recipe = Recipe(steps=10 * rounds, batch=BATCH, view=VIEW, checkpoint_every=100 * rounds)
    took: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    with ExitStack() as stack:
        works = []
        for contestant in contestants:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            work = train(contestant.spec, recipe, COURSE, lambda n: noise[n % 16], folder)
            works.append((contestant, stack.enter_context(closing(work))))
            with contestant.built():
                next(work)
        for _ in range(rounds):
            for contestant, work in works:
                start = time.process_time()
                next(work)
                took[contestant.name].append(time.process_time() - start)
    return {name: float(np.median(times)) for name, times in took.items()}


def _averaged(contestant: Contestant, folder: Path) -> Vqgan:
    """The network of averaged weights, of the checkpoint."""
    tensors, _ = weights.load(folder / CHECKPOINT)
    prefix = "averaged.vqgan."
    network = contestant.network()
    network.load_state_dict({n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)})
    return network.eval()


def _curve(folder: Path) -> dict[str, Any]:
    file = folder / CURVE
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"step": []}
