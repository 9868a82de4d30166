"""Training the prior: some codes of some levels are hidden, and it says which they were.

Each step practises a level or two of each trunk, in turn. Coarse grids are seen whole, fine ones in windows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models.compute import autocast
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.prior import (
    Prior,
    PriorSpec,
    TrunkSpec,
    known_after,
    order,
    places,
    standardised,
)
from models.hiresmed_vqgan.prior_blocks import UNKNOWN
from models.learning import Batch, Lesson, Recipe, learn
from models.progress import LongWork

Codes = Sequence[NDArray[np.int16]]
"""Of one image: per level (h_l, w_l), coarse to fine; the finest may be more than a prior knows."""

COUNTED = 100
"""Images whose codes are counted before the first step, so that none goes into learning what is frequent."""
SWAPPED = 0.1
"""At most this share of the codes that are given is exchanged: what is drawn is not free of errors either."""
SMOOTHING = 0.01
"""Label smoothing. What it adds to rare codes is less than what sampling leaves out."""


def train_prior(
    vqgan: Vqgan,
    spec: PriorSpec,
    recipe: Recipe,
    draw: Callable[[int], tuple[Codes, int]],
    folder: Path,
    *,
    resume: bool = False,
    start: Prior | None = None,
    device: torch.device | str = "cpu",
) -> LongWork[Prior]:
    """Learns from the codes and the class of `draw(0)`, `draw(1)`, ... and returns the averaged prior.

    Args:
        vqgan: whose codes they are.
        recipe: `view` is the side in pixels of what is seen of the finest grids.
        start: gives the first weights, for fine-tuning.

    The rest is as in `models.learning.learn`.

    Raises:
        models.weights.DamagedWeights: the checkpoint to resume from is damaged or of other settings.
        OSError: `folder` cannot be written.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        prior = Prior(spec)
    if start is not None:
        prior.load_state_dict(start.state_dict())
    else:
        prior.begin(_counts(spec, [draw(n) for n in range(COUNTED)]))
    books = standardised(vqgan.quantiser.codebooks).to(device)

    def batch_of(numbers: Sequence[int]) -> Batch:
        return _batch(spec, recipe, draw, numbers)

    def loss_of(network: nn.Module, batch: Batch) -> tuple[Tensor, Mapping[str, float]]:
        return _loss(network, batch, books)

    lesson = Lesson(batch_of, loss_of, {"prior": spec.as_card()})
    return (yield from learn(prior, lesson, recipe, folder, resume=resume, device=device))


def _counts(spec: PriorSpec, drawn: Sequence[tuple[Codes, int]]) -> list[Tensor]:
    """Per level, how often each code occurs: (classes, codes)."""
    counts = torch.zeros(len(spec.levels), spec.classes, spec.codes)
    for codes, kind in drawn:
        for level, grid in enumerate(codes[: len(spec.levels)]):
            counts[level, kind] += torch.from_numpy(np.bincount(grid.ravel(), minlength=spec.codes))
    return list(counts)


@dataclass(frozen=True)
class Question:
    """What is asked about one level of images, or of windows of them, of one size.

    Attributes:
        kind: (B,) classes.
        known: (B, h, w) codes of this level, or UNKNOWN.
        answer: (B, h, w), all codes of this level.
        place: (B, h, w, 2), as `prior.places`.
        coarser: per coarser level (B, h_l + 2, w_l + 2) codes, one position more on each side.
    """

    kind: Tensor
    known: Tensor
    answer: Tensor
    place: Tensor
    coarser: tuple[Tensor, ...]

    def flat(self) -> Batch:
        return self.kind, self.known, self.answer, self.place, *self.coarser

    @classmethod
    def read(cls, batch: Batch) -> Iterator[Question]:
        """Those of a batch: in front, (questions,) the number of tensors of each."""
        at = 1
        for count in batch[0].tolist():
            kind, known, answer, place, *coarser = batch[at : at + count]
            yield cls(kind, known, answer, place, tuple(coarser))
            at += count

    @property
    def level(self) -> int:
        return len(self.coarser)


def _loss(network: nn.Module, batch: Batch, books: Tensor) -> tuple[Tensor, Mapping[str, float]]:
    """The cross-entropy of hidden codes, the mean over images, summed over trunks; and its bits by trunk."""
    assert isinstance(network, Prior)
    device = batch[0].device
    questions = list(Question.read(batch))
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        # So that training that was resumed drops out the same channels.
        torch.manual_seed(sum(int(question.answer.sum()) for question in questions))
        losses = [_entropy(network, question, books, SMOOTHING) for question in questions]
    total, figures = batch[0].new_zeros((), dtype=torch.float32), {}
    for trunk in network.parts():
        mine = [n for n, question in enumerate(questions) if question.level in trunk.levels]
        images = sum(len(questions[n].kind) for n in mine)
        loss = torch.stack([losses[n] * len(questions[n].kind) for n in mine]).sum() / images
        figures[f"bits per code, {network.spec.levels[trunk.first]} px"] = loss.item() / math.log(2)
        total = total + loss
    return total, figures


def _entropy(prior: Prior, question: Question, books: Tensor, smoothing: float = 0.0) -> Tensor:
    """The mean cross-entropy of the hidden codes, in nats."""
    level, trunk = question.level, prior.trunk(question.level)
    grid = (question.known.shape[1], question.known.shape[2])
    with autocast(books.device):
        coarser = trunk.coarser(level, question.coarser, books, grid, margin=1)
        thoughts = trunk(level, coarser, question.known, question.place, question.kind, books)
        hidden = question.known == UNKNOWN
        kinds = question.kind[:, None, None].expand_as(hidden)[hidden]
        logits = trunk.logits(level, thoughts[hidden], kinds, books)
    return F.cross_entropy(logits.float(), question.answer[hidden], label_smoothing=smoothing)


def practised(trunks: Sequence[TrunkSpec], step: int) -> list[int]:
    """The levels of a step: of each trunk one, or two of four and more, in turn."""
    levels, first = [], 0
    for trunk in trunks:
        count = 2 if trunk.levels >= 4 else 1
        levels += [first + (step * count + n) % trunk.levels for n in range(count)]
        first += trunk.levels
    return levels


def _batch(
    spec: PriorSpec, recipe: Recipe, draw: Callable[[int], tuple[Codes, int]], numbers: Sequence[int]
) -> Batch:
    """The questions of a step, flat; images of one size stand together."""
    levels = practised(spec.trunks, numbers[0] // recipe.batch)
    groups: dict[tuple[int, ...], list[list[Question]]] = {}
    for n in numbers:
        codes, kind = draw(n)
        random = np.random.default_rng((recipe.seed, n))
        asked = [ask(spec, recipe.view, codes, kind, level, random) for level in levels]
        groups.setdefault(codes[0].shape, []).append(asked)
    flat: list[Tensor] = []
    counts = []
    for group in groups.values():
        for same in zip(*group, strict=True):
            tensors = [torch.cat(parts) for parts in zip(*(q.flat() for q in same), strict=True)]
            counts.append(len(tensors))
            flat += tensors
    return torch.tensor(counts), *flat


def ask(
    spec: PriorSpec, view: int, codes: Codes, kind: int, level: int, random: np.random.Generator
) -> Question:
    """One question about a level: of all of it for the coarsest, else of a window that is at most `view` wide
    on the finest grid, and of as many positions on the others. As much is hidden as in one of the passes."""
    grid = codes[level].shape
    side = view // spec.levels[-1] if level else max(grid)
    step = spec.levels[0] // spec.levels[level]
    cells = [min(length, max(1, side // step)) for length in codes[0].shape]
    corner = [
        int(random.integers(length - cell + 1)) for length, cell in zip(codes[0].shape, cells, strict=True)
    ]
    swapped = random.uniform(0, SWAPPED)
    coarser = [
        _swap(_window(codes[n], corner, cells, spec.levels[0] // spec.levels[n], 1), swapped, random)
        for n in range(level)
    ]
    answer = _window(codes[level], corner, cells, step, 0)
    known = _hide(_swap(answer, swapped, random), spec.passes[level], random)
    place = _window(places((grid[0], grid[1])).numpy(), corner, cells, step, 0)
    return Question(
        torch.tensor([kind]),
        torch.from_numpy(known)[None],
        torch.from_numpy(answer)[None],
        torch.from_numpy(place)[None],
        tuple(torch.from_numpy(part)[None] for part in coarser),
    )


def _window(
    grid: NDArray[np.generic], corner: Sequence[int], cells: Sequence[int], step: int, margin: int
) -> NDArray[np.generic]:
    """A window of (h, w, ...) values, given in cells of the coarsest grid; beyond edges they are repeated."""
    rows, columns = (
        np.clip(np.arange(c * step - margin, (c + n) * step + margin), 0, length - 1)
        for c, n, length in zip(corner, cells, grid.shape, strict=False)
    )
    window = grid[rows[:, None], columns]
    return window.astype(np.int64) if np.issubdtype(window.dtype, np.integer) else window


def _swap(codes: NDArray[np.generic], share: float, random: np.random.Generator) -> NDArray[np.int64]:
    """With that share of them replaced by codes of other places."""
    others = random.permutation(codes.ravel()).reshape(codes.shape)
    return np.where(random.random(codes.shape) < share, others, codes).astype(np.int64)


def _hide(codes: NDArray[np.int64], passes: int, random: np.random.Generator) -> NDArray[np.int64]:
    """As before one of the passes: those whose turn it was are known; now and then, any others instead."""
    known = known_after(passes, int(random.integers(passes)), codes.size)
    turns = order((codes.shape[0], codes.shape[1]), random.random()).numpy()
    if random.random() < 0.25:  # when a part is drawn anew, what is known is not spread evenly
        turns = random.permutation(turns.ravel()).reshape(turns.shape)
    return np.where(turns < known, codes, UNKNOWN)


@torch.inference_mode()
def likelihood(vqgan: Vqgan, prior: Prior, codes: Codes, kind: int) -> list[float]:
    """How many bits one code of each level takes, given what is drawn before it, as the passes go.

    The sum over all codes is the logarithm of how likely the image is drawn (from the unchanged chances). On
    images that were held out it tells over-fitting.
    """
    books = standardised(vqgan.quantiser.codebooks)
    device = books.device
    given = [
        torch.from_numpy(part.astype(np.int64))[None].to(device) for part in codes[: len(prior.spec.levels)]
    ]
    bits = []
    for level, answer in enumerate(given):
        passes, total = prior.spec.passes[level], answer.numel()
        turns = order((answer.shape[1], answer.shape[2]), 0.0).to(device)[None]
        nats = 0.0
        for n in range(passes):
            begin, end = known_after(passes, n, total), known_after(passes, n + 1, total)
            known = torch.where(turns < begin, answer, UNKNOWN)
            with autocast(device):
                logits = prior(level, given, known, torch.tensor([kind], device=device), books)
            asked = ((turns >= begin) & (turns < end)).flatten()
            nats += F.cross_entropy(logits[asked].float(), answer.flatten()[asked], reduction="sum").item()
        bits.append(nats / total / math.log(2))
    return bits
