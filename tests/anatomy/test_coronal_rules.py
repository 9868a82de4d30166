"""Bones of a coronal slice that is drawn here, where every one of them is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.anatomy.coronal_rules import coronal_bones
from app.training.danger_zone.evaluation import dice

MM = 0.8
SHAPE = (320, 390)


def trunk(turn: float = 0.0) -> tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]]]:
    """HU cut off at a soft-tissue window, and the bones: vertebrae with discs, ribs, iliac crests."""
    hu = np.full(SHAPE, -100, np.float32)
    known = {name: np.zeros(SHAPE, np.uint8) for name in ("spine", "ribs", "pelvis")}
    cv2.rectangle(known["spine"], (172, 0), (218, 319), 1, -1)
    hu[known["spine"] > 0] = 60
    for top in range(0, 300, 46):
        cv2.rectangle(hu, (172, top), (218, top + 38), 240, -1)
        cv2.rectangle(hu, (178, top + 5), (212, top + 33), 160, -1)
    for x in (24, 366):
        for y in range(20, 190, 34):
            cv2.ellipse(known["ribs"], (x, y), (6, 11), 10, 0, 360, 1, -1)
        cv2.ellipse(known["pelvis"], (x + (70 if x < 200 else -70), 330), (40, 45), 0, 0, 360, 1, -1)
    for name in ("ribs", "pelvis"):
        hu[known[name] > 0] = 240
    move = cv2.getRotationMatrix2D((195, 160), turn, 1.0)
    seen = cv2.warpAffine(hu, move, SHAPE[::-1], borderValue=-160)
    turned = {name: cv2.warpAffine(mask, move, SHAPE[::-1]) > 0 for name, mask in known.items()}
    noise = np.random.default_rng(0).normal(0, 8, SHAPE).astype(np.float32)
    return np.clip(seen + noise, -160, 240).astype(np.float32), turned


@pytest.mark.parametrize("turn", [0.0, 6.0])
def test_bones_are_told_apart_by_their_place(turn: float) -> None:
    hu, known = trunk(turn)
    found = coronal_bones(hu, MM)
    assert dice(found["spine"], known["spine"]) > 0.93
    assert dice(found["ribs"], known["ribs"]) > 0.9
    assert dice(found["pelvis"], known["pelvis"]) > 0.85
    assert not (found["spine"] & (found["ribs"] | found["pelvis"])).any()


def test_a_stone_is_no_bone_where_it_is_said_to_be_one() -> None:
    hu, _ = trunk()
    stone = cv2.circle(np.zeros(SHAPE, np.uint8), (120, 160), 8, 1, -1) > 0
    hu[stone] = 240
    assert coronal_bones(hu, MM)["ribs"][stone].mean() > 0.8
    assert not coronal_bones(hu, MM, cv2.dilate(stone.astype(np.uint8), np.ones((5, 5))) > 0)["ribs"][
        stone
    ].any()


def test_an_image_without_a_spine_has_none() -> None:
    found = coronal_bones(np.full(SHAPE, 40, np.float32), MM)
    assert not any(mask.any() for mask in found.values())
