"""Backgrounds in the workspace Models: what is asked, a training to its end, its samples, old against new."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt

import app.anatomy.versions
from app.anatomy.versions import in_use
from app.engine import Device
from app.errors import LithographError
from app.tasks import task
from app.training import orders
from app.training.background import recipe
from app.training.scores import Compared, Comparison, Score
from app.training.versions import keep
from app.ui.features.models import Models
from app.ui.models.cards import parts_of
from app.ui.models.curves import Record, read_curves
from app.ui.models.kinds import kind_of, seconds_for
from app.ui.models.picture_dialog import PictureDialog
from app.ui.models.workspace import ModelsWorkspace
from models.progress import LongWork, Progress
from tests.training.background.tiny import make_tiny, write_images
from tests.ui.conftest import Hand
from tests.ui.test_accessible import _unnamed

TASK = "abdomen-ct"
KEY = f"background/{TASK}"


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Networks, images and measurements that take seconds, one core, and nothing shipped."""
    make_tiny(monkeypatch)
    monkeypatch.setattr(app.anatomy.versions, "_known_to", lambda _: frozenset())
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(cores)


def _models(hand: Hand) -> tuple[ModelsWorkspace, Models]:
    hand.window.actions_["workspace_models"].trigger()
    workspace = hand.window.workspace
    assert isinstance(workspace, ModelsWorkspace)
    hand.wait(lambda: workspace.library.networks)
    hand.settled()
    workspace.choose(KEY)
    return workspace, hand.window.feature(Models)


def _opened_picture(hand: Hand) -> PictureDialog:
    hand.wait(lambda: any(d.isVisible() for d in hand.window.findChildren(PictureDialog)))
    return next(d for d in hand.window.findChildren(PictureDialog) if d.isVisible())


def test_what_is_asked_before_backgrounds_are_learnt(hand: Hand, tmp_path: Path) -> None:
    workspace, feature = _models(hand)
    assert workspace.list.text_beside(KEY) == "none yet"
    assert "nothing has to be marked" in workspace.network_page.title.says.text()
    assert not hand.window.actions_["open_sheet"].isEnabled()
    hand.window.bridge.engine.device = Device("cpu", "CPU, 2 cores")
    feature.train_network()
    dialog = feature.dialog
    assert dialog is not None
    fields = dialog.fields
    assert (dialog.chosen_kind.name, dialog.chosen_task.name) == ("background", TASK)
    assert [fields.preset.itemData(n) for n in range(3)] == ["fidelity", "small", "paper"]
    assert not fields.alone.isEnabled(), "it has no simulator"
    assert "no GPU" in fields.no_gpu.text()
    assert fields.device.isHidden()

    dialog.set_folder(write_images(tmp_path / "one", 1))
    hand.wait(lambda: dialog.seen is not None)
    assert "by heart" in dialog.says.text()
    assert "one image" in dialog.says.text()
    assert dialog.train.isEnabled(), "warned, not forbidden"
    dialog.set_folder(write_images(tmp_path / "many", 12))
    hand.wait(lambda: dialog.seen is not None)
    assert dialog.says.text() == ""
    assert "12 images" in fields.found.text()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "read.txt").write_text("no image")
    dialog.set_folder(tmp_path / "texts")
    hand.wait(lambda: dialog.seen is not None)
    assert "no image" in dialog.says.text()
    assert not dialog.train.isEnabled()

    fields.preset.setCurrentIndex(fields.preset.findData("paper"))
    fields.preset.activated.emit(2)
    assert "days" in fields.length.currentText()
    assert "GPU" in fields.costs.text()
    fields.preset.setCurrentIndex(fields.preset.findData("small"))
    fields.preset.activated.emit(1)
    fields.more.click()
    assert fields.batch.isVisible()
    assert dialog.order().batch == 0, "the usual number"
    fields.batch.setValue(2)
    fields.batch.entered.emit(2)
    hand.window.bridge.engine.device = Device("cuda", "NVIDIA Test")
    hand.window.bridge.device_found.emit(hand.window.bridge.engine.device)
    assert [fields.device.itemText(n)[:3] for n in range(2)] == ["NVI", "CPU"]
    assert dialog.order().device == ""
    fields.device.setCurrentIndex(1)
    order = dialog.order()
    assert (order.preset, order.batch, order.device) == ("small", 2, "cpu")
    assert _unnamed(dialog) == []
    fields.kind.setCurrentIndex(fields.kind.findData("location"))
    fields.kind.activated.emit(1)
    assert not fields.preset.isVisible()
    assert (dialog.order().preset, dialog.order().batch) == ("", 0)
    dialog.reject()
    hand.window.bridge.engine.device = Device("cpu", "CPU, 2 cores")


def test_backgrounds_are_learnt_in_stages_with_samples_and_put_to_use(
    hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, take = threading.Event(), Record.take

    def held(record: Record, progress: Progress) -> None:
        take(record, progress)
        if progress.done == 7 and "loss" in progress.figures:
            assert gate.wait(120), "it may not go on before it has been looked at"

    monkeypatch.setattr(Record, "take", held)
    data = write_images(tmp_path / "data", 12)
    workspace, feature = _models(hand)
    page, trainer, actions = workspace.training_page, feature.trainer, hand.window.actions_
    trainer.begin(orders.Order("background", TASK, data, 12, preset="fidelity"))
    actions["show_training"].trigger()
    hand.wait(lambda: len(page.sheets.sheets) == 3 and "step 3 of 4" in page.stages.line.text(), 120)
    assert "✓" in page.stages.line.text()
    assert "discriminator" in page.stages.what.text()
    assert page.curves.isVisible()
    assert {"psnr", "codes in use", "perplexity"} <= page.curves.figures.shown.keys()
    assert "dB" in page.curves.figures.shown["psnr"].title.text()
    assert page.curves.curves.steps[0] == 5, "curves are those of the stage at work"
    hand.wait(lambda: not page.sheets.picture.image.isNull())
    newest = page.sheets.shown
    assert newest == page.sheets.sheets[-1]
    page.sheets.picture.setFocus()
    hand.qtbot.keyClick(page.sheets.picture, Qt.Key.Key_Left)
    assert page.sheets.shown == page.sheets.sheets[-2]
    assert "2 of 3" in page.sheets.says.text()
    hand.wait(lambda: actions["open_sheet"].isEnabled())
    actions["open_sheet"].trigger()
    shown = _opened_picture(hand)
    hand.wait(lambda: "×" in shown.says.text())
    hand.qtbot.keyClick(shown, Qt.Key.Key_Right)
    assert shown.shown[1] == newest.file
    before = shown.view.zoom
    hand.qtbot.keyClick(shown, Qt.Key.Key_Plus)
    assert shown.view.zoom > before
    hand.qtbot.keyClick(shown, Qt.Key.Key_1)
    assert shown.view.zoom == 1
    assert _unnamed(shown) == []
    shown.reject()
    page.sheets.newest.click()
    assert page.sheets.shown == newest
    assert _unnamed(hand.window) == []

    page.pause.click()
    gate.set()
    hand.wait(lambda: not trainer.busy and trainer.orders, 60)
    assert orders.steps_done(trainer.orders[0]) == 7
    assert not page.sheets.isVisible()
    actions["resume_training"].trigger()
    hand.wait(lambda: not trainer.busy and any(one.finished for one in trainer.orders), 120)
    assert trainer.failure == ""
    order = trainer.orders[0]
    assert (order.version, order.old) == ("v001", "")
    page.rows["background", TASK].go_on.click()
    hand.wait(lambda: workspace.list.text_beside(KEY) == "version 1")

    workspace.choose(KEY)
    network = workspace.network_page
    hand.wait(lambda: network.drawn.isVisible() and network.curves.isVisible())
    assert [network.stage.itemData(n) for n in range(3)] == ["autoencoder", "decoder", "prior"]
    network.stage.setCurrentIndex(2)
    network.stage.activated.emit(2)
    assert len(network.curves.curves.steps) == 4
    assert any(name.startswith("bits per code") for name in network.curves.figures.shown)
    network.drawn.setFocus()
    hand.qtbot.keyClick(network.drawn, Qt.Key.Key_Return)
    _opened_picture(hand).reject()

    folder = in_use("background", TASK)
    assert folder is not None
    keep("background", TASK, folder)
    rows = (Compared(Score("PSNR", 30.0, 8), Score("PSNR", 31.0, 8)),)
    orders.write(orders.Order("background", TASK, data, 12, "v002", "v001", Comparison(rows, "8 images")))
    workspace.library.look()
    trainer.look()
    actions["show_training"].trigger()
    hand.wait(lambda: ("background", TASK) in page.rows and page.rows["background", TASK].pair.isVisible())
    pair = page.rows["background", TASK].pair
    pair.opened.emit(list(pair._named), 1)
    shown = _opened_picture(hand)
    assert "version 2" in shown.windowTitle()
    shown.step(-1)
    assert "version 1" in shown.windowTitle()
    shown.reject()
    page.rows["background", TASK].go_on.click()
    hand.wait(lambda: workspace.list.text_beside(KEY) == "version 2")


def test_where_memory_runs_out_fewer_images_in_a_step_are_offered(
    hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []

    def train(*_: object, batch: int | None = None, **__: object) -> LongWork[Path]:
        asked.append(batch)
        yield Progress(0, 1)
        raise LithographError(
            f"There was not enough memory for {batch} patches at once; train with --batch 4."
        )

    monkeypatch.setattr(recipe, "train", train)
    workspace, feature = _models(hand)
    page = workspace.training_page
    feature.trainer.begin(orders.Order("background", TASK, tmp_path, 12, preset="small", batch=2))
    feature.show_training()
    hand.wait(lambda: feature.trainer.failure and page.smaller.isVisible())
    assert page.smaller.text() == "Train with 1 image in a step"
    assert "--" not in page.title.says.text()
    page.smaller.click()
    hand.wait(lambda: len(asked) == 2 and "size Small" in page.title.says.text())
    assert asked == [2, 1]
    assert not page.smaller.isVisible()


def test_a_card_of_several_tasks_is_read_as_that_of_one(tmp_path: Path) -> None:
    rows = [
        {"what": "PSNR in dB", "value": 34.25, "n": 24},
        {"what": "share of codes in use, level 2", "value": 0.9, "n": 24},
        {"what": "area under the curve, drawn against real", "value": 0.7, "n": 24},
    ]
    near = {"real": [0.1, 0.2, 0.3, 0.4, 0.5], "drawn": [0.01, 0.02, 0.05, 0.1, 0.2]}
    part = {
        "class": 0, "grey": {}, "shape": [1024, 768], "pixel_mm": 0.34, "unit": "",
        "figures": {"data": "24 held-out images", "rows": rows},
        "memorisation": {"quartiles": near}, "gives_away": "Ribs fade.",
    }  # fmt: skip
    card = {
        "name": "background", "preset": "fidelity", "parameters": {"encoder": 1_500_000, "prior": 500_000},
        "training": {"steps": 5000, "steps_by_stage": {"prior": 1800}, "batch": 8, "view": 192, "rate": 1e-4},
        "tasks": {"kub-xray": part, "lung-ct": {}}, "neighbours": {"kub-xray": []}, "prior_spec": {"a": 1},
    }  # fmt: skip
    parts = {one.title: one for one in parts_of(card, task("kub-xray"))}
    assert "768 × 1024 pixels of 0.34 mm" in parts["What it does"].lines[0]
    table = parts["How good it is"].tables[0]
    assert [row[0] for row in table.rows] == ["PSNR in dB", "Area under the curve, drawn against real"]
    assert "classifier" in table.meaning
    assert "by heart" in parts["Whether it has learnt images by heart"].lines[0]
    assert parts["What gives its images away"].lines == ("Ribs fade.",)
    trained = parts["How it was trained"].lines
    assert "5,000 steps: prior 1,800" in trained
    assert "Preset fidelity, 2.0 million parameters" in trained
    assert "More" not in parts
    assert parts_of({**card, "tasks": {}}, task("kub-xray"))


def test_a_record_holds_the_stage_at_work_and_times_follow_size_and_batch(tmp_path: Path) -> None:
    record = Record()
    file = tmp_path / "curves.csv"
    file.write_text("step,loss,codes_in_use\n1,2.0,0.5\n2,1.0,0.6\n")
    record.go_on_from(read_curves(file))
    for step in (3, 4):
        record.take(Progress(step, 9, "Learning to reconstruct", {"loss": 0.5, "codes in use": 0.7}))
        assert list(record.curves().steps) == list(range(1, step + 1))
    assert record.reports == 4
    record.take(Progress(5, 9, "Learning to draw", {"loss": 6.0, "bits per code, 8 px": 9.9}))
    assert list(record.curves().steps) == [5]
    assert record.reports == 5
    background, cpu = kind_of("background"), Device("cpu", "CPU, 2 cores")
    fidelity, small = (background.preset(name) for name in ("fidelity", "small"))
    assert fidelity is not None
    known = {"background fidelity on CPU, 2 cores": 2.0}
    assert seconds_for(background, 100, cpu, known, fidelity) == 200
    assert seconds_for(background, 100, cpu, known, fidelity, 2 * fidelity.batch) == 400
    assert seconds_for(background, 100, cpu, {}, small) < seconds_for(background, 100, cpu, {}, fidelity)
