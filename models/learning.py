"""Learning: a loop one can read, stop at any step, take up again exactly, and share among machines.

What a network learns from and what it is told about its mistakes are the caller's; the loop has the
optimiser, the average of the weights, the checkpoints, the curves, and the processes that `torchrun` starts.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from models import weights
from models.parallel import World, world
from models.progress import LongWork, Progress

CHECKPOINT = "checkpoint"
CURVES = "curves.csv"

Batch = tuple[Tensor, ...]
N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to learn."""

    steps: int
    batch: int = 6
    """Samples per step, shared among the processes that learn together; more where they do not divide."""
    view: int = 320
    """The side of the square views of images that are learnt from; a multiple of the network's stride."""
    rate: float = 3e-3
    """The highest learning rate, reached after a tenth of the steps; it then falls to nothing (cosine)."""
    weight_decay: float = 0.02
    betas: tuple[float, float] = (0.9, 0.999)
    """How much of the gradient's mean and of its square's mean Adam keeps from step to step."""
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


@dataclass(frozen=True)
class Lesson:
    """What is learnt: where samples come from and how a mistake is counted.

    Attributes:
        batch_of: the tensors of the samples of those numbers, on the CPU; depends on the numbers alone.
        loss_of: the loss of the network on a batch that is on its device, and figures worth plotting.
        settings: what must be the same to resume, in JSON's types.
    """

    batch_of: Callable[[Sequence[int]], Batch]
    loss_of: Callable[[nn.Module, Batch], tuple[Tensor, Mapping[str, float]]]
    settings: Mapping[str, Any]


def learn(
    network: N,
    lesson: Lesson,
    recipe: Recipe,
    folder: Path,
    *,
    resume: bool = False,
    device: torch.device | str = "cpu",
) -> LongWork[N]:
    """Trains `network` and returns one of averaged weights, on the CPU, in eval mode.

    Everything random follows from the number of the sample, so training resumed from its checkpoint gives
    the same weights as training that was never stopped. `folder` receives `checkpoint/` and `curves.csv`,
    every `checkpoint_every` steps and when the work is closed between two. Yields after every step, with its
    figures.

    Raises:
        models.weights.DamagedWeights: the checkpoint to resume from is damaged or of other settings.
        OSError: `folder` cannot be written.
    """
    together = world()
    recipe = replace(recipe, batch=together.even(recipe.batch))
    learner = _Learner(network, lesson, recipe, torch.device(device), together)
    if resume and (folder / CHECKPOINT).is_dir():
        learner.restore(folder / CHECKPOINT)
    try:
        with closing(_batches(lesson, recipe, together, first=learner.step)) as batches:
            for batch in batches:
                figures = learner.learn(batch)
                if learner.step % recipe.checkpoint_every == 0:
                    learner.save(folder)
                yield Progress(learner.step, recipe.steps, "Training", figures)
    finally:
        if learner.whole:  # half a step would be made once more when training goes on
            learner.save(folder)
    averaged: N = learner.averaged.cpu().eval()
    return averaged


class _Learner:
    """The network that learns, its average, the optimiser, and how far they are."""

    def __init__(
        self, network: nn.Module, lesson: Lesson, recipe: Recipe, device: torch.device, together: World
    ) -> None:
        self.lesson, self.recipe, self.device, self.world = lesson, recipe, device, together
        self.network = network.to(device=device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
        self.averaged = deepcopy(self.network).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(),
            lr=recipe.rate,
            betas=recipe.betas,
            weight_decay=recipe.weight_decay,
        )
        self.step = 0
        self.whole = True
        """False within a step."""
        self.names: list[str] = []
        """Of the columns of `curves`."""
        self.curves: list[list[float]] = []
        """Per step: the loss, the figures, and the learning rate."""

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; its figures."""
        self.whole = False
        rate = self.recipe.rate_at(self.step)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss, figures = self.lesson.loss_of(self.network, tuple(part.to(self.device) for part in batch))
        self.optimiser.zero_grad()
        loss.backward()
        self.world.average_gradients(self.network)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self._average()
        self.step += 1
        told = {"loss": loss.item(), **figures, "learning rate": rate}
        self.names = list(told)
        self.curves.append(list(told.values()))
        self.whole = True
        return told

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
        """Writes the checkpoint and the curves; of processes that learn together, the first one does."""
        if self.world.rank != 0:
            return
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"averaged.{name}": tensor for name, tensor in self.averaged.state_dict().items()}
        for n, state in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{n}.{key}": value for key, value in state.items()}
        tensors["curves"] = torch.tensor(self.curves, dtype=torch.float64).reshape(len(self.curves), -1)
        card = {**self._settings(), "step": self.step, "curves": self.names}
        weights.save(tensors, folder / CHECKPOINT, card)
        with (folder / CURVES).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("step", *(name.replace(" ", "_") for name in self.names)))
            for step, row in enumerate(self.curves, start=1):
                writer.writerow((step, *(f"{value:.6g}" for value in row)))

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
        self.names, self.curves = list(card["curves"]), tensors["curves"].tolist()
        self.step = int(card["step"])

    def _settings(self) -> dict[str, object]:
        recipe = {**asdict(self.recipe), "betas": list(self.recipe.betas)}  # as JSON gives it back
        return {**self.lesson.settings, "recipe": recipe}


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{prefix}."): tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{prefix}.")
    }


def _batches(lesson: Lesson, recipe: Recipe, together: World, first: int) -> Generator[Batch, None, None]:
    """The batches of the steps from `first` to the last; the next one is made while the caller works."""

    def of(step: int) -> Batch:
        return lesson.batch_of(together.share(range(step * recipe.batch, (step + 1) * recipe.batch)))

    with ThreadPoolExecutor(1) as ahead:
        following = ahead.submit(of, first)
        for step in range(first, recipe.steps):
            batch = following.result()
            if step + 1 < recipe.steps:
                following = ahead.submit(of, step + 1)
            yield batch
