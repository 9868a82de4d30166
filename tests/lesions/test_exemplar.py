"""Cutting a lesion out of an image: what is kept, what is taken away, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.errors import LithographError
from app.imaging.image import Image
from app.lesions.exemplar import DIAMETER, prepare
from app.lesions.measure import diameters
from tests.lesions.toy import toy


def test_the_plane_is_subtracted_and_the_lesion_kept():
    exemplar = prepare(*toy())
    assert np.median(exemplar.residual[exemplar.alpha > 0.95]) == pytest.approx(800, abs=40)
    assert not exemplar.residual[exemplar.alpha == 0].any()
    assert not exemplar.alpha[0].any()
    assert not exemplar.alpha[:, -1].any()


def test_the_size_is_in_mm_and_the_scale_fits_the_frame():
    image, mask = toy(96, 20)
    exemplar = prepare(image, mask)
    assert exemplar.diameter_mm == pytest.approx(40 * 0.5, abs=1)
    assert exemplar.spacing_mm == pytest.approx(exemplar.diameter_mm / DIAMETER)
    assert exemplar.alpha.shape == (64, 64)
    drawn = diameters(exemplar.alpha >= 0.5)[0] * exemplar.spacing_mm
    assert drawn == pytest.approx(exemplar.diameter_mm, rel=0.08)


def test_pixels_that_are_not_square_become_square():
    rows, columns = np.indices((40, 80))
    disc = np.hypot((rows - 20) * 1.0, (columns - 40) * 0.5) <= 8
    image = Image(np.where(disc, 50, -850).astype(np.int16), (1.0, 0.5), unit="HU")
    longest, perpendicular = diameters(prepare(image, disc).alpha >= 0.5)
    assert perpendicular / longest > 0.9


def test_a_small_lesion_is_not_enlarged_without_end():
    image, mask = toy(32, 3)
    exemplar = prepare(image, mask)
    assert exemplar.spacing_mm == pytest.approx(0.5 / 4)
    assert exemplar.alpha.shape[0] < 64


def test_a_generous_mask_shrinks_to_the_lesion():
    image, mask = toy(64, 8)
    rows, columns = np.indices(mask.shape) - 31.5
    generous = np.hypot(rows, columns) <= 13
    exemplar = prepare(image, generous)
    area_mm2 = (exemplar.alpha >= 0.5).sum() * exemplar.spacing_mm**2
    assert area_mm2 == pytest.approx(mask.sum() * 0.25, rel=0.2)


def test_a_lesion_at_a_brighter_wall_lies_in_the_darker_tissue():
    image, mask = toy(64, 8)
    pixels = image.pixels.copy()
    pixels[:, 41:] = 60
    exemplar = prepare(Image(pixels, (0.5, 0.5), unit="HU"), mask)
    assert np.median(exemplar.residual[exemplar.alpha > 0.95]) == pytest.approx(800, abs=60)


def test_an_inverted_image_gives_a_negative_residual():
    image, mask = toy()
    inverted = replace(image, pixels=-image.pixels, inverted=True)
    exemplar = prepare(inverted, mask)
    assert np.median(exemplar.residual[exemplar.alpha > 0.95]) == pytest.approx(-800, abs=40)


def test_an_uncalibrated_image_is_measured_in_pixels():
    image, mask = toy()
    exemplar = prepare(replace(image, spacing=None), mask)
    assert exemplar.diameter_mm == pytest.approx(diameters(mask)[0])


def _nan(image: Image, mask: np.ndarray) -> tuple[Image, np.ndarray]:
    pixels = image.pixels.copy()
    pixels[mask] = np.nan
    return replace(image, pixels=pixels), mask


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda i, m: (i, m & False), "mask is empty"),
        (lambda i, m: (i, m[:-1]), "mask is 47 × 48 pixels but the image 48 × 48"),
        (lambda i, m: (i, m & (np.add.outer(np.arange(48), np.arange(48)) == 46) & _middle()), "pixels long"),
        (lambda i, m: (i, m | True), "covers the whole image"),
        (_nan, "not numbers"),
        (lambda i, m: (replace(i, pixels=-i.pixels), m), "does not stand out"),
        (lambda i, m: (replace(i, pixels=i.pixels * 0), m), "does not stand out"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_a_sentence(spoil, says):
    with pytest.raises(LithographError, match=says) as raised:
        prepare(*spoil(*toy()))
    assert str(raised.value).endswith(".")
    assert "\n" not in str(raised.value)


def _middle() -> np.ndarray:
    mask = np.zeros((48, 48), bool)
    mask[22:24, 22:25] = True
    return mask
