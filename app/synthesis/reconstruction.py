"""A real image through the network and back: how much of it the network can show, and what it cannot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.evaluation.similarity import WINDOW, ssim
from app.imaging.image import Image, Source, Window
from app.synthesis import residual as residuals
from app.synthesis.models import background_model
from app.synthesis.tiles import reconstructed
from app.synthesis.values import Values
from app.tasks import Task
from models.budget import WHOLE, Budget
from models.progress import LongWork, Progress

SMALLEST = 16
"""Pixels a side: of smaller images nothing can be said."""
_ROWS = 512
"""Rows that are compared at once."""


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """What came back.

    Attributes:
        image: of the original's size, spacing, unit, type and format.
        psnr: dB; infinite where both are the same.
        ssim: −1 to 1; Gaussian 11×11, σ 1.5.
        data_range: the (low, high) of the window that the original is displayed in. Both scores are of the
            images clipped to it, its width being the range.
        residual: (H, W) float32, the difference averaged over a few pixels, in units of what is usual for
            training images at that grey level; above 1 is more than usual. NaN where the model does not say.
        unfamiliar: (H, W) where that is so over an area that counts.
        model: the SHA-256 of the weights.
    """

    image: Image
    psnr: float
    ssim: float
    data_range: tuple[float, float]
    residual: NDArray[np.float32]
    unfamiliar: NDArray[np.bool_]
    model: str


def reconstruct(image: Image, task: Task, budget: Budget = WHOLE) -> LongWork[Reconstruction]:
    """An image as the network of the task shows it: encoded, quantised, decoded.

    Any size, in tiles where it is large, and any depth: values come back as the image stores them. One
    report for each tile and each strip of rows that is compared.

    Raises:
        LithographError: there is no network for the task, or the image is too small, of one value, or holds
            values that are no numbers.
    """
    _check(image)
    yield Progress(0, 1, "Loading the background network")
    model = background_model(task, budget.device)
    part = model.tasks[task.name]
    values = Values.of(image, task, part.grey)
    original = np.empty(image.pixels.shape, np.float32)
    for rows in _strips(image.height):
        original[rows] = values.to_network(image.pixels[rows])
    made = yield from reconstructed(model.vqgan, original, frugal=budget.tile > 0)

    pixels = np.empty_like(image.pixels)
    for rows in _strips(image.height):
        pixels[rows] = values.to_stored(made[rows], image)
        yield Progress(rows.stop, image.height, "Writing pixels")
    window = image.automatic_window
    psnr, similar = yield from compared(image.pixels, pixels, window)
    card = model.card["tasks"][task.name].get("residual")
    level = residuals.Level.from_card(card) if card else residuals.Level((0.0,), (math.nan,))
    residual = yield from _residual(original, made, level)
    return Reconstruction(
        image=image.with_pixels(pixels),
        psnr=psnr,
        ssim=similar,
        data_range=(window.low, window.high),
        residual=residual,
        unfamiliar=residuals.unfamiliar(residual),
        model=str(model.card["sha256"]),
    )


def compared(a: NDArray[Any], b: NDArray[Any], window: Window) -> LongWork[tuple[float, float]]:
    """(PSNR, SSIM) of two images, (H, W), within a window; strip by strip, which takes little memory."""
    height, border = len(a), WINDOW // 2
    squares = similar = 0.0
    for rows in _strips(height):
        one, other = (image[rows].astype(np.float64).clip(window.low, window.high) for image in (a, b))
        squares += float(np.square(one - other).sum())
        # SSIM has a value where its window lies within the image.
        inner = slice(max(rows.start, border), min(rows.stop, height - border))
        if inner.start < inner.stop:
            seen = slice(inner.start - border, inner.stop + border)
            one, other = (image[seen].astype(np.float64).clip(window.low, window.high) for image in (a, b))
            similar += ssim(one, other, window.width) * (inner.stop - inner.start)
        yield Progress(rows.stop, height, "Comparing")
    error = squares / a.size
    psnr = 10 * math.log10(window.width**2 / error) if error else math.inf
    return psnr, similar / (height - 2 * border)


def _residual(
    original: NDArray[np.float32], made: NDArray[np.float32], level: residuals.Level
) -> LongWork[NDArray[np.float32]]:
    residual = np.empty_like(original)
    for rows in _strips(len(original)):
        top = max(0, rows.start - residuals.MARGIN)
        seen = slice(top, rows.stop + residuals.MARGIN)
        strip = residuals.relative(original[seen], made[seen], level)
        residual[rows] = strip[rows.start - top :][: rows.stop - rows.start]
        yield Progress(rows.stop, len(original), "Looking for what is unfamiliar")
    return residual


def _strips(height: int) -> Iterator[slice]:
    for top in range(0, height, _ROWS):
        yield slice(top, min(height, top + _ROWS))


def _check(image: Image) -> None:
    name = _named(image.source)
    if min(image.height, image.width) < SMALLEST:
        raise LithographError(
            f"{name} has {image.width} × {image.height} pixels; the network needs {SMALLEST} × {SMALLEST} "
            "or more."
        )
    low, high = float(image.pixels.min()), float(image.pixels.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise LithographError(f"{name} holds values that are no numbers; replace them and open it again.")
    if low == high:
        raise LithographError(
            f"Every pixel of {name[:1].lower()}{name[1:]} is {low:g}; open an image that shows something."
        )


def _named(source: Source) -> str:
    return "The image" if source.path is None else f"The image {source.path}"
