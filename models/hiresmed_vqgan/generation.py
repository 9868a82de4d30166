"""A new background: features from the prior, an image from the decoder, grain, pixels in the task's unit."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from models.hiresmed_vqgan.grain import Grain, measured
from models.hiresmed_vqgan.model import BackgroundModel
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.prior import Prior
from models.hiresmed_vqgan.reconstruction import decoded, to_codes
from models.hiresmed_vqgan.sampling import STEPS, completed, sample
from models.progress import LongWork, Progress


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
    drawn = yield from sample(
        model.vqgan, model.prior, part.number, part.shape, seed, temperature=temperature, steps=steps
    )
    return part.grey.to_pixels(part.grain.added(_smooth(model.vqgan, drawn.features, part.shape), seed))


def grain_of(vqgan: Vqgan, prior: Prior, kind: int, images: Iterable[NDArray[np.float32]]) -> LongWork[Grain]:
    """The grain that images (H, W) of −1 to 1 have, and the same images as the prior draws them have not."""
    pairs = []
    for image in images:
        pairs.append((image, _drawn_alike(vqgan, prior, kind, image)))
        yield Progress(len(pairs), 0, "Measuring grain")
    return measured(pairs)


@torch.inference_mode()
def _drawn_alike(vqgan: Vqgan, prior: Prior, kind: int, image: NDArray[np.float32]) -> NDArray[np.float32]:
    """What would have been drawn, had chance chosen the codes of this image."""
    shape = (image.shape[0], image.shape[1])
    device = vqgan.quantiser.codebooks.device
    codes = [
        torch.from_numpy(level.astype(np.int64))[None].to(device)
        for level in to_codes(vqgan, image)[: prior.spec.drawn]
    ]
    return _smooth(vqgan, completed(vqgan, prior, codes, kind, vqgan.spec.grid(shape)), shape)


def _smooth(vqgan: Vqgan, features: torch.Tensor, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The image of drawn features: finer than their grid there is nothing in it but traces of the grid."""
    image = decoded(vqgan, features, shape)
    return cv2.GaussianBlur(image, (0, 0), vqgan.spec.factor / 5)  # type: ignore[return-value]
