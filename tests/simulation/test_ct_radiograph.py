"""A radiograph from a CT folder: the patient alone, bone by name, the same bytes from the same recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from app.errors import LithographError
from app.simulation.background import Background
from app.simulation.ct_bones import PELVIS, RIBS, SPINE, find_bones
from app.simulation.ct_volume import Volume, patient_only, read_volume
from app.simulation.generate import generate
from models.progress import finish
from tests.simulation.ct_folder import SLICE, SPACING, trunk_hu, write_ct

SIZE = 192


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ct(tmp_path_factory.mktemp("ct"), trunk_hu())


@pytest.fixture(scope="module")
def made(folder: Path) -> Background:
    return finish(generate("kub-xray", 1, source=f"ct:{folder}", size=SIZE))


@pytest.fixture(scope="module")
def volume(folder: Path) -> Volume:
    return finish(read_volume(folder))


def test_the_volume_stands_upright_in_cubes(volume: Volume) -> None:
    hu = trunk_hu()
    length = (hu.shape[0] - 1) * SLICE
    assert volume.hu.shape[0] == pytest.approx(length / 2.5 + 1, abs=1)
    assert volume.hu.shape[1:] == pytest.approx(tuple(np.array(hu.shape[1:]) * SPACING / 2.5), abs=1)
    assert (volume.hu[0] == hu[0]).mean() > 0.99


def test_a_feet_first_series_is_turned_head_up(tmp_path: Path, volume: Volume) -> None:
    """The order of the files must not matter; the positions in the headers do."""
    folder = write_ct(tmp_path / "ct", trunk_hu())
    for n, file in enumerate(sorted(folder.iterdir(), reverse=True)):
        file.rename(folder / f"r{n:03d}.dcm")
    assert (finish(read_volume(folder)).hu == volume.hu).all()


def test_the_table_is_removed_and_the_body_kept_whole(volume: Volume) -> None:
    body = patient_only(volume)
    true = trunk_hu()[40] > -500
    table = np.flatnonzero(true.mean(1) > 0.8)
    assert not body[:, table[len(table) // 2]].any()
    assert body[len(body) // 2].sum() == pytest.approx(np.pi * 160 * 105 / 2.5**2, rel=0.05)


def test_bone_is_split_by_where_it_lies_and_contrast_medium_is_none_of_it(volume: Volume) -> None:
    bones = find_bones(volume, patient_only(volume))
    z, _, x = volume.hu.shape
    assert bones.crest is not None
    assert bones.crest / z == pytest.approx(0.55, abs=0.06)
    loop = volume.hu > 800
    assert bones.contrast[loop].mean() > 0.9
    assert not (bones.labels[loop] > 0).any()
    assert (bones.labels[z // 2, :, x // 2] == SPINE).sum() > 5
    ribs, pelvis = bones.labels == RIBS, bones.labels == PELVIS
    assert ribs.sum() > 500
    assert ribs[: int(z * 0.4)].sum() > 0.95 * ribs.sum()
    assert pelvis[int(z * 0.5) :].sum() == pelvis.sum() > 10_000


def test_the_radiograph_shows_bone_where_the_masks_say(made: Background) -> None:
    pixels, masks = made.image.pixels.astype(float), made.anatomy.masks
    assert made.image.pixels.dtype == np.uint16
    assert made.image.pixels.max() <= 4095
    assert {"outside", "spine", "ribs", "pelvis"} == set(masks)
    bone = masks["spine"] | masks["ribs"] | masks["pelvis"]
    for name in ("spine", "pelvis"):
        ring = binary_dilation(masks[name], iterations=7) & ~binary_dilation(
            bone | masks["outside"], iterations=2
        )
        assert np.median(pixels[masks[name]]) > np.median(pixels[ring]) + 120, name
    columns = np.nonzero(masks["spine"])[1]
    assert abs(columns.mean() / SIZE - 0.5) < 0.06
    assert np.nonzero(masks["pelvis"])[0].mean() > np.nonzero(masks["ribs"])[0].mean()


def test_progress_ascends(folder: Path) -> None:
    shares = [step.fraction for step in generate("kub-xray", 5, source=f"ct:{folder}", size=SIZE)]
    assert len(shares) > 5
    assert shares == sorted(shares)


def test_the_contrast_medium_leaves_no_trace(made: Background, tmp_path: Path) -> None:
    hu = trunk_hu()
    hu[hu == 900] = 40
    plain = finish(generate("kub-xray", 1, source=f"ct:{write_ct(tmp_path / 'ct', hu)}", size=SIZE))
    inside = ~(made.anatomy.masks["outside"] | plain.anatomy.masks["outside"])
    difference = np.abs(made.image.pixels.astype(float) - plain.image.pixels)[inside]
    assert np.quantile(difference, 0.99) < 60


def test_the_recipe_makes_the_same_bytes_and_another_seed_a_variant(made: Background, folder: Path) -> None:
    recipe = dict(made.recipe)
    assert list(recipe) == sorted(recipe)
    again = finish(
        generate(
            str(recipe["task"]), int(recipe["seed"]), source=str(recipe["source"]), size=int(recipe["size"])
        )
    )
    assert again.image.digest == made.image.digest
    other = finish(generate("kub-xray", 2, source=f"ct:{folder}", size=SIZE))
    assert other.image.digest != made.image.digest
    assert (other.anatomy.masks["pelvis"] != made.anatomy.masks["pelvis"]).mean() > 0.005


@pytest.mark.parametrize(
    ("hu", "words"),
    [(trunk_hu(slices=20), "20 slices"), (trunk_hu(slices=50, lungs=0.8), "less than 15 cm of the abdomen")],
    ids=["too few slices", "chest only"],
)
def test_a_ct_that_will_not_do_is_refused_by_name(hu: np.ndarray, words: str, tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", hu)
    with pytest.raises(LithographError, match=words) as error:
        finish(generate("kub-xray", 0, source=f"ct:{folder}", size=SIZE))
    assert str(folder) in str(error.value)
    assert "\n" not in str(error.value)


def test_slices_with_a_gap_are_refused(tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", trunk_hu())
    for n in range(30, 40):
        (folder / f"{n:03d}.dcm").unlink()
    with pytest.raises(LithographError, match="not evenly stacked"):
        finish(generate("kub-xray", 0, source=f"ct:{folder}", size=SIZE))


def test_a_slice_of_a_chest_ct_becomes_a_lung_background(tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", trunk_hu(slices=12, lungs=1.0))
    first = finish(generate("lung-ct", 3, source=f"ct:{folder}"))
    assert first.image.pixels.dtype == np.int16
    assert first.image.unit == "HU"
    assert first.image.pixel_mm == pytest.approx((SPACING, SPACING))
    assert first.image.pixels.min() >= -1024
    assert (first.image.pixels < -700).mean() > 0.1
    assert "lungs" in first.anatomy.masks
    lungs = first.anatomy.masks["lungs"]
    assert lungs.sum() > 500
    assert np.median(first.image.pixels[lungs]) < -700
    assert first.image.digest == finish(generate("lung-ct", 3, source=f"ct:{folder}")).image.digest
    assert first.image.digest != finish(generate("lung-ct", 4, source=f"ct:{folder}")).image.digest


def test_a_ct_without_lung_makes_no_lung_background(tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", trunk_hu(slices=5))
    with pytest.raises(LithographError, match="no lung"):
        finish(generate("lung-ct", 0, source=f"ct:{folder}"))
