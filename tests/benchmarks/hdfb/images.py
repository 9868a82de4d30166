"""What the networks learn from, and what they are held to: images of −1 to 1 and patches of them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.simulation import generate
from app.tasks import task
from app.training.labels import read_labelled, split
from models.hiresmed_vqgan.grey import GREY_SCALES
from models.progress import finish

DATA = "LITHOGRAPH_DATA"
TASKS = ("kub-xray", "abdomen-ct")
HELD_OUT = 24
"""Images of each task that no network has seen."""
SIMULATED = 150
"""Radiographs to learn from."""
FIRST_HELD_OUT = 1_000_000
"""Seeds from here on are held out."""
MIDDLE = 512
"""The side of the part of a held-out radiograph that is reconstructed, at native resolution."""

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Images:
    """Images (H, W) of −1 to 1: to learn from, and held out; `largest` is how much a patch may be reduced."""

    learnt: tuple[NDArray[np.float16], ...]
    held_out: tuple[Values, ...]
    largest: float


def images(name: str, cache: Path) -> Images | None:
    """The images of a task; None, and a sentence to stderr, where there are none.

    Radiographs are simulated once and kept in `cache`. The abdominal CT is real: the coronal images of
    `kidney_stone_ct` in the folder that the environment variable LITHOGRAPH_DATA names.
    """
    if name == "kub-xray":
        learnt = tuple(_radiograph(seed, cache).astype(np.float16) for seed in range(SIMULATED))
        held_out = tuple(_middle(_radiograph(FIRST_HELD_OUT + n, cache)) for n in range(HELD_OUT))
        return Images(learnt, held_out, largest=4.0)
    folder = Path(os.environ.get(DATA, "")) / "kidney_stone_ct"
    if not os.environ.get(DATA) or not folder.is_dir():
        print(f"{DATA} names no folder with kidney_stone_ct: {name} is left out", file=sys.stderr)
        return None
    first, second = split(finish(read_labelled(folder, task(name))))
    grey = GREY_SCALES[name]
    shades = (grey.pixels[1] - grey.pixels[0]) / 255

    def values(pixels: NDArray[np.uint8]) -> Values:
        return grey.to_network(grey.pixels[0] + shades * pixels)

    learnt = tuple(values(image.image().pixels).astype(np.float16) for image in first)
    return Images(learnt, tuple(values(image.image().pixels) for image in second[:HELD_OUT]), largest=2.4)


def patch(source: Images, number: int, seed: int, view: int) -> Values:
    """The patch of that number, (view, view): a random part of a random image, reduced, maybe mirrored."""
    rng = np.random.default_rng((seed, number))
    return _patch(source.learnt[rng.integers(len(source.learnt))], rng, view, source.largest)


def held_out_patches(source: Images, count: int, view: int) -> Values:
    """(count, view, view): the same ones for every network."""
    parts = []
    for number in range(count):
        rng = np.random.default_rng((FIRST_HELD_OUT, number))
        parts.append(_patch(source.held_out[number % len(source.held_out)], rng, view, source.largest))
    return np.stack(parts)


def _patch(image: NDArray[np.floating], rng: np.random.Generator, view: int, largest: float) -> Values:
    side = min(int(view * np.exp(rng.uniform(0, np.log(largest)))), *image.shape)
    top, left = (int(rng.integers(length - side + 1)) for length in image.shape)
    part = image[top : top + side, left : left + side].astype(np.float32)
    if side != view:
        part = cv2.resize(part, (view, view), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)


def _radiograph(seed: int, cache: Path) -> Values:
    file = cache / f"kub-xray-phantom-{seed:07d}.npy"
    if not file.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, finish(generate("kub-xray", seed, source="phantom")).image.pixels)
    return GREY_SCALES["kub-xray"].to_network(np.load(file))


def _middle(image: Values) -> Values:
    top, left = ((length - MIDDLE) // 2 for length in image.shape)
    return image[top : top + MIDDLE, left : left + MIDDLE]
