"""The parts of the chest phantom that follow laws: trees, the cage's coordinates, and noise."""

from __future__ import annotations

import numpy as np
import pytest

from app.simulation.chest_cage import Cage
from app.simulation.chest_canvas import Canvas, ellipse, smooth
from app.simulation.chest_reconstruction import blurred, noise
from app.simulation.chest_vessels import LEAF_MM, MURRAY, grow


def canvas(size: int = 256, pixel_mm: float = 1.0) -> Canvas:
    return Canvas(size, pixel_mm, (size / 2, size / 2), np.array([[0, 0, 1.0, 0, 0]]), 0.0)


def test_a_tree_reaches_every_target_near_the_slice() -> None:
    rng = np.random.default_rng(0)
    targets = rng.uniform(-30, 30, (400, 3))
    branches = grow(np.array([0.0, 0.0, 40.0]), targets, rng)
    ends = {tuple(np.round(branch.end, 6)) for branch in branches}
    near = targets[np.abs(targets[:, 2]) < 1]
    assert len(near) > 5
    assert all(tuple(np.round(target, 6)) in ends for target in near)


def test_radii_follow_the_number_of_targets() -> None:
    rng = np.random.default_rng(1)
    targets = rng.uniform(-20, 20, (300, 3))
    branches = grow(np.array([0.0, 0.0, 0.0]), targets, rng)
    radii = np.array([branch.radius for branch in branches])
    assert radii.max() == pytest.approx(LEAF_MM * 300 ** (1 / MURRAY))
    assert radii.min() == pytest.approx(LEAF_MM)
    assert np.median(radii) < 2 * LEAF_MM


def test_what_cannot_reach_the_slice_is_left_out() -> None:
    rng = np.random.default_rng(2)
    targets = rng.uniform((-10, -10, 40), (10, 10, 60), (200, 3))
    assert grow(np.array([0.0, 0.0, 60.0]), targets, rng) == []


def test_the_cage_is_a_coordinate_system() -> None:
    cage = Cage.around([ellipse((-50, -40), 45, 70), ellipse((50, -40), 45, 70)])
    front, side, back = cage.at([0, 90, 180], [0, 0, 0])
    assert front[1] < side[1] < back[1]
    assert abs(front[0]) < 2
    assert side[0] == pytest.approx(95, abs=3)
    out = cage.at([90], [10])[0] - side
    assert np.hypot(*out) == pytest.approx(10, abs=0.2)
    assert out[0] > 9


def test_a_band_lies_between_its_depths() -> None:
    cage = Cage.around([ellipse((0, 0), 90, 70)])
    band = canvas().inside(cage.band(40, 80, 5, 15))
    inner, outer = canvas().inside(cage.ring(3)), canvas().inside(cage.ring(17))
    assert band.sum() > 200
    assert not (band & inner).any()
    assert not (band & ~outer).any()


def test_smooth_passes_through_its_knots() -> None:
    knots = [(0.0, 0.0), (10.0, 2.0), (12.0, 9.0), (3.0, 8.0)]
    curve = smooth(knots, 10)
    assert curve.shape == (40, 2)
    assert np.allclose(curve[::10], knots)


def test_texture_has_the_asked_grain() -> None:
    plane = canvas(512)
    coarse, fine = (plane.texture(np.random.default_rng(3), scale) for scale in (20.0, 4.0))
    for field in (coarse, fine):
        assert abs(field.mean()) < 1e-4
        assert field.std() == pytest.approx(1, abs=1e-4)
    assert np.abs(np.diff(fine, axis=0)).mean() > 3 * np.abs(np.diff(coarse, axis=0)).mean()


def body(size: int = 256) -> np.ndarray:
    """A flat body of water, 380 mm wide and 200 deep, in air."""
    y, x = (np.mgrid[:size, :size] - size / 2) * 400 / size
    return np.where(np.hypot(x / 190, y / 100) < 1, 0, -1000).astype(np.float32)


def test_noise_has_the_asked_strength_and_comes_from_its_seed() -> None:
    first, second, other = (noise(body(), 400 / 256, 22.0, 0.5, np.random.default_rng(s)) for s in (4, 4, 5))
    assert (first == second).all()
    assert not np.allclose(first, other)
    assert first[110:146, 110:146].std() == pytest.approx(22, rel=0.2)
    assert abs(first.mean()) < 2


def test_noise_streaks_along_the_long_way_through_the_body() -> None:
    """Rays along the width are starved, so neighbours along a row agree more than those along a column."""
    field = noise(body(), 400 / 256, 20.0, 0.5, np.random.default_rng(6))[90:166, 60:196]

    def agreement(axis: int, step: int = 3) -> float:
        moved = np.roll(field, step, axis)
        return float(np.corrcoef(moved.ravel(), field.ravel())[0, 1])

    assert agreement(1) > agreement(0) + 0.1


def test_a_sharp_kernel_is_sharper() -> None:
    edge = np.zeros((128, 128), np.float32)
    edge[:, 64:] = 1000
    slopes = [np.diff(blurred(edge, 0.35, sharpness)[32]).max() for sharpness in (0.0, 0.5, 1.0)]
    assert slopes[0] < slopes[1] < slopes[2]
    assert blurred(edge, 0.35, 0.0).max() <= 1000.01
    assert blurred(edge, 0.35, 1.0).max() > 1010
