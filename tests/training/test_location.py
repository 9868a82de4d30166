"""The location model from labelled images to a file: removal, decoys, learning, calibration, measuring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.anatomy.detector import DetectorModel, load_calibrated
from app.errors import LithographError
from app.tasks import task
from app.training import location_gathering, location_labelled, location_learners, location_simulated
from app.training.location import train
from app.training.location_scores import Judged, MeanPositions, figures, ranks
from app.training.location_simulated import Amounts, draw_boxes
from app.training.location_store import PlaceStore
from app.training.measuring import compare, measure
from app.training.versions import adopt, keep
from models.inputs import Kind
from models.location.network import Spec
from models.progress import finish
from models.weights import WEIGHTS, read_card
from tests.training.kidneys import write_set

ABDOMEN, KUB = task("abdomen-ct"), task("kub-xray")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work with a small network on small images, and without the danger zone that ships."""

    def spec_of(one: object) -> Spec:
        return Spec(Kind.CT if one == ABDOMEN else Kind.RADIOGRAPH, 128, width=0.25)

    monkeypatch.setattr(location_learners, "spec_of", spec_of)
    monkeypatch.setattr("app.training.location.spec_of", spec_of)
    for name, value in (("BATCH", 4), ("VIEW", 96), ("FEW", 20)):
        monkeypatch.setattr(location_learners, name, value)
    monkeypatch.setattr(location_labelled, "VARIANTS", 1)
    monkeypatch.setattr("app.anatomy.network.weights_folder", lambda _: None)
    monkeypatch.setattr("app.training.location_learners.in_use", lambda *_: None)


@pytest.mark.usefixtures("small")
def test_a_model_from_labelled_images(tmp_path: Path) -> None:
    data = write_set(tmp_path / "data", 18, stones=2)
    out = finish(train("abdomen-ct", data, tmp_path / "out", steps=3))
    card = read_card(out)
    assert card["name"] == "location/abdomen-ct"
    assert card["network"] == "detector"
    assert card["training"]["steps"] == 3
    assert 0.05 < card["temperature"] < 50
    rows = {row["what"]: row for row in card["scores"]["rows"]}
    first = rows["AUC of held-out lesions against random points of the body"]
    assert 0 <= first["interval"][0] <= first["value"] <= first["interval"][1] <= 1
    assert any("decoy" in what for what in rows)
    assert any("mean positions" in what for what in rows)
    assert len((out / "curves.csv").read_text().splitlines()) == 4

    store, names = PlaceStore(out / "samples"), sorted(file.stem for file in (out / "samples").glob("*.npz"))
    parts = {name.rpartition("-")[0].split("-")[0] for name in names}
    assert parts == {"learn", "check", "held"}
    images = {name.split("-")[-3] for name in names if name.startswith("learn")}
    assert images.isdisjoint(name.split("-")[-3] for name in names if not name.startswith("learn"))
    for name in names:
        prepared = store.read(name)
        for left, top, right, bottom in np.rint(prepared.boxes).astype(int):
            assert prepared.pixels[top : bottom + 1, left : right + 1].max() < 150  # stones have 230 HU
    held_out = store.read(next(name for name in names if name.startswith("held")))
    assert len(held_out.decoys) >= 1
    assert held_out.untouched.max() > 200
    for decoy in held_out.decoys:
        assert all(abs(decoy - box).max() > 3 for box in held_out.boxes)

    again = finish(measure("location", "abdomen-ct", out, data))
    assert [row.what for row in again.rows] == list(rows)
    assert again.rows[0].value == pytest.approx(first["value"], abs=1e-6)
    same = finish(compare("location", "abdomen-ct", out, out, data))
    assert same.verdict == "The two models are alike in every figure."


@pytest.mark.usefixtures("small")
def test_interrupted_training_goes_on_exactly_and_the_old_model_stays(tmp_path: Path) -> None:
    data = write_set(tmp_path / "data", 18, stones=2)
    whole = finish(train("abdomen-ct", data, tmp_path / "whole", steps=4))
    out = tmp_path / "out"
    out.mkdir()
    (out / WEIGHTS).write_bytes(b"the old model")
    work = train("abdomen-ct", data, out, steps=4)
    assert any(report.note == "Training" and report.done == 2 for report in work)
    work.close()
    assert (out / WEIGHTS).read_bytes() == b"the old model"
    notes = [
        report.done
        for report in train("abdomen-ct", data, out, steps=4, resume=True)
        if report.note == "Training"
    ]
    assert notes == [3, 4]
    assert (out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()


@pytest.mark.usefixtures("small")
def test_few_boxes_are_learnt_by_a_head_on_the_danger_zones_features(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.danger_zone.network import Spec as StructuresSpec
    from models.danger_zone.network import UNet
    from models.danger_zone.network import save as save_structures

    data = write_set(tmp_path / "data", 6, stones=1)
    with pytest.raises(LithographError, match="too few for the detector"):
        finish(train("abdomen-ct", data, tmp_path / "out", steps=1))
    names = tuple(structure.name for structure in ABDOMEN.structures)
    save_structures(UNet(StructuresSpec(names, Kind.CT, 64, widths=(8, 12, 16))), tmp_path / "unet", {})
    monkeypatch.setattr(
        "app.training.location_learners.in_use",
        lambda kind, _: tmp_path / "unet" if kind == "danger-zone" else None,
    )
    out = finish(train("abdomen-ct", data, tmp_path / "out", steps=2))
    card = read_card(out)
    assert card["network"] == "heatmap"
    assert "fewer than 20" in card["notes"][-1]
    assert load_calibrated(out).temperature == pytest.approx(card["temperature"])


@pytest.mark.usefixtures("small")
def test_a_model_from_simulated_images_goes_on_from_the_one_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"kub-xray": Amounts(phantoms=2, held_out=1, check=1)}
    monkeypatch.setattr(location_simulated, "AMOUNTS", few)
    monkeypatch.setattr(location_gathering, "AMOUNTS", few)
    first = finish(train("kub-xray", None, tmp_path / "first", steps=1))
    card = read_card(first)
    assert card["samples"] == {"learn": 2, "check": 1, "held-out": 1}
    assert card["training"]["begun_from"] == "random weights"
    assert "simulated" in card["scores"]["rows"][0]["what"]
    version = keep("location", "kub-xray", first)
    adopt("location", "kub-xray", version.name)
    monkeypatch.setattr("app.training.location_learners.in_use", lambda *_: version.folder)
    second = finish(train("kub-xray", None, tmp_path / "second", steps=1))
    assert read_card(second)["training"]["begun_from"] == "the model in use"

    store = PlaceStore(first / "samples")
    prepared = store.read(next((first / "samples").glob("learn-*")).stem)
    boxes = draw_boxes(prepared, KUB, np.random.default_rng(0), 200)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    density = prepared.density / prepared.density.mean()
    scale = np.array(density.shape[::-1]) / np.array(prepared.pixels.shape[::-1])
    x, y = ((middle + 0.5) * scale).astype(int).T
    assert np.median(density[y, x]) > 4  # drawn where it is dense
    assert (boxes[:, 2] > boxes[:, 0]).all()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("images", "stones", "task_name", "sentence"),
    [
        (1, 2, "abdomen-ct", "There is 1 labelled image of one origin"),
        (3, 0, "abdomen-ct", "holds no labels that are known here"),
        (0, 0, "abdomen-ct", "no simulator to learn from"),
    ],
)
def test_data_that_will_not_do_is_named(
    images: int, stones: int, task_name: str, sentence: str, tmp_path: Path
) -> None:
    data = write_set(tmp_path / "data", images, stones) if images else None
    with pytest.raises(LithographError, match=sentence):
        finish(train(task_name, data, tmp_path / "out", steps=1))
    assert not (tmp_path / "out" / WEIGHTS).exists()


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"nothing")
    with pytest.raises(LithographError, match="card.json is missing".replace(".", r"\.")):
        finish(measure("location", "abdomen-ct", tmp_path, None))
    with pytest.raises(LithographError, match="no kind of model"):
        finish(measure("taste", "abdomen-ct", tmp_path, None))


def test_ranks_are_the_area_under_the_curve() -> None:
    heat = np.arange(100, dtype=np.float32).reshape(10, 10)
    everywhere = np.ones(heat.shape, bool)
    assert ranks(heat, everywhere, np.array([(9.2, 8.9)]))[0] == pytest.approx(0.995)
    assert ranks(heat, everywhere, np.array([(0, 0)]))[0] == pytest.approx(0.005)
    assert ranks(np.zeros((4, 4), np.float32), np.ones((4, 4), bool), np.array([(1, 1)]))[0] == 0.5
    assert ranks(heat, heat > 50, np.array([(0, 5)]))[0] == 0


def test_the_atlas_of_mean_positions_is_smoothed_as_fits_the_places_best() -> None:
    random = np.random.default_rng(0)
    narrow = [random.normal((0.3, 0.6), 0.01, (3, 2)) for _ in range(60)]
    broad = [random.normal((0.3, 0.6), 0.12, (3, 2)).clip(0, 1) for _ in range(60)]
    assert MeanPositions(narrow).smoothing < MeanPositions(broad).smoothing
    heat = MeanPositions(narrow).heat((200, 100))
    row, column = divmod(int(heat.argmax()), 100)
    assert (row, column) == (pytest.approx(120, abs=4), pytest.approx(30, abs=3))


def test_traces_of_removal_would_be_noticed() -> None:
    nothing, places = np.zeros(0), np.array([0.2, 0.9])
    innocent, guilty = (
        Judged(
            places,
            places,
            places < 0,
            places > 0.5,
            nothing,
            nothing,
            decoys.astype(np.float32),
            np.array([0.4, 0.6], np.float32),
        )
        for decoys in (np.array([0.3, 0.7]), np.array([0.8, 0.9]))
    )
    values = [figures([one])[-1].value for one in (innocent, guilty)]
    assert values == [pytest.approx(0.5), pytest.approx(1)]


def test_a_detector_without_a_temperature_is_not_used(tmp_path: Path) -> None:
    from models.location.network import Detector, save

    save(Detector(Spec(Kind.CT, 64, width=0.25)), tmp_path, {"name": "location/abdomen-ct"})
    with pytest.raises(LithographError, match="no usable temperature"):
        load_calibrated(DetectorModel(tmp_path).folder)
