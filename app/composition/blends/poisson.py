"""Mode `poisson`: the gradients of lesion and background, joined in float at native depth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.composition.blends.grain import grain
from app.composition.blends.mode import Mode, Site
from app.composition.multigrid import solve_poisson
from app.imaging.image import Image


def blend(site: Site) -> NDArray[np.float32]:
    """The image whose gradients are the lesion's inside its support, and whose edge is the background's.

    Pérez, Gangnet and Blake (2003), Eq. 4: ∇²f = ∇²g inside, f = canvas on the edge, g being the lesion as
    it would lie on a level background, with the grain of the image where its own is missing. Solved for the
    change u = f − canvas, which is 0 outside.
    """
    import cv2

    lesion = site.added + grain(site, np.ones_like(site.canvas))
    change = np.zeros_like(lesion)
    cv2.Laplacian(lesion - site.canvas, cv2.CV_32F, change, ksize=1, borderType=cv2.BORDER_REPLICATE)
    start = lesion + np.float32(site.surroundings.level) - site.canvas
    return site.canvas + solve_poisson(change, site.drawn.support, start)


def reach(_image: Image) -> tuple[int, int]:
    """One pixel is drawn around the support, where the solution meets the background."""
    return 1, 1


MODE = Mode(
    "poisson",
    "Poisson",
    "Joins the gradients of the lesion and the background, so that no seam remains.",
    blend,
    reach,
)
