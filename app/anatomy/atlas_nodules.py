"""Where lung nodules lie: inside the lungs, by distance to their border."""

from __future__ import annotations

import tomllib

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.anatomy.danger import distance_mm
from app.anatomy.slicewise import Slicewise
from app.imaging.image import Image
from app.paths import RESOURCES
from app.tasks import Task


class NoduleAtlas:
    """Each band of distance holds its share of real nodules (`resources/atlas/nodule.toml` names the source).

    Within a band all places are alike, but for a blur of 3 mm. Vessels and bronchi that a lung encloses are
    part of it here: that they are forbidden is for the danger zone to say.
    """

    def __init__(self) -> None:
        bands = tomllib.loads((RESOURCES / "atlas" / "nodule.toml").read_text(encoding="utf-8"))[
            "distance_mm"
        ]
        self.edges = np.array([band["from"] for band in bands] + [bands[-1]["to"]], np.float32)
        self.shares = np.array([band["share"] for band in bands])

    def prior(self, image: Image, task: Task, anatomy: Anatomy) -> NDArray[np.float32]:
        """(height, width): the density of nodules; zero outside the lungs."""
        import cv2

        lungs = np.zeros(image.pixels.shape, bool)
        for name in ("lungs", "vessels"):
            if name in anatomy.masks:
                lungs |= anatomy.masks[name]
        lungs = Slicewise((1.0, *image.pixel_mm)).filled(lungs[None])[0]
        distance = distance_mm(lungs, image.pixel_mm)
        band = np.searchsorted(self.edges[1:-1], distance, side="right")
        counts = np.bincount(band[lungs], minlength=len(self.shares))
        density = np.where(counts > 0, self.shares / np.maximum(counts, 1), 0).astype(np.float32)
        density[0] = min(density[0], density[1])
        exact = np.where(lungs, density[band], np.float32(0))
        smooth = cv2.GaussianBlur(exact, (0, 0), 3.0 / min(image.pixel_mm))
        return np.where(lungs, smooth, np.float32(0))
