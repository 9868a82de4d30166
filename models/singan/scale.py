"""One scale of a SinGAN in training: its two networks, their steps, and what it draws for the next scale."""

from __future__ import annotations

import math
from collections import abc
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from models.compute import autocast
from models.singan.losses import discriminator_loss, gradient_penalty
from models.singan.network import Discriminator, Generator, initialise
from models.singan.presets import Preset

_AT_ONCE = 32
"""Drawings that are made in one step."""
BF16_FROM = 16
"""Side length from which bfloat16 is faster than float32, where the processor has it."""


@dataclass(frozen=True)
class Below:
    """What a scale gets from the ones below it.

    Attributes:
        bank: (n, 2, S, S), drawings.
        reconstruction: (1, 2, S, S), what the fixed noise has become.
    """

    bank: Tensor
    reconstruction: Tensor


@dataclass(frozen=True)
class Task:
    """What a scale has to learn.

    Attributes:
        target: (1, 2, S, S), the exemplar.
        views: (n, 2, S, S), its deformations.
        below: from the scales below, resized to this one.
        amplitude: of the noise.
        fixed: (1, 2, S, S), the noise that the exemplar is reconstructed from.
    """

    target: Tensor
    views: Tensor
    below: Below
    amplitude: float
    fixed: Tensor


class Scale:
    """One scale being trained: networks, optimisers and random numbers."""

    def __init__(
        self,
        preset: Preset,
        widths: Sequence[int],
        task: Task,
        random: torch.Generator,
    ) -> None:
        layout = torch.channels_last
        generator, discriminator = Generator(widths, preset.norm), Discriminator(widths, preset.norm)
        self.preset, self.task, self.random = preset, task, random
        self.generator = generator.to(memory_format=layout)  # type: ignore[call-overload]
        self.discriminator = discriminator.to(memory_format=layout)  # type: ignore[call-overload]
        self.views = task.views.contiguous(memory_format=layout)
        self.average: list[Tensor] = []
        self.precision = autocast if task.target.shape[-1] >= BF16_FROM else nullcontext

    def start(self, previous: Scale | None) -> None:
        """Begins from the scale below where the networks are alike, else from random weights."""
        for name in ("generator", "discriminator"):
            network = getattr(self, name)
            initialise(network, self.random)
            if previous is not None and _shapes(getattr(previous, name)) == _shapes(network):
                network.load_state_dict(getattr(previous, name).state_dict())
        self.generator_adam, self.discriminator_adam = (
            torch.optim.Adam(network.parameters(), self.preset.rate, betas=(0.5, 0.999), fused=True)
            for network in (self.generator, self.discriminator)
        )
        self.average = [p.detach().clone() for p in self.generator.parameters()]

    def step(self, iteration: int, iterations: int) -> dict[str, float]:
        """One iteration: the discriminator's steps, then the generator's."""
        preset = self.preset
        for adam in (self.generator_adam, self.discriminator_adam):
            adam.param_groups[0]["lr"] = preset.rate * _rate(preset, iteration / iterations)
        steps = max(preset.discriminator_steps, preset.generator_steps)
        for turn in range(steps):
            # The generated batch serves both networks; the last of it is the reconstruction.
            with self.precision("cpu"):
                images = self.generator(*self._inputs())
            if turn < preset.discriminator_steps:
                against = self._discriminate(images[:-1], iteration)
            if turn < preset.generator_steps:
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
            for part in self.task.below.bank.split(_AT_ONCE):
                self._draw(self._noise(len(part)), part)

    def drawings(self, random: torch.Generator) -> abc.Generator[None, None, Below]:
        """What this scale draws, for the scale above it; the same whether it was just trained or restored.

        Yields between short steps.
        """
        self.random = random
        self.generator.eval()
        drawn = []
        for part in self.task.below.bank.split(_AT_ONCE):
            drawn.append(self._draw(self._noise(len(part)), part))
            yield
        return Below(torch.cat(drawn), self._draw(self.task.fixed, self.task.below.reconstruction))

    @torch.no_grad()
    def _draw(self, noise: Tensor, image: Tensor) -> Tensor:
        return self.generator(noise, image)

    def _inputs(self) -> tuple[Tensor, Tensor]:
        """(noise, image from below), each (batch + 1, 2, S, S): random ones, and the reconstruction's."""
        count = self.preset.batch
        chosen = torch.randint(len(self.task.below.bank), (count,), generator=self.random)
        noise = torch.cat([self._noise(count), self.task.fixed])
        image = torch.cat([self.task.below.bank[chosen], self.task.below.reconstruction])
        layout = torch.channels_last
        return noise.contiguous(memory_format=layout), image.contiguous(memory_format=layout)

    def _noise(self, count: int) -> Tensor:
        shape = (count, *self.task.target.shape[1:])
        return self.task.amplitude * torch.randn(shape, generator=self.random)

    def _discriminate(self, fake: Tensor, iteration: int) -> float:
        """A step of the discriminator on two views of the exemplar and the generated batch."""
        fake = fake.detach().float()
        chosen = torch.randint(len(self.views), (min(2, len(fake)),), generator=self.random)
        real = self.views[chosen]
        with self.precision("cpu"):
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
        with self.precision("cpu"):
            fooled = -self.discriminator(images[:-1]).float().mean()
        error = (images[-1:].float() - self.task.target).square().mean()
        self.generator_adam.zero_grad()
        (fooled + self.preset.reconstruction * error).backward()
        self.generator_adam.step()
        self.discriminator.requires_grad_(True)
        return fooled.item(), error.item() ** 0.5


def _rate(preset: Preset, passed: float) -> float:
    """The share of the learning rate that is left when `passed` of the iterations are."""
    if preset.schedule == "step":
        return 1.0 if passed < 0.8 else preset.rate_at_end
    return preset.rate_at_end + (1 - preset.rate_at_end) * (1 + math.cos(math.pi * passed)) / 2


def _shapes(network: torch.nn.Module) -> list[torch.Size]:
    return [p.shape for p in network.parameters()]
