"""Diameters of shapes whose diameters are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lesions.measure import diameters


def ellipse(a: float, b: float, degrees: float, size: int = 160) -> np.ndarray:
    """The pixels whose centres lie in an ellipse of semi-axes a and b."""
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    u, v = columns * cos + rows * sin, rows * cos - columns * sin
    return (u / a) ** 2 + (v / b) ** 2 <= 1


def test_nothing_measures_nothing():
    assert diameters(np.zeros((5, 7), bool)) == (0.0, 0.0)


def test_a_pixel_measures_one():
    mask = np.zeros((5, 7), bool)
    mask[2, 3] = True
    assert diameters(mask) == (1.0, 1.0)


@pytest.mark.parametrize("length", [2, 3, 17])
def test_a_row_measures_its_pixels(length):
    mask = np.zeros((9, 20), bool)
    mask[4, 1 : 1 + length] = True
    assert diameters(mask) == (length, 1.0)
    assert diameters(mask.T) == (length, 1.0)


@given(st.floats(8, 60), st.floats(0.3, 1.0), st.floats(0, 180))
def test_an_ellipse_measures_its_axes(a, ratio, degrees):
    longest, perpendicular = diameters(ellipse(a, a * ratio, degrees))
    assert longest == pytest.approx(2 * a, abs=1.5)
    assert perpendicular <= longest + 1e-9
    assert perpendicular == pytest.approx(2 * a * ratio, abs=2.5)


def test_the_perpendicular_chord_lies_within_the_width_of_a_triangle():
    rows, columns = np.indices((60, 60))
    mask = (rows >= 10) & (rows <= 49) & (columns - 10 <= rows - 10) & (columns >= 10)
    longest, perpendicular = diameters(mask)
    assert longest == pytest.approx(39 * 2**0.5 + 1)
    assert perpendicular == pytest.approx(39 / 2**0.5 + 1, abs=1)


def test_other_values_than_one_count_as_lesion():
    mask = np.zeros((8, 8), np.uint8)
    mask[2:5, 3] = 7
    assert diameters(mask) == (3.0, 1.0)
