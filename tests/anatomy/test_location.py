"""The atlas: heatmaps that are distributions, candidates that are flagged, and stones where stones lie."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.anatomy import Anatomy, DangerZone, Where, analyse
from app.anatomy.location import atlas_model
from app.errors import LithographError
from app.imaging.image import Calibration, Image
from app.tasks import task
from models.progress import finish

KUB = task("kub-xray")


def kub_case(size: int = 512, tract: bool = False, calibrated: bool = True) -> tuple[Image, Anatomy]:
    """A stylised abdomen 430 mm high: spine, a pelvic ring 280 mm wide, ribs, and the urinary tract."""
    mm = 430 / size
    y, x = np.mgrid[:size, :size] * mm
    x = x - 215
    masks = {
        "outside": np.abs(x) > 185,
        "spine": (np.abs(x) < 20) & (y < 270),
        "pelvis": (np.hypot(x / 140, (y - 320) / 90) < 1)
        & (np.hypot(x / 65, (y - 345) / 60) > 1)
        & (y > 230),
        "ribs": (y < 90) & (np.abs(x) > 60) & (np.mod(y, 30) < 8),
    }
    if tract:
        masks["kidneys"] = np.hypot((np.abs(x) - 70) / 28, (y - 150) / 55) < 1
        masks["ureters"] = (np.abs(np.abs(x) - 40) < 3) & (y > 150) & (y < 380)
        masks["bladder"] = np.hypot(x / 35, (y - 370) / 22) < 1
    pixels = np.zeros((size, size), np.uint16)
    image = Image(pixels, (mm, mm), Calibration.IMAGER) if calibrated else Image(pixels)
    return image, Anatomy(masks, "test")


def lung_case(size: int = 256) -> tuple[Image, Anatomy]:
    mm = 360 / size
    y, x = np.mgrid[:size, :size] * mm - 180
    body = np.hypot(x / 165, y / 115) < 1
    lungs = np.hypot((np.abs(x) - 75) / 55, y / 85) < 1
    vessel = np.hypot(np.abs(x) - 60, y) < 5
    masks = {"outside": ~body, "lungs": lungs & ~vessel, "vessels": vessel, "chest-wall": body & ~lungs}
    return Image(np.zeros((size, size), np.int16), (mm, mm), Calibration.PIXEL_SPACING), Anatomy(
        masks, "test"
    )


def analysed(case: tuple[Image, Anatomy], lesions: str) -> Where:
    """What the atlas answers, whichever model the task uses."""
    image, anatomy = case
    setting = task(lesions)
    danger = DangerZone.from_anatomy(anatomy, setting, image.pixel_mm)
    model = atlas_model(setting.kind)
    return Where(anatomy, danger, *finish(model.predict(image, setting, anatomy, danger)))


def mass(where: Where, region: NDArray) -> float:
    return float(where.heatmap[region].sum(dtype=np.float64))


@pytest.mark.parametrize(
    ("case", "lesions"),
    [
        (kub_case(), "kub-xray"),
        (kub_case(tract=True), "kub-xray"),
        (kub_case(calibrated=False), "kub-xray"),
        (kub_case(size=700), "kub-xray"),
        (lung_case(), "lung-ct"),
    ],
)
def test_a_heatmap_is_a_distribution_over_the_permitted(case: tuple[Image, Anatomy], lesions: str) -> None:
    where = analysed(case, lesions)
    assert where.heatmap.dtype == np.float32
    assert where.heatmap.shape == case[0].pixels.shape
    assert abs(where.heatmap.sum(dtype=np.float64) - 1) < 1e-5
    assert (where.heatmap[~where.danger.permissible] == 0).all()
    assert (where.heatmap[where.danger.permissible] > 0).all()
    assert 5 <= len(where.candidates) <= 16
    assert [c.score for c in where.candidates] == sorted((c.score for c in where.candidates), reverse=True)
    for candidate in where.candidates:
        assert 0 < candidate.score <= 1
        assert candidate.safe == where.danger.permissible[int(candidate.y), int(candidate.x)]
    assert sum(c.score for c in where.candidates) < 1.001  # of neighbourhoods that do not meet


def test_candidates_are_apart() -> None:
    where = analysed(kub_case(), "kub-xray")
    mm = 430 / 512
    places = np.array([(c.x, c.y) for c in where.candidates]) * mm
    distances = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    assert distances[~np.eye(len(places), dtype=bool)].min() > 2 * KUB.diameter_mm.usual


def test_unsafe_candidates_are_kept_and_flagged() -> None:
    image, anatomy = kub_case()
    sides = np.zeros(image.pixels.shape, bool)
    sides[:, :256] = True
    blocked = Anatomy({**anatomy.masks, "ribs": sides}, "test")
    where = analysed((image, blocked), "kub-xray")
    assert any(not c.safe for c in where.candidates)
    assert any(c.safe for c in where.candidates)
    assert mass(where, sides) == 0


def test_known_organs_hold_their_published_shares() -> None:
    case = kub_case(tract=True)
    where = analysed(case, "kub-xray")
    masks = case[1].masks
    assert mass(where, masks["kidneys"]) > 0.5
    rows = np.arange(512)[:, None] * 430 / 512
    lower = mass(where, masks["kidneys"] & (rows > 161))
    assert 0.45 < lower / mass(where, masks["kidneys"]) < 0.75
    assert mass(where, masks["bladder"]) < mass(where, masks["kidneys"])
    assert (where.heatmap > 0).any()


@pytest.mark.parametrize("calibrated", [True, False])
def test_unknown_organs_are_found_by_landmarks(calibrated: bool) -> None:
    """Most of the mass lies in the flanks beside the spine above the iliac crests, whatever the spacing."""
    where = analysed(kub_case(calibrated=calibrated), "kub-xray")
    y, x = np.mgrid[:512, :512] * 430 / 512
    flanks = (np.abs(x - 215) > 25) & (np.abs(x - 215) < 110) & (y > 70) & (y < 240)
    assert mass(where, flanks) > 0.55
    assert mass(where, np.abs(x - 215) > 130) < 0.02


def test_the_landmarks_move_the_atlas() -> None:
    image, anatomy = kub_case()
    shifted = Anatomy({name: np.roll(m, (-30, 25), (0, 1)) for name, m in anatomy.masks.items()}, "test")
    before, after = (analysed((image, one), "kub-xray") for one in (anatomy, shifted))
    y, x = np.mgrid[:512, :512]
    moved = [
        float((after.heatmap * axis).sum(dtype=np.float64) - (before.heatmap * axis).sum(dtype=np.float64))
        for axis in (y, x)
    ]
    assert moved == pytest.approx([-30, 25], abs=4)


def test_nodules_lie_in_the_lungs_and_more_often_near_their_border() -> None:
    case = lung_case()
    where = analysed(case, "lung-ct")
    masks = case[1].masks
    assert mass(where, masks["lungs"]) == pytest.approx(1, abs=1e-5)
    assert mass(where, masks["vessels"]) == 0
    y, x = np.mgrid[:256, :256] * 360 / 256 - 180
    core = np.hypot((np.abs(x) - 75) / 55, y / 85) < 0.6
    outer = masks["lungs"] & ~core & where.danger.permissible
    assert where.heatmap[outer].mean() > 1.3 * where.heatmap[core & where.danger.permissible].mean()


def test_nothing_permitted_leaves_an_empty_heatmap() -> None:
    image, _ = kub_case()
    where = finish(analyse(image, KUB, Anatomy({"outside": np.ones(image.pixels.shape, bool)}, "test")))
    assert where.heatmap.sum() == 0
    assert not any(c.safe for c in where.candidates)


def test_structures_of_another_size_are_refused() -> None:
    image, _ = kub_case()
    with pytest.raises(LithographError, match="100 × 90 pixels but the image has 512 × 512"):
        finish(analyse(image, KUB, Anatomy({"spine": np.zeros((100, 90), bool)}, "test")))


def test_progress_is_reported_and_the_same_input_gives_the_same_bytes() -> None:
    image, anatomy = kub_case()
    notes = [report.note for report in analyse(image, KUB, anatomy)]
    assert notes[0] == "Danger zone"
    assert set(notes[1:]) <= {"Likely places", "Looking for places"}
    first, second = (finish(analyse(image, KUB, anatomy)) for _ in range(2))
    assert first.heatmap.tobytes() == second.heatmap.tobytes()
    assert first.candidates == second.candidates


def test_no_nodule_is_proposed_in_the_trachea() -> None:
    image, anatomy = lung_case()
    y, x = np.mgrid[:256, :256] * 360 / 256 - 180
    trachea = np.hypot(x, y + 30) < 9
    masks = {**anatomy.masks, "airway": trachea, "chest-wall": anatomy.masks["chest-wall"] & ~trachea}
    where = analysed((image, Anatomy(masks, "test")), "lung-ct")
    assert not any(trachea[int(c.y), int(c.x)] for c in where.candidates)
