"""What a lesion adds by itself, before it is placed."""

from __future__ import annotations

import numpy as np
import pytest

from app.composition import Renderer
from app.composition.scene import BackgroundReference, Placement, Scene
from app.composition.shading import Shader
from app.imaging.image import Image
from app.lesions import library


@pytest.mark.parametrize(("unit", "modality"), [("HU", "CT"), ("", "DX")])
def test_on_flat_ground_it_is_what_the_renderer_makes_of_it(unit: str, modality: str) -> None:
    ground = np.full((96, 96), 40.0, np.float32)
    ground[:8], ground[-8:] = 0.0, 80.0  # a range, for a radiograph's gain
    image = Image(ground, spacing=(0.8, 0.8), unit=unit, modality=modality)
    blend = "density" if unit == "HU" else "attenuation"
    placement = Placement("a", "parametric-solid", 48, 48, 20.0, 5, blend, rotation_deg=30, contrast=1.5)
    shader = Shader(image, library.draw)
    shade = shader.shade(placement)
    composite = Renderer(image, library.draw).render(Scene("lung-ct", BackgroundReference(""), (placement,)))
    added = composite.image.pixels - ground
    there, strongest = added[shade.rect.slices], float(np.abs(added).max())
    assert strongest > 0
    assert shade.added == pytest.approx(there, abs=0.15 * strongest)  # the blend mode softens the edge
    assert shade.added[shade.label].mean() == pytest.approx(there[shade.label].mean(), rel=0.03)
    (lesion,) = composite.lesions
    label = np.zeros(ground.shape, bool)
    label[shade.rect.slices] = shade.label
    assert np.array_equal(label[lesion.rect.slices], lesion.mask)
    assert shader.shade(placement).added == pytest.approx(shade.added)
    outside = shader.shade(Placement("b", "parametric-solid", 500, 500, 20.0, 5, blend))
    assert outside.rect.empty
