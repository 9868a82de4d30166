"""Contrast in the image's unit, and the factor of the lesion model's own contrast that gives it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.composition.blends import mode
from app.composition.composite import RenderedLesion
from app.composition.drawing import Pattern, draw
from app.composition.scene import Placement
from app.composition.signal import Physics
from app.composition.surroundings import around
from app.imaging.image import Image
from app.lesions.lesion import Lesion


def factor_for(rendered: RenderedLesion, wanted: float) -> float:
    """The factor (`Placement.contrast`) with which the measured contrast becomes `wanted`.

    The modes `paper` and `poisson` put the lesion in place of what was there, so what is measured is the
    lesion's own contrast, which is proportional to the factor, and what it covers, which is not. One step of
    Newton's method therefore; the factor as it is where the lesion has no contrast of its own.
    """
    factor, own = rendered.placement.contrast, rendered.own_contrast
    return factor if own == 0 else factor * (1 + (wanted - rendered.contrast) / own)


def expected_contrast(image: Image, placement: Placement, lesion: Lesion) -> float:
    """The contrast, in the image's unit, that `lesion` adds by itself at the factor 1.

    What `RenderedLesion.own_contrast` is for that placement, without rendering it; of a radiograph it depends
    on the diameter, for a larger stone is thicker. 0 where the lesion lies outside the image.
    """
    drawn = draw(Pattern.of(lesion), replace(placement, contrast=1.0), image, (0, 0))
    if not drawn.label.any():
        return 0.0
    level = np.full(drawn.alpha.shape, around(image, drawn).level, np.float32)
    added = Physics(image).signal(drawn, mode(placement.blend).section).onto(level) - level
    return float(added[drawn.label].mean(dtype=np.float64))
