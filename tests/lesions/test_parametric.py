"""Lesions from formulas: plausible in HU and size, reproducible, and never cut off."""

from __future__ import annotations

import numpy as np
import pytest

from app.lesions.lesion import LesionModel
from app.lesions.parametric import PARAMETRIC, SIZE

NAMES = list(PARAMETRIC)
CONTRAST = {
    "parametric-solid": (750, 1000),
    "parametric-part-solid": (220, 800),
    "parametric-ground-glass": (150, 400),
    "parametric-stone": (250, 1350),
}


@pytest.mark.parametrize("name", NAMES)
def test_lesions_are_plausible(name):
    model = PARAMETRIC[name]
    low, high = CONTRAST[name]
    for seed in range(40):
        lesion = model.draw(seed)
        assert lesion.residual.shape == lesion.alpha.shape == (SIZE, SIZE)
        assert lesion.residual.dtype == lesion.alpha.dtype == np.float32
        assert np.isfinite(lesion.residual).all()
        assert lesion.alpha.min() == 0
        assert 0.95 < lesion.alpha.max() <= 1
        assert low < lesion.residual[lesion.alpha > 0.9].mean() < high
        assert 20 < lesion.diameters_px[0] < 62
        assert lesion.kind == model.kind


@pytest.mark.parametrize("name", NAMES)
def test_nothing_outside_alpha_and_nothing_at_the_frame(name):
    for seed in range(40):
        lesion = PARAMETRIC[name].draw(seed)
        assert not lesion.residual[lesion.alpha == 0].any()
        frame = np.ones((SIZE, SIZE), bool)
        frame[1:-1, 1:-1] = False
        assert not lesion.alpha[frame].any()


@pytest.mark.parametrize("name", NAMES)
def test_the_edge_is_soft(name):
    alpha = PARAMETRIC[name].draw(3).alpha
    assert ((alpha > 0.1) & (alpha < 0.9)).sum() > 40


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_draws_one_lesion_and_another_seed_another(name):
    model = PARAMETRIC[name]
    drawings = [model.draw(seed).residual.tobytes() for seed in range(20)]
    assert drawings[7] == model.draw(7).residual.tobytes()
    assert len(set(drawings)) == 20


def test_a_part_solid_nodule_has_a_core_and_a_haze():
    for seed in range(10):
        lesion = PARAMETRIC["parametric-part-solid"].draw(seed)
        inside = lesion.residual[lesion.alpha > 0.9]
        assert np.percentile(inside, 97) > 650
        assert np.percentile(inside, 10) < 400


def test_parametric_models_are_lesion_models():
    for name, model in PARAMETRIC.items():
        checked: LesionModel = model
        assert checked.name == name
        assert {"title", "kind", "tasks", "licence"} <= checked.card.keys()
