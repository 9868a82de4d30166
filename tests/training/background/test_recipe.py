"""Training backgrounds in this process: bad input, other settings, memory, orders and versions."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch

from app.anatomy import versions as anatomy_versions
from app.training import orders
from app.training.background import recipe
from app.training.background.beginnings import known_model, usual_plan
from app.training.background.cards import readable
from app.training.background.watching import NOTES
from app.training.versions import adopt, export, keep_from_elsewhere, versions
from main import main
from models.hiresmed_vqgan.model import load
from models.progress import finish
from models.weights import CARD, WEIGHTS
from tests.training.background.tiny import SHAPE, make_tiny, write_images

TASK = "abdomen-ct"


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    make_tiny(monkeypatch)


def trained(data: Path, out: Path, *more: str) -> int:
    where = ("--task", TASK, "--data", str(data), "--out", str(out), "--device", "cpu")
    return main(["train", "background", *where, *more])


def test_bad_images_are_left_out_and_the_rest_of_all_sizes_is_learnt_from(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data, out = write_images(tmp_path / "data", 11), tmp_path / "out"
    write_images(data / "larger", 2, (150, 120))
    write_images(data / "smaller", 1, (48, 60))  # less than a patch, but more than half of one
    write_images(data / "specks", 1, (20, 20))
    cv2.imwrite(str(data / "constant.png"), np.full((96, 80), 7, np.uint8))
    broken = np.random.default_rng(0).normal(0, 50, (96, 80)).astype(np.float32)
    broken[10:20] = np.nan
    tifffile.imwrite(data / "broken.tif", broken)
    assert trained(data, out, "--steps", "3") == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(out)
    for what in ("constant has fewer than", "20 by 20 pixels", "smaller than a patch"):
        assert what in said.err
    model = load(out)
    card = model.card
    assert card["name"] == f"background/{TASK}"
    assert card["samples"]["learn"] + card["samples"]["held-out"] >= 14
    assert card["training"]["steps_by_stage"] == {"autoencoder": 1, "decoder": 1, "prior": 1}
    assert len(card["neighbours"][TASK]) == len(model.neighbours[TASK]) == 8
    assert all(Path(one["path"]).is_file() for one in card["neighbours"][TASK])
    part = card["tasks"][TASK]
    assert len(part["nearest"]) == 101
    assert part["residual"]["difference"]
    rows = {row["what"]: row["value"] for row in part["figures"]["rows"]}
    assert np.isfinite(list(rows.values())).all()
    assert any(what.startswith(("area under the curve", "drawn images")) for what in rows)
    text = (out / "CARD.md").read_text()
    assert text == readable(card)
    assert "gives drawn images away" in text
    sheet = cv2.imread(str(out / "samples.png"), cv2.IMREAD_UNCHANGED)
    assert sheet.shape == (SHAPE[0], 2 * SHAPE[1] + 4)
    assert not (out / "autoencoder").exists()


def test_one_image_is_learnt_from_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data, out = write_images(tmp_path / "data", 1), tmp_path / "out"
    assert trained(data, out, "--steps", "3") == 0
    assert "the model will learn this by heart" in capsys.readouterr().err
    card = json.loads((out / CARD).read_text())
    assert "none are held out" in card["scores"]["data"]
    assert any("by heart" in note for note in card["notes"])


def test_a_training_is_resumed_with_its_own_settings_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data, out = write_images(tmp_path / "data", 12), tmp_path / "out"
    work = recipe.train(TASK, data, out, preset="small")
    while next(work).note != NOTES["decoder"]:
        pass
    work.close()
    assert (out / "decoder" / "checkpoint" / CARD).is_file()
    steps = [int(line.split(",")[0]) for line in (out / "curves.csv").read_text().splitlines()[1:]]
    assert steps == [5]  # those of the stage at work, counted over all
    for other, had in (
        (("--preset", "fidelity"), "preset small"),
        (("--batch", "2"), "batch 4"),
        (("--view", "128"), "view 64"),
        (("--block", "residual"), "block hdfb"),
        (("--steps", "30"), "steps 12"),
    ):
        assert trained(data, out, "--resume", *other) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert f"was begun with {had}; resume it with the same" in said
    assert trained(write_images(tmp_path / "other", 1), out, "--resume") == 1
    assert f"was begun with data {data}" in capsys.readouterr().err
    begun = json.loads((out / "begun.json").read_text())
    (out / "begun.json").write_text(json.dumps({**begun, "version": 0}))
    assert trained(data, out, "--resume") == 1
    assert "of another version of this program" in capsys.readouterr().err

    (out / "begun.json").write_text(json.dumps(begun))
    (out / "decoder" / "checkpoint" / WEIGHTS).write_bytes(b"cut off")
    assert trained(data, out, "--resume") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "damaged" in said
    assert trained(data, out, "--preset", "small", "--steps", "3") == 0  # anew, the pool as it was


def test_where_memory_runs_out_a_smaller_batch_is_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = write_images(tmp_path / "data", 11), tmp_path / "out"
    monkeypatch.setattr("models.hiresmed_vqgan.training._loss", lambda *_: torch.empty(1 << 55))
    for batch, remedy in ((4, "--batch 2."), (1, "--view 64 or --preset small.")):
        assert trained(data, out, "--batch", str(batch)) == 1
        said = capsys.readouterr().err
        assert "There was not enough memory for" in said
        assert said.strip().endswith(remedy)
    assert not (out / WEIGHTS).exists()


def test_wrong_options_are_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    for option, message in (
        (("--preset", "huge"), "--preset is fidelity, small or paper"),
        (("--block", "dense"), "--block is hdfb or residual"),
        (("--view", "100"), "--view is a multiple of 64"),
    ):
        assert trained(tmp_path, tmp_path / "out", *option) == 2
        assert message in capsys.readouterr().err


def test_an_order_makes_a_version_and_the_next_one_goes_on_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.anatomy.versions.MODELS", tmp_path / "none")  # as if none had shipped
    data = write_images(tmp_path / "data", 14)
    order = orders.Order("background", TASK, data, 3, preset="small")
    assert known_model(TASK, "small", "hdfb") is None
    first = finish(orders.carry_out(order))
    assert (first.version, first.finished) == ("v001", True)
    assert first.comparison is None
    assert not (order.folder / "pool").exists()
    adopt("background", TASK, "v001")
    kept = next(one for one in versions("background", TASK) if one.in_use)
    assert {file.name for file in kept.folder.iterdir()} >= {WEIGHTS, CARD, "CARD.md", "samples.png"}
    assert known_model(TASK, "small", "hdfb") == kept.folder
    assert usual_plan(TASK, "small").steps == (2, 2, 2)
    orders.discard(first)

    work = orders.carry_out(orders.Order("background", TASK, data, 4, preset="small"))
    pictures = []
    second = None
    while second is None:
        try:
            pictures += list(next(work).pictures)
        except StopIteration as end:
            second = end.value
    assert pictures
    assert second.comparison is not None
    assert second.comparison.rows[0].what.startswith("PSNR in dB, range -160 to 240 HU")
    assert second.comparison.rows[0].new.n == second.comparison.rows[0].old.n > 0
    folders = {one.name: one for one in versions("background", TASK)}
    assert str(kept.folder) in folders["v002"].card["training"]["begun_from"]
    assert orders.orders() == (second,)


def test_one_shipped_model_serves_every_task_in_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = write_images(tmp_path / "data", 11), tmp_path / "models" / "hiresmed_vqgan" / "shipped"
    assert trained(data, out, "--steps", "3") == 0
    card = json.loads((out / CARD).read_text())
    part = card["tasks"][TASK]
    card = {**card, "name": "background", "tasks": {TASK: part, "lung-ct": {**part, "class": 0}}}
    (out / CARD).write_text(json.dumps(card))
    monkeypatch.setattr(anatomy_versions, "MODELS", tmp_path / "models")
    for name in (TASK, "lung-ct"):
        (shipped,) = versions("background", name)
        assert (shipped.name, shipped.folder, shipped.in_use) == ("shipped", out, True)
    assert versions("background", "kub-xray") == ()
    assert known_model("kub-xray", "fidelity", "hdfb") == out  # to go on from
    copy = export("background", TASK, "shipped", tmp_path / "copy")
    assert keep_from_elsewhere("background", "lung-ct", copy).name == "v001"
