"""What makes a drawing a lesion, and how a drawing is made ready."""

from __future__ import annotations

import numpy as np
import pytest

from app.lesions.shape import Shape, cleaned


def disc(radius: float = 12, centre: tuple[float, float] = (32, 32)) -> np.ndarray:
    """(64, 64) float32: 1 inside."""
    rows, columns = np.indices((64, 64))
    return (np.hypot(rows - centre[0], columns - centre[1]) <= radius).astype(np.float32)


LIKE = Shape.of(disc(), disc())


def test_a_disc_is_measured():
    assert LIKE.area == disc().sum()
    assert LIKE.contrast == pytest.approx(1)
    assert LIKE.solidity > 0.95
    assert LIKE.hollow == 0
    assert LIKE.cut == 0
    assert LIKE.resembles(LIKE)


@pytest.mark.parametrize(
    ("contrast", "alpha", "present"),
    [
        (disc() * 0, disc() * 0, False),
        (disc(6), disc(6), False),
        (disc(20), disc(20), False),
        (disc() * 0.4, disc(), False),
        (disc() * 1.8, disc(), False),
        (disc() - disc(5), disc() - disc(5), True),
        (disc() - disc(9, (40, 32)), disc() - disc(9, (40, 32)), True),
        (disc(12, (10, 32)), disc(12, (10, 32)), True),
    ],
)
def test_what_does_not_resemble_the_exemplar(contrast, alpha, present):
    shape = Shape.of(contrast, alpha)
    assert shape.present(LIKE) is present
    assert not shape.resembles(LIKE)


def test_cleaning_keeps_the_largest_piece_and_frees_the_frame():
    raw = np.stack([disc() + disc(3, (6, 6)), disc() + 0.7 * disc(3, (6, 6)) + disc(2, (32, 63))])
    contrast, alpha = cleaned(raw)
    assert alpha[32, 32] == 1
    assert not alpha[:12, :12].any()
    assert not alpha[:, -1].any()
    assert not contrast[alpha == 0].any()
    assert set(np.unique(alpha)) <= {0.0, 1.0}
