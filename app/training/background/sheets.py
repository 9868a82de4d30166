"""Sample sheets: what the network makes of images at this moment, as one picture a person can look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from app.files import make_folder, write_bytes

FOLDER = "samples"
GAP = 4
"""Pixels between two images."""
LARGEST = 512
"""The longest side of an image on a sheet."""

Values = NDArray[np.float32]
Picture = NDArray[np.uint8]


def sheet(rows: Sequence[Sequence[Values]]) -> Picture:
    """Rows of images of −1 to 1, all of one size, as one grey picture; large ones are made smaller."""
    shown = [[_grey(image) for image in row] for row in rows]
    height, width = shown[0][0].shape
    across = max(len(row) for row in shown)
    shape = (len(shown) * (height + GAP) - GAP, across * (width + GAP) - GAP)
    picture = np.full(shape, 128, np.uint8)
    for down, row in enumerate(shown):
        for right, image in enumerate(row):
            top, left = down * (height + GAP), right * (width + GAP)
            picture[top : top + height, left : left + width] = image
    return picture


def keep_sheet(folder: Path, step: int, picture: Picture) -> Path:
    """Writes the sheet of a step, counted over all stages, as `samples/NNNNNN.png`, in full or not at all.

    Raises:
        LithographError: it cannot be written.
    """
    file = sheet_file(folder, step)
    make_folder(file.parent)
    write_bytes(file, cv2.imencode(".png", picture)[1].tobytes())
    return file


def sheet_file(folder: Path, step: int) -> Path:
    """Where the sheet of a step is."""
    return folder / FOLDER / f"{step:06d}.png"


def _grey(image: Values) -> Picture:
    scale = LARGEST / max(image.shape)
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    return np.rint((np.clip(image, -1, 1) + 1) * 127.5).astype(np.uint8)
