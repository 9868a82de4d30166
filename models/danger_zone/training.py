"""Training the danger-zone network: samples varied heavily, cross-entropy and Dice, and the common loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import inputs
from models.compute import autocast
from models.danger_zone.augmentation import augment
from models.danger_zone.network import Spec, UNet
from models.danger_zone.samples import Sample
from models.learning import Batch, Lesson, Recipe, learn
from models.progress import LongWork

EASY = 0.1
"""The weight of a pixel that is right; of one that is wrong it is 1 more."""


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

    `start` gives the first weights, for fine-tuning. The rest is as in `models.learning.learn`.

    Raises:
        models.weights.DamagedWeights: the checkpoint to resume from is damaged or of other settings.
        OSError: `folder` cannot be written.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = UNet(spec)
    if start is not None:
        network.load_state_dict(start.state_dict())

    def batch_of(numbers: Sequence[int]) -> Batch:
        return _batch(spec, recipe, draw, numbers)

    # Lists, since the settings are compared with what JSON gives back.
    settings = {"spec": {**asdict(spec), "structures": list(spec.structures), "widths": list(spec.widths)}}
    lesson = Lesson(batch_of, _loss, settings)
    return (yield from learn(network, lesson, recipe, folder, resume=resume, device=device))


def _loss(network: nn.Module, batch: Batch) -> tuple[Tensor, Mapping[str, float]]:
    image, masks, known = batch
    with autocast(image.device):
        logits = network(image.to(memory_format=torch.channels_last))
    return loss_of(logits, masks, known), {}


def loss_of(logits: Tensor, masks: Tensor, known: Tensor) -> Tensor:
    """Binary cross-entropy plus 1 − Dice where structures are known; all are (B, structures, H, W).

    In the entropy a pixel weighs by how wrong it is, so that the few of a nodule or a transverse process are
    not lost among the many that are right (as in the focal loss, Lin et al., ICCV 2017). Dice is taken over
    the batch as a whole, since a structure may be absent from single images.
    """
    logits, target, counts = logits.float(), masks.float(), known.float()
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    sure = torch.sigmoid(logits)
    weights = counts * (EASY + (sure - target).detach().abs())
    entropy = (entropy * weights).sum() / weights.sum().clamp(min=1)
    probability = sure * counts
    both = (probability * target).sum((0, 2, 3))
    either = probability.sum((0, 2, 3)) + (target * counts).sum((0, 2, 3))
    dice = (2 * both + 100) / (either + 100)  # 100 pixels: where a structure is absent, a few do not count
    seen = known.flatten(2).any(2).any(0).float()
    return entropy + ((1 - dice) * seen).sum() / seen.sum().clamp(min=1)


def _batch(spec: Spec, recipe: Recipe, draw: Callable[[int], Sample], numbers: Sequence[int]) -> Batch:
    """Images (B, 2, H, W) float32, masks and where they are known, both (B, structures, H, W) bool."""
    images, masks, known = [], [], []
    for n in numbers:
        sample = augment(draw(n), spec, recipe.view, np.random.default_rng((recipe.seed, n)))
        images.append(inputs.channels(sample.pixels, spec.kind))
        masks.append(sample.masks())
        known.append(sample.teaches())
    return tuple(torch.from_numpy(np.stack(part)) for part in (images, masks, known))
