"""Drawing places: permitted, apart, by the heatmap, and the same for the same seed."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from app.anatomy import Anatomy, DangerZone, Where, choose
from app.errors import LithographError
from app.tasks import task

KUB = task("kub-xray")


def where_of(heat: NDArray, forbidden: NDArray, pixel_mm: tuple[float, float] = (1.0, 1.0)) -> Where:
    anatomy = Anatomy({"spine": forbidden}, "test")
    danger = DangerZone.from_anatomy(anatomy, KUB, pixel_mm)
    heat = np.where(danger.permissible, heat, 0).astype(np.float32)
    return Where(anatomy, danger, heat / heat.sum(dtype=np.float64).astype(np.float32), ())


def striped(pixel_mm: tuple[float, float] = (1.0, 1.0)) -> Where:
    forbidden = np.zeros((120, 160), bool)
    forbidden[:, 70:80] = True
    return where_of(np.ones(forbidden.shape), forbidden, pixel_mm)


@pytest.mark.parametrize("pixel_mm", [(1.0, 1.0), (0.6, 1.4)])
@pytest.mark.parametrize("seed", range(8))
def test_places_are_permitted_and_apart(seed: int, pixel_mm: tuple[float, float]) -> None:
    where = striped(pixel_mm)
    diameters = [4.0, 12.0, 7.5, 3.0, 9.0, 5.0]
    taken = [(20.0, 20.0, 10.0), (130.0, 100.0, 6.0)]
    places = choose(where, 6, diameters, seed, taken)
    assert len(places) == 6
    discs = [(x, y, d) for (x, y), d in zip(places, diameters, strict=True)]
    for x, y, diameter in discs:
        assert where.danger.reason(x, y, diameter) is None
    for (x1, y1, d1), (x2, y2, d2) in itertools.combinations(discs + taken, 2):
        apart = np.hypot((y1 - y2) * pixel_mm[0], (x1 - x2) * pixel_mm[1])
        assert apart > (d1 + d2) / 2


def test_the_same_seed_chooses_the_same() -> None:
    where = striped()
    assert choose(where, 5, [6.0], 42) == choose(where, 5, [6.0], 42)
    assert choose(where, 5, [6.0], 42) != choose(where, 5, [6.0], 43)


def test_places_follow_the_heatmap() -> None:
    """Chi-square of 3,000 draws in four fields against the heatmap's own masses (p = 0.001 at 16.27)."""
    heat = np.zeros((40, 40))
    heat[:20, :20], heat[:20, 20:], heat[20:, :20], heat[20:, 20:] = 1, 2, 3, 4
    where = where_of(heat, np.zeros((40, 40), bool))
    safe = np.where(where.danger.safe_set(4.0), where.heatmap, 0).astype(np.float64)
    draws = 3000
    counts = np.zeros((2, 2))
    for seed in range(draws):
        ((x, y),) = choose(where, 1, [4.0], seed)
        counts[int(y >= 20), int(x >= 20)] += 1
    expected = safe.reshape(2, 20, 2, 20).sum(axis=(1, 3)) / safe.sum() * draws
    assert ((counts - expected) ** 2 / expected).sum() < 16.27


def test_no_room_is_said_in_one_sentence() -> None:
    with pytest.raises(LithographError, match=r"no more room .* 0 of 1 could be .*smaller lesions\.$"):
        choose(striped(), 1, [300.0], 0)
    with pytest.raises(LithographError, match=r"no more room .*: \d\d of 200 could be placed; ask for fewer"):
        choose(striped(), 200, [20.0], 0)
    with pytest.raises(LithographError, match=r"[1-9] of 30 could be .* less spacing between them\.$"):
        choose(striped(), 30, [10.0], 0, spacing_mm=30)


@pytest.mark.parametrize("pixel_mm", [(1.0, 1.0), (0.6, 1.4)])
def test_edges_keep_the_spacing_from_each_other_and_from_what_is_there(pixel_mm: tuple[float, float]) -> None:
    where, taken = striped(pixel_mm), [(20.0, 20.0, 10.0), (130.0, 100.0, 6.0)]
    diameters = [4.0, 8.0, 6.0, 3.0]
    places = choose(where, 4, diameters, 3, taken, spacing_mm=9.0)
    discs = [(x, y, d) for (x, y), d in zip(places, diameters, strict=True)] + taken
    gaps = [
        np.hypot((y1 - y2) * pixel_mm[0], (x1 - x2) * pixel_mm[1]) - (d1 + d2) / 2
        for (x1, y1, d1), (x2, y2, d2) in itertools.combinations(discs, 2)
    ]
    assert min(gaps[:-1]) > 9.0
    assert places != choose(where, 4, diameters, 3, taken)


def test_as_many_diameters_as_lesions() -> None:
    with pytest.raises(ValueError, match="3 lesions need 3 diameters"):
        choose(striped(), 3, [5.0, 6.0], 0)
