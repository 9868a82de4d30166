"""Boxes and masks out of what label files hold, checked against the size of their image."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.imaging.box import Box
from app.imaging.polygon import fill
from app.training.labels.labelled import Mask
from app.training.labels.notes import Notes

_LARGEST = 1e7
"""Pixels; a coordinate beyond it is a mistake, whatever the image."""
_KEPT = 0.2
"""Of the area of a box that reaches out of its image, so much at least has to lie inside."""

Corners = tuple[float, float, float, float]
"""Left, top, right and bottom edge, 0 at the left (top) edge of the image, as label formats count."""


def box_of(corners: Corners, size: tuple[int, int], where: str, notes: Notes) -> Box | None:
    """The box of a lesion in our coordinates, clipped to an image of `size` (height, width).

    None, and a note, where it is empty, lies outside or is no number.
    """
    left, top, right, bottom = corners
    if not all(math.isfinite(edge) and abs(edge) < _LARGEST for edge in corners):
        notes.count(
            f"A box in {where} has impossible coordinates and is left out.",
            "{count} boxes have impossible coordinates and are left out; the first is in {where}.",
            where,
        )
        return None
    if right <= left or bottom <= top:
        notes.count(
            f"A box in {where} is empty (no width or no height) and is left out.",
            "{count} boxes are empty (no width or no height) and are left out; the first is in {where}.",
            where,
        )
        return None
    whole = Box(left - 0.5, top - 0.5, right - left, bottom - top)
    inside = whole.clipped(size)
    share = 0.0 if inside is None else inside.width * inside.height / (whole.width * whole.height)
    if inside is None or share < _KEPT:
        notes.count(
            f"A box in {where} lies outside its image and is left out.",
            "{count} boxes lie outside their images and are left out; the first is in {where}.",
            where,
        )
        return None
    if share < 0.999:
        notes.count(
            f"A box in {where} reached out of its image and was cut off at its edge.",
            "{count} boxes reached out of their images and were cut off there; the first is in {where}.",
            where,
        )
        return inside
    return inside


def polygon_corners(points: Sequence[float]) -> Corners:
    """The corners of the box around a polygon x0, y0, x1, y1, ..."""
    xs, ys = points[0::2], points[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def filled(polygons: Iterable[Sequence[float]], size: tuple[int, int]) -> Mask:
    """(height, width) bool: polygons x0, y0, x1, y1, ... in pixels, 0 at the image's edge.

    A pixel belongs to a polygon when its centre lies in it; where an outline crosses itself, all that it goes
    round counts (the non-zero rule).
    """
    mask = np.zeros(size, bool)
    for points in polygons:
        corners = np.asarray(points, np.float64).reshape(-1, 2) - 0.5
        if len(corners) >= 3 and np.isfinite(corners).all():
            fill(mask, np.clip(corners, -_LARGEST, _LARGEST))
    return mask


def lesion_boxes(lesions: NDArray[np.generic], *, instances: bool) -> tuple[Box, ...]:
    """Boxes around the lesions of a mask (height, width): one per value, or per connected part."""
    import cv2

    boxes = []
    planes = [lesions == value for value in np.unique(lesions) if value] if instances else [lesions != 0]
    for plane in planes:
        if instances:
            ys, xs = np.nonzero(plane)
            boxes.append(Box(xs.min() - 0.5, ys.min() - 0.5, np.ptp(xs) + 1.0, np.ptp(ys) + 1.0))
            continue
        _, _, stats, _ = cv2.connectedComponentsWithStats(plane.astype(np.uint8), connectivity=8)
        boxes += [Box(x - 0.5, y - 0.5, float(w), float(h)) for x, y, w, h, _ in stats[1:].tolist()]
    return tuple(Box(float(b.x), float(b.y), float(b.width), float(b.height)) for b in boxes)


def run_lengths(counts: Sequence[int], size: tuple[int, int]) -> Mask:
    """(height, width) bool from COCO's uncompressed run lengths: column by column, 0 first.

    Raises:
        ValueError: the runs do not add up to the image.
    """
    runs = np.asarray(counts, np.int64)
    if (runs < 0).any() or int(runs.sum()) != size[0] * size[1]:
        raise ValueError("the run lengths do not fit their size")
    values = np.arange(len(runs)) % 2 == 1
    return np.ascontiguousarray(np.repeat(values, runs).reshape(size[1], size[0]).T)


def unpacked_lengths(packed: str) -> list[int]:
    """COCO's compressed run lengths: 5 bits a character from "0" on, each from the third on a difference.

    Raises:
        ValueError: they end too early.
    """
    counts: list[int] = []
    value = shift = 0
    for character in packed:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError("these are no run lengths")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("the run lengths end too early")
    return counts
