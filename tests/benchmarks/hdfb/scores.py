"""How good a finished run is, on whole images that it has not learnt from, and who was there first."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from app.evaluation.similarity import psnr, ssim
from models.features import load_features, perceptual_distance
from models.hiresmed_vqgan.quantiser import perplexity
from models.hiresmed_vqgan.reconstruction import from_codes, to_codes
from tests.benchmarks.hdfb.images import Images
from tests.benchmarks.hdfb.runs import Run, trained

RANGE = 2.0
"""Of the grey scale, −1 to 1: the whole 12 bits of a radiograph, and the window burnt into the CT."""
FILE = "scores.json"


@dataclass(frozen=True)
class Scores:
    """Means over the held-out images.

    Attributes:
        psnr, ssim: in dB; Gaussian 11×11. The data range is the displayed window.
        perceptual: the form of LPIPS with this project's own features; not LPIPS.
        perplexity, in_use: of the codes of each level, over all the images; the share of 1,024.
    """

    psnr: float
    ssim: float
    perceptual: float
    perplexity: tuple[float, ...]
    in_use: tuple[float, ...]


def score(run: Run, source: Images, cache: Path) -> Scores | None:
    """The scores of a finished run, kept beside it; None of one that is not finished."""
    file = cache / run.name / FILE
    if file.is_file():
        kept = json.loads(file.read_text(encoding="utf-8"))
        return Scores(**{k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()})
    network = trained(run, cache)
    if network is None:
        return None
    features = load_features()
    values: list[tuple[float, float, float]] = []
    uses = torch.zeros(len(network.spec.levels), network.spec.codes)
    for image in source.held_out:
        codes = to_codes(network, image)
        made = from_codes(network, codes, (image.shape[0], image.shape[1]))
        for level, chosen in enumerate(codes):
            uses[level] += torch.bincount(torch.from_numpy(chosen.ravel()).long(), minlength=uses.shape[1])
        with torch.inference_mode():
            pair = [torch.from_numpy(one)[None, None] for one in (image, made)]
            seen = perceptual_distance(features, *pair).item()
        values.append((psnr(image, made, RANGE), ssim(image, made, RANGE), seen))
    scores = Scores(
        *(float(mean) for mean in np.mean(values, axis=0)),
        tuple(perplexity(uses).tolist()),
        tuple((uses > 0).float().mean(1).tolist()),
    )
    file.write_text(json.dumps(asdict(scores)), encoding="utf-8")
    return scores


def first_at(steps: Sequence[int], values: Sequence[float], goal: float) -> float:
    """The step at which a falling curve first is at `goal` or below; infinite where it never is.

    Between two points the logarithm of the curve is taken to be straight.
    """
    for n, (step, value) in enumerate(zip(steps, values, strict=True)):
        if value <= goal:
            if n == 0:
                return float(step)
            before = math.log(values[n - 1])
            share = (before - math.log(goal)) / (before - math.log(value))
            return steps[n - 1] + share * (step - steps[n - 1])
    return math.inf
