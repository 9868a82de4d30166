"""The rules on slices and a small volume that are drawn here, where every structure is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.anatomy.ct_rules import anatomy_from_ct_slice, anatomy_from_ct_volume
from app.tasks import task

LUNG = task("lung-ct")
MM = 0.8
SIZE = 448


def ellipse(x: float, y: float, a: float, b: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:SIZE, :SIZE] * MM
    return np.hypot((columns - x) / a, (rows - y) / b) < 1


def thorax(seed: int = 0, airway: bool = True) -> tuple[NDArray[np.int16], dict[str, NDArray[np.bool_]]]:
    """A chest slice in HU with noise of 20 HU: a table, clothes, lungs with vessels, ribs, spine, trachea."""
    hu = np.full((SIZE, SIZE), -1000.0)
    known = {"outside": ~ellipse(179, 165, 165, 110)}
    hu[ellipse(179, 165, 165, 110)] = -90
    hu[ellipse(179, 165, 150, 96)] = 45
    rib = ellipse(179, 160, 138, 88) & ~ellipse(179, 160, 130, 80)
    angle = np.degrees(np.arctan2(*(np.mgrid[:SIZE, :SIZE] * MM - np.array([160, 179])[:, None, None])))
    rib &= np.mod(angle, 40) < 22
    hu[rib] = 400
    lungs = ellipse(110, 160, 52, 74) | ellipse(248, 160, 52, 74)
    hu[lungs] = -860
    vessels = ellipse(120, 160, 5, 5) | ellipse(240, 150, 6, 6)
    hu[vessels] = 40
    small = ellipse(95, 120, 1.1, 1.1) | ellipse(260, 190, 1.1, 1.1)
    hu[small] = 0
    spine = ellipse(179, 222, 19, 15) | ellipse(179, 250, 5, 14)
    hu[spine] = 350
    windpipe = ellipse(179, 145, 9, 9)
    if airway:
        hu[ellipse(179, 145, 9, 9)] = -1000
    rows, columns = np.mgrid[:SIZE, :SIZE] * MM
    hu[(np.abs(rows - 290 - ((columns - 179) / 60) ** 2) < 1.2)] = 100
    known |= {"lungs": lungs & ~vessels, "vessels": vessels, "bone": rib | spine, "airway": windpipe}
    known["mediastinum"] = ellipse(179, 165, 12, 40) & ~ellipse(179, 145, 11.5, 11.5) & ~spine
    noise = np.random.default_rng(seed).normal(0, 20, hu.shape)
    return np.clip(hu + noise, -1024, 3071).astype(np.int16), known


def overlap(found: NDArray[np.bool_], known: NDArray[np.bool_]) -> float:
    return 2 * np.sum(found & known) / (found.sum() + known.sum())


def test_every_structure_of_a_slice_is_found() -> None:
    hu, known = thorax()
    masks = anatomy_from_ct_slice(hu, (MM, MM)).masks
    assert overlap(masks["outside"], known["outside"]) > 0.98
    assert overlap(masks["lungs"], known["lungs"]) > 0.93
    assert overlap(masks["bone"], known["bone"]) > 0.85
    assert overlap(masks["airway"], known["airway"]) > 0.8
    assert overlap(masks["vessels"], known["vessels"]) > 0.8
    assert masks["mediastinum"][known["mediastinum"]].mean() > 0.95
    assert np.sum(list(masks.values()), axis=0).min() == 1, "every pixel has a structure"
    assert np.sum(list(masks.values()), axis=0).max() == 1, "and no pixel has two"


def test_small_vessels_are_lung() -> None:
    masks = anatomy_from_ct_slice(thorax()[0], (MM, MM)).masks
    small = ellipse(95, 120, 1.1, 1.1) | ellipse(260, 190, 1.1, 1.1)
    assert masks["lungs"][small].all()


def test_the_pleural_margin_is_chest_wall_or_mediastinum() -> None:
    hu, known = thorax()
    masks = anatomy_from_ct_slice(hu, (MM, MM)).masks
    rim = (ellipse(110, 160, 51.4, 73.4) & ~ellipse(110, 160, 50.8, 72.8)) & ~known["bone"]
    assert not masks["lungs"][rim].any()
    assert (masks["chest-wall"] | masks["mediastinum"])[rim].all()


def test_the_table_is_outside() -> None:
    masks = anatomy_from_ct_slice(thorax()[0], (MM, MM)).masks
    assert masks["outside"][round(290 / MM), 100:350].all()


def test_gas_in_the_bowel_is_not_lung() -> None:
    hu = np.full((SIZE, SIZE), -1000.0)
    hu[ellipse(179, 165, 165, 110)] = 50
    hu[ellipse(120, 110, 40, 22) | ellipse(250, 130, 18, 30)] = -990
    hu[ellipse(179, 222, 19, 15)] = 350
    hu += np.random.default_rng(1).normal(0, 20, hu.shape)
    masks = anatomy_from_ct_slice(hu.astype(np.int16), (MM, MM)).masks
    assert not masks["lungs"].any()
    assert not masks["outside"][ellipse(120, 110, 38, 20)].any()


def test_an_empty_slice_is_all_outside() -> None:
    masks = anatomy_from_ct_slice(np.full((64, 64), -1000, np.int16), (1.0, 1.0)).masks
    assert masks["outside"].all()


@pytest.fixture(scope="module")
def volume() -> NDArray[np.uint8]:
    slices = [thorax(seed)[0] for seed in range(20)]
    return anatomy_from_ct_volume(np.stack(slices), (2.0, MM, MM))


def test_a_volume_agrees_with_its_slices(volume: NDArray[np.uint8]) -> None:
    single = anatomy_from_ct_slice(thorax(10)[0], (MM, MM)).labels(LUNG)
    assert (volume[10] == single).mean() > 0.99


def test_the_airway_is_followed_through_a_volume(volume: NDArray[np.uint8]) -> None:
    windpipe = thorax()[1]["airway"]
    assert (volume[:, windpipe] == LUNG.label("airway")).mean() > 0.95
    assert ((volume == LUNG.label("airway")).sum(axis=(1, 2)) < 2 * windpipe.sum()).all(), "no leak"


def test_a_volume_without_airway_has_none() -> None:
    slices = np.stack([thorax(seed, airway=False)[0] for seed in range(12)])
    labels = anatomy_from_ct_volume(slices, (2.0, MM, MM))
    assert not (labels == LUNG.label("airway")).any()
    assert (labels == LUNG.label("lungs")).any()
