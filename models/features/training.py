"""Training the feature network without labels: views of one patch are alike, damaged and other ones are not.

The loss is InfoNCE (SimCLR: Chen et al., ICML 2020). To the usual negatives, the other patches of the batch,
it adds damaged views of every patch, its own included; so, unlike SimCLR's, these features tell how noisy and
how sharp an image is (as CONTRIQUE's do: Madhusudana et al., IEEE TIP 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models.features.network import FeatureNetwork
from models.features.views import SHIFT, views
from models.learning import Batch, Lesson, Recipe, learn
from models.progress import LongWork

RECIPE = Recipe(steps=1000, batch=48, view=96, rate=2e-3, memory=0.99)

TEMPERATURE = 0.15


def train(
    recipe: Recipe,
    draw: Callable[[int, int], NDArray[np.float32]],
    folder: Path,
    *,
    resume: bool = False,
    start: FeatureNetwork | None = None,
    device: torch.device | str = "cpu",
) -> LongWork[FeatureNetwork]:
    """Learns from the patches `draw(0, side)`, `draw(1, side)`, ...: (side, side), −1 to 1.

    Returns the network of averaged weights, on the CPU, not folded. `start` gives the first weights. The rest
    is as in `models.learning.learn`.

    Raises:
        models.weights.DamagedWeights: the checkpoint to resume from is damaged or of other settings.
        OSError: `folder` cannot be written.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = FeatureNetwork()
    if start is not None:
        network.load_state_dict(start.state_dict())

    def batch_of(numbers: Sequence[int]) -> Batch:
        side = recipe.view + 2 * SHIFT
        drawn = [views(draw(n, side), recipe.view, np.random.default_rng((recipe.seed, n))) for n in numbers]
        # (3, B, 1, H, W): the views, the others, the damaged ones
        return (
            torch.from_numpy(np.stack([np.stack(kind) for kind in zip(*drawn, strict=True)])[:, :, None]),
        )

    lesson = Lesson(batch_of, _loss, {"network": "features"})
    return (yield from learn(network, lesson, recipe, folder, resume=resume, device=device))


def _loss(network: nn.Module, batch: Batch) -> tuple[Tensor, Mapping[str, float]]:
    (pictures,) = batch
    parts = network(pictures.flatten(0, 1))
    losses = [contrast(*part.chunk(3)) for part in parts]
    names = [f"texture {n}" for n in range(1, len(parts))] + ["layout"]
    return torch.stack(losses).mean(), dict(zip(names, (loss.item() for loss in losses), strict=True))


def contrast(one: Tensor, other: Tensor, damaged: Tensor) -> Tensor:
    """InfoNCE: every view is to be told from all others by its pair; all are (B, d), of unit length."""
    truth = torch.arange(len(one), device=one.device)
    forth = torch.cat((one @ other.T, one @ damaged.T), dim=1) / TEMPERATURE
    back = torch.cat((other @ one.T, other @ damaged.T), dim=1) / TEMPERATURE
    return (F.cross_entropy(forth, truth) + F.cross_entropy(back, truth)) / 2
