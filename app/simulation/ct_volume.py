"""A user's CT series as an upright volume: the patient alone, without table and oral contrast."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from models.progress import Progress

VOXEL_MM = 1.4
FEWEST_SLICES = 40
AIR, TISSUE = -1000, 40


@dataclass(frozen=True, eq=False)
class Volume:
    """HU (z, y, x): from head to feet, front to back, the patient's right to left; cubes of `mm`."""

    hu: NDArray[np.int16]
    mm: float


def read_volume(folder: Path | str) -> Generator[Progress, None, Volume]:
    """The CT series in `folder` (the one with the most slices), resampled to cubes of
    `VOXEL_MM`, or of the pixels' size where they are larger.

    Raises:
        LithographError: there is no CT, it is not axial, its slices differ, or there are too few of them.
    """
    import cv2

    from app.imaging import open_series

    series = open_series(folder)
    if series.info.modality != "CT":
        raise LithographError(
            f"{folder} holds no CT but {series.info.title}; choose the folder of a CT series."
        )
    if len(series) < FEWEST_SLICES:
        raise LithographError(
            f"The CT in {folder} has {len(series)} slices, but a view from the front takes at least "
            f"{FEWEST_SLICES}; choose a series with more."
        )
    planes: list[tuple[float, NDArray[np.int16]]] = []
    first, mm = None, VOXEL_MM
    for index, image in enumerate(series):
        position, across, down = _placement(image.source.header, folder)
        grid = (image.pixels.shape, image.spacing)
        first = first or grid
        if image.spacing is None or grid != first:
            raise LithographError(
                f"The slices of the CT in {folder} differ in size or have no spacing; choose another series."
            )
        mm = max(VOXEL_MM, *image.spacing)
        pixels = _upright(image.pixels, across, down)
        target = tuple(max(8, round(n * s / mm)) for n, s in zip(pixels.shape, image.spacing, strict=True))
        small = cv2.resize(pixels.astype(np.float32), target[::-1], interpolation=cv2.INTER_AREA)
        planes.append((position, np.clip(small, AIR, 3000).astype(np.int16)))
        if index % 16 == 0:
            # Reading is about half of what a CT goes through on its way to a view from the front.
            yield Progress(index, 2 * len(series), "reading the CT")
    planes.sort(key=lambda plane: -plane[0])
    heights = np.array([position for position, _ in planes])
    gaps = -np.diff(heights)
    if gaps.min() <= 0.01 or gaps.max() > 4 * np.median(gaps) or gaps.max() > 12:
        raise LithographError(
            f"The slices of the CT in {folder} are not evenly stacked; choose a series without gaps."
        )
    return Volume(_stack([plane for _, plane in planes], heights, mm), mm)


def _placement(header: Any, folder: Path | str) -> tuple[float, NDArray, NDArray]:
    """Height along the patient's long axis in mm, and the in-plane directions of columns and rows."""
    from app.imaging.dicom.reader import DicomSource

    try:
        if isinstance(header, DicomSource):
            dataset = header.header.dataset
            axes = np.array(dataset.ImageOrientationPatient, float).reshape(2, 3)
            across, down, origin = axes[0], axes[1], np.array(dataset.ImagePositionPatient, float)
        else:
            axes = np.array(header.direction, float).reshape(3, 3)
            across, down, origin = axes[:, 0], axes[:, 1], np.array(header.origin, float)
    except (AttributeError, ValueError, TypeError) as error:
        raise LithographError(
            f"The CT in {folder} does not say how its slices lie; export it again as DICOM."
        ) from error
    if abs(np.cross(across, down)[2]) < 0.9:
        raise LithographError(f"The CT in {folder} is not axial; choose the axial series of the examination.")
    return float(origin[2]), across, down


def _upright(pixels: NDArray[Any], across: NDArray, down: NDArray) -> NDArray[Any]:
    """Columns towards the patient's left, rows towards the back."""
    if abs(across[0]) < abs(across[1]):
        pixels, across, down = pixels.T, down, across
    if across[0] < 0:
        pixels = pixels[:, ::-1]
    return pixels if down[1] > 0 else pixels[::-1]


def _stack(planes: list[NDArray[np.int16]], heights: NDArray, mm: float) -> NDArray[np.int16]:
    depth = heights[0] - heights
    wanted = np.arange(0, depth[-1] + 1e-6, mm)
    upper = np.clip(np.searchsorted(depth, wanted, side="right") - 1, 0, len(planes) - 2)
    share = (wanted - depth[upper]) / (depth[upper + 1] - depth[upper])
    out = np.empty((len(wanted), *planes[0].shape), np.int16)
    for n, (k, t) in enumerate(zip(upper, share, strict=True)):
        out[n] = np.round((1 - t) * planes[k] + t * planes[k + 1])
    return out


def patient_only(volume: Volume) -> NDArray[np.bool_]:
    """The body, (z, y, x): the largest connected part without table and blankets, its holes filled."""
    import cv2
    from scipy.ndimage import label

    dense = volume.hu > -350
    n = 2 * max(1, round(4.5 / volume.mm)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (n, n))
    core = np.stack([cv2.morphologyEx(s, cv2.MORPH_OPEN, disc) for s in dense.view(np.uint8)]).astype(bool)
    parts, count = label(core)
    if count == 0:
        return core
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    body = parts == int(sizes.argmax())
    for z in range(len(body)):
        grown = cv2.dilate(body[z].view(np.uint8), disc) & dense[z].view(np.uint8)
        body[z] = _filled(grown)
    return body


def _filled(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    import cv2

    padded = np.pad(mask, 1)
    cv2.floodFill(padded, None, (0, 0), 2)
    return (padded != 2)[1:-1, 1:-1]
