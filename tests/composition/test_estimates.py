"""Noise and grain are estimated from the background, and Poisson's equation is solved."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from scipy import ndimage

from app.composition.multigrid import solve_poisson
from app.composition.noise import NoiseTexture
from app.composition.region import Rect, disjoint
from app.composition.surroundings import high_pass, smooth_noise
from app.imaging.image import Image
from tests.composition.examples import lung


def test_noise_is_estimated_between_structures() -> None:
    rng = np.random.default_rng(1)
    noise = 20 * rng.standard_normal((128, 128))
    structure = np.zeros((128, 128))
    for row in range(0, 128, 32):
        structure[row : row + 2] = 700
    pixels = (noise + structure).astype(np.float32)
    truth = high_pass(noise.astype(np.float32)).std()
    assert smooth_noise(pixels) == pytest.approx(truth, rel=0.2)
    assert high_pass(pixels).std() > 4 * truth
    assert smooth_noise(np.zeros((20, 20), np.float32)) == 0


@pytest.mark.parametrize("sigma", [0.0, 0.6, 1.0])
def test_the_grain_has_the_spectrum_of_the_image(sigma: float) -> None:
    rng = np.random.default_rng(2)
    pixels = rng.standard_normal((256, 256))
    pixels = ndimage.gaussian_filter(pixels, sigma) if sigma else pixels
    image = Image(np.rint(1000 + 40 * pixels / pixels.std()).astype(np.uint16))
    field = NoiseTexture.of(image).field(7, Rect(100, 356, 40, 296))

    def correlation(values: np.ndarray) -> list[float]:
        rough = high_pass(values.astype(np.float32))
        return [float((rough * np.roll(rough, shift, 1)).mean() / rough.var()) for shift in (1, 2)]

    assert correlation(field) == pytest.approx(correlation(image.pixels), abs=0.1)
    assert high_pass(field).std() == pytest.approx(1, rel=0.05)


def test_an_image_without_noise_has_grain_of_some_kind() -> None:
    field = NoiseTexture.of(Image(np.zeros((64, 64), np.uint16))).field(1, Rect(0, 50, 0, 50))
    assert np.isfinite(field).all()


def test_the_grain_of_a_ct_is_learnt_from_soft_tissue() -> None:
    """Air is clipped at −1,024 HU, and lung is no plain tissue."""
    background = lung(200, 300, noise=20)
    pixels = background.pixels.copy()
    pixels[:, :100] = ndimage.gaussian_filter(pixels[:, :100].astype(float), 2)
    field = NoiseTexture.of(background.with_pixels(pixels)).field(1, Rect(0, 200, 0, 200))
    rough = high_pass(field)
    assert (rough[:, 1:] * rough[:, :-1]).mean() / rough.var() < 0.1


def exact(right: np.ndarray, inside: np.ndarray) -> np.ndarray:
    number = np.full(np.add(inside.shape, 2), -1)
    number[1:-1, 1:-1][inside] = np.arange(inside.sum())
    rows, columns = np.nonzero(number >= 0)
    matrix = scipy.sparse.lil_matrix((rows.size, rows.size))
    matrix.setdiag(-4)
    for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        neighbour = number[rows + down, columns + across]
        known = neighbour >= 0
        matrix[np.flatnonzero(known), neighbour[known]] = 1
    solution = np.zeros(inside.shape)
    solution[inside] = scipy.sparse.linalg.spsolve(matrix.tocsr(), right[inside])
    return solution


@pytest.mark.parametrize("size", [2, 9, 40, 121])
def test_poisson_is_solved(size: int) -> None:
    rng = np.random.default_rng(size)
    y, x = np.indices((size, size)) - (size - 1) / 2
    inside = np.hypot(1.1 * x, y) + 0.05 * size * np.sin(5 * np.arctan2(y, x)) <= 0.43 * size
    right = (3 + 30 * rng.standard_normal((size, size))).astype(np.float32)
    wanted = exact(right, inside)
    found = solve_poisson(right, inside, np.zeros_like(right))
    assert np.sqrt(np.mean((found - wanted) ** 2)) < 0.01 * np.sqrt(np.mean(wanted**2))
    assert (found[~inside] == 0).all()


def test_poisson_in_nothing_is_nothing() -> None:
    nowhere = np.zeros((6, 6), bool)
    found = solve_poisson(np.ones((6, 6), np.float32), nowhere, np.ones((6, 6), np.float32))
    assert not found.any()


def test_rectangles_that_meet_are_joined_until_none_do() -> None:
    chain = [Rect(0, 4, 0, 4), Rect(20, 24, 20, 24), Rect(3, 7, 3, 7), Rect(6, 9, 0, 5), Rect(5, 5, 0, 3)]
    assert disjoint(chain) == [Rect(0, 9, 0, 7), Rect(20, 24, 20, 24)]
    assert disjoint(reversed(chain)) == disjoint(chain)
    assert disjoint([Rect(0, 2, 0, 2), Rect(2, 4, 0, 2)]) == [Rect(0, 2, 0, 2), Rect(2, 4, 0, 2)]
