"""Lesions from formulas: baseline, fallback where no exemplar exists, and a source of training labels.

An ellipse (a nodule) or the intersection of half-planes (a stone) whose coordinates are bent by a smooth
random field, given a soft edge and an inner texture (method.md §2). Nothing here is learnt from an image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.lesions.lesion import Lesion

SIZE = 64
"""Height and width of a drawing."""
SPACING_MM = 0.5

Array = NDArray[np.float32]

_ROWS, _COLUMNS = np.indices((SIZE, SIZE), dtype=np.float32) - np.float32((SIZE - 1) / 2)
_FRAME = np.clip((SIZE / 2 - np.maximum(np.abs(_ROWS), np.abs(_COLUMNS))) / 4 - 0.125, 0, 1)
_FREQUENCY = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE)[None])


@dataclass(frozen=True)
class ParametricModel:
    """A `LesionModel` without weights: `recipe` draws (contrast in HU, alpha) from a random generator."""

    name: str
    kind: str
    recipe: Callable[[np.random.Generator], tuple[Array, Array]]
    card: dict[str, Any]

    def draw(self, seed: int) -> Lesion:
        """The lesion of that seed, 64×64 pixels of 0.5 mm."""
        contrast, alpha = self.recipe(np.random.default_rng(seed & (2**64 - 1)))
        alpha = np.where(alpha * _FRAME < 1 / 256, np.float32(0), alpha * _FRAME)
        return Lesion(contrast * alpha, alpha, SPACING_MM, self.kind)


def _solid(rng: np.random.Generator) -> tuple[Array, Array]:
    """A solid nodule: 0 to 50 HU in a lung of −850 HU, gently lobulated, sometimes spiculated."""
    distance = _bent_ellipse(rng, radius=rng.uniform(16, 20), bend=rng.uniform(1.0, 2.6))
    if rng.random() < 0.4:
        distance = (np.logaddexp(2 * distance, 2 * _spicules(rng, distance)) / 2).astype(np.float32)
    contrast = rng.uniform(830, 910) + 22 * _noise(rng, 2.0) + 14 * _noise(rng, 0.7)
    return contrast.astype(np.float32), _edge(distance, rng.uniform(1.0, 1.8))


def _ground_glass(rng: np.random.Generator) -> tuple[Array, Array]:
    """A ground-glass nodule: 200 to 300 HU above the lung, its edge melting into it."""
    distance = _bent_ellipse(rng, radius=rng.uniform(16, 20), bend=rng.uniform(1.8, 3.2))
    return _haze(rng), _edge(distance, rng.uniform(2.2, 3.6))


def _part_solid(rng: np.random.Generator) -> tuple[Array, Array]:
    """A part-solid nodule: ground glass with a solid core of a third to two thirds of its diameter."""
    distance = _bent_ellipse(rng, radius=rng.uniform(17, 21), bend=rng.uniform(1.6, 3.0))
    angle, shift = rng.uniform(0, 2 * np.pi), rng.uniform(0, 5)
    centre = (shift * np.sin(angle), shift * np.cos(angle))
    core = _edge(_bent_ellipse(rng, radius=rng.uniform(6.5, 12), bend=2.0, centre=centre), 1.6)
    solid = rng.uniform(780, 880) + 25 * _noise(rng, 1.5)
    haze = _haze(rng)
    return (haze + core * (solid - haze)).astype(np.float32), _edge(distance, rng.uniform(1.8, 3.0))


def _stone(rng: np.random.Generator) -> tuple[Array, Array]:
    """A stone: dense and faceted, with faint growth rings, 300 to 1,200 HU above soft tissue."""
    distance = _facets(rng, radius=rng.uniform(16, 21), bend=rng.uniform(0.5, 1.4))
    rings = np.sin(2 * np.pi * distance / rng.uniform(5, 9) + rng.uniform(0, 2 * np.pi))
    relief = 1 + 0.04 * rings + 0.07 * _noise(rng, 3.0) + 0.03 * _noise(rng, 0.8)
    return (rng.uniform(300, 1200) * relief).astype(np.float32), _edge(distance, rng.uniform(0.8, 1.3))


def _bent_ellipse(
    rng: np.random.Generator, radius: float, bend: float, centre: tuple[float, float] = (0.0, 0.0)
) -> Array:
    """The signed distance, positive inside, to an ellipse, its coordinates bent by `bend`, all in pixels."""
    ratio = rng.uniform(0.68, 1.0)
    x, y = _turned(rng, centre, bend)
    return (radius * ratio * (1 - np.hypot(x / radius, y / (radius * ratio)))).astype(np.float32)


def _facets(rng: np.random.Generator, radius: float, bend: float) -> Array:
    """The signed distance in pixels to five to nine half-planes that meet in rounded corners."""
    count = int(rng.integers(5, 10))
    angles = 2 * np.pi * (np.arange(count) + rng.uniform(-0.32, 0.32, count)) / count
    ratio = rng.uniform(0.65, 1.0)
    x, y = _turned(rng, (0.0, 0.0), bend)
    reach = radius * rng.uniform(0.78, 1.0, count)[:, None, None]
    beyond = np.cos(angles)[:, None, None] * x + np.sin(angles)[:, None, None] * y / ratio - reach
    rounding = rng.uniform(
        0.8, 2.2
    )  # a soft maximum: log-sum-exp rounds the corners by about this many pixels
    return (-rounding * np.log(np.exp(beyond / rounding).sum(axis=0))).astype(np.float32)


def _turned(rng: np.random.Generator, centre: tuple[float, float], bend: float) -> tuple[Array, Array]:
    """The grid's coordinates about `centre`, elastically bent and turned by a random angle."""
    row = _ROWS - centre[0] + bend * _noise(rng, 7.0) + 0.25 * bend * _noise(rng, 3.0)
    column = _COLUMNS - centre[1] + bend * _noise(rng, 7.0) + 0.25 * bend * _noise(rng, 3.0)
    angle = rng.uniform(0, 2 * np.pi)
    cosine, sine = np.cos(angle), np.sin(angle)
    return cosine * column + sine * row, cosine * row - sine * column


def _spicules(rng: np.random.Generator, distance: Array) -> Array:
    """The signed distance to short strands that run outwards from the edge and taper off."""
    angle = np.arctan2(_ROWS, _COLUMNS) + 0.05 * _noise(rng, 6.0)
    outwards = np.maximum(-distance, 0)
    reach = np.full_like(distance, -np.inf)
    for direction in rng.uniform(-np.pi, np.pi, int(rng.integers(6, 15))):
        length, width = 1.5 + 5.5 * rng.random() ** 1.5, rng.uniform(0.8, 2.4)
        aside = np.abs(np.angle(np.exp(1j * (angle - direction)))) * np.hypot(_ROWS, _COLUMNS)
        reach = np.maximum(reach, width * (1 - outwards / length) - aside)
    return np.minimum(reach, 0.6).astype(np.float32)


def _haze(rng: np.random.Generator) -> Array:
    """The contrast of ground glass in HU, with a coarse reticulation and grain."""
    return (rng.uniform(200, 300) * (1 + 0.14 * _noise(rng, 2.5) + 0.08 * _noise(rng, 0.8))).astype(
        np.float32
    )


def _edge(distance: Array, softness: float) -> Array:
    """Alpha from signed distance: the logistic of a blur of `softness` pixels, one half on the outline."""
    return (1 / (1 + np.exp(np.clip(-1.7 * distance / softness, -30, 30)))).astype(np.float32)


def _noise(rng: np.random.Generator, scale: float) -> Array:
    """Gaussian noise of mean 0 and standard deviation 1 with details of `scale` pixels, (64, 64)."""
    spectrum = np.fft.rfft2(rng.standard_normal((SIZE, SIZE))) * np.exp(
        -2 * (np.pi * scale * _FREQUENCY) ** 2
    )
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(SIZE, SIZE))
    return (noise / noise.std()).astype(np.float32)


Recipe = Callable[[np.random.Generator], tuple[Array, Array]]


def _model(name: str, title: str, kind: str, task: str, recipe: Recipe) -> ParametricModel:
    card = {
        "name": name,
        "title": title,
        "kind": kind,
        "tasks": [task],
        "unit": "HU",
        "spacing_mm": SPACING_MM,
        "training": "none: drawn by formulas",
        "memorisation": "none: learnt from no image",
        "licence": "Apache-2.0",
        "limits": "A geometric idealisation; a real lesion of the same kind varies more.",
    }
    return ParametricModel(name, kind, recipe, card)


_NODULE = ("nodule", "lung-ct")

PARAMETRIC: dict[str, ParametricModel] = {
    model.name: model
    for model in (
        _model("parametric-solid", "Solid nodule, parametric", *_NODULE, _solid),
        _model("parametric-part-solid", "Part-solid nodule, parametric", *_NODULE, _part_solid),
        _model("parametric-ground-glass", "Ground-glass nodule, parametric", *_NODULE, _ground_glass),
        _model("parametric-stone", "Faceted stone, parametric", "stone", "kub-xray", _stone),
    )
}
"""The parametric generators by name."""
