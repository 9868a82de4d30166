"""The parts of the canvas that can be checked by themselves: pyramid, grey, sampling, scale bar, contour."""

from __future__ import annotations

import numpy as np
import pytest

from app.composition import Placement, RenderedLesion
from app.composition.region import Rect
from app.imaging.image import Window
from app.ui.canvas.contour import contour
from app.ui.canvas.foreground import round_length
from app.ui.canvas.grey import Grey
from app.ui.canvas.pyramid import Pyramid
from app.ui.canvas.sampled_item import sample


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
@pytest.mark.parametrize("shape", [(64, 64), (37, 51), (1, 9)])
def test_levels_are_area_averages(dtype: type, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    pixels = (rng.random(shape) * 100 + (-50 if dtype is np.int16 else 0)).astype(dtype)
    level = Pyramid(pixels).level(1)
    padded = np.pad(pixels.astype(np.float64), [(0, n % 2) for n in shape], mode="edge")
    expected = padded.reshape(padded.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))
    assert level.dtype == dtype
    assert level.shape == expected.shape
    assert np.abs(level - expected).max() <= (1e-4 if dtype is np.float32 else 0.5)


def test_writing_into_a_pyramid_is_as_good_as_making_it_anew() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 4096, (301, 213)).astype(np.uint16)
    pyramid = Pyramid(pixels)
    pyramid.level(4)
    changed = pixels.copy()
    for y0, y1, x0, x1 in ((3, 40, 7, 8), (290, 301, 200, 213), (100, 101, 0, 213)):
        values = rng.integers(0, 4096, (y1 - y0, x1 - x0)).astype(np.uint16)
        changed[y0:y1, x0:x1] = values
        pyramid.write((y0, y1, x0, x1), values)
    anew = Pyramid(changed)
    for number in range(5):
        assert np.array_equal(pyramid.level(number), anew.level(number)), number
    assert not np.array_equal(pixels, changed)
    assert pixels.max() < 4096


def test_labels_are_never_averaged() -> None:
    labels = np.zeros((8, 8), np.uint8)
    labels[:, 4:] = 200
    assert set(np.unique(Pyramid(labels, labels=True).level(2))) == {0, 200}


@pytest.mark.parametrize(("scale", "level"), [(2.0, 0), (1.0, 0), (0.6, 0), (0.5, 1), (0.26, 1), (0.25, 2)])
def test_the_level_is_never_coarser_than_the_screen(scale: float, level: int) -> None:
    assert Pyramid(np.zeros((64, 64), np.uint8)).level_for(scale) == level


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32])
def test_grey_follows_the_window(dtype: type) -> None:
    values = np.array(
        [[-300, 0, 100, 150, 200, 900]] if dtype is not np.uint16 else [[0, 0, 100, 150, 200, 900]]
    )
    grey = Grey(Window(150, 100)).of(values.astype(dtype))
    assert grey.tolist() == [[0, 0, 0, 128, 255, 255]]
    assert Grey(Window(150, 100), inverted=True).of(values.astype(dtype)).tolist() == [
        [255, 255, 255, 128, 0, 0]
    ]


def test_values_that_are_no_numbers_are_black() -> None:
    assert Grey(Window(0.5, 1)).of(np.array([[np.nan, 1]], np.float32)).tolist() == [[0, 255]]


@pytest.mark.parametrize("scale", [0.2, 0.7, 1.0, 3.0, 9.0])
def test_a_part_is_sampled_as_in_the_whole(scale: float) -> None:
    rows, columns = np.mgrid[:200, :260]
    waves = 2000 + 1500 * np.sin(rows / 9) * np.cos(columns / 7)
    pyramid = Pyramid(waves.astype(np.uint16))
    origin = 3.4, -2.7
    size = int(260 * scale), int(200 * scale)
    whole = sample(pyramid, (scale, scale), origin, (0, 0, *size), smooth=True)
    left, top = size[0] // 3, size[1] // 4
    part = sample(pyramid, (scale, scale), origin, (left, top, 17, 13), smooth=True)
    # A place is rounded to 1/32 of a pixel, which may fall either way: no more than that is a seam.
    difference = part.astype(int) - whole[top : top + 13, left : left + 17]
    assert np.abs(difference).max() <= 1500 / 7 / 32 + 1


def test_sampling_puts_pixels_where_they_belong() -> None:
    ramp = np.tile(np.arange(100, dtype=np.float32), (50, 1))
    samples = sample(Pyramid(ramp), (2.0, 2.0), (10.0, 10.0), (30, 30, 20, 10), smooth=True)
    expected = (np.arange(30, 50) + 0.5 - 10) / 2
    assert samples[5] == pytest.approx(expected, abs=1 / 32)
    half = sample(Pyramid(ramp), (0.5, 0.5), (0.25, 0.25), (10, 5, 10, 5), smooth=True)
    assert half[2] == pytest.approx(2 * (np.arange(10, 20) + 0.5 - 0.25), abs=1 / 8)


@pytest.mark.parametrize(
    ("longest", "length"), [(160, 100), (100, 100), (99, 50), (49, 20), (1.3, 1), (0.7, 0.5)]
)
def test_scale_bars_have_round_lengths(longest: float, length: float) -> None:
    assert round_length(longest) == length


def test_a_contour_encloses_its_mask() -> None:
    rows, columns = np.mgrid[:30, :40]
    mask = ((rows - 15) / 10) ** 2 + ((columns - 20) / 14) ** 2 <= 1
    placement = Placement("a", "b", 120.0, 215.0, 28.0, 1, "paper")
    lesion = RenderedLesion(
        placement, Rect(200, 230, 100, 140), mask, (106, 205, 29, 21), (120, 215), 28, 20, int(mask.sum()),
        1.0, None, None,
    )  # fmt: skip
    path = contour(lesion)
    assert path is not None
    box = path.boundingRect()
    assert (box.left(), box.right()) == pytest.approx((-14.5, 14.5), abs=0.6)
    assert (box.top(), box.bottom()) == pytest.approx((-10.5, 10.5), abs=0.6)
