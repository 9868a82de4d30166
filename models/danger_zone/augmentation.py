"""Heavy augmentation: the user's images will not look like those the network learns from.

Every function takes a random generator and nothing else that is random, so that a step of training is
repeated exactly by its number.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models import inputs
from models.danger_zone.network import Spec
from models.danger_zone.samples import Sample, warp
from models.inputs import Kind

Pixels = NDArray[np.float32]

OUTSIDE = "outside"
"""The structure that everything beyond the field of view belongs to."""
LIGHT = 0.35
"""The share of samples that are only posed and shaded a little: fine edges are learnt from plain images."""


def augment(sample: Sample, spec: Spec, view: int, random: Generator, *, mirrors: bool = True) -> Sample:
    """A variation of `sample`, (view, view): another pose, another field, another scanner.

    Distances are those of an image at the network's own size; a smaller view is a random part of it.
    `mirrors`: half of the variations are mirrored; no structure has a side, so for masks that is harmless.
    """
    outside = spec.structures.index(OUTSIDE) if OUTSIDE in spec.structures else None
    light = _chance(random, LIGHT)
    pose = partial(_pose, size=spec.size, view=view, random=random, outside=outside, mirrors=mirrors)
    if spec.kind is Kind.CT:
        scale = (0.85, 1.2) if light else (0.6, 1.5)
        if outside is not None and sample.unknown is None and _chance(random, 0.5):
            sample = _on_a_table(sample, outside, random)
        posed = pose(sample, fill=beyond_field(random), scale=scale)
        if light:
            noise = _grain(posed.pixels.shape, random) * np.float32(random.uniform(0, 15))
            return replace(posed, pixels=posed.pixels + noise)
        posed = replace(posed, pixels=another_ct(posed.pixels, random))
        return _round_field(posed, outside, random)
    grey = replace(sample, pixels=inputs.percentile_window(sample.pixels))
    if light:
        posed = pose(grey, fill=0.0, scale=(0.8, 1.25))
        return replace(posed, pixels=posed.pixels ** np.float32(_log_uniform(random, 0.7, 1.4)))
    if _chance(random, 0.8):
        grey = replace(grey, pixels=another_plate(grey.pixels, random))
    fill = float(random.choice((0.0, 0.0, 0.0, 1.0, random.random())))
    posed = pose(grey, fill=fill, scale=(0.55, 1.45))
    posed = _collimate(posed, outside, random)
    return replace(posed, pixels=another_film(posed.pixels, random))


def _chance(random: Generator, probability: float) -> bool:
    return bool(random.random() < probability)


def _log_uniform(random: Generator, low: float, high: float) -> float:
    return float(np.exp(random.uniform(np.log(low), np.log(high))))


# --- geometry ---------------------------------------------------------------------------------------------


def _pose(
    sample: Sample,
    *,
    size: int,
    view: int,
    random: Generator,
    fill: float,
    outside: int | None,
    scale: tuple[float, float],
    mirrors: bool,
) -> Sample:
    """Turned, scaled, shifted, mirrored and bent."""
    height, width = sample.pixels.shape
    zoom = _log_uniform(random, *scale) if _chance(random, 0.85) else 1.0
    zoom *= size / max(height, width)
    stretch = _log_uniform(random, 0.9, 1.1)
    angle = np.deg2rad(random.normal(0, 6) if _chance(random, 0.9) else random.uniform(-30, 30))
    mirror = -1.0 if _chance(random, 0.5) and mirrors else 1.0
    # A view smaller than the image looks somewhere within it; a larger one shows it somewhere within itself.
    shift = [random.uniform(-1, 1) * (abs(side * zoom - view) / 2 + 0.06 * view) for side in (height, width)]
    v, u = np.mgrid[0:view, 0:view].astype(np.float32) - np.float32((view - 1) / 2)
    u, v = u - np.float32(shift[1]), v - np.float32(shift[0])
    if _chance(random, 0.7):
        du, dv = _smooth_noise((2, view, view), random, cells=4) * np.float32(random.uniform(0, 0.05) * view)
        u, v = u + du, v + dv
    x = (np.cos(angle) * u - np.sin(angle) * v) * mirror / (zoom * stretch) + (width - 1) / 2
    y = (np.sin(angle) * u + np.cos(angle) * v) * stretch / zoom + (height - 1) / 2
    return warp(sample, x.astype(np.float32), y.astype(np.float32), fill, outside)


def _collimate(sample: Sample, outside: int | None, random: Generator) -> Sample:
    """The film beyond a tilted rectangular field is uniformly dark or bright, and `outside`."""
    if not _chance(random, 0.35):
        return sample
    height, width = sample.pixels.shape
    box = (
        (width / 2 + random.normal(0, 0.02) * width, height / 2 + random.normal(0, 0.02) * height),
        (width * random.uniform(0.75, 1.0), height * random.uniform(0.75, 1.0)),
        float(random.normal(0, 2)),
    )
    field = cv2.fillPoly(np.zeros((height, width), np.uint8), [cv2.boxPoints(box).astype(np.int32)], 1)
    return _within(sample, field == 1, float(random.choice((0.0, 1.0))), outside)


def _on_a_table(sample: Sample, outside: int, random: Generator) -> Sample:
    """A curved board of foam with a dense shell, or a cushion, behind the patient: all of it `outside`."""
    height, width = sample.pixels.shape
    beyond = sample.bits >> outside & 1 == 1
    rows = np.flatnonzero((~beyond).any(axis=1))
    if len(rows) == 0:
        return sample
    across = np.linspace(-1, 1, width, dtype=np.float32) + np.float32(random.uniform(-0.2, 0.2))
    top = rows[-1] + random.uniform(-0.08, 0.06) * height
    board = top - random.uniform(0, 0.15) * height * across**2  # its edges rise beside the patient
    depth = np.mgrid[0:height, 0:width][0] - board
    pixels = sample.pixels
    shell = random.uniform(1, 5)
    for _ in range(random.integers(1, 3)):
        thickness = random.uniform(0.02, 0.1) * height
        foam = (depth >= 0) & (depth < thickness) & beyond
        pixels = np.where(foam, np.float32(random.uniform(-950, -600)), pixels)
        edge = foam & ((depth < shell) | (depth >= thickness - shell))
        pixels = np.where(edge, np.float32(random.uniform(-500, 400)), pixels)
        depth = depth - thickness - random.uniform(0, 0.04) * height
    return replace(sample, pixels=pixels.astype(np.float32))


def _round_field(sample: Sample, outside: int | None, random: Generator) -> Sample:
    """The padding beyond a CT scanner's circle."""
    if not _chance(random, 0.3):
        return sample
    height, width = sample.pixels.shape
    radius = int(max(height, width) * random.uniform(0.45, 0.55))
    field = cv2.circle(np.zeros((height, width), np.uint8), (width // 2, height // 2), radius, 1, -1)
    return _within(sample, field == 1, beyond_field(random), outside)


def _within(sample: Sample, field: NDArray[np.bool_], value: float, outside: int | None) -> Sample:
    """Beyond `field`, the image reads `value` and shows nothing but the outside."""
    beyond = 0 if outside is None else 1 << outside
    return replace(
        sample,
        pixels=np.where(field, sample.pixels, np.float32(value)),
        bits=np.where(field, sample.bits, np.uint16(beyond)),
        unknown=None if sample.unknown is None else np.where(field, sample.unknown, np.uint16(0)),
    )


def _smooth_noise(shape: tuple[int, int, int], random: Generator, cells: int) -> Pixels:
    """(n, H, W) of about −1 to 1, varying over 1/cells of the side."""
    coarse = random.uniform(-1, 1, (shape[0], cells + 1, cells + 1)).astype(np.float32)
    return np.stack([cv2.resize(c, shape[:0:-1], interpolation=cv2.INTER_CUBIC) for c in coarse])


# --- grey scale of a radiograph, 0 to 1, bones high --------------------------------------------------------


def another_plate(grey: Pixels, random: Generator) -> Pixels:
    """The image as other processing would show it: each band of detail amplified or damped on its own."""
    side = max(grey.shape)
    bands, rest = [], grey
    for divisor in (200, 60, 15):
        smooth = _blur(rest, side / divisor)
        bands.append(rest - smooth)
        rest = smooth
    mixed = (rest - rest.mean()) * _log_uniform(random, 0.3, 2.0)
    for band, (low, high) in zip(bands, ((0.4, 1.6), (0.35, 2.0), (0.4, 1.8)), strict=True):
        mixed += band * _log_uniform(random, low, high)
    return inputs.percentile_window(mixed)


def _blur(values: Pixels, sigma: float) -> Pixels:
    """Gaussian blur, at a reduced resolution where it is wide."""
    step = max(1, int(sigma / 3))
    height, width = values.shape
    small = cv2.resize(values, (max(1, width // step), max(1, height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def another_film(grey: Pixels, random: Generator) -> Pixels:
    """Shading, characteristic curve, saturation, sharpness, grain, lettering, and now and then a negative."""
    shape = grey.shape
    if _chance(random, 0.5):
        grey = grey * (1 + random.uniform(0, 0.4) * _smooth_noise((1, *shape), random, cells=2)[0])
    if _chance(random, 0.3):
        for _ in range(random.integers(1, 5)):
            grey = _cloud(grey, random, strength=random.uniform(-0.3, 0.4))
    grey = inputs.percentile_window(grey) ** np.float32(_log_uniform(random, 0.45, 2.2))
    if _chance(random, 0.4):
        low, high = random.uniform(0, 0.25), random.uniform(0.75, 1.0)
        grey = np.clip((grey - low) / (high - low), 0, 1)
    grey = _resolution(grey, random)
    grey = grey + _grain(shape, random) * np.float32(0.06 * random.random() ** 2)
    if _chance(random, 0.3):
        grey = _lettering(grey, random, shades=(0.0, 1.0, 1.0))
    if _chance(random, 0.15):
        grey = 1 - grey
    return grey.astype(np.float32)


def _cloud(values: Pixels, random: Generator, strength: float) -> Pixels:
    """A soft blob added, like contrast medium (positive) or gas (negative) in bowel, vessel or kidney."""
    height, width = values.shape
    axes = random.uniform(0.01, 0.08, 2) * max(height, width)
    centre = random.uniform(0.15, 0.85, 2) * (width, height)
    blob = np.zeros((height, width), np.float32)
    cv2.ellipse(
        blob, (tuple(map(float, centre)), tuple(map(float, 2 * axes)), random.uniform(0, 180)), 1.0, -1
    )
    return values + np.float32(strength) * cv2.GaussianBlur(blob, (0, 0), random.uniform(1, 5))


def _resolution(values: Pixels, random: Generator) -> Pixels:
    """Softer, coarser or sharper."""
    draw = random.random()
    if draw < 0.25:
        return cv2.GaussianBlur(values, (0, 0), random.uniform(0.5, 1.8))  # type: ignore[return-value]
    if draw < 0.4:
        height, width = values.shape
        factor = random.uniform(1.3, 2.5)
        small = cv2.resize(values, (int(width / factor), int(height / factor)), interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]
    if draw < 0.55:
        return values + random.uniform(0.3, 1.5) * (values - cv2.GaussianBlur(values, (0, 0), 1.5))
    return values


def _grain(shape: tuple[int, ...], random: Generator) -> Pixels:
    """Noise of unit spread, white or correlated over a few pixels."""
    noise = random.standard_normal(shape, np.float32)
    if _chance(random, 0.5):
        noise = cv2.GaussianBlur(noise, (0, 0), random.uniform(0.5, 1.5))  # type: ignore[assignment]
        noise /= noise.std()
    return noise


def _lettering(values: Pixels, random: Generator, shades: tuple[float, ...]) -> Pixels:
    """Burnt-in text and side markers, some on a box of their own."""
    height, width = values.shape
    font, size = cv2.FONT_HERSHEY_SIMPLEX, max(height, width) / 448
    for _ in range(random.integers(1, 5)):
        text = "".join(random.choice(list("RLSAP0123456789:/-. kVm"), random.integers(1, 18)))
        if _chance(random, 0.4):
            text = str(random.choice(("R", "L")))
        scale, thickness = size * random.uniform(0.3, 1.2), int(random.integers(1, 3))
        x, y = int(random.uniform(0, 0.9) * width), int(random.uniform(0.03, 1) * height)
        (across, up), down = cv2.getTextSize(text, font, scale, thickness)
        if _chance(random, 0.3):
            values = values.copy()
            values[max(0, y - up) : y + down, x : x + across] = random.choice(shades)
        ink = np.zeros((height, width), np.uint8)
        cv2.putText(ink, text, (x, y), font, scale, 255, thickness, cv2.LINE_AA)
        values = values + (ink / np.float32(255)) * (np.float32(random.choice(shades)) - values)
    return values


# --- HU of a CT -------------------------------------------------------------------------------------------


def beyond_field(random: Generator) -> float:
    """What scanners write beyond their field of view, in HU."""
    return float(random.choice((-1000.0, -1024.0, -2000.0, -3024.0)))


def another_ct(hu: Pixels, random: Generator) -> Pixels:
    """Another dose, kernel, calibration and contrast phase; now and then an image saved in a lung window."""
    shape = hu.shape
    if _chance(random, 0.35):
        # Contrast medium or none: soft tissue and blood brighter or darker by regions.
        tissue = np.clip((hu + 50) / 100, 0, 1)
        hu = hu + tissue * random.uniform(-40, 200) * np.clip(
            _smooth_noise((1, *shape), random, cells=5)[0], 0, 1
        )
    if _chance(random, 0.3):
        sigma = random.uniform(0.5, 1.2)
        hu = hu + random.uniform(-0.9, 0.8) * (hu - cv2.GaussianBlur(hu, (0, 0), sigma))
    hu = hu * random.normal(1, 0.02) + random.normal(0, 12)
    if _chance(random, 0.6):
        hu = hu + _grain(shape, random) * _log_uniform(random, 3, 70)
    if _chance(random, 0.1):
        centre, width = inputs.CT_WINDOWS[0]
        hu = np.clip(hu, centre - width / 2, centre + width / 2)
    if _chance(random, 0.05):
        hu = _lettering(hu, random, shades=(3000.0, -1000.0))
    return hu.astype(np.float32)
