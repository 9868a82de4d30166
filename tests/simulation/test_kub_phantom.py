"""The KUB phantom: a radiograph whose picture and masks tell the same story."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion, label

from app.imaging.image import Calibration
from app.simulation.background import Background
from app.simulation.kub_patient import VERTEBRAE, draw_patient
from app.simulation.kub_phantom import generate_kub
from app.tasks import task
from models.progress import Progress, finish

SEEDS = range(6)


@cache
def background(seed: int, size: int = 512) -> Background:
    return finish(generate_kub(seed, size))


def middle(mask: np.ndarray) -> tuple[float, float]:
    """(y, x) as shares of the image."""
    rows, columns = np.nonzero(mask)
    return rows.mean() / mask.shape[0], columns.mean() / mask.shape[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_structure_of_the_task_is_present_and_of_a_plausible_extent(seed: int) -> None:
    masks = background(seed).anatomy.masks
    assert set(masks) == {structure.name for structure in task("kub-xray").structures}
    bounds = {
        "outside": (0.001, 0.45), "pelvis": (0.12, 0.40), "ribs": (0.01, 0.15), "spine": (0.04, 0.14),
        "kidneys": (0.02, 0.12), "ureters": (0.005, 0.04), "bladder": (0.008, 0.12),
    }  # fmt: skip
    for name, (low, high) in bounds.items():
        assert low < masks[name].mean() < high, name


@pytest.mark.parametrize("seed", SEEDS)
def test_structures_lie_where_they_do_in_a_body(seed: int) -> None:
    masks = background(seed).anatomy.masks
    spine_y, spine_x = middle(masks["spine"])
    assert abs(spine_x - 0.5) < 0.08
    assert middle(masks["pelvis"])[0] > 0.55 > spine_y
    assert middle(masks["ribs"])[0] < 0.35
    assert middle(masks["bladder"])[0] > 0.7
    half = int(spine_x * 512)
    for side in (masks["kidneys"][:, :half], masks["kidneys"][:, half:]):
        parts, count = label(side)
        assert count >= 1
        assert np.bincount(parts.ravel())[1:].max() > 0.9 * side.sum()
        assert 0.1 < middle(side)[0] < 0.5
    ureters = np.nonzero(masks["ureters"].any(1))[0]
    kidneys = np.nonzero(masks["kidneys"].any(1))[0]
    bladder = np.nonzero(masks["bladder"].any(1))[0]
    assert kidneys[0] < ureters[0] < kidneys[-1]
    assert bladder[0] <= ureters[-1] <= bladder[-1]


@pytest.mark.parametrize("seed", SEEDS)
def test_bone_is_brighter_than_what_surrounds_it(seed: int) -> None:
    made = background(seed)
    pixels, masks = made.image.pixels.astype(float), made.anatomy.masks
    bone = masks["spine"] | masks["ribs"] | masks["pelvis"]
    for name, by in (("spine", 300.0), ("pelvis", 150.0), ("ribs", 60.0)):
        ring = binary_dilation(masks[name], iterations=8) & ~binary_dilation(
            bone | masks["outside"], iterations=2
        )
        assert np.median(pixels[masks[name] & ~masks["outside"]]) > np.median(pixels[ring]) + by, name


def test_no_bone_or_organ_sticks_out_of_the_skin() -> None:
    for seed in (*SEEDS, 114, 263):
        made = background(seed)
        air = made.anatomy.masks["outside"] & (made.image.pixels < 600) & (made.image.pixels > 0)
        for name in ("pelvis", "ribs", "kidneys", "bladder", "spine"):
            mask = made.anatomy.masks[name]
            assert (mask & air).sum() <= 0.01 * mask.sum(), (seed, name)


def test_kidneys_stand_out_from_the_fat_around_them() -> None:
    lighter = []
    for seed in SEEDS:
        made = background(seed)
        masks, pixels = made.anatomy.masks, made.image.pixels.astype(float)
        other = binary_dilation(
            masks["spine"] | masks["ribs"] | masks["pelvis"] | masks["outside"], iterations=2
        )
        ring = binary_dilation(masks["kidneys"], iterations=9) & ~binary_dilation(
            masks["kidneys"], iterations=3
        )
        rim = masks["kidneys"] & ~binary_erosion(masks["kidneys"], iterations=14)
        lighter.append(np.median(pixels[rim & ~other]) - np.median(pixels[ring & ~other]))
    assert np.mean(lighter) > 20


def test_the_image_is_a_12_bit_digital_radiograph() -> None:
    image = background(1).image
    assert image.pixels.dtype == np.uint16
    assert image.pixels.max() <= 4095
    assert np.quantile(image.pixels, 0.99) > 2500
    assert image.modality == "DX"
    assert image.calibration is Calibration.IMAGER
    assert not image.inverted
    assert image.value_range == (0.0, 4095.0)
    assert len(np.unique(image.pixels)) > 1000
    low, high = image.windows[0].low, image.windows[0].high
    assert ((image.pixels >= low) & (image.pixels <= high)).all()


def test_the_detector_is_a_standard_one_at_full_size() -> None:
    image = finish(generate_kub(2)).image
    assert image.pixels.shape == (1024, 1024)
    assert image.spacing is not None
    assert image.spacing[0] == image.spacing[1]
    assert 0.34 <= image.spacing[0] <= 0.43


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_patient() -> None:
    first, again, other = background(3), finish(generate_kub(3, 512)), background(4)
    assert first.image.digest == again.image.digest
    assert all((first.anatomy.masks[n] == again.anatomy.masks[n]).all() for n in first.anatomy.masks)
    assert first.recipe == again.recipe
    assert first.image.digest != other.image.digest
    assert (first.anatomy.masks["pelvis"] != other.anatomy.masks["pelvis"]).mean() > 0.01


def test_size_changes_the_sampling_and_not_the_patient() -> None:
    small, large = background(5, 256), background(5, 512)
    assert small.image.pixels.shape == (256, 256)
    assert small.image.pixel_mm[0] == pytest.approx(2 * large.image.pixel_mm[0])
    for name in ("pelvis", "spine", "kidneys", "ribs", "outside"):
        halved = large.anatomy.masks[name].reshape(256, 2, 256, 2).mean((1, 3)) > 0.5
        mask = small.anatomy.masks[name]
        assert (halved & mask).sum() / (halved | mask).sum() > 0.88, name


def test_what_the_collimator_shuts_off_is_black_and_outside() -> None:
    found = 0
    for seed in SEEDS:
        made = background(seed)
        shut = made.image.pixels == 0
        if shut.mean() > 0.005:
            found += 1
            assert made.anatomy.masks["outside"][shut].mean() > 0.999
            assert not (made.anatomy.masks["pelvis"] & binary_erosion(shut, iterations=2)).any()
    assert found


def test_grain_is_correlated_between_neighbours_as_on_a_plate() -> None:
    made = background(1)
    flat = made.image.pixels.astype(float)
    fine = flat - (np.roll(flat, 2, 1) + np.roll(flat, -2, 1)) / 2
    quiet = ~binary_dilation(made.anatomy.masks["outside"] | made.anatomy.masks["pelvis"], iterations=4)
    neighbour = np.roll(fine, 1, 1)[quiet]
    assert fine[quiet].std() > 3
    assert np.corrcoef(fine[quiet], neighbour)[0, 1] > -0.1


def test_progress_ascends_and_the_work_can_be_closed() -> None:
    steps = list(generate_kub(0, 128))
    assert len(steps) >= 5
    assert all(isinstance(step, Progress) and step.note for step in steps)
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)
    stopped = generate_kub(0, 128)
    next(stopped)
    stopped.close()
    with pytest.raises(StopIteration):
        next(stopped)


def test_patients_differ_in_the_ways_people_do() -> None:
    patients = [draw_patient(seed) for seed in range(60)]
    assert {p.female for p in patients} == {True, False}
    assert np.std([p.half_width for p in patients]) > 8
    assert np.ptp([p.fat for p in patients]) > 0.5
    for p in patients:
        assert p.spine.shape == (len(VERTEBRAE), 3)
        assert (np.diff(p.spine[:, 1]) < 0).all()
        assert np.ptp(p.spine[:, 0]) < 40
