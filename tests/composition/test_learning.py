"""A lesion learnt from an image and put into another comes out in the right amount."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.composition.learning import exemplar_in_hu
from app.composition.renderer import Renderer
from app.composition.signal import Radiograph
from app.imaging.image import Image
from tests.composition.examples import disc, lung, place, radiograph, scene

HU = 900.0


def _with_stone(image: Image) -> tuple[Image, np.ndarray]:
    """The image with a stone of known HU in it, and the stone's mask."""
    placed = scene(place(32, 48, 14, "attenuation"), task="kub-xray")
    composite = Renderer(image, lambda *_: disc(hu=HU, kind="stone")).render(placed)
    (lesion,) = composite.lesions
    mask = np.zeros(image.pixels.shape, bool)
    rect = lesion.rect
    mask[rect.y0 : rect.y1, rect.x0 : rect.x1] = lesion.mask
    return composite.image, mask


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("gain", [0.4, 1.0])
def test_a_stone_of_a_radiograph_is_learnt_in_hu(inverted: bool, gain: float) -> None:
    plain = radiograph(noise=3, inverted=inverted)
    pixels = np.rint(plain.pixels * gain).astype(plain.pixels.dtype)
    exemplar = exemplar_in_hu("stone")(*_with_stone(replace(plain, pixels=pixels)))
    assert exemplar.unit == "HU"
    middle = exemplar.alpha > 0.99
    assert np.median(exemplar.residual[middle]) == pytest.approx(HU, rel=0.2)
    rim = exemplar.residual[(exemplar.alpha > 0.3) & ~middle]
    assert np.abs(rim).max() < 2.5 * HU, "no needles of thousands of HU where the stone is thin"


def test_an_image_in_hu_is_taken_as_it_is_and_a_section_without_gets_them() -> None:
    image = lung(noise=5)
    rows, columns = np.indices(image.pixels.shape)
    mask = np.hypot(rows - 30, columns - 30) <= 6
    image = image.with_pixels(np.where(mask, 0, image.pixels).astype(image.pixels.dtype))
    exemplar = exemplar_in_hu("nodule")(image, mask)
    assert exemplar.unit == "HU"
    assert np.median(exemplar.residual[exemplar.alpha > 0.99]) == pytest.approx(850, rel=0.05)
    grey = replace(image, pixels=(image.pixels + 1024).astype(np.uint16) * 3, unit="", modality="MR")
    assert exemplar_in_hu("nodule")(grey, mask).unit == "HU"


@pytest.mark.parametrize("linear", [False, True])
def test_a_line_integral_is_what_attenuation_adds(linear: bool) -> None:
    scale = Radiograph(0.0, linear=True, dark=4095.0) if linear else Radiograph(-700.0)
    before = np.array([500.0, 1500.0, 3000.0], np.float32)
    after = scale.attenuated(before, np.float32(0.25) * np.ones(3, np.float32))
    assert scale.line_integral(after) - scale.line_integral(before) == pytest.approx(0.25, abs=1e-3)
