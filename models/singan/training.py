"""Training a SinGAN on one exemplar, scale by scale (Eq. 13).

Each scale is trained while those below it stand still. What they draw is drawn once per scale and kept in a
bank that the training steps pick from, so a step runs one generator and one discriminator and nothing else.
A finished scale is a checkpoint; every random number of a scale follows from the seed and the scale alone,
so training that was interrupted ends in the same weights.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.progress import LongWork, Progress
from models.singan.checkpoints import fingerprint, keep, restore
from models.singan.deformation import deformed
from models.singan.network import CHANNELS, folded, resize, scale_sizes
from models.singan.presets import Preset
from models.singan.scale import Below, Scale, Task
from models.singan.threads import one_thread

BANK = 256
"""Drawings of the scales below that a scale is trained on."""
VIEWS = 64
"""Deformations of the exemplar that the discriminator is shown, two at a time."""


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


def train(exemplar: Tensor, preset: Preset, seed: int, folder: Path | None = None) -> LongWork[Trained]:
    """Trains a pyramid of generators on one exemplar.

    Args:
        exemplar: (2, S, S) float32, contrast and alpha, each about 0..1.
        preset: how.
        seed: of every random number.
        folder: where finished scales are kept; training goes on after the last one found there that
            belongs to the same exemplar, preset and seed. None keeps nothing.

    Yields:
        Progress in units of work (an iteration on a fine scale counts for more than one on a coarse one). The
        last report of each scale that was trained has `pictures` of its size: `reconstruction`, and
        `drawing 1` to `drawing 3`.
    """
    real = exemplar[None]
    sizes = scale_sizes(real.shape[-1], preset.coarsest, preset.ratio)
    views = deformed(real, VIEWS, preset.deformation, _random(seed, "views"))
    belongs = fingerprint(exemplar, preset, seed)
    work = [preset.iterations_at(number, len(sizes)) * _cost(size) for number, size in enumerate(sizes)]

    first = resize(real, sizes[0])
    below = Below(torch.zeros_like(first).expand(BANK, -1, -1, -1), torch.zeros_like(first))
    trained = Trained({}, sizes, [], [])
    previous: Scale | None = None
    for number, size in enumerate(sizes):
        target = resize(real, size)
        below = Below(resize(below.bank, size), resize(below.reconstruction, size))
        if number == 0:
            amplitude, fixed = 1.0, fixed_noise(seed, size)
        else:
            amplitude = preset.noise * (below.reconstruction - target).square().mean().sqrt().item()
            fixed = torch.zeros_like(target)
        task = Task(target, resize(views, size), below, amplitude, fixed)
        scale = Scale(preset, preset.widths(number, len(sizes)), task, _random(seed, str(number)))

        kept = folder / f"scale{number}" if folder else None
        figures = restore(kept, belongs, scale.generator, scale.discriminator)
        progress: Progress | None = None
        if figures is None:
            scale.start(previous)
            note = f"scale {number + 1} of {len(sizes)}, {size} × {size} pixels"
            began, worked = time.perf_counter(), time.thread_time()
            iterations = preset.iterations_at(number, len(sizes))
            for iteration in range(iterations):
                with one_thread():
                    figures = scale.step(iteration, iterations)
                # After each, some 10 to 60 ms: a lesion that is being dragged meanwhile waits no longer.
                done = sum(work[:number]) + iteration * _cost(size)
                yield Progress(int(done), int(sum(work)), note, figures)
            scale.finish()
            assert figures is not None  # every preset has iterations
            figures["seconds"] = time.perf_counter() - began
            figures["processor_seconds"] = time.thread_time() - worked
            keep(kept, belongs, scale.generator, scale.discriminator, figures)
            progress = Progress(int(sum(work[: number + 1])), int(sum(work)), note, figures)
            yield progress

        trained.tensors.update({f"{number}.{name}": t for name, t in folded(scale.generator).items()})
        trained.amplitudes.append(amplitude)
        trained.figures.append(figures)
        drawing = scale.drawings(_random(seed, f"drawings {number}"))
        below = yield from _reporting(drawing, progress)
        previous = scale
        if progress is not None:  # a leap over what was found would spoil the estimate of the time left
            note = f"finished scale {number + 1} of {len(sizes)}, {size} × {size} pixels"
            yield Progress(int(sum(work[: number + 1])), int(sum(work)), note, figures, _pictures(below))
    return trained


def _reporting(steps: Generator[None, None, Below], progress: Progress | None) -> LongWork[Below]:
    """`steps`, with the same report after each; with none where `progress` is None."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        if progress is not None:
            yield progress


def _pictures(drawn: Below) -> dict[str, NDArray[np.uint8]]:
    """The contrast channel of what a scale draws, as grey values: half of white is nothing added."""
    named = {"reconstruction": drawn.reconstruction[0]}
    named |= {f"drawing {number + 1}": drawn.bank[number] for number in range(3)}
    return {
        name: (image[0] * 96 + 128).clamp(0, 255).round().to(torch.uint8).numpy()
        for name, image in named.items()
    }


def fixed_noise(seed: int, size: int) -> Tensor:
    """The noise at the coarsest scale that the exemplar is reconstructed from, (1, 2, size, size)."""
    return torch.randn((1, CHANNELS, size, size), generator=_random(seed, "fixed"))


def _cost(size: int) -> float:
    """The time of an iteration, in units of one on the smallest scale: a fixed part and one per pixel."""
    return 1 + (size / 18) ** 2


def _random(seed: int, what: str) -> torch.Generator:
    """Random numbers for one purpose, independent of every other purpose's."""
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))
