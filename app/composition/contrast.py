"""The factor of a lesion model's own contrast that gives a contrast in the image's unit."""

from __future__ import annotations

from app.composition.composite import RenderedLesion


def factor_for(rendered: RenderedLesion, wanted: float) -> float:
    """The factor (`Placement.contrast`) with which the measured contrast becomes `wanted`.

    The modes `paper` and `poisson` put the lesion in place of what was there, so what is measured is the
    lesion's own contrast, which is proportional to the factor, and what it covers, which is not. One step of
    Newton's method therefore; the factor as it is where the lesion has no contrast of its own.
    """
    factor, own = rendered.placement.contrast, rendered.own_contrast
    return factor if own == 0 else factor * (1 + (wanted - rendered.contrast) / own)
