"""Several lesions at random: all or none, within the limits, and each property with a stream of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.anatomy import Anatomy, DangerZone, Where
from app.composition.scattering import Scatter, scatter
from app.errors import LithographError
from app.tasks import task

WANTED = Scatter(8, ("stone-round", "stone-oval"), "attenuation", (3, 9), (0.5, 2.0), spacing_mm=4, seed=5)
IDS = [f"lesion-{number}" for number in range(2, 202)]


@pytest.fixture(scope="module")
def where() -> Where:
    forbidden = np.zeros((160, 200), bool)
    forbidden[:, 90:110] = True
    anatomy = Anatomy({"spine": forbidden}, "test")
    danger = DangerZone.from_anatomy(anatomy, task("kub-xray"), (1.0, 1.0))
    heat = danger.permissible.astype(np.float32)
    return Where(anatomy, danger, heat / heat.sum(), ())


def test_the_same_seed_gives_the_same_lesions_within_the_limits(where: Where) -> None:
    lesions = scatter(WANTED, where, (), IDS)
    assert scatter(WANTED, where, (), IDS) == lesions
    assert [lesion.id for lesion in lesions] == IDS[:8]
    assert {lesion.lesion for lesion in lesions} == set(WANTED.lesions)
    assert all(3 <= lesion.diameter_mm <= 9 and 0.5 <= lesion.contrast <= 2 for lesion in lesions)
    assert len({lesion.seed for lesion in lesions}) == len({lesion.rotation_deg for lesion in lesions}) == 8
    assert all(where.danger.reason(one.x, one.y, one.diameter_mm) is None for one in lesions)
    assert not any(lesion.overridden for lesion in lesions)


def test_another_range_of_one_property_leaves_the_others(where: Where) -> None:
    lesions = scatter(WANTED, where, (), IDS)
    larger = scatter(replace(WANTED, diameter_mm=(10, 14)), where, (), IDS)
    assert [(one.lesion, one.seed, one.contrast) for one in larger] == [
        (one.lesion, one.seed, one.contrast) for one in lesions
    ]
    straight = scatter(replace(WANTED, turned=False), where, (), IDS)
    assert straight == tuple(replace(lesion, rotation_deg=0.0) for lesion in lesions)


def test_new_lesions_keep_their_distance_from_those_that_are_there(where: Where) -> None:
    there = scatter(WANTED, where, (), IDS)
    for one in scatter(replace(WANTED, seed=6), where, there, IDS[8:]):
        for other in there:
            gap = np.hypot(one.x - other.x, one.y - other.y) - (one.diameter_mm + other.diameter_mm) / 2
            assert gap >= WANTED.spacing_mm


def test_too_little_room_is_refused_as_a_whole(where: Where) -> None:
    with pytest.raises(LithographError, match=r"of 150 "):
        scatter(replace(WANTED, count=150, diameter_mm=(20, 20)), where, (), IDS)
