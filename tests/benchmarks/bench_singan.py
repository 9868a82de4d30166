"""Drawing a lesion, and training a lesion model: time, likeness, presence."""

from __future__ import annotations

import time

import numpy as np
import torch

from models.progress import finish
from models.singan.presets import LEAN


def rows() -> list[tuple[str, str, str]]:
    """One row per figure; training runs once, in full, on a made-up spiculated nodule of 64×64 pixels."""
    return [*_drawing(), *_training()]


def _drawing() -> list[tuple[str, str, str]]:
    from app.lesions import library

    def milliseconds(name: str) -> str:
        model = library.load(name)
        for seed in range(5):
            model.draw(seed)
        times, processor = [], []
        for seed in range(5, 105):
            start, worked = time.perf_counter(), time.process_time()
            model.draw(seed)
            times.append(time.perf_counter() - start)
            processor.append(time.process_time() - worked)
        median, worst, work = (
            1000 * float(value)
            for value in (np.median(times), np.percentile(times, 95), np.median(processor))
        )
        return f"{median:.1f} ms ({worst:.1f} ms 95th percentile; {work:.1f} ms of processor time)"

    return [
        (f"drawing a lesion of 64×64 ({name})", "≤ 8 ms", milliseconds(name))
        for name in ("nodule-spiculated", "stone-round")
    ] + [
        (
            "drawing a parametric lesion of 64×64",
            "≤ 5 ms",
            milliseconds("parametric-solid"),
        )
    ]


def _training() -> list[tuple[str, str, str]]:
    from app.lesions.shape import Shape, cleaned
    from models.singan.pyramid import Pyramid
    from models.singan.scores import patch_distance
    from models.singan.training import train

    exemplar = made_up_exemplar()
    start, worked = time.perf_counter(), time.process_time()
    trained = finish(train(torch.from_numpy(exemplar), LEAN, 0))
    seconds, processor = time.perf_counter() - start, time.process_time() - worked
    pyramid = Pyramid(trained.tensors, trained.sizes, trained.amplitudes)
    drawn = [cleaned(pyramid.draw(np.random.default_rng([seed, 0]))) for seed in range(100)]
    contrast, alpha = cleaned(exemplar)
    like = Shape.of(contrast, alpha)
    distance = np.mean([patch_distance(sample, contrast, seed) for seed, (sample, _) in enumerate(drawn)])
    present = sum(Shape.of(*sample).present(like) for sample in drawn)
    return [
        (
            "training a SinGAN on a 64×64 exemplar",
            "≤ 75 s",
            f"{seconds:.0f} s ({processor:.0f} s of processor time, one core)",
        ),
        ("  patch distance of its samples, mean of 100", "≤ 0.02", f"{distance:.4f}"),
        ("  lesion present in 100 samples, before any is drawn again", "≥ 98", f"{present}"),
    ]


def made_up_exemplar() -> np.ndarray:
    """(2, 64, 64) float32: a parametric nodule, contrast and alpha about 0..1."""
    from app.lesions.parametric import PARAMETRIC

    lesion = PARAMETRIC["parametric-solid"].draw(1)
    strongest = np.percentile(lesion.residual[lesion.alpha >= 0.5], 95)
    return np.stack([lesion.residual / np.float32(strongest), lesion.alpha])
