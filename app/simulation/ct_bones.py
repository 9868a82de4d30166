"""Bone in a CT, told from contrast medium, and split into spine, ribs and pelvis by where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.simulation.ct_volume import Volume

SPINE, RIBS, PELVIS = 1, 2, 3
_DENSE = 190
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Bones:
    """Bone in a volume.

    Attributes:
        labels: (z, y, x) uint8: `SPINE`, `RIBS`, `PELVIS`, 0 for no bone.
        contrast: (z, y, x): dense, but not bone.
        crest: the slice of the upper iliac crest; None where no hip bone is seen.
    """

    labels: NDArray[np.uint8]
    contrast: Mask
    crest: int | None


def find_bones(volume: Volume, body: Mask) -> Bones:
    """Thresholds, connected parts and their place decide; contrast medium is as dense as bone, so HU cannot.

    Bone is the largest part, what lies behind the front of the column, and ribs: in the wall of the trunk,
    beside lung. Contrast-filled bowel and vessels lie before the column and deeper.
    """
    from scipy.ndimage import label

    mm = volume.mm
    dense = (volume.hu > _DENSE) & body
    middle, front = _spine_line(dense, mm)
    opened = _morphology("open", dense, 1)
    parts, count = label(opened)
    where = np.nonzero(opened)
    part = parts[where]
    sizes = np.bincount(part, minlength=count + 1)

    def share(of: Mask) -> NDArray[np.float64]:
        return np.bincount(part, of, count + 1) / np.maximum(sizes, 1)

    behind = share((where[1] - front[where[0]]) * mm > -6)
    depth = _depth(body)[where] * mm
    air = _morphology(
        "dilate", (volume.hu < -600) & _morphology("erode", body, round(12 / mm)), round(7 / mm)
    )
    keep = (
        (behind > 0.45) | ((share(depth < 34) > 0.85) & (share(air[where]) > 0.25)) | (sizes == sizes.max())
    )
    keep[0] = False
    bone = _morphology("dilate", keep[parts], 2) & dense
    contrast = dense & ~bone
    bone = _morphology("close", bone, 3) & ~contrast & (volume.hu > 0)
    off = (np.arange(dense.shape[2])[None, None] - middle[:, None, None]) * mm
    labels, crest = _split(bone, off, mm)
    return Bones(labels, contrast, crest)


def _morphology(what: str, mask: Mask, radius: int) -> Mask:
    """Slice by slice, with a disc of `radius` voxels."""
    import cv2

    codes = {
        "open": cv2.MORPH_OPEN,
        "close": cv2.MORPH_CLOSE,
        "dilate": cv2.MORPH_DILATE,
        "erode": cv2.MORPH_ERODE,
    }
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * max(1, radius) + 1,) * 2)
    out = np.empty_like(mask)
    for z, plane in enumerate(mask):
        out[z] = cv2.morphologyEx(plane.view(np.uint8), codes[what], disc)
    return out


def _depth(body: Mask) -> NDArray[Any]:
    """Distance from the skin within each slice, in voxels."""
    import cv2

    planes = [cv2.distanceTransform(np.pad(p.view(np.uint8), 1), cv2.DIST_L2, 5) for p in body]
    return np.stack(planes)[:, 1:-1, 1:-1]


def _spine_line(dense: Mask, mm: float) -> tuple[NDArray, NDArray]:
    """Per slice the column of the spine's middle and the row of its front, smoothed over the height."""
    from scipy.ndimage import gaussian_filter1d, median_filter

    depth, height, width = dense.shape
    front = np.full(depth, height * 0.5)
    middle = np.full(depth, width * 0.5)
    rows = np.arange(height)
    for z in range(depth):
        band = dense[z][:, int(width * 0.35) : int(width * 0.65)]
        profile = band.sum(1)
        mass = profile[int(height * 0.35) :].sum()
        if mass < 30:
            continue
        low = np.average(rows[int(height * 0.35) :], weights=profile[int(height * 0.35) :])
        front[z] = low - 28 / mm
        near = np.abs(rows - low) < 40 / mm
        columns = band[near].sum(0)
        middle[z] = np.average(np.arange(band.shape[1]) + int(width * 0.35), weights=columns + 1e-3)
    window = max(3, round(40 / mm))
    return (
        gaussian_filter1d(median_filter(middle, window, mode="nearest"), window / 3),
        gaussian_filter1d(median_filter(front, window, mode="nearest"), window / 3),
    )


def _split(bone: Mask, off: NDArray[np.floating], mm: float) -> tuple[NDArray[np.uint8], int | None]:
    """Labels of `bone`, given each column's distance (mm) from the spine, and the crest's slice."""
    from scipy.ndimage import label

    lateral = bone & (np.abs(off) > 34)
    parts, count = label(lateral)
    labels = np.where(bone, SPINE, 0).astype(np.uint8)
    crest = None
    if count:
        labels[lateral] = RIBS
        sizes = np.bincount(parts.ravel())
        bottom = np.zeros(count + 1, int)
        top = np.full(count + 1, bone.shape[0])
        for z in range(bone.shape[0]):
            seen = np.unique(parts[z])
            bottom[seen] = z
            top[seen] = np.minimum(top[seen], z)
        tall = (bottom - top) * mm
        # A hip bone is large and reaches further down than any rib.
        lowest_rib = bone.shape[0]
        hip = (sizes * mm**3 > 40_000) & (tall > 60) & (bottom > 0.6 * bone.shape[0])
        hip[0] = False
        if hip.any():
            crest = int(top[hip].min())
            lowest_rib = crest
        below = np.arange(count + 1) > 0
        below &= (top + bottom) / 2 > lowest_rib + 30 / mm
        labels[(hip | below)[parts] & lateral] = PELVIS
        # Transverse processes reach less far out than any rib.
        reach = np.zeros(count + 1)
        where = np.nonzero(lateral)
        np.maximum.at(reach, parts[where], np.abs(off[where[0], 0, where[2]]))
        labels[(reach < 62)[parts] & lateral & (labels == RIBS)] = SPINE
        if crest is not None:
            sacrum = min(crest + round(48 / mm), bone.shape[0])
            labels[sacrum:][bone[sacrum:]] = PELVIS
    labels[~bone] = 0
    return labels, crest
