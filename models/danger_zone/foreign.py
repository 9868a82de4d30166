"""Images of nothing that a task knows, made of those it does: what a probe of familiarity must tell apart.

Pieces in a wrong order keep the texture and lose the anatomy; a small part, much enlarged, keeps the edges
and loses the context; limbs, discs and clouds have the look of a medical image and none of its anatomy.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Pixels = NDArray[np.float32]


def foreign(pixels: Pixels, random: Generator) -> Pixels:
    """An image of the size and the range of grey values of `pixels` (H, W), and of something else."""
    draw = random.random()
    if draw < 0.4:
        return _jumbled(pixels, random)
    if draw < 0.6:
        return _enlarged(pixels, random)
    return _shapes(pixels, random)


def _jumbled(pixels: Pixels, random: Generator) -> Pixels:
    """Cut into 2 × 2 to 4 × 4 pieces, each turned by quarters and put elsewhere."""
    count = int(random.integers(2, 5))
    side = max(1, min(pixels.shape) // count)
    pieces = [
        np.rot90(pixels[y * side : (y + 1) * side, x * side : (x + 1) * side], int(random.integers(4)))
        for y in range(count)
        for x in range(count)
    ]
    order = random.permutation(len(pieces))
    rows = [np.hstack([pieces[n] for n in order[i : i + count]]) for i in range(0, len(pieces), count)]
    return _resized(np.vstack(rows), pixels.shape)


def _enlarged(pixels: Pixels, random: Generator) -> Pixels:
    """A sixth to a quarter of the image's side, at random, turned."""
    height, width = (max(2, int(side * random.uniform(0.16, 0.25))) for side in pixels.shape)
    top = int(random.integers(0, pixels.shape[0] - height + 1))
    left = int(random.integers(0, pixels.shape[1] - width + 1))
    part = np.rot90(pixels[top : top + height, left : left + width], int(random.integers(4)))
    return _resized(part, pixels.shape)


def _shapes(pixels: Pixels, random: Generator) -> Pixels:
    """A limb with bones, or a body across, in a field of air, with the grain of tissue."""
    height, width = pixels.shape
    air, tissue, bone = np.percentile(pixels, (2, 50, 97))
    image = np.full((height, width), air, np.float32)
    turn = random.uniform(0, np.pi)
    way = np.array([np.cos(turn), np.sin(turn)])
    middle = random.uniform(0.35, 0.65, 2) * (width, height)
    scale = max(height, width)
    if random.random() < 0.7:
        thickness = random.uniform(0.15, 0.6) * scale
        _bar(image, middle, way * scale, thickness, tissue)
        for _ in range(random.integers(1, 4)):
            aside = np.array([-way[1], way[0]]) * random.uniform(-0.3, 0.3) * thickness
            width_of = random.uniform(0.1, 0.35) * thickness
            _bar(image, middle + aside, way * scale, width_of, bone)
            _bar(image, middle + aside, way * scale, 0.6 * width_of, (bone + tissue) / 2)
    else:
        # A body across, with a ring of bone at times, and pairs of organs, holes or bones within it.
        body = random.uniform(0.45, 0.95, 2) * scale
        _disc(image, middle, body, bone if _chance(random, 0.3) else tissue)
        _disc(image, middle, body * random.uniform(0.88, 0.98), tissue)
        for _ in range(random.integers(1, 6)):
            aside, size = random.uniform(-0.3, 0.3, 2) * body, random.uniform(0.08, 0.4, 2) * body
            value = float(random.choice((air, (air + tissue) / 2, (tissue + bone) / 2, bone)))
            for side in (-1, 1) if _chance(random, 0.5) else (1,):
                _disc(image, middle + aside * (side, 1), size, value)
    image = cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 4))  # type: ignore[assignment]
    clouds = random.standard_normal((8, 8)).astype(np.float32)
    unevenness = _resized(clouds, (height, width)) * random.uniform(0, 0.2)
    grain = random.standard_normal((height, width)).astype(np.float32) * random.uniform(0, 0.1)
    return (image + (unevenness + grain) * (bone - air)).astype(np.float32)


def _disc(image: Pixels, middle: NDArray[np.float64], axes: NDArray[np.float64], value: float) -> None:
    box = (tuple(map(float, middle)), tuple(map(float, axes)), 0.0)
    cv2.ellipse(image, box, float(value), -1)


def _chance(random: Generator, probability: float) -> bool:
    return bool(random.random() < probability)


def _bar(
    image: Pixels, middle: NDArray[np.float64], along: NDArray[np.float64], width: float, value: float
) -> None:
    ends = [tuple(map(int, middle + sign * along)) for sign in (-1, 1)]
    cv2.line(image, ends[0], ends[1], float(value), max(1, int(width)))


def _resized(pixels: Pixels, shape: tuple[int, ...]) -> Pixels:
    resized = cv2.resize(np.ascontiguousarray(pixels), shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return resized.astype(np.float32)
