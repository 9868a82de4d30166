"""An axial slice of a user's CT, varied: a background for lung nodules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.imaging.image import Calibration, Image, Window
from app.simulation.background import Background
from app.simulation.noise import smooth_noise, stream
from models.progress import LongWork, Progress

_LOWEST, _HIGHEST = -1024, 3071
_TRIES = 24
_LUNG_SHARE = 0.06
"""Of the slice's area: less lung than this leaves no room for a nodule."""
WINDOWS = (Window(-600, 1500, "Lung"), Window(40, 400, "Mediastinum"), Window(350, 2000, "Bone"))


def generate_slice(folder: Path | str, seed: int, size: int | None = None) -> LongWork[Background]:
    """A slice through the lungs in the CT series of `folder`, chosen and varied by `seed`.

    It is turned by a few degrees, bent by a few mm and given a little more noise, never mirrored: anatomy
    keeps its sides. (size, size) int16 HU; None keeps the series' own width.

    Raises:
        LithographError: the folder holds no CT, or none of the slices tried shows lung.
    """
    from app.anatomy.ct_rules import anatomy_from_ct_slice
    from app.imaging import open_series

    series = open_series(folder)
    if series.info.modality != "CT":
        raise LithographError(
            f"{folder} holds no CT but {series.info.title}; choose the folder of a CT series."
        )
    rng = stream(seed, "ct slice")
    for attempt, index in enumerate(rng.permutation(len(series))[:_TRIES]):
        yield Progress(attempt, _TRIES + 2, "choosing a slice")
        image = series[int(index)]
        if image.spacing is None:
            raise LithographError(
                f"The CT in {folder} says nothing of its pixel spacing; choose another series."
            )
        if lung_share(image) >= _LUNG_SHARE:
            break
    else:
        raise LithographError(
            f"The CT in {folder} shows no lung in the slices tried; choose one of the chest."
        )
    yield Progress(_TRIES, _TRIES + 2, "varying it")
    hu, pixel_mm = _varied(image, size, rng)
    yield Progress(_TRIES + 1, _TRIES + 2, "finding its structures")
    anatomy = anatomy_from_ct_slice(hu, (pixel_mm, pixel_mm))
    made = Image(
        pixels=hu,
        spacing=(pixel_mm, pixel_mm),
        calibration=Calibration.PIXEL_SPACING,
        unit="HU",
        modality="CT",
        value_range=(float(_LOWEST), float(_HIGHEST)),
        windows=WINDOWS,
    )
    recipe = (("seed", seed), ("size", hu.shape[0]), ("source", f"ct:{folder}"), ("task", "lung-ct"))
    return Background(made, anatomy, recipe)


def lung_share(image: Image) -> float:
    """The share of the slice that is air within the body, on a grid of about 3 mm."""
    from scipy.ndimage import binary_fill_holes, binary_opening

    step = max(1, round(3 / max(image.pixel_mm)))
    small = image.pixels[::step, ::step]
    body = binary_fill_holes(binary_opening(small > -350, iterations=2))
    return float(((small < -500) & (small > -1000) & body).mean())


def _varied(image: Image, size: int | None, rng: np.random.Generator) -> tuple[NDArray[np.int16], float]:
    import cv2

    height, width = image.pixels.shape
    down, across = image.pixel_mm
    side = size or max(height, width)
    pixel_mm = max(height * down, width * across) / side
    turn, scale = np.deg2rad(rng.normal(0, 2.0)), rng.normal(1, 0.015)
    line = (np.arange(side, dtype=np.float32) - (side - 1) / 2) * pixel_mm * scale
    wave = 90.0 / pixel_mm
    x = line[None] * np.cos(turn) - line[:, None] * np.sin(turn) + 1.6 * smooth_noise(rng, (side, side), wave)
    y = line[None] * np.sin(turn) + line[:, None] * np.cos(turn) + 1.6 * smooth_noise(rng, (side, side), wave)
    moved = cv2.remap(
        np.clip(image.pixels, _LOWEST, _HIGHEST).astype(np.float32),
        (x / across + (width - 1) / 2).astype(np.float32),
        (y / down + (height - 1) / 2).astype(np.float32),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # Interpolation smooths the slice's own noise; what is added has the same grain as a reconstruction's.
    grain = cv2.GaussianBlur(rng.standard_normal(moved.shape, np.float32), (0, 0), 0.7)
    moved += rng.uniform(8, 16) * grain / np.float32(0.40) * (moved > -1000)
    return np.clip(np.round(moved), _LOWEST, _HIGHEST).astype(np.int16), pixel_mm
