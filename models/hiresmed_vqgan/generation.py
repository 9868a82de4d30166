"""A new background: codes from the prior, an image from the decoder, pixels in the task's unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.hiresmed_vqgan.model import BackgroundModel
from models.hiresmed_vqgan.reconstruction import from_codes
from models.hiresmed_vqgan.sampling import STEPS, sample
from models.progress import LongWork


def draw_background(
    model: BackgroundModel, task: str, seed: int, *, temperature: float = 1.0, steps: int = STEPS
) -> LongWork[NDArray[np.float32]]:
    """An image of the task that has never been, (height, width) in its unit; the same seed gives it again.

    The other arguments are those of `sampling.sample`.

    Raises:
        ValueError: the model has no prior, or knows no such task.
    """
    if model.prior is None:
        raise ValueError("this model has no prior: it reconstructs images, and draws no new ones")
    if task not in model.tasks:
        raise ValueError(f"this model knows nothing of {task}")
    part = model.tasks[task]
    codes = yield from sample(
        model.vqgan, model.prior, part.number, part.shape, seed, temperature=temperature, steps=steps
    )
    grids = [level[0].to("cpu").numpy().astype(np.int16) for level in codes]
    return part.grey.to_pixels(from_codes(model.vqgan, grids, part.shape))
