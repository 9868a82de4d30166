"""The shipped networks on fresh images, negatives, odd sizes, and what happens without good weights."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.anatomy.anatomy import Anatomy
from app.anatomy.network import clean, cover, free_islands, predict_anatomy, weights_folder
from app.errors import LithographError
from app.imaging.image import Image
from app.paths import MODELS
from app.simulation import Background, generate
from app.tasks import Task, task, task_names
from models.progress import finish
from models.weights import CARD, WEIGHTS

KUB, LUNG = task("kub-xray"), task("lung-ct")
SEED = 3_000_017  # neither learnt from nor measured with


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


@cache
def phantom(name: str) -> Background:
    return finish(generate(name, SEED, size=512))


@cache
def predicted(name: str) -> Anatomy:
    return finish(predict_anatomy(phantom(name).image, task(name)))


@pytest.mark.parametrize(
    ("structure", "least"), [("spine", 0.9), ("pelvis", 0.9), ("outside", 0.9), ("ribs", 0.7)]
)
def test_bones_of_a_fresh_radiograph(structure: str, least: float) -> None:
    assert dice(predicted("kub-xray").masks[structure], phantom("kub-xray").anatomy.masks[structure]) > least


@pytest.mark.parametrize(("structure", "least"), [("lungs", 0.9), ("outside", 0.95), ("bone", 0.7)])
def test_structures_of_a_fresh_chest_slice(structure: str, least: float) -> None:
    assert dice(predicted("lung-ct").masks[structure], phantom("lung-ct").anatomy.masks[structure]) > least


@pytest.mark.parametrize("name", ["kub-xray", "lung-ct"])
def test_masks_are_those_of_the_task_at_the_size_of_the_image(name: str) -> None:
    anatomy = predicted(name)
    assert list(anatomy.masks) == [structure.name for structure in task(name).structures]
    for structure, mask in anatomy.masks.items():
        assert mask.shape == (512, 512)
        assert mask.dtype == bool
        if structure != "outside":
            assert not (mask & anatomy.masks["outside"]).any()
    assert anatomy.origin == f"network danger-zone/{name}"


def test_a_negative_has_the_same_structures() -> None:
    image = phantom("kub-xray").image
    negative = replace(image, pixels=(4095 - image.pixels).astype(image.pixels.dtype), inverted=True)
    masks = finish(predict_anatomy(negative, KUB)).masks
    for name in ("spine", "pelvis", "outside"):
        assert dice(masks[name], predicted("kub-xray").masks[name]) > 0.98


@pytest.mark.parametrize("kind", ["uint8", "float32", "int32"])
def test_depth_and_grey_scale_do_not_matter(kind: str) -> None:
    image = phantom("kub-xray").image
    scaled = (image.pixels / 4095 * 250).astype(kind)
    masks = finish(predict_anatomy(replace(image, pixels=scaled), KUB)).masks
    for name in ("spine", "pelvis", "outside"):
        assert dice(masks[name], predicted("kub-xray").masks[name]) > 0.97


def test_a_ct_saved_in_its_lung_window_still_shows_lungs() -> None:
    image = phantom("lung-ct").image
    grey = (np.clip((image.pixels.astype(np.float32) + 1350) / 1500, 0, 1) * 255).astype(np.uint8)
    masks = finish(predict_anatomy(Image(grey), LUNG)).masks
    assert dice(masks["lungs"], phantom("lung-ct").anatomy.masks["lungs"]) > 0.85


@pytest.mark.parametrize("shape", [(64, 64), (701, 333), (40, 1200), (1200, 40), (1, 1)])
@pytest.mark.parametrize("name", ["kub-xray", "lung-ct"])
def test_any_size(name: str, shape: tuple[int, int]) -> None:
    whole = phantom(name).image
    pixels = cv2.resize(whole.pixels.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    anatomy = finish(predict_anatomy(replace(whole, pixels=pixels, spacing=None), task(name)))
    assert all(mask.shape == shape for mask in anatomy.masks.values())


def test_a_larger_image_has_the_same_structures_with_smooth_edges() -> None:
    image = phantom("kub-xray").image
    larger = cv2.resize(image.pixels, (1500, 1500), interpolation=cv2.INTER_CUBIC)
    masks = finish(predict_anatomy(replace(image, pixels=larger), KUB)).masks
    truth = cv2.resize(phantom("kub-xray").anatomy.masks["spine"].astype(np.float32), (1500, 1500)) > 0.5
    assert dice(masks["spine"], truth) > 0.9
    edges = cv2.morphologyEx(masks["spine"].astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    assert dice(edges == 1, masks["spine"]) > 0.999  # no single-pixel steps or specks


def test_it_yields_often_and_can_be_closed() -> None:
    work = predict_anatomy(phantom("kub-xray").image, KUB)
    reports = [next(work) for _ in range(8)]
    assert all(0 <= report.fraction <= 1 and report.note for report in reports)
    work.close()
    assert len(list(predict_anatomy(phantom("kub-xray").image, KUB))) > 15


def test_specks_pinholes_and_a_hole_in_the_body_are_removed() -> None:
    logits = np.full((3, 100, 100), -3.0, np.float32)
    logits[0] = 3
    logits[0, 10:90, 10:90] = -3  # the body ...
    logits[0, 40:60, 40:60] = 3  # ... with a hole ...
    logits[0, 2:4, 2:4] = -3  # ... and a bright speck beside it
    logits[1, 20:80, 45:55] = 1.5  # the spine, a little of it a second time
    logits[1, 20:24, 80:88] = 1.5
    logits[2, 30:33, 30:33] = 4  # a small vessel
    logits[2, 40, 40] = 4  # smaller than a vessel
    cleaned = clean(logits, ("outside", "spine", "vessels"))
    outside, spine, vessels = cleaned > 0
    assert not outside[10:90, 10:90][1:-1, 1:-1].any()
    assert outside.sum() == pytest.approx(100 * 100 - 80 * 80, abs=4)  # smoothing rounds the corners
    assert spine[21:79, 46:54].all()
    assert spine.sum() == pytest.approx(60 * 10, abs=200)
    assert not spine[:, 60:].any()
    assert vessels[31, 31]
    assert not vessels[:, 36:].any()


def test_what_no_structure_claims_goes_to_the_likeliest_forbidden_one() -> None:
    logits = np.full((3, 4, 4), -2.0, np.float32)
    logits[0, 0] = 1
    logits[1, 1:] = -1.5
    logits[2, 1:3] = -0.5
    cover(logits, [True, True, False])
    assert (logits[0] > 0).sum() == 4
    assert (logits[1, 1:] > 0).all()
    assert not (logits[2] > 0).any()


def test_an_island_of_wall_in_the_lung_is_a_nodule_and_vessels_stay() -> None:
    names = ("chest-wall", "vessels", "lungs")
    logits = np.full((3, 60, 60), -3.0, np.float32)
    logits[0] = 3
    logits[0, 5:55, 5:55] = -3
    logits[2, 5:55, 5:55] = 3
    for n, rows in ((0, slice(10, 18)), (1, slice(30, 36))):  # a nodule taken for wall, and a vessel
        logits[:, rows, 20:28] = -3
        logits[n, rows, 20:28] = 3
    free_islands(logits, names, [True, True, False])
    wall, vessel, lung = logits > 0
    assert lung[10:18, 20:28].all()
    assert not wall[5:55, 5:55].any()
    assert vessel[30:36, 20:28].all()
    assert wall[:5].all()


def test_a_foreign_image_is_told_from_a_familiar_one() -> None:
    image = phantom("kub-xray").image
    known = predicted("kub-xray").familiarity
    assert known is not None
    assert not known.foreign
    v, u = np.mgrid[-1:1:512j, -1:1:512j]
    leg = (900 * (np.abs(u) < 0.4) + 900 * (np.abs(u - 0.1) < 0.1) + 500 * (np.abs(u + 0.2) < 0.05)) + 20 * v
    for foreign in (leg.astype(np.uint16), np.ascontiguousarray(np.rot90(image.pixels))):
        familiarity = finish(predict_anatomy(replace(image, pixels=foreign), KUB)).familiarity
        assert familiarity is not None
        assert familiarity.foreign
    turned = replace(image, pixels=np.ascontiguousarray(image.pixels[::-1]))
    assert finish(predict_anatomy(turned, KUB)).familiarity.turned == "upside down"  # type: ignore[union-attr]


def test_a_task_without_weights_says_how_to_get_them() -> None:
    other = Task.model_validate({**KUB.model_dump(), "name": "knee-ct"})
    assert weights_folder("knee-ct") is None
    with pytest.raises(LithographError, match=r"no danger-zone network.*'knee-ct'.*train danger-zone"):
        finish(predict_anatomy(phantom("kub-xray").image, other))


def test_the_users_own_network_comes_first_and_its_damage_is_named(home: Path) -> None:
    own = home / "models" / "danger_zone" / "kub-xray"
    own.mkdir(parents=True)
    for name in (WEIGHTS, CARD):
        shutil.copy(MODELS / "danger_zone" / "kub-xray" / name, own / name)
    assert weights_folder("kub-xray") == own
    finish(predict_anatomy(phantom("kub-xray").image, KUB))
    (own / WEIGHTS).write_bytes((own / WEIGHTS).read_bytes()[:-100])
    with pytest.raises(LithographError, match=rf"{own}.*damaged.*checksum"):
        finish(predict_anatomy(phantom("kub-xray").image, KUB))
    (own / WEIGHTS).unlink()
    with pytest.raises(LithographError, match="is missing; restore"):
        finish(predict_anatomy(phantom("kub-xray").image, KUB))


def test_a_network_of_another_task_is_refused(home: Path) -> None:
    own = home / "models" / "danger_zone" / "kub-xray"
    shutil.copytree(MODELS / "danger_zone" / "lung-ct", own)
    with pytest.raises(LithographError, match="which the task does not know"):
        finish(predict_anatomy(phantom("kub-xray").image, KUB))


@pytest.mark.parametrize("name", [name for name in task_names() if (MODELS / "danger_zone" / name).is_dir()])
def test_shipped_weights_are_small_and_have_an_honest_card(name: str) -> None:
    from models.weights import load

    folder = MODELS / "danger_zone" / name
    assert (folder / WEIGHTS).stat().st_size < 12 * 2**20
    _, card = load(folder)
    assert card["spec"]["structures"] == [structure.name for structure in task(name).structures]
    assert set(card["scores"]) <= {structure.name for structure in task(name).structures}
    assert all(0 <= score["dice"] <= 1 and score["images"] > 0 for score in card["scores"].values())
    assert card["data"]
    assert card["failure_cases"]
    assert card["licences"]
