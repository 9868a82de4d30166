"""The exemplars of the shipped library: reading a stone off an 8-bit image."""

from __future__ import annotations

import numpy as np
import pytest

from app.paths import MODELS
from app.training.lesion_library import FINER, NODULES, STONE_HU, STONES, main, stone_section


def grey() -> np.ndarray:
    """Soft tissue with a saturated disc of radius 9 at (30, 50), a smaller one, and bone outside the box."""
    rows, columns = np.indices((80, 100))
    image = np.full((80, 100), 128.0)
    for y, x, radius in ((30, 50, 9), (60, 20, 3), (30, 85, 12)):
        image += 127 / (1 + np.exp(2 * (np.hypot(rows - y, columns - x) - radius)))
    return np.clip(image, 0, 255).astype(np.uint8)


BOXES = "0 0.2 0.75 0.08 0.1\n0 0.5 0.375 0.24 0.3\n"


def test_the_stone_in_the_largest_box_is_taken():
    hounsfield, mask = stone_section(grey(), BOXES)
    assert mask.shape == hounsfield.shape == (80 * FINER, 100 * FINER)
    rows, columns = np.nonzero(mask)
    assert rows.mean() / FINER == pytest.approx(30.4, abs=0.5)
    assert columns.mean() / FINER == pytest.approx(50.4, abs=0.5)
    assert mask.sum() / FINER**2 == pytest.approx(np.pi * 8.5**2, rel=0.12)


def test_soft_tissue_keeps_its_hu_and_the_saturated_inside_gets_the_assumed_one():
    hounsfield, _ = stone_section(grey(), BOXES)
    assert hounsfield[8, 8] == pytest.approx(40, abs=2)
    assert hounsfield[30 * FINER, 50 * FINER] == pytest.approx(STONE_HU, rel=0.03)
    edge = hounsfield[30 * FINER, 50 * FINER : 62 * FINER]
    assert (np.diff(edge) <= 1).all()
    assert hounsfield[30 * FINER, 85 * FINER] < 260


def test_every_recipe_is_shipped_and_built_models_are_left_alone(tmp_path, capsys):
    shipped = MODELS / "singan" / "weights"
    assert {recipe.name for recipe in NODULES + STONES} == {path.name for path in shipped.iterdir()}
    nowhere = str(tmp_path / "nowhere")
    assert main(["--nodules", nowhere, "--stones", nowhere, "--out", str(shipped)]) == 0
    assert capsys.readouterr().err == ""
