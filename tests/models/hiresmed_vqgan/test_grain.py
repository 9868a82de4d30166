"""Grain: as strong as it is measured to be, where it is measured."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from models.hiresmed_vqgan.grain import NO_GRAIN, Grain, measured

SHAPE = (256, 320)


def slope() -> np.ndarray:
    return np.tile(np.linspace(-1, 1, SHAPE[1], dtype=np.float32), (SHAPE[0], 1)) * np.float32(0.9)


@pytest.mark.parametrize("blur", [0.0, 0.8])
def test_what_was_measured_is_what_is_added(blur: float) -> None:
    given = Grain((-1.0, 0.0, 1.0), (0.01, 0.03, 0.05), blur)
    smooth = slope()
    edge = np.zeros(SHAPE, np.float32)
    edge[100:104] = 0.3  # a rib that the counterpart lacks is no grain

    found = measured([(given.added(smooth + edge, seed), smooth) for seed in range(4)])

    expected = np.interp(found.values, given.values, given.strengths)
    # What lies below a few pixels' width counts alone: a little of the grain is lost with the slopes.
    assert np.allclose(found.strengths, expected, rtol=0.4)
    assert found.strengths[-2] > 2 * found.strengths[1]
    assert found.blur == pytest.approx(blur, abs=0.35)


def test_it_follows_its_seed_and_stays_within_bounds() -> None:
    grain, image = Grain((-1.0, 1.0), (0.5, 0.5), 0.6), slope()
    one, again, other = (grain.added(image, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.abs(one).max() <= 1
    assert one.dtype == np.float32
    noise = cv2.GaussianBlur(one - image, (0, 0), 8)
    assert np.abs(noise[:, 80:240]).max() < 0.25


def test_without_images_there_is_none_and_cards_keep_it() -> None:
    assert measured([]) == NO_GRAIN
    np.testing.assert_array_equal(NO_GRAIN.added(slope(), 3), slope())
    grain = Grain((-1.0, 1.0), (0.1, 0.2), 0.7)
    assert Grain.from_card(grain.as_card()) == grain
