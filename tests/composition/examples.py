"""Backgrounds and lesions made in code, small enough to be rendered thousands of times."""

from __future__ import annotations

import numpy as np

from app.composition import BackgroundReference, Placement, Scene
from app.imaging.image import Calibration, Image
from app.lesions.lesion import Lesion

DIGEST = "xxh3:" + "0" * 32


def disc(
    size: int = 48,
    radius: float = 16,
    hu: float = 900,
    kind: str = "nodule",
    texture: float = 0,
    seed: int = 0,
) -> Lesion:
    """A round lesion with an edge one pixel wide."""
    y, x = np.indices((size, size)) - (size - 1) / 2
    alpha = np.clip(radius - np.hypot(x, y) + 0.5, 0, 1).astype(np.float32)
    relief = 1 + texture * np.random.default_rng(seed).standard_normal((size, size))
    return Lesion((alpha * hu * relief).astype(np.float32), alpha, 0.5, kind)


def bar(length: int = 40, width: int = 10, hu: float = 500) -> Lesion:
    """A bar that lies along x, brighter at its right end."""
    alpha = np.zeros((64, 64), np.float32)
    left, top = (64 - length) // 2, (64 - width) // 2
    alpha[top : top + width, left : left + length] = 1
    ramp = np.linspace(0.5, 1.5, 64, dtype=np.float32)
    return Lesion(alpha * ramp * np.float32(hu), alpha, 0.5, "nodule")


def ellipse(seed: int) -> Lesion:
    """A soft, textured ellipse that differs with `seed`."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((40, 40)) - 19.5
    distance = 1 - np.hypot(x / rng.uniform(8, 16), y / rng.uniform(6, 12))
    alpha = (1 / (1 + np.exp(-distance * 12))).astype(np.float32)
    alpha[alpha < 0.02] = 0
    contrast = 600 + 60 * rng.standard_normal((40, 40))
    return Lesion((alpha * contrast).astype(np.float32), alpha, 0.6, "stone")


def draw(name: str, seed: int) -> Lesion:
    """What stands for the library: `disc`, `bar` or `ellipse`."""
    return {"disc": disc, "bar": bar}[name]() if name != "ellipse" else ellipse(seed)


def lung(height: int = 96, width: int = 112, seed: int = 0, noise: float = 20) -> Image:
    """Lung with a vessel, beside a wall of muscle, in HU."""
    rng = np.random.default_rng(seed)
    pixels = np.full((height, width), -850.0)
    pixels[:, -width // 4 :] = 45
    pixels[height // 2 - 2 : height // 2 + 2, : width // 2] = 30
    pixels += noise * rng.standard_normal((height, width))
    return Image(
        np.rint(pixels).astype(np.int16),
        (0.8, 0.8),
        Calibration.PIXEL_SPACING,
        "HU",
        "CT",
        (-1024.0, 3071.0),
    )


def radiograph(
    height: int = 96, width: int = 112, seed: int = 0, noise: float = 15, inverted: bool = False
) -> Image:
    """A radiograph with a bone across, pixels not square, the range used well."""
    rng = np.random.default_rng(seed)
    pixels = np.linspace(600, 2600, width)[None] + 60 * np.sin(np.arange(height) / 9)[:, None]
    pixels[:, width // 2 : width // 2 + 10] += 800
    pixels += noise * rng.standard_normal((height, width))
    if inverted:
        pixels = 4095 - pixels
    return Image(
        np.clip(np.rint(pixels), 0, 4095).astype(np.uint16),
        (0.5, 0.4),
        Calibration.IMAGER,
        "",
        "DX",
        (0.0, 4095.0),
        inverted,
    )


def flat(
    value: float = 1000, shape: tuple[int, int] = (120, 140), spacing: tuple[float, float] = (1.0, 1.0)
) -> Image:
    """The same value everywhere, in stored values of a radiograph."""
    return Image(np.full(shape, value, np.uint16), spacing, Calibration.IMAGER, "", "DX", (0.0, 4095.0))


def scene(*placements: Placement, task: str = "lung-ct") -> Scene:
    """A scene whose background is whatever the test says."""
    return Scene(task, BackgroundReference(DIGEST), placements)


def place(
    x: float,
    y: float,
    diameter: float = 12,
    blend: str = "density",
    lesion: str = "disc",
    name: str = "a",
    **more: object,
) -> Placement:
    """One placement."""
    values: dict[str, object] = {"seed": 1} | more
    return Placement(name, lesion, x, y, diameter, blend=blend, **values)  # type: ignore[arg-type]
