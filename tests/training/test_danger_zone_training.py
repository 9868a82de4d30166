"""Training from the application's own parts: samples are gathered and learnt from; a model comes out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import SimpleITK

from app.anatomy.network import find_structures
from app.errors import LithographError
from app.imaging.image import Image
from app.tasks import task
from app.training import danger_zone
from app.training.danger_zone import ct_slices, nodule_crops, recipe, simulated
from app.training.danger_zone.ct_series import ct_series
from app.training.samples import HELD_OUT, LEARN, SampleStore, read_sample
from models.danger_zone.inference import prepare_network
from models.danger_zone.network import Spec, UNet, load, save
from models.progress import finish

LUNG = task("lung-ct")
NAMES = tuple(structure.name for structure in LUNG.structures)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work with few samples and a small network."""
    amounts = simulated.Amounts(phantoms=1, projections=0, held_out=2)
    monkeypatch.setattr(simulated, "AMOUNTS", {"kub-xray": amounts, "lung-ct": amounts})
    monkeypatch.setattr(simulated, "MEASURED", 1)
    monkeypatch.setattr("app.training.danger_zone.familiarise.PER_SAMPLE", 4)
    spec_of: Callable[..., Spec] = recipe.spec_of

    def small_spec(task: object) -> Spec:
        spec = spec_of(task)
        return Spec(spec.structures, spec.kind, size=128, widths=(8, 12, 16))

    monkeypatch.setattr(recipe, "spec_of", small_spec)


@pytest.fixture
def outlined(tmp_path: Path) -> Path:
    """Four small radiographs with masks of spine and kidneys: a folder as a user would bring."""
    for n in range(4):
        image = np.full((96, 80), 60, np.uint8)
        spine = np.zeros((96, 80), np.uint8)
        cv2.rectangle(spine, (34 + n, 0), (46 + n, 95), 255, -1)
        image[spine > 0] = 200
        kidneys = cv2.circle(np.zeros((96, 80), np.uint8), (20, 40), 9, 255, -1)
        for folder, pixels in (("images", image), ("masks/spine", spine), ("masks/kidneys", kidneys)):
            file = tmp_path / "own" / folder / f"patient{n}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(file), pixels)
    return tmp_path / "own"


@pytest.mark.usefixtures("small")
def test_a_radiograph_network_from_phantoms_then_measured_and_resumed(tmp_path: Path) -> None:
    out = tmp_path / "model"
    assert finish(danger_zone.train("kub-xray", None, out, steps=2)) == out
    network, card = load(out)
    assert "spine" in network.spec.structures
    assert card["samples"] == {LEARN: 1, HELD_OUT: 2}
    assert card["training"]["steps"] == 2
    assert card["training"]["begun_from"] == "random weights"
    assert "1 digital phantoms" in card["data"][0]
    assert 0 <= card["scores"]["spine"]["dice"] <= 1
    assert card["scores"]["spine"]["images"] == 2
    assert len((out / "curves.csv").read_text().splitlines()) == 3

    image = Image(read_sample(SampleStore(out / "samples", (), 0).files(HELD_OUT)[0]).pixels)
    familiarity = finish(find_structures(prepare_network(network), image, task("kub-xray"))).familiarity
    assert familiarity is not None
    assert familiarity.score >= 0

    scores = finish(danger_zone.evaluate_folder("kub-xray", out, None))
    rows = {row.what: row for row in scores.rows}
    assert 0 <= rows["Dice, spine"].value <= 1
    assert rows["Dice, spine"].n == 1
    assert rows["places inside bones wrongly permitted"].higher_is_better is False

    # Interrupted at its first step, a longer training leaves the old model alone, and goes on from there.
    old = (out / "weights.safetensors").read_bytes()
    work = danger_zone.train("kub-xray", None, out, steps=3)
    assert any(progress.note == "Training" for progress in work)
    work.close()
    assert (out / "weights.safetensors").read_bytes() == old
    notes = [(p.note, p.done) for p in danger_zone.train("kub-xray", None, out, steps=3, resume=True)]
    assert [done for note, done in notes if note == "Training"] == [2, 3]
    assert (out / "weights.safetensors").read_bytes() != old


@pytest.mark.usefixtures("small")
def test_the_users_outlines_go_on_from_the_model_in_use_and_leave_it_alone(
    tmp_path: Path, outlined: Path, home: Path
) -> None:
    used = home / "models" / "danger_zone" / "kub-xray" / "v001"
    save(UNet(recipe.spec_of(task("kub-xray"))), used, {})
    before = {file.name: file.read_bytes() for file in used.iterdir() if file.is_file()}
    (used.parent / "in-use.json").write_text('{"version": "v001"}')
    out = tmp_path / "model"
    cv2.imwrite(str(outlined / "images" / "nobody.png"), np.full((96, 80), 60, np.uint8))
    finish(danger_zone.train("kub-xray", outlined, out, steps=1))
    _, card = load(out)
    assert card["notes"] == ["The image images/nobody.png has no mask and counts as not looked at."]
    assert str(used) in card["training"]["begun_from"]
    assert "own: 3 outlined images" in card["data"][0]
    assert "1 digital phantoms" in card["data"][1]
    assert {"spine", "kidneys"} == set(card["scores"])  # what was not outlined is not measured
    assert {file.name: file.read_bytes() for file in used.iterdir() if file.is_file()} == before
    samples = SampleStore(out / "samples", (), 0)
    own = read_sample(samples.groups(LEARN)["own"][0])
    assert sum(own.known) == 2
    rows = {row.what: row.n for row in finish(danger_zone.evaluate_folder("kub-xray", out, outlined)).rows}
    assert rows["Dice, spine"] == 1
    assert "Dice, pelvis and sacrum" not in rows


def test_outlines_that_say_nothing_are_named(tmp_path: Path, outlined: Path) -> None:
    def trained() -> None:
        finish(danger_zone.train("kub-xray", outlined, tmp_path / "out", steps=1))

    for value, message in ((0, "All masks in .* are empty"), (255, "forbidden structures cover everything")):
        for file in (outlined / "masks").rglob("*.png"):
            cv2.imwrite(str(file), np.full((96, 80), value, np.uint8))
        with pytest.raises(LithographError, match=message):
            trained()
    for file in outlined.rglob("*.png"):
        if file.stem != "patient0":
            file.unlink()
    with pytest.raises(LithographError, match=r"Only one image in .* has outlined structures"):
        trained()
    assert not (tmp_path / "out" / "weights.safetensors").exists()


def test_bad_questions_are_answered_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LithographError, match="There is no task"):
        finish(danger_zone.train("knee", None, tmp_path / "a"))
    with pytest.raises(LithographError, match="nothing that the task 'abdomen-ct' could learn"):
        finish(danger_zone.train("abdomen-ct", None, tmp_path / "b", steps=1))
    (tmp_path / "weights.safetensors").write_bytes(b"")
    with pytest.raises(LithographError, match=r"card.json is missing|damaged"):
        finish(danger_zone.evaluate_folder("kub-xray", tmp_path, None))


def test_places_without_ct_are_named(tmp_path: Path) -> None:
    with pytest.raises(LithographError, match="There is no folder"):
        ct_series(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(LithographError, match="is empty"):
        ct_series(tmp_path / "empty")


def test_slices_of_a_ct_are_split_by_block(tmp_path: Path, chest: Path) -> None:
    store = SampleStore(tmp_path / "samples", NAMES, 128)
    (line,) = finish(ct_slices.axial_slices(LUNG, chest, store))
    assert "held out" in line
    learnt = [int(file.stem[-4:]) for file in store.groups(LEARN)["ct0"]]
    held_out = [int(file.stem[-4:]) for file in store.groups(HELD_OUT)["ct0"]]
    assert held_out == list(range(min(held_out), max(held_out) + 1))
    assert min(abs(one - other) for one in learnt for other in held_out) > 2
    sample = read_sample(store.folder / f"{HELD_OUT}-ct0-{held_out[0]:04d}.npz")
    lungs = sample.masks()[NAMES.index("lungs")]
    outside = sample.masks()[NAMES.index("outside")]
    assert 0.05 < lungs.mean() < 0.4
    assert outside[0].all()
    assert not (lungs & outside).any()
    # Pixels of 3 mm are too coarse to tell bones by thresholds.
    assert dict(zip(NAMES, sample.known, strict=True))["bone"] is False


def test_cut_outs_teach_what_is_certain_and_are_split_by_patient(tmp_path: Path) -> None:
    folder = tmp_path / "nodules"
    folder.mkdir()
    z, y, x = np.mgrid[-25:25, -25:25, -25:25]
    hu = np.where(x > 12, 40, -850).astype(np.int16)  # a wall to the right
    nodule = (x + 4) ** 2 + y**2 + z**2 < 25
    hu[nodule] = 20
    with (folder / "nodules.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("name", "series_instance_uid", "diameter_mm"))
        for n in range(12):
            writer.writerow((f"n{n}", f"1.2.{n // 2}", 10.0))
            for name, values in ((f"n{n}", hu), (f"n{n}_mask", nodule.astype(np.uint8))):
                SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(folder / f"{name}.nrrd"))
    crops = list(nodule_crops.read_crops(folder))
    sides = {crop.series: crop.held_out for crop in crops}
    assert len(sides) == 6
    assert not all(sides.values())
    assert all(crop.held_out == sides[crop.series] for crop in crops)

    bits, unknown = nodule_crops.certain(crops[0], LUNG)
    lung = 1 << NAMES.index("lungs")
    assert (bits[nodule] == lung).all()
    assert (unknown[nodule] == 0).all()
    assert bits[25, 25, 2] == lung
    assert unknown[25, 25, 2] == 0
    assert bits[25, 25, 45] == 0
    assert not unknown[25, 25, 45] & lung  # thick tissue is certainly no lung; its kind is open
    assert unknown[25, 25, 45] & 1 << NAMES.index("bone")
    assert unknown[25, 25, 36] & lung  # the rim is open

    store = SampleStore(tmp_path / "samples", NAMES, 512)
    (line,) = finish(nodule_crops.nodule_crops(LUNG, tmp_path, store))
    assert "patients" in line
    (mosaic,) = (read_sample(file) for file in store.files(LEARN)[:1])
    assert mosaic.pixels.shape == (512, 512)
    teaches = mosaic.teaches()
    assert 0.3 < teaches[NAMES.index("lungs")].mean() < 1
    assert teaches[NAMES.index("bone")].mean() < teaches[NAMES.index("lungs")].mean()
    assert ct_series(folder) == []  # cut-outs are no series


@pytest.fixture
def chest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a crude chest: a cylinder with two lungs."""
    v, u = np.mgrid[-64:64, -64:64].astype(float)
    hu = np.full((128, 128), -1000.0)
    hu[(u / 58) ** 2 + (v / 40) ** 2 < 1] = 40
    for side in (-1, 1):
        hu[((u - side * 28) / 20) ** 2 + (v / 28) ** 2 < 1] = -820
    volume = np.repeat(hu[None], 24, axis=0) + np.random.default_rng(0).normal(0, 10, (24, 128, 128))
    image = SimpleITK.GetImageFromArray(volume.astype(np.int16))
    image.SetSpacing((3.0, 3.0, 5.0))
    file = tmp_path_factory.mktemp("chest") / "chest.nii.gz"
    SimpleITK.WriteImage(image, str(file))
    return file


def test_dice() -> None:
    one, other = np.zeros((2, 4, 4), bool)
    assert danger_zone.dice(one, other) == 1
    one[:2], other[1:3] = True, True
    assert danger_zone.dice(one, other) == 0.5
    assert danger_zone.dice(one, one) == 1
    assert danger_zone.dice(one, ~one) == 0
