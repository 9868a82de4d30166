"""Training the danger-zone network: a loop one can read, stop at any step and take up again exactly."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models import weights
from models.compute import autocast
from models.danger_zone import inputs
from models.danger_zone.augmentation import augment
from models.danger_zone.network import Spec, UNet
from models.danger_zone.samples import Sample
from models.progress import LongWork, Progress

CHECKPOINT = "checkpoint"
CURVES = "curves.csv"

Batch = tuple[Tensor, Tensor, Tensor]
"""Images (B, 2, H, W) float32, masks (B, structures, H, W) bool, known (B, structures) bool."""


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to learn."""

    steps: int
    batch: int = 6
    view: int = 320
    """The side of the square views of images that are learnt from; a multiple of the network's stride."""
    rate: float = 3e-3
    """The highest learning rate, reached after a tenth of the steps; it then falls to nothing (cosine)."""
    weight_decay: float = 0.02
    memory: float = 0.99
    """How much of the averaged weights one step keeps (exponential moving average)."""
    seed: int = 0
    checkpoint_every: int = 50

    def rate_at(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        warm = max(1, self.steps // 10)
        if step < warm:
            return self.rate * (step + 1) / warm
        return self.rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, self.steps - warm)))


def train(
    spec: Spec,
    recipe: Recipe,
    draw: Callable[[int], Sample],
    folder: Path,
    *,
    resume: bool = False,
    start: UNet | None = None,
    device: torch.device | str = "cpu",
) -> LongWork[UNet]:
    """Learns from `draw(0)`, `draw(1)`, ... and returns the network of averaged weights, on the CPU.

    Everything random follows from the seed and the number of the step, so training resumed from its
    checkpoint gives the same weights as training that was never stopped. `start` gives the first weights,
    for fine-tuning. `folder` receives `checkpoint/` and `curves.csv`, every `checkpoint_every` steps and
    when the work is closed. Yields after every step, with its loss.

    Raises:
        models.weights.DamagedWeights: the checkpoint to resume from is damaged or of other settings.
        OSError: `folder` cannot be written.
    """
    learner = _Learner(spec, recipe, start, torch.device(device))
    if resume and (folder / CHECKPOINT).is_dir():
        learner.restore(folder / CHECKPOINT)
    try:
        with closing(_batches(spec, recipe, draw, first=learner.step)) as batches:
            for batch in batches:
                figures = learner.learn(batch)
                if learner.step % recipe.checkpoint_every == 0:
                    learner.save(folder)
                yield Progress(learner.step, recipe.steps, "Training", figures)
    finally:
        learner.save(folder)
    return learner.averaged.cpu().eval()


def loss_of(logits: Tensor, masks: Tensor, known: Tensor) -> Tensor:
    """Binary cross-entropy plus 1 − Dice, over the structures that are known; all (B, structures, ...).

    Dice is taken over the batch as a whole, since a structure may be absent from single images.
    """
    logits, target = logits.float(), masks.float()
    counts = known.float()[:, :, None, None]
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    entropy = (entropy * counts).sum() / (counts.sum() * target[0, 0].numel()).clamp(min=1)
    probability = torch.sigmoid(logits) * counts
    both = (probability * target).sum((0, 2, 3))
    either = probability.sum((0, 2, 3)) + (target * counts).sum((0, 2, 3))
    dice = (2 * both + 100) / (either + 100)  # 100 pixels: where a structure is absent, a few do not count
    seen = known.any(0).float()
    return entropy + ((1 - dice) * seen).sum() / seen.sum().clamp(min=1)


class _Learner:
    """The network that learns, its average, the optimiser, and how far they are."""

    def __init__(self, spec: Spec, recipe: Recipe, start: UNet | None, device: torch.device) -> None:
        self.recipe, self.device = recipe, device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            network = UNet(spec)
        if start is not None:
            network.load_state_dict(start.state_dict())
        self.network = network.to(device=device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.averaged = deepcopy(self.network).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.rate, weight_decay=recipe.weight_decay
        )
        self.step = 0
        self.curves: list[tuple[float, float]] = []
        """Per step: loss and learning rate."""

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; its figures."""
        image, masks, known = (tensor.to(self.device) for tensor in batch)
        rate = self.recipe.rate_at(self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with autocast(self.device):
            logits = self.network(image.to(memory_format=torch.channels_last))
        loss = loss_of(logits, masks, known)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self._average()
        self.step += 1
        self.curves.append((loss.item(), rate))
        return {"loss": loss.item(), "learning rate": rate}

    @torch.no_grad()
    def _average(self) -> None:
        """Moves the average towards the network; at first quickly, so that it forgets the random start."""
        kept = min(self.recipe.memory, (self.step + 1) / (self.step + 10))
        now = self.network.state_dict()
        for name, average in self.averaged.state_dict().items():
            if average.is_floating_point():
                average.lerp_(now[name], 1 - kept)
            else:
                average.copy_(now[name])

    def save(self, folder: Path) -> None:
        """Writes the checkpoint and the curves."""
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"averaged.{name}": tensor for name, tensor in self.averaged.state_dict().items()}
        for n, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{n}.{key}": value for key, value in state.items()}
        tensors["curves"] = torch.tensor(self.curves, dtype=torch.float64).reshape(-1, 2)
        weights.save(tensors, folder / CHECKPOINT, {**self._settings(), "step": self.step})
        with (folder / CURVES).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("step", "loss", "learning_rate"))
            for step, (loss, rate) in enumerate(self.curves, start=1):
                writer.writerow((step, f"{loss:.6g}", f"{rate:.6g}"))

    def restore(self, checkpoint: Path) -> None:
        """Takes up training where `save` left it."""
        tensors, card = weights.load(checkpoint)
        if {key: card.get(key) for key in self._settings()} != self._settings():
            raise weights.DamagedWeights(
                f"The checkpoint {checkpoint} was made with other settings; resume with the same ones, "
                "or start afresh in another folder."
            )
        self.network.load_state_dict(_part(tensors, "network"))
        self.averaged.load_state_dict(_part(tensors, "averaged"))
        states: dict[int, dict[str, Tensor]] = {}
        for name, value in _part(tensors, "optimiser").items():
            n, key = name.split(".")
            states.setdefault(int(n), {})[key] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": states, "param_groups": groups})
        self.curves = [(loss, rate) for loss, rate in tensors["curves"].tolist()]
        self.step = int(card["step"])

    def _settings(self) -> dict[str, object]:
        """What must be the same to resume, in JSON's types."""
        spec = {**asdict(self.network.spec), "structures": list(self.network.spec.structures)}
        return {"spec": {**spec, "widths": list(self.network.spec.widths)}, "recipe": asdict(self.recipe)}


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{prefix}."): tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{prefix}.")
    }


def _batches(
    spec: Spec, recipe: Recipe, draw: Callable[[int], Sample], first: int
) -> Generator[Batch, None, None]:
    """The batches of the steps from `first` to the last; the next one is made while the caller works."""
    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(_batch, spec, recipe, draw, first)
        for step in range(first, recipe.steps):
            batch = following.result()
            if step + 1 < recipe.steps:
                following = ahead.submit(_batch, spec, recipe, draw, step + 1)
            yield batch


def _batch(spec: Spec, recipe: Recipe, draw: Callable[[int], Sample], step: int) -> Batch:
    images, masks, known = [], [], []
    for n in range(step * recipe.batch, (step + 1) * recipe.batch):
        sample = augment(draw(n), spec, recipe.view, np.random.default_rng((recipe.seed, n)))
        images.append(inputs.channels(sample.pixels, spec.kind))
        masks.append(sample.masks())
        known.append(sample.known)
    return (
        torch.from_numpy(np.stack(images)),
        torch.from_numpy(np.stack(masks)),
        torch.tensor(known, dtype=torch.bool),
    )
