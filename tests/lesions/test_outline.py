"""The outline that is proposed inside a rectangle: where it runs, when there is none, how it grows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.imaging.image import Image
from app.lesions.outline import ellipse, propose
from tests.lesions.toy import toy


def _box(mask: np.ndarray, beside: float) -> tuple[float, float, float, float]:
    rows, columns = np.nonzero(mask)
    return (
        columns.min() - beside,
        rows.min() - beside,
        columns.max() + beside,
        rows.max() + beside,
    )


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Dice."""
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize("beside", [0.5, 3.0, 9.0])
@pytest.mark.parametrize("inverted", [False, True])
def test_the_lesion_is_found_however_generous_the_rectangle(beside: float, inverted: bool) -> None:
    image, mask = toy(64, 8)
    if inverted:
        image = replace(image, pixels=-image.pixels, inverted=True)
    outline = propose(image, _box(mask, beside))
    assert outline.found
    assert _overlap(outline.mask(image), mask) > 0.94
    longest, across = outline.diameters_mm(image)
    assert longest == pytest.approx(8.0, rel=0.06)
    assert across < longest


def test_a_faint_stone_in_the_noise_of_a_radiograph_is_found() -> None:
    rng = np.random.default_rng(3)
    rows, columns = np.indices((160, 160))
    truth = np.hypot((rows - 80) / 14, (columns - 70) / 9) <= 1
    pixels = 1500 + 2.0 * columns + 60 * truth + rng.normal(0, 20, truth.shape)
    image = Image(pixels.astype(np.uint16), (0.2, 0.2))
    outline = propose(image, (55, 60, 85, 100))
    assert outline.found
    assert _overlap(outline.mask(image), truth) > 0.85


def test_a_vessel_that_hangs_on_to_a_nodule_and_a_wall_beside_it_are_left_out() -> None:
    image, mask = toy(64, 8)
    pixels = image.pixels.copy()
    pixels[31:33, :32] = 0  # a vessel
    pixels[:, 45:] = 50  # a wall
    spoilt = replace(image, pixels=pixels)
    outline = propose(spoilt, _box(mask, 4))
    assert outline.found
    assert _overlap(outline.mask(image), mask) > 0.9


def test_where_nothing_stands_out_the_ellipse_is_proposed() -> None:
    rng = np.random.default_rng(4)
    image = Image(rng.normal(100, 10, (80, 80)).astype(np.float32))
    outline = propose(image, (30, 20, 50, 60))
    assert not outline.found
    assert (outline.mask(image) == ellipse((30, 20, 50, 60)).mask(image)).all()
    assert outline.diameters_mm(image) == pytest.approx((40, 20), abs=1.5)


def test_it_grows_and_shrinks_by_fractions_of_a_pixel() -> None:
    image, mask = toy(64, 8)
    outline = propose(image, _box(mask, 3))
    lengths = [outline.diameters_mm(image, grown)[0] for grown in (-1.5, -0.5, 0, 0.5, 1.5)]
    assert lengths == sorted(lengths)
    assert lengths[-1] - lengths[0] == pytest.approx(2 * 3.0 * 0.5, rel=0.2)
    areas = [outline.mask(image, grown).sum() for grown in (-1.5, 0, 1.5)]
    assert areas[0] < areas[1] < areas[2]


def test_the_lines_run_along_the_mask_in_pixels_of_the_image() -> None:
    image, mask = toy(64, 8)
    outline = propose(image, _box(mask, 3))
    (line,) = outline.lines()
    found = outline.mask(image)
    rows, columns = np.nonzero(found)
    assert line[:, 0].min() == pytest.approx(columns.min(), abs=0.8)
    assert line[:, 0].max() == pytest.approx(columns.max(), abs=0.8)
    assert line[:, 1].min() == pytest.approx(rows.min(), abs=0.8)
    assert line[:, 1].max() == pytest.approx(rows.max(), abs=0.8)


@pytest.mark.parametrize("box", [(-9, -9, 5, 5), (60, 60, 90, 80), (200, 200, 240, 230), (3, 3, 3.2, 3.1)])
def test_a_rectangle_over_the_edge_or_of_no_size_is_no_fault(box: tuple[float, ...]) -> None:
    image, _ = toy(64, 8)
    outline = propose(image, box)  # type: ignore[arg-type]
    assert outline.mask(image).shape == image.pixels.shape
    assert np.isfinite(outline.depth).all()


def test_pixels_that_are_not_numbers_are_looked_past() -> None:
    image, mask = toy(64, 8)
    pixels = image.pixels.copy()
    pixels[30, 30] = np.nan
    outline = propose(replace(image, pixels=pixels), _box(mask, 3))
    assert _overlap(outline.mask(image), mask) > 0.9
