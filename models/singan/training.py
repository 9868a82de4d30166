"""Training a SinGAN on one exemplar, scale by scale (Eq. 13).

Each scale is trained while those below it stand still. What they draw is drawn once per scale and kept in a
bank that the training steps pick from, so a step runs one generator and one discriminator and nothing else.
A finished scale is a checkpoint; every random number of a scale follows from the seed and the scale alone,
so training that was interrupted ends in the same weights.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models import weights
from models.compute import autocast
from models.progress import LongWork, Progress
from models.singan.deformation import deformed
from models.singan.losses import discriminator_loss, gradient_penalty
from models.singan.network import (
    CHANNELS,
    Discriminator,
    Generator,
    folded,
    initialise,
    resize,
    scale_sizes,
)
from models.singan.presets import Preset

BANK = 256
"""Drawings of the scales below that a scale is trained on."""
VIEWS = 64
"""Deformations of the exemplar that the discriminator is shown, two at a time."""
REPORT_EVERY = 4
"""Iterations between two reports: the most that stopping has to wait for."""
BF16_FROM = 24
"""Side length from which bfloat16 is faster than float32, where the processor has it."""


@dataclass(frozen=True)
class Trained:
    """A trained pyramid: the folded weights of its generators, and the figures of their training.

    Attributes:
        tensors: `<scale>.<layer>.weight` and `.bias`, see `network.folded`.
        sizes: side length of each scale.
        amplitudes: of the noise at each scale.
        figures: per scale, the last `reconstruction`, `discriminator` and `generator` losses, and the
            `seconds` and `processor_seconds` it took.
    """

    tensors: dict[str, Tensor]
    sizes: list[int]
    amplitudes: list[float]
    figures: list[dict[str, float]]


@dataclass
class _Below:
    """What a scale gets from the ones below it: a bank of drawings, and the reconstruction."""

    bank: Tensor
    reconstruction: Tensor


def train(
    exemplar: Tensor, preset: Preset, seed: int, folder: Path | None = None, device: str = "cpu"
) -> LongWork[Trained]:
    """Trains a pyramid of generators on one exemplar.

    Args:
        exemplar: (2, S, S) float32, contrast and alpha, each about 0..1.
        preset: how.
        seed: of every random number.
        folder: where finished scales are kept; training goes on after the last one found there that
            belongs to the same exemplar, preset and seed. None keeps nothing.
        device: a torch device.

    Yields:
        Progress in units of work (an iteration on a fine scale counts for more than one on a coarse one).
    """
    real = exemplar[None].to(device)
    sizes = scale_sizes(real.shape[-1], preset.coarsest, preset.ratio)
    views = deformed(real, VIEWS, preset.deformation, _random(seed, "views"))
    costs = [preset.iterations_at(i, len(sizes)) * _cost(size) for i, size in enumerate(sizes)]
    belongs = _fingerprint(exemplar, preset, seed)

    first = resize(real, sizes[0])
    below = _Below(torch.zeros_like(first).expand(BANK, -1, -1, -1), torch.zeros_like(first))
    trained = Trained({}, sizes, [], [])
    generator: Generator | None = None
    discriminator: Discriminator | None = None
    for scale, size in enumerate(sizes):
        target = resize(real, size)
        below = _Below(resize(below.bank, size), resize(below.reconstruction, size))
        amplitude = 1.0 if scale == 0 else preset.noise * _rmse(below.reconstruction, target)
        previous, widths = (generator, discriminator), preset.widths(scale, len(sizes))
        generator = Generator(widths, preset.norm)
        discriminator = Discriminator(widths, preset.norm)
        step = _Step(
            preset, generator, discriminator, target, resize(views, size), below,
            amplitude, fixed_noise(seed, size, device) if scale == 0 else None, _random(seed, scale), device,
        )  # fmt: skip
        kept = folder / f"scale{scale}" if folder else None
        figures = _restore(kept, belongs, generator, discriminator)
        if figures is None:
            step.start(previous)
            began, worked = time.perf_counter(), time.process_time()
            done, total = sum(costs[:scale]), sum(costs)
            iterations = preset.iterations_at(scale, len(sizes))
            for iteration in range(iterations):
                with _one_thread():
                    figures = step.run(iteration, iterations)
                if iteration % REPORT_EVERY == 0:
                    note = f"scale {scale + 1} of {len(sizes)}, {size} × {size} pixels"
                    yield Progress(int(done + iteration * _cost(size)), int(total), note, figures)
            step.finish()
            assert figures is not None  # every preset has iterations
            figures["seconds"] = time.perf_counter() - began
            figures["processor_seconds"] = time.process_time() - worked
            _keep(kept, belongs, generator, discriminator, figures)
        trained.tensors.update({f"{scale}.{name}": t for name, t in folded(generator).items()})
        trained.amplitudes.append(amplitude)
        trained.figures.append(figures)
        below = step.drawings(_random(seed, f"drawings {scale}"))
    return trained


def fixed_noise(seed: int, size: int, device: str = "cpu") -> Tensor:
    """The noise at the coarsest scale that the exemplar is reconstructed from, (1, 2, size, size)."""
    return torch.randn((1, CHANNELS, size, size), generator=_random(seed, "fixed")).to(device)


class _Step:
    """One scale being trained: its networks, optimisers and random numbers."""

    def __init__(
        self,
        preset: Preset,
        generator: Generator,
        discriminator: Discriminator,
        target: Tensor,
        views: Tensor,
        below: _Below,
        amplitude: float,
        fixed: Tensor | None,
        random: torch.Generator,
        device: str,
    ) -> None:
        layout = torch.channels_last
        self.preset, self.random, self.device, self.amplitude = preset, random, device, amplitude
        self.generator = generator.to(device).to(memory_format=layout)  # type: ignore[call-overload]
        self.discriminator = discriminator.to(device).to(memory_format=layout)  # type: ignore[call-overload]
        self.target = target
        self.views = views.contiguous(memory_format=layout)
        self.below = below
        self.fixed = torch.zeros_like(target) if fixed is None else fixed
        self.average: list[Tensor] = []
        self.precision = autocast if target.shape[-1] >= BF16_FROM else lambda _: nullcontext()

    def start(self, previous: tuple[Generator | None, Discriminator | None]) -> None:
        """Begins from the scale below where the networks are alike, else from random weights."""
        for network, old in zip((self.generator, self.discriminator), previous, strict=True):
            initialise(network, self.random)
            if old is not None and _shapes(old) == _shapes(network):
                network.load_state_dict(old.state_dict())
            network.train()
        self.generator_adam, self.discriminator_adam = (
            torch.optim.Adam(network.parameters(), self.preset.rate, betas=(0.5, 0.999), fused=True)
            for network in (self.generator, self.discriminator)
        )
        self.average = [p.detach().clone() for p in self.generator.parameters()]

    def run(self, iteration: int, iterations: int) -> dict[str, float]:
        """One iteration: the discriminator's steps, then the generator's."""
        preset = self.preset
        for adam in (self.generator_adam, self.discriminator_adam):
            adam.param_groups[0]["lr"] = preset.rate * _rate(preset, iteration / iterations)
        steps = max(preset.discriminator_steps, preset.generator_steps)
        for step in range(steps):
            # The generated batch serves both networks; the last of it is the reconstruction.
            with self.precision(self.device):
                images = self.generator(*self._inputs())
            if step < preset.discriminator_steps:
                against = self._discriminate(images[:-1], iteration)
            if step < preset.generator_steps:
                fooled, error = self._generate(images)
        if preset.averaging:
            decay = min(preset.averaging, (1 + iteration) / (10 + iteration))
            torch._foreach_lerp_(self.average, [p.detach() for p in self.generator.parameters()], 1 - decay)
        return {"discriminator": against, "generator": fooled, "reconstruction": error}

    def finish(self) -> None:
        """Takes the averaged weights, and measures the norms' statistics on them."""
        if self.preset.averaging:
            with torch.no_grad():
                for parameter, average in zip(self.generator.parameters(), self.average, strict=True):
                    parameter.copy_(average)
        norms = [m for m in self.generator.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
        if norms:
            self._draw_all()

    @torch.no_grad()
    def drawings(self, random: torch.Generator) -> _Below:
        """What this scale draws, for the scale above it; the same whether it was just trained or restored."""
        self.random = random
        self.generator.eval()
        return _Below(self._draw_all(), self.generator(self.fixed, self.below.reconstruction))

    @torch.no_grad()
    def _draw_all(self) -> Tensor:
        drawn = [self.generator(self._noise(len(part)), part) for part in self.below.bank.split(32)]
        return torch.cat(drawn)

    def _inputs(self) -> tuple[Tensor, Tensor]:
        """(noise, image from below), each (batch + 1, 2, S, S): random ones, and the reconstruction's."""
        count = self.preset.batch
        chosen = torch.randint(len(self.below.bank), (count,), generator=self.random).to(self.device)
        noise = torch.cat([self._noise(count), self.fixed])
        image = torch.cat([self.below.bank[chosen], self.below.reconstruction])
        layout = torch.channels_last
        return noise.contiguous(memory_format=layout), image.contiguous(memory_format=layout)

    def _noise(self, count: int) -> Tensor:
        shape = (count, *self.target.shape[1:])
        return self.amplitude * torch.randn(shape, generator=self.random).to(self.device)

    def _discriminate(self, fake: Tensor, iteration: int) -> float:
        """A step of the discriminator on two views of the exemplar and the generated batch."""
        fake = fake.detach().float()
        chosen = torch.randint(len(self.views), (min(2, len(fake)),), generator=self.random)
        real = self.views[chosen.to(self.device)]
        with self.precision(self.device):
            if self.preset.norm:  # one batch norm over both would tell the discriminator which is which
                scores = [self.discriminator(real), self.discriminator(fake)]
            else:
                scores = list(self.discriminator(torch.cat([real, fake])).split([len(real), len(fake)]))
        loss = discriminator_loss(scores[0], scores[1], self.preset.loss)
        total = loss
        if iteration % self.preset.penalty_every == 0:
            total = loss + gradient_penalty(self.discriminator, real, fake, self.preset, self.random)
        self.discriminator_adam.zero_grad()
        total.backward()
        self.discriminator_adam.step()
        return loss.item()

    def _generate(self, images: Tensor) -> tuple[float, float]:
        """A step of the generator: fool the discriminator, and reconstruct the exemplar."""
        self.discriminator.requires_grad_(False)
        with self.precision(self.device):
            fooled = -self.discriminator(images[:-1]).float().mean()
        error = (images[-1:].float() - self.target).square().mean()
        self.generator_adam.zero_grad()
        (fooled + self.preset.reconstruction * error).backward()
        self.generator_adam.step()
        self.discriminator.requires_grad_(True)
        return fooled.item(), error.item() ** 0.5


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keeps to one processor core: crops this small gain little from a second one, and where the cores are
    busy with other work, threads that wait for each other make training ten times slower.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _cost(size: int) -> float:
    """The time of an iteration, in units of one on the smallest scale: a fixed part and one per pixel."""
    return 1 + (size / 18) ** 2


def _rate(preset: Preset, passed: float) -> float:
    """The share of the learning rate that is left when `passed` of the iterations are."""
    if preset.schedule == "step":
        return 1.0 if passed < 0.8 else preset.rate_at_end
    return preset.rate_at_end + (1 - preset.rate_at_end) * (1 + math.cos(math.pi * passed)) / 2


def _rmse(a: Tensor, b: Tensor) -> float:
    return (a - b).square().mean().sqrt().item()


def _shapes(network: torch.nn.Module) -> list[torch.Size]:
    return [p.shape for p in network.parameters()]


def _random(seed: int, what: int | str) -> torch.Generator:
    """Random numbers for one purpose, independent of every other purpose's."""
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))


def _fingerprint(exemplar: Tensor, preset: Preset, seed: int) -> str:
    recipe = json.dumps([asdict(preset), seed, list(exemplar.shape), torch.__version__])
    return hashlib.sha256(recipe.encode() + exemplar.cpu().contiguous().numpy().tobytes()).hexdigest()


def _states(generator: Generator, discriminator: Discriminator) -> Iterator[tuple[str, Tensor]]:
    for prefix, network in (("generator", generator), ("discriminator", discriminator)):
        for name, tensor in network.state_dict().items():
            yield f"{prefix}.{name}", tensor


def _keep(
    folder: Path | None,
    belongs: str,
    generator: Generator,
    discriminator: Discriminator,
    figures: dict[str, float],
) -> None:
    if folder is not None:
        card = {"belongs": belongs, "figures": figures}
        weights.save(dict(_states(generator, discriminator)), folder, card)


def _restore(
    folder: Path | None, belongs: str, generator: Generator, discriminator: Discriminator
) -> dict[str, float] | None:
    """Loads a finished scale and returns its figures; None where it has still to be trained."""
    if folder is None or not folder.is_dir():
        return None
    tensors: dict[str, Tensor] = {}
    card: dict[str, Any] = {}
    # A scale that was cut off while it was written is trained again.
    with suppress(weights.DamagedWeights):
        tensors, card = weights.load(folder)
    wanted = dict(_states(generator, discriminator))
    if card.get("belongs") != belongs or tensors.keys() != wanted.keys():
        shutil.rmtree(folder)
        return None
    for name, tensor in wanted.items():
        tensor.copy_(tensors[name])
    return card["figures"]
