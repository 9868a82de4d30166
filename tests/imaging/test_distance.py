"""Distances: exact, and the same on every run."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt

from app.imaging.distance import distance_px


def test_distances_are_exact() -> None:
    inside = np.random.default_rng(0).random((120, 90)) > 0.02
    np.testing.assert_array_equal(distance_px(inside), distance_transform_edt(inside).astype(np.float32))


def test_squared_distances_are_whole_numbers_so_every_run_agrees() -> None:
    rng = np.random.default_rng(1)
    inside = rng.random((200, 200)) > 0.001
    first = distance_px(inside)
    kept = []
    for _ in range(50):
        kept.append(np.empty(int(rng.integers(1, 9000)), np.uint8))  # moves where arrays lie in memory
        assert distance_px(inside).tobytes() == first.tobytes()


def test_without_an_outside_it_is_far() -> None:
    assert distance_px(np.ones((4, 5), bool)).min() >= 1e8
