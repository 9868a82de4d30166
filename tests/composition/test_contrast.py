"""Contrast in the image's unit: what a lesion adds by itself, and the factor that gives what is wanted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.composition import Renderer
from app.composition.contrast import factor_for
from app.imaging.image import Image
from tests.composition.examples import draw, lung, place, radiograph, scene

CASES = [(lung(), "density"), (radiograph(), "attenuation"), (radiograph(inverted=True), "attenuation")]
CASES += [(image, blend) for image in (lung(), radiograph()) for blend in ("poisson", "paper")]


@pytest.mark.parametrize(("image", "blend"), CASES)
def test_the_factor_gives_the_contrast_that_is_wanted(image: Image, blend: str) -> None:
    renderer = Renderer(image, draw)
    there = place(34, 45, 14, blend)
    rendered = renderer.render(scene(there)).lesions[0]
    for share in (0.5, 1.5):
        wanted = share * rendered.contrast
        lesion = rendered
        for _ in range(3):
            factor = factor_for(lesion, wanted)
            lesion = renderer.render(scene(replace(there, contrast=factor))).lesions[0]
        assert lesion.contrast == pytest.approx(wanted, rel=0.03), share


def test_the_own_contrast_is_proportional_to_the_factor_and_grows_with_a_stone() -> None:
    there = place(34, 45, 14, "attenuation")

    def own(image: Image, **fields: float) -> float:
        return Renderer(image, draw).render(scene(replace(there, **fields))).lesions[0].own_contrast

    whole = own(radiograph())
    assert own(radiograph(), contrast=0.5) == pytest.approx(whole / 2, rel=1e-4)
    assert own(radiograph(), diameter_mm=28) == pytest.approx(2 * whole, rel=0.1), "a thicker stone"
    assert own(lung()) == pytest.approx(900, rel=0.05), "the HU of the model, on a CT"


def test_what_has_no_contrast_of_its_own_keeps_its_factor() -> None:
    nowhere = Renderer(lung(), draw).render(scene(place(-500, 0, contrast=0.7))).lesions[0]
    assert factor_for(nowhere, 100) == 0.7
