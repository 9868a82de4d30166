"""Augmentation that suits places: anatomy stays anatomy, and everything else varies.

A place is told by what is around it, so images are turned, scaled and cropped less wildly than for
structures. How another scanner would show them is the danger zone's. Everything random follows from the
generator.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models import inputs
from models.danger_zone.augmentation import another_ct, another_film, another_plate, beyond_field
from models.inputs import Kind
from models.location.samples import Boxes, Sample, Sight

PLAIN = 0.35
"""The share of views whose grey scale stays as it is."""
CROPPED = 0.25
"""The share of views that show a part of what they could."""


def augment(sample: Sample, sight: Sight, view: int, random: Generator, *, mirror: bool = True) -> Sample:
    """A variation of `sample`, (view, view): another pose, another part, another scanner.

    Distances are those of an image at the network's own size; a smaller view is a random part of it.
    """
    plain = random.random() < PLAIN
    if sight.kind is Kind.CT:
        posed = _pose(sample, sight.size, view, random, fill=beyond_field(random), mirror=mirror)
        return posed if plain else Sample(another_ct(posed.pixels, random), posed.boxes)
    grey = inputs.percentile_window(sample.pixels)
    if plain:
        return _pose(Sample(grey, sample.boxes), sight.size, view, random, fill=0.0, mirror=mirror)
    fill = float(random.choice((0.0, 0.0, 0.0, 1.0, random.random())))
    if random.random() < 0.6:
        grey = another_plate(grey, random)
    posed = _pose(Sample(grey, sample.boxes), sight.size, view, random, fill=fill, mirror=mirror)
    return Sample(another_film(posed.pixels, random), posed.boxes)


def _pose(sample: Sample, size: int, view: int, random: Generator, *, fill: float, mirror: bool) -> Sample:
    """Turned, scaled, shifted, mirrored, and now and then a part alone; `fill` is beyond the border."""
    height, width = sample.pixels.shape
    zoom = size / max(height, width) * float(np.exp(random.uniform(np.log(0.75), np.log(1.3))))
    if random.random() < CROPPED:
        zoom *= random.uniform(1.2, 1.8)
    stretch = float(np.exp(random.uniform(np.log(0.92), np.log(1.09))))
    across, down = zoom * stretch, zoom / stretch
    angle = np.deg2rad(random.normal(0, 5) if random.random() < 0.85 else random.uniform(-20, 20))
    side = -1.0 if mirror and random.random() < 0.5 else 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag((side * across, down))
    # A view smaller than the image looks somewhere within it; a larger one shows it somewhere within itself.
    free = np.array([abs(width * across - view), abs(height * down - view)]) / 2 + 0.06 * view
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = (view - 1) / 2 + random.uniform(-1, 1, 2) * free - linear @ centre
    matrix = np.column_stack((linear, shift))
    pixels = _reduced(sample.pixels, min(across, down))
    posed = cv2.warpAffine(
        pixels,
        matrix,
        (view, view),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=fill,
    )
    return Sample(posed.astype(np.float32, copy=False), moved(sample.boxes, matrix, (across, down), view))


def _reduced(pixels: NDArray[np.float32], zoom: float) -> NDArray[np.float32]:
    """The pixels, blurred where the view is coarser, so that nothing aliases."""
    if zoom >= 0.75:
        return pixels
    return cv2.GaussianBlur(pixels, (0, 0), 0.4 / zoom)  # type: ignore[return-value]


def moved(boxes: Boxes, matrix: NDArray[np.float64], zoom: tuple[float, float], view: int) -> Boxes:
    """The boxes after a similarity of the image; those whose centre leaves the (view, view) are dropped.

    Lesions are roundish: a turned box keeps its sides instead of growing to hold its turned corners.
    """
    if not len(boxes):
        return np.zeros((0, 4), np.float32)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * zoom
    inside = ((middle > -0.5) & (middle < view - 0.5)).all(1)
    placed = np.concatenate((middle - half, middle + half), axis=1)[inside]
    return np.clip(placed, -0.5, view - 0.5).astype(np.float32)
