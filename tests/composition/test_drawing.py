"""A drawn lesion has the asked size, place and turn on any pixels."""

from __future__ import annotations

import numpy as np
import pytest

from app.composition.drawing import Pattern, draw
from app.composition.measures import diameters_mm
from app.composition.thickness import chord
from tests.composition.examples import bar, disc, flat, place


@pytest.mark.parametrize("diameter", [4.0, 9.5, 20.0, 47.0])
@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 0.8), (1.4, 0.35)])
def test_the_diameter_on_the_mask_is_the_asked_one(diameter: float, spacing: tuple[float, float]) -> None:
    image = flat(shape=(220, 300), spacing=spacing)
    drawn = draw(Pattern.of(disc()), place(150.2, 110.7, diameter), image, (0, 0))
    longest, perpendicular = diameters_mm(drawn.label, spacing)
    assert longest == pytest.approx(diameter, abs=1.1 * max(spacing))
    assert perpendicular == pytest.approx(diameter, abs=1.3 * max(spacing))
    area = drawn.label.sum() * spacing[0] * spacing[1]
    assert area == pytest.approx(np.pi * diameter**2 / 4, rel=0.12)


@pytest.mark.parametrize("centre", [(60.0, 50.0), (60.5, 50.5), (60.25, 49.8)])
@pytest.mark.parametrize("diameter", [3.0, 12.0, 40.0])
def test_the_centre_lies_between_pixels_where_asked(centre: tuple[float, float], diameter: float) -> None:
    drawn = draw(Pattern.of(disc()), place(*centre, diameter), flat(), (0, 0))
    rows, columns = np.indices(drawn.alpha.shape)
    x = (drawn.alpha * columns).sum() / drawn.alpha.sum() + drawn.rect.x0
    y = (drawn.alpha * rows).sum() / drawn.alpha.sum() + drawn.rect.y0
    assert (x, y) == pytest.approx(centre, abs=0.03)


def test_a_turn_is_clockwise_on_the_screen_and_in_mm() -> None:
    """The bar's right end points down after a quarter turn, and it keeps its length where rows are high."""
    image = flat(spacing=(2.0, 0.5))
    drawn = draw(Pattern.of(bar()), place(70, 60, 40, rotation_deg=90), image, (0, 0))
    rows = np.flatnonzero(drawn.label.any(axis=1))
    columns = np.flatnonzero(drawn.label.any(axis=0))
    assert rows.size * 2.0 == pytest.approx(40, abs=3)
    assert columns.size * 0.5 == pytest.approx(10, abs=1)
    middle = drawn.residual[:, drawn.residual.shape[1] // 2]
    assert middle[rows[-2]] > 1.5 * middle[rows[1]]


@pytest.mark.parametrize("diameter", [1.0, 2.0, 3.3])
def test_a_small_lesion_is_averaged_not_sampled(diameter: float) -> None:
    """A lesion much smaller than its drawing keeps its whole substance, wherever it lies between pixels."""
    pattern = Pattern.of(disc(texture=0.5))
    wanted = pattern.channels[..., 1].sum() * (diameter / pattern.diameter) ** 2
    sums = [
        draw(pattern, place(60 + shift, 50 + 0.7 * shift, diameter), flat(), (0, 0)).residual.sum()
        for shift in np.linspace(0, 1, 7)
    ]
    assert sums == pytest.approx([wanted] * 7, rel=0.03)


def test_the_margin_is_drawn_around_the_lesion_but_not_beyond_the_image() -> None:
    pattern = Pattern.of(disc())
    bare = draw(pattern, place(60, 50, 10), flat(), (0, 0)).rect
    assert draw(pattern, place(60, 50, 10), flat(), (3, 5)).rect == bare.grown(3, 5)
    corner = draw(pattern, place(1, 1, 10), flat(), (3, 5)).rect
    assert (corner.y0, corner.x0) == (0, 0)


def test_contrast_scales_what_is_added_and_not_the_shape() -> None:
    pattern = Pattern.of(disc())
    full, weak = (draw(pattern, place(60, 50, 10, contrast=c), flat(), (0, 0)) for c in (1.0, -0.25))
    np.testing.assert_allclose(weak.residual, -0.25 * full.residual, rtol=1e-5)
    np.testing.assert_array_equal(weak.label, full.label)


def test_the_chord_of_a_sphere_is_exact() -> None:
    """2·sqrt(R² − r²) at the distance r from the axis."""
    size, radius = 64, 22.0
    y, x = np.indices((size, size)) - (size - 1) / 2
    r = np.hypot(x, y)
    alpha = np.clip(radius - r + 0.5, 0, 1).astype(np.float32)
    length = chord(alpha)
    expected = 2 * np.sqrt(np.maximum(radius**2 - r**2, 0))
    inside = r < radius - 1
    assert np.abs(length - expected)[inside].max() < 0.06 * 2 * radius
    assert length.sum() == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.03)
    assert length[r > radius + 1].max() == 0


def test_a_branch_is_as_deep_as_it_is_wide() -> None:
    alpha = np.zeros((60, 90), np.float32)
    y, x = np.indices(alpha.shape)
    alpha[np.hypot(x - 25, y - 30) <= 18] = 1
    alpha[26:34, 30:85] = 1
    length = chord(alpha)
    assert length[30, 25] == pytest.approx(36, abs=2)
    assert length[26:34, 70].max() == pytest.approx(8, abs=1)


def test_the_empty_shape_has_no_chord() -> None:
    assert chord(np.zeros((5, 7), np.float32)).max() == 0


def test_the_drawing_is_the_same_each_time() -> None:
    pattern = Pattern.of(disc(texture=0.3))
    one, other = (draw(pattern, place(61.3, 49.9, 17, rotation_deg=33), flat(), (1, 1)) for _ in range(2))
    for name in ("alpha", "residual", "projected", "label"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
