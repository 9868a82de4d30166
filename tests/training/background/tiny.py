"""The program itself, but with networks, images and measurements that take seconds."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

SHAPE = (96, 64)
"""(height, width) of the images that are drawn."""


def make_tiny(patch: pytest.MonkeyPatch) -> None:
    """Changes the presets, until `patch` is undone."""
    import models.learning
    from app.training.background import measuring, plans, pool, watching
    from models.hiresmed_vqgan import spec
    from models.hiresmed_vqgan.prior import PriorSpec, TrunkSpec

    for name in ("fidelity", "small"):
        tiny = spec.Spec(
            name,
            widths=(8, 16),
            blocks=(1, 1),
            levels=(32, 8, 8),
            detail=4,
            codes=32,
            code_dim=96,
            short=True,
        )
        patch.setitem(spec.PRESETS, name, tiny)
        plan = plans.Plan(name, (4, 4, 4), batch=4, view=64, rate=1e-3, prior_batch=2, wholes=6)
        patch.setitem(plans.AFRESH, name, plan)
    patch.setitem(plans.ONWARDS, "steps", (2, 2, 2))
    trunks = (TrunkSpec(1, 32, 1, attention=True), TrunkSpec(1, 32, 1))
    prior = PriorSpec((32, 8), 1, trunks, (2, 1), codes=32, code_dim=96)
    patch.setattr(PriorSpec, "of", lambda *_, **__: prior)
    patch.setitem(pool.SHAPES, "abdomen-ct", SHAPE)
    patch.setattr(measuring, "USUAL", measuring.Amounts(images=3, drawn=5, bits=1, codes=30, neighbours=8))
    for stage in plans.STAGES:
        patch.setitem(watching.SHEET_EVERY, stage, 2)
    patch.setattr(models.learning, "Recipe", functools.partial(models.learning.Recipe, checkpoint_every=2))


def write_images(folder: Path, count: int, shape: tuple[int, int] = (96, 80)) -> Path:
    """Eight-bit pictures with a body, two bright spots and grain, each another one."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        random = np.random.default_rng(n)
        image = np.zeros(shape, np.uint8)
        down, across = shape[0] // 2, shape[1] // 2
        cv2.ellipse(image, (across, down), (across - 4, down - 4), 0, 0, 360, 110 + n, -1)
        for _ in range(2):
            right, below = (int(number) for number in random.integers(-12, 13, 2))
            cv2.circle(image, (across + right, down + below), 6, 250, -1)
        grain = random.normal(0, 6, shape)
        cv2.imwrite(str(folder / f"original{n:02d}.png"), np.clip(image + grain, 0, 255).astype(np.uint8))
    return folder


if __name__ == "__main__":
    from main import main

    with pytest.MonkeyPatch.context() as patch:
        make_tiny(patch)
        status = main(sys.argv[1:])
    raise SystemExit(status)
