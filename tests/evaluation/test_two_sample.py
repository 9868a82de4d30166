"""The classifier two-sample test on samples whose answer is known."""

from __future__ import annotations

import numpy as np

from app.evaluation.two_sample import Sample, floor, told_apart

DIMENSIONS = 64


def sample(images: int, crops: int, shift: float, seed: int) -> Sample:
    """Images differ; so do the crops of one, a little less; `shift` moves a few features of all."""
    random = np.random.default_rng(seed)
    features = np.repeat(random.normal(0, 1, (images, DIMENSIONS)), crops, axis=0)
    features += random.normal(0, 0.5, features.shape)
    features[:, :4] += shift
    return Sample(features.astype(np.float32), np.repeat(np.arange(images), crops))


def test_what_differs_is_told_apart_and_what_does_not_is_not() -> None:
    real = sample(40, 3, 0.0, seed=1)
    areas = []
    for shift in (0.0, 1.0, 4.0):
        told = told_apart(real, sample(30, 3, shift, seed=2))
        assert told is not None
        assert told.interval[0] <= told.area <= told.interval[1]
        assert told.images == (40, 30)
        areas.append(told.area)
    assert 0.3 < areas[0] < 0.7
    assert areas[0] < areas[1] < areas[2]
    assert areas[2] > 0.97
    least = floor(real)
    assert least is not None
    assert 0.2 < least.area < 0.8


def test_crops_of_one_image_are_never_on_both_sides() -> None:
    """Twenty crops of an image are almost equal: a classifier that had seen some would know the others."""
    alike = told_apart(sample(12, 20, 0.0, seed=3), sample(12, 20, 0.0, seed=4))
    assert alike is not None
    assert alike.area < 0.75


def test_the_same_question_has_the_same_answer_and_too_few_images_have_none() -> None:
    one, other = sample(10, 2, 0.0, seed=5), sample(10, 2, 1.0, seed=6)
    assert told_apart(one, other) == told_apart(one, other)
    assert told_apart(sample(4, 9, 0.0, seed=7), other) is None
    assert floor(sample(8, 1, 0.0, seed=8)) is None
