"""The axial chest phantom: what a CT slice must be, and that its masks are true."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import label

from app.anatomy import analyse, choose
from app.anatomy.ct_rules import anatomy_from_ct_slice
from app.simulation.background import Background
from app.simulation.chest_patient import LEVELS, draw_patient
from app.simulation.chest_phantom import generate_chest
from app.tasks import task
from models.progress import finish

LUNG = task("lung-ct")
SEEDS = (2, 9, 7)
"""One of each level: arch, carina (with contrast medium), heart (with contrast medium)."""


@cache
def phantom(seed: int) -> Background:
    return finish(generate_chest(seed))


def test_the_seeds_show_every_level() -> None:
    assert {draw_patient(seed).level for seed in SEEDS} == set(LEVELS)
    assert {draw_patient(seed).level for seed in range(20)} == set(LEVELS)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_a_ct_slice(seed: int) -> None:
    image = phantom(seed).image
    assert image.pixels.shape == (512, 512)
    assert image.pixels.dtype == np.int16
    assert (image.unit, image.modality, image.inverted) == ("HU", "CT", False)
    assert image.spacing is not None
    assert 0.55 < image.spacing[0] == image.spacing[1] < 0.9
    assert [(w.centre, w.width) for w in image.windows] == [(-600, 1500), (40, 400)]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_pixel_has_a_structure_of_the_task(seed: int) -> None:
    masks = phantom(seed).anatomy.masks
    assert set(masks) == {structure.name for structure in LUNG.structures}
    assert all(mask.shape == (512, 512) and mask.dtype == bool for mask in masks.values())
    assert np.logical_or.reduce(list(masks.values())).all()
    for name in ("outside", "chest-wall", "mediastinum", "bone", "vessels", "lungs"):
        assert masks[name].any(), name


@pytest.mark.parametrize("seed", SEEDS)
def test_tissues_have_their_hounsfield_units(seed: int) -> None:
    background = phantom(seed)
    pixels, masks = background.image.pixels, background.anatomy.masks
    medians = {name: float(np.median(pixels[mask])) for name, mask in masks.items() if mask.any()}
    assert medians["outside"] < -940
    assert -920 < medians["lungs"] < -780
    assert -130 < medians["chest-wall"] < 70
    assert -100 < medians["mediastinum"] < 320
    assert medians["bone"] > 180
    assert medians["vessels"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rules_for_real_ct_find_the_same_structures(seed: int) -> None:
    background = phantom(seed)
    assert background.image.spacing is not None
    found = anatomy_from_ct_slice(background.image.pixels, background.image.spacing).masks
    for name, least in (
        ("outside", 0.98),
        ("lungs", 0.96),
        ("bone", 0.85),
        ("mediastinum", 0.9),
        ("vessels", 0.5),
    ):
        known = background.anatomy.masks[name]
        dice = 2 * np.sum(known & found[name]) / (known.sum() + found[name].sum())
        assert dice > least, name


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lungs_hold_hundreds_of_vessels_of_all_sizes(seed: int) -> None:
    background = phantom(seed)
    bright = (background.image.pixels > -650) & background.anatomy.masks["lungs"]
    parts, count = label(bright)
    sizes = np.bincount(parts.ravel())[1:]
    assert count > 120
    assert np.percentile(sizes, 50) < 12 < 40 < sizes.max()


def test_the_same_seed_gives_the_same_bytes() -> None:
    again = finish(generate_chest(2, 512))
    assert again.image.digest == phantom(2).image.digest
    assert again.recipe == phantom(2).recipe
    for name, mask in again.anatomy.masks.items():
        assert (mask == phantom(2).anatomy.masks[name]).all()
    assert phantom(7).image.digest != phantom(2).image.digest


def test_the_recipe_names_what_it_needs() -> None:
    assert phantom(9).recipe == (("seed", 9), ("size", 512), ("source", "phantom"), ("task", "lung-ct"))


def test_another_size_shows_the_same_patient() -> None:
    small = finish(generate_chest(2, 256))
    assert small.image.pixels.shape == (256, 256)
    assert small.image.spacing is not None
    assert phantom(2).image.spacing is not None
    assert small.image.spacing[0] == pytest.approx(2 * phantom(2).image.spacing[0])
    for name in ("outside", "lungs", "bone"):
        halved = phantom(2).anatomy.masks[name][::2, ::2]
        overlap = (
            2 * np.sum(halved & small.anatomy.masks[name]) / (halved.sum() + small.anatomy.masks[name].sum())
        )
        assert overlap > 0.9, name


def test_it_reports_its_steps() -> None:
    reports = list(generate_chest(7, 128))
    assert [report.done for report in reports] == list(range(5))
    assert all(report.total == 5 and report.note for report in reports)


@pytest.mark.parametrize("seed", SEEDS)
def test_nodules_find_their_places_in_it(seed: int) -> None:
    background = phantom(seed)
    where = finish(analyse(background.image, LUNG, background.anatomy))
    for x, y in choose(where, 5, [8.0], seed):
        assert background.anatomy.masks["lungs"][int(y), int(x)]
    assert where.danger.reason(256, 12, 5.0) == "outside the body"
