"""Training the autoencoder (Eq. 1, Table 1): reconstruct, keep the codes in use, then fool the discriminator.

First everything learns. Then encoder and codes rest, so that codes mean the same to the prior from then on,
and the decoder alone goes on with the discriminator (`Course.decoder_only`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from models.compute import autocast
from models.hiresmed_vqgan.discriminator import Discriminator
from models.hiresmed_vqgan.losses import CODEBOOK, COMMITMENT, adversarial_weight, fooled, judged
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.quantiser import ResidualQuantiser, perplexity
from models.hiresmed_vqgan.spec import Spec
from models.learning import CHECKPOINT, Batch, Lesson, Recipe, learn
from models.parallel import world
from models.progress import LongWork

Patch = NDArray[np.float32]
Perceptual = Callable[[Tensor, Tensor], Tensor]
"""A distance of two batches of images (B, C, H, W), differentiable: L_p of Eq. 1."""


FIRST = 64
"""Patches that the first codes are found in."""


@dataclass(frozen=True)
class Course:
    """What counts in a training, beside how long it is."""

    adversarial_from: int = 0
    """The first step at which the discriminator has a say: it needs something to judge."""
    adversarial: float = 0.1
    """The share of the adaptive weight that L_GAN gets; 0 leaves the discriminator out."""
    perceptual: float = 0.005
    """The weight of L_p: with the project's own features it is about 1 where the squared error is 0.002."""
    decoder_only: bool = False
    """Encoder and codes rest."""
    levels_dropped: float = 0.25
    """How often a sample is left with its coarser levels alone."""


class Game(nn.Module):
    """The two players."""

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.vqgan = Vqgan(spec)
        self.discriminator = Discriminator(spec.channels)


def train(
    spec: Spec,
    recipe: Recipe,
    course: Course,
    draw: Callable[[int], Patch],
    folder: Path,
    *,
    perceptual: Perceptual | None = None,
    resume: bool = False,
    start: Vqgan | None = None,
    device: torch.device | str = "cpu",
) -> LongWork[Vqgan]:
    """Learns from `draw(0)`, `draw(1)`, ... and returns the network of averaged weights, on the CPU.

    Args:
        draw: patches (`recipe.view`, `recipe.view`) of −1 to 1.
        perceptual: L_p; without it the term is left out.
        start: gives the first weights, for fine-tuning.

    The rest is as in `models.learning.learn`.

    Raises:
        models.weights.DamagedWeights: the checkpoint to resume from is damaged or of other settings.
        OSError: `folder` cannot be written.
    """
    recipe = replace(recipe, batch=world().even(recipe.batch))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        game = Game(spec)
        if start is not None:
            game.vqgan.load_state_dict(start.state_dict())
        elif spec.short and not (
            resume and (folder / CHECKPOINT).is_dir()
        ):  # features mean something before anything has learnt
            patches = torch.from_numpy(np.stack([draw(n) for n in range(FIRST)]))[:, None]
            game.vqgan.quantiser.begin(game.vqgan.encode(patches.repeat(1, spec.channels, 1, 1)).detach())
    resting = (game.vqgan.encoder, game.vqgan.quantiser) if course.decoder_only else ()
    for part in resting:
        part.requires_grad_(False)
    if course.adversarial == 0:
        game.discriminator.requires_grad_(False)
    ResidualQuantiser.world = world()

    def batch_of(numbers: Sequence[int]) -> Batch:
        # The number goes along: what is random in a step must follow from it, for resuming to be exact.
        patches = np.stack([draw(n) for n in numbers])[:, None]
        return torch.from_numpy(patches).repeat(1, spec.channels, 1, 1), torch.tensor(numbers)

    def loss_of(network: nn.Module, batch: Batch) -> tuple[Tensor, Mapping[str, float]]:
        assert isinstance(network, Game)
        image, numbers = batch
        first = int(numbers.min())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed * 1_000_003 + first)
            return _loss(network, image, course, first // recipe.batch, perceptual)

    settings = {"spec": spec.as_card(), "course": asdict(course)}
    lesson = Lesson(batch_of, loss_of, settings)
    averaged = yield from learn(game, lesson, recipe, folder, resume=resume, device=device)
    return averaged.vqgan.requires_grad_(True)


def _loss(
    game: Game, image: Tensor, course: Course, step: int, perceptual: Perceptual | None
) -> tuple[Tensor, dict[str, float]]:
    """Eq. 1 and the discriminator's own loss, in one sum: neither has gradients for the other's weights."""
    vqgan = game.vqgan
    keep = _kept(image, course, len(vqgan.spec.levels))
    if course.decoder_only:
        with torch.no_grad():
            quantised = vqgan.quantise(vqgan.encode(image), keep)
    else:
        quantised = vqgan.quantise(vqgan.encode(image), keep, torch.default_generator)
    made = vqgan.decode(quantised.features)
    squared = F.mse_loss(made, image)
    whole = keep == len(vqgan.spec.levels)
    error = F.mse_loss(made.detach()[whole], image[whole]) if whole.any() else squared.detach()
    figures = {"psnr": 10 * math.log10(4 / max(error.item(), 1e-12))}
    rebuilt = squared
    if perceptual is not None and course.perceptual > 0:
        seen = perceptual(made, image).mean()
        rebuilt = rebuilt + course.perceptual * seen
        figures["perceptual"] = seen.item()
    loss = rebuilt + COMMITMENT * quantised.commitment + CODEBOOK * quantised.codebook
    figures["commitment"] = quantised.commitment.item()
    use = vqgan.quantiser.use
    figures["codes in use"] = float((use > 0.05 * use.mean(1, keepdim=True)).float().mean())
    figures["perplexity"] = float(perplexity(use).mean())
    if course.adversarial > 0 and step >= course.adversarial_from:
        added, more = _game(game, image, made, rebuilt, course)
        loss, figures = loss + added, figures | more
    else:
        figures |= dict.fromkeys(("adversarial", "discriminator", "adversarial weight"), 0.0)
    return loss, figures


def _game(
    game: Game, image: Tensor, made: Tensor, rebuilt: Tensor, course: Course
) -> tuple[Tensor, dict[str, float]]:
    judge = game.discriminator
    frozen = {name: weight.detach() for name, weight in judge.named_parameters()}
    with autocast(image.device):
        verdicts = functional_call(judge, frozen, (made,))
        on_real, on_made = judge(image), judge(made.detach())
    adversarial = fooled([verdict.float() for verdict in verdicts])
    discriminator = judged([v.float() for v in on_real], [v.float() for v in on_made])
    last = cast("Tensor", game.vqgan.decoder[-1].weight)
    weight = course.adversarial * adversarial_weight(rebuilt, adversarial, last)
    told = {
        "adversarial": adversarial.item(),
        "discriminator": discriminator.item(),
        "adversarial weight": weight.item(),
    }
    return weight * adversarial + discriminator, told


def _kept(image: Tensor, course: Course, levels: int) -> Tensor:
    """(B,) how many levels each sample keeps: at least one, and mostly all."""
    dropped = torch.rand(len(image)) < course.levels_dropped
    some = torch.randint(1, levels + 1, (len(image),))
    return torch.where(dropped, some, torch.tensor(levels)).to(image.device)
