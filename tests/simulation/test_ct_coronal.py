"""Coronal planes of a CT that is drawn here, with kidneys in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import LithographError
from app.simulation import can_generate, generate
from models.progress import finish
from tests.simulation.ct_folder import SLICE, SPACING, trunk_hu, write_ct


def abdomen(*, kidneys: bool = True) -> NDArray[np.int16]:
    """A trunk with fat behind the bowel, kidneys beside the spine, and a liver."""
    hu = trunk_hu(lungs=0.25)
    z, y, x = np.mgrid[: hu.shape[0], : hu.shape[1], : hu.shape[2]].astype(np.float32)
    z, y, x = z * SLICE, (y - hu.shape[1] / 2) * SPACING, (x - hu.shape[2] / 2) * SPACING
    soft = hu == 40
    hu[soft & (z > 100) & (z < 230) & (np.abs(x) > 28) & (np.hypot(x / 135, (y + 20) / 80) < 1)] = -100
    if kidneys:
        for side in (-1, 1):
            inside = ((z - 165) / 52) ** 2 + ((y - 15) / 24) ** 2 + ((x - side * 70) / 27) ** 2 < 1
            hu[inside & (hu == -100)] = 35
    return hu


def test_a_plane_shows_kidneys_beside_the_spine_and_comes_again(tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", abdomen())
    made = finish(generate("abdomen-ct", 2, source=f"ct:{folder}", size=256))
    image, masks = made.image, made.anatomy.masks
    assert image.pixels.shape == (256, 256)
    assert image.unit == "HU"
    assert image.spacing is not None
    assert made.recipe == (("seed", 2), ("size", 256), ("source", f"ct:{folder}"), ("task", "abdomen-ct"))
    assert masks["kidneys"].mean() > 0.012
    assert np.median(image.pixels[masks["spine"]]) > 150
    assert image.pixels[masks["lungs"]].mean() < -600
    assert image.pixels[masks["outside"]].mean() < -700
    columns = np.nonzero(masks["spine"])[1]
    assert abs(np.median(columns) - 128) < 15
    again = finish(generate("abdomen-ct", 2, source=f"ct:{folder}", size=256))
    assert np.array_equal(image.pixels, again.image.pixels)


def test_a_ct_without_kidneys_and_the_missing_phantom_are_named(tmp_path: Path) -> None:
    hu = abdomen(kidneys=False)
    hu[(hu > -150) & (hu < 150)] = -100
    folder = write_ct(tmp_path / "fat", hu)
    with pytest.raises(LithographError, match=r"fat shows no kidneys"):
        finish(generate("abdomen-ct", 1, source=f"ct:{folder}", size=128))
    assert can_generate("abdomen-ct", "ct")
    assert not can_generate("abdomen-ct")
    with pytest.raises(LithographError, match=r"no source 'phantom'.*choose ct:DIR or vqgan\.$"):
        finish(generate("abdomen-ct", 1))
