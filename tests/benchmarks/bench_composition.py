"""The compositor's part of a drag: one new scene to changed pixels, per mode and size of image."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from app.composition import BackgroundReference, Placement, Renderer, Scene
from app.composition.blends import modes
from app.imaging.image import Image
from tests.composition.examples import disc

_FRAMES = 60
_SIZES = ((1024, 1024), (3292, 3141))
_LESIONS_PX = (60, 300)


def rows() -> list[tuple[str, str, str]]:
    """The 95th percentile over drags of position and of size, patches included."""
    table = []
    for height, width in _SIZES:
        for mode in modes():
            renderer = Renderer(
                _background(height, width, mode.section is True), lambda _name, _seed: disc(64, 26)
            )
            times = {pixels: _drag(renderer, height, width, pixels, mode.name) for pixels in _LESIONS_PX}
            measured = ", ".join(f"{pixels} px: {1000 * p95:.1f} ms" for pixels, p95 in times.items())
            table.append(
                (f"compositor, drag in {height:,}×{width:,}, {mode.name}, p95", "10 / 20 ms", measured)
            )
    return table


def _background(height: int, width: int, section: bool) -> Image:
    noise = np.random.default_rng(0).integers(-40, 40, (height, width), np.int16)
    if section:
        return Image(noise - 850, (0.7, 0.7), unit="HU", modality="CT", value_range=(-1024.0, 3071.0))
    ramp = np.linspace(500, 3000, width).astype(np.int16)
    return Image((noise + ramp).astype(np.uint16), (0.14, 0.14), modality="DX")


def _drag(renderer: Renderer, height: int, width: int, pixels: int, blend: str) -> float:
    taken = []
    for scene in _scenes(height, width, pixels, blend):
        start = time.perf_counter()
        _ = renderer.render(scene).patches
        taken.append(time.perf_counter() - start)
    return float(np.percentile(taken[5:], 95))


def _scenes(height: int, width: int, pixels: int, blend: str) -> Iterator[Scene]:
    spacing = 0.7 if blend == "density" else 0.14
    lesion = Placement("a", "disc", width / 2, height / 2, pixels * spacing, 1, blend)
    others = tuple(
        replace(lesion, id=str(n), x=100.0 + 40 * n, y=100.0, diameter_mm=20 * spacing) for n in range(19)
    )
    reference = BackgroundReference("xxh3:" + "0" * 32)
    for frame in range(_FRAMES):
        if frame % 2:
            moved = replace(lesion, x=width / 2 + 1.3 * frame, y=height / 2 - 0.7 * frame)
        else:
            moved = replace(lesion, diameter_mm=lesion.diameter_mm * (1 - 0.003 * frame))
        yield Scene("kub-xray", reference, (*others, moved))
