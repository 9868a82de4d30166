"""Training the detector of places: images without their lesions, varied, and the common loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models import inputs
from models.compute import autocast
from models.learning import Batch, Lesson, Recipe, learn
from models.location.assigning import Rule
from models.location.augmentation import augment
from models.location.losses import Shares, loss_of
from models.location.network import Detector, Spec
from models.location.samples import Sample, Sight
from models.progress import LongWork


def train(
    spec: Spec,
    recipe: Recipe,
    draw: Callable[[int], Sample],
    folder: Path,
    *,
    mirror: bool = True,
    rule: Rule | None = None,
    shares: Shares | None = None,
    resume: bool = False,
    start: Detector | None = None,
    device: torch.device | str = "cpu",
) -> LongWork[Detector]:
    """Learns from `draw(0)`, `draw(1)`, ... and returns the network of averaged weights, on the CPU.

    `mirror` says whether a mirrored image is as good as the image. `rule` and `shares` are those of the loss.
    `start` gives the first weights, for fine-tuning. The rest is as in `models.learning.learn`.

    Raises:
        models.weights.DamagedWeights: the checkpoint to resume from is damaged or of other settings.
        OSError: `folder` cannot be written.
    """
    rule, shares = rule or Rule(), shares or Shares()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = Detector(spec)
    if start is not None:
        network.load_state_dict(start.state_dict())

    def loss(network: nn.Module, batch: Batch) -> tuple[Tensor, Mapping[str, float]]:
        image, boxes, real = batch
        with autocast(image.device):
            levels = network(image.to(memory_format=torch.channels_last))
        return loss_of(levels, boxes, real, rule, shares)

    settings = {"spec": asdict(spec), "mirror": mirror, "rule": asdict(rule), "shares": asdict(shares)}
    lesson = Lesson(partial(batch_of, spec, recipe, draw, mirror), loss, settings)
    return (yield from learn(network, lesson, recipe, folder, resume=resume, device=device))


def batch_of(
    sight: Sight, recipe: Recipe, draw: Callable[[int], Sample], mirror: bool, numbers: Sequence[int]
) -> Batch:
    """Images (B, 2, H, W) and boxes (B, N, 4) from the image's edge, both float32, and real (B, N) bool."""
    samples = [
        augment(draw(n), sight, recipe.view, np.random.default_rng((recipe.seed, n)), mirror=mirror)
        for n in numbers
    ]
    most = max(len(sample.boxes) for sample in samples)
    boxes = torch.zeros(len(samples), most, 4)
    real = torch.zeros(len(samples), most, dtype=torch.bool)
    for row, sample in enumerate(samples):
        count = len(sample.boxes)
        boxes[row, :count] = torch.from_numpy(sample.boxes + np.float32(0.5))
        real[row, :count] = True
    images = np.stack([inputs.channels(sample.pixels, sight.kind) for sample in samples])
    return torch.from_numpy(images), boxes, real
