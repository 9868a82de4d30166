"""Structures outlined by hand in coronal CT images, as polygons, and what an image makes of them.

A polygon that runs somewhere in the fat around an organ is quickly drawn; the organ's edge is the image's to
say. So polygons are exact only where two organs touch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.anatomy.coronal_rules import closed, coronal_bones, filled, opened
from app.errors import LithographError
from app.paths import RESOURCES

Mask = NDArray[np.bool_]
Polygons = tuple[NDArray[np.float64], ...]
"""(points, 2) each: x, y in pixels."""

FILE = RESOURCES / "annotations" / "abdomen-ct.json"
TISSUE, STONE, BONE = -47, 177, 150
"""HU above which there is muscle or an organ, a stone, bone."""
LUNG, OUTER_AIR = -113, -129
"""HU below which lies air, in the lungs and around the body; the window hides what is below -160."""
_BONES = ("spine", "pelvis", "ribs")
_NOT_BONE = "not-bone"


@cache
def outlines() -> Mapping[str, Mapping[str, Polygons]]:
    """By image and structure. A structure that is named without polygons is known to be absent.

    Raises:
        LithographError: the file is gone or damaged.
    """
    try:
        images: dict[str, dict[str, list[list[float]]]] = json.loads(FILE.read_text(encoding="utf-8"))[
            "images"
        ]
        return {
            image: {
                structure: tuple(np.array(points, float).reshape(-1, 2) for points in polygons)
                for structure, polygons in structures.items()
            }
            for image, structures in images.items()
        }
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise LithographError(
            f"The outlines {FILE} are gone or damaged; install the program again."
        ) from error


def fitted(hu: NDArray[Any], polygons: Mapping[str, Polygons], mm: float, stones: Mask) -> dict[str, Mask]:
    """The masks, (height, width) each, of every structure that was outlined, and of the bones.

    Args:
        hu: (height, width) in HU, cut off beyond a soft-tissue window.
        polygons: of this image, by structure.
        mm: the side of a pixel.
        stones: (height, width), where there are stones.
    """
    masks = coronal_bones(hu, mm, stones)
    inside = {name: [_drawn(points, hu.shape) for points in parts] for name, parts in polygons.items()}
    for name in (*_BONES, _NOT_BONE):
        for part in inside.pop(name, []):
            masks = {bone: mask & ~part for bone, mask in masks.items()}
            if name != _NOT_BONE:
                masks[name] = masks[name] | filled(closed(part & (hu > BONE), 1.6 / mm))
    bone = np.any([masks[name] for name in _BONES], axis=0)
    for name, parts in inside.items():
        masks[name] = np.zeros(hu.shape, bool)
        for part in parts:
            masks[name] |= _fitted(name, part, hu, bone, mm)
    if "kidneys" in masks:
        masks["ribs"] = masks["ribs"] & ~masks["kidneys"]
    return masks


def _fitted(name: str, part: Mask, hu: NDArray[Any], bone: Mask, mm: float) -> Mask:
    """What of a polygon belongs to the structure."""
    tissue = cv2.GaussianBlur(hu, (0, 0), 0.8 / mm) > TISSUE
    match name:
        case "kidneys":  # with the fat of the sinus, where stones lie, but not that around the organ
            return opened(filled(closed(part & (tissue | (hu >= STONE)), 6.4 / mm)) & part, 1.6 / mm)
        case "bowel":  # with its gas
            return filled(closed(part & tissue, 3.2 / mm)) & part
        case "lungs":  # with their vessels
            return filled(closed(part & (cv2.blur(hu, (3, 3)) < LUNG), 2.4 / mm)) & part & ~bone
        case "outside":
            return part & (cv2.blur(hu, (5, 5)) < OUTER_AIR)
        case _:
            return opened(part & tissue & ~bone, 1.6 / mm)


def _drawn(points: NDArray[np.float64], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(points * 8).astype(np.int32)], 1, shift=3)
    return mask.astype(bool)
