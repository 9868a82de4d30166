"""How well the autoencoder gives back images that it has not learnt from, and how many codes it uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.evaluation.ranges import displayed, in_words
from app.evaluation.similarity import psnr, ssim
from app.tasks import Task
from app.training.background.index import Entry
from app.training.background.pool import Pool
from app.training.scores import Score, mean_score
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from app.synthesis.residual import Level
    from models.features import Features
    from models.hiresmed_vqgan.network import Vqgan
    from models.hiresmed_vqgan.prior_training import Codes

LARGEST = 1024
"""The longest side that is measured; of a larger image its middle."""

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Rebuilt:
    """What was found.

    Attributes:
        rows: PSNR, SSIM and the perceptual distance, with all codes and with the first level's alone.
        level: of the differences, for *Project*; None without an image.
        codes: per image, of those that were measured.
    """

    rows: list[Score]
    level: Level | None
    codes: list[Codes]


def rebuild(
    vqgan: Vqgan, task: Task, pool: Pool, entries: Sequence[Entry], features: Features
) -> LongWork[Rebuilt]:
    """Measures reconstructions of images at their own size, within the task's displayed range."""
    from app.synthesis import residual
    from models.hiresmed_vqgan.reconstruction import from_codes, to_codes

    scores: dict[tuple[str, str], list[float]] = {}
    pairs: list[tuple[Values, Values]] = []
    codes: list[Codes] = []
    for n, entry in enumerate(entries):
        image = _middle(pool.grey.to_network(pool.pixels(entry)))
        shape = (image.shape[0], image.shape[1])
        found = to_codes(vqgan, image)
        yield Progress(n, len(entries), "Measuring reconstructions")
        for rate, part in (("", found), (", first codes alone", found[:1])):
            made = from_codes(vqgan, part, shape)
            for what, value in _compared(image, made, task, pool, features).items():
                scores.setdefault((what, rate), []).append(value)
            if not rate:
                pairs.append((image, made))
        codes.append(found)
        yield Progress(n + 1, len(entries), "Measuring reconstructions")
    rows = [_row(what, rate, values, task, features) for (what, rate), values in scores.items()]
    level = residual.measured(pairs) if pairs else None
    return Rebuilt([row for row in rows if row is not None], level, codes)


def more_codes(
    vqgan: Vqgan, pool: Pool, entries: Sequence[Entry], known: Sequence[Codes]
) -> LongWork[list[Codes]]:
    """The codes that `known` has and those of further whole images."""
    from models.hiresmed_vqgan.reconstruction import to_codes

    codes = list(known)
    for n, entry in enumerate(entries):
        codes.append(to_codes(vqgan, pool.whole_of(entry)))
        yield Progress(n + 1, len(entries), "Counting codes")
    return codes


def counts_of(codes: Sequence[Codes], size: int) -> NDArray[np.int64]:
    """(levels, size): how often each code is used."""
    levels = [np.concatenate([image[level].ravel() for image in codes]) for level in range(len(codes[0]))]
    return np.stack([np.bincount(level.astype(np.int64), minlength=size) for level in levels])


def use_rows(counts: NDArray[np.int64], images: int) -> list[Score]:
    """The share of codes in use, and the perplexity, by level; of counts (levels, codes)."""
    share = (counts > 0).mean(1)
    chances = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(chances > 0, chances * np.log(chances), 0).sum(1)
    perplexity = np.exp(entropy)
    size = counts.shape[1]
    rows = [
        Score(f"share of {size:,} codes in use, mean of levels", float(share.mean()), images),
        Score("perplexity of codes, mean of levels", float(perplexity.mean()), images),
    ]
    for level, (used, perplexed) in enumerate(zip(share, perplexity, strict=True), start=1):
        if len(share) > 1:
            rows.append(Score(f"share of codes in use, level {level}", float(used), images))
            rows.append(Score(f"perplexity of codes, level {level}", float(perplexed), images))
    return rows


def _compared(image: Values, made: Values, task: Task, pool: Pool, features: Features) -> dict[str, float]:
    import torch

    from models.features import perceptual_distance

    low, high = displayed(task)
    a, b = (np.clip(pool.grey.to_pixels(values), low, high) for values in (image, made))
    found = {"PSNR": psnr(a, b, high - low), "SSIM": ssim(a, b, high - low)}
    with torch.inference_mode():
        one, other = (torch.from_numpy(values)[None, None] for values in (image, made))
        found["perceptual"] = float(perceptual_distance(features, one, other))
    return found


def _row(what: str, rate: str, values: list[float], task: Task, features: Features) -> Score | None:
    groups = [np.array([value]) for value in values if np.isfinite(value)]
    if what == "perceptual":
        name = f"perceptual distance ({features.name}){rate}"
        return mean_score(name, groups, higher_is_better=False) if groups else None
    unit = " in dB" if what == "PSNR" else ""
    return mean_score(f"{what}{unit}, {in_words(task)}{rate}", groups) if groups else None


def _middle(image: Values) -> Values:
    top, left = (max(0, length - LARGEST) // 2 for length in image.shape)
    return image[top : top + LARGEST, left : left + LARGEST]
