"""The workspaces on the rail, and Models: versions, training sets, training up to the decision."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

import models.learning
from app.anatomy.versions import in_use, versions
from app.engine import State
from app.paths import MODELS
from app.simulation import can_generate
from app.tasks import task, task_names
from app.training import danger_zone, location, location_simulated, orders
from app.training.background import plans
from app.training.danger_zone import recipe, simulated
from app.training.scores import Compared, Comparison, Score
from app.training.versions import keep
from app.ui import create_window
from app.ui.features.dropping import Dropping
from app.ui.features.models import Models
from app.ui.features.training_sets import TrainingSets
from app.ui.features.workspaces import Workspaces
from app.ui.models.cards import lesion_parts, parts_of
from app.ui.models.comparison_view import words_of
from app.ui.models.curves import EMPTY, Record, read_curves
from app.ui.models.kinds import KINDS, about, kind_of
from app.ui.models.workspace import ModelsWorkspace
from app.ui.settings import settings
from models.danger_zone.network import Spec
from models.progress import Progress
from tests.ui.conftest import Hand
from tests.ui.test_accessible import _unnamed

KUB = "danger-zone/kub-xray"


def _models(hand: Hand) -> ModelsWorkspace:
    """Goes to Models by its key, and waits for its list."""
    hand.window.activateWindow()
    hand.qtbot.keyClick(hand.window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    workspace = hand.window.workspace
    assert isinstance(workspace, ModelsWorkspace)
    hand.wait(lambda: workspace.library.networks)
    hand.settled()
    return workspace


def _feature(hand: Hand) -> Models:
    return hand.window.feature(Models)


def _press(box: object, text: str) -> None:
    """Presses the button of a question."""
    next(b for b in box.buttons() if b.text().replace("&", "") == text).click()  # type: ignore[attr-defined]


def _choose_folder(hand: Hand, folder: Path) -> None:
    """Answers the dialog that asks for a folder."""
    hand.wait(lambda: any(d.isVisible() for d in hand.window.findChildren(QFileDialog)))
    dialog = next(d for d in hand.window.findChildren(QFileDialog) if d.isVisible())
    dialog.fileSelected.emit(str(folder))
    dialog.done(1)


# -- the rail ------------------------------------------------------------------------------------------


def test_what_belongs_to_the_image_does_nothing_while_it_is_not_shown(hand: Hand, radiograph: Path) -> None:
    hand.place()
    actions, before = hand.window.actions_, hand.document.scene
    window = hand.compose.controller.display.window
    models = _models(hand)
    assert hand.window.feature(Workspaces).rail.buttons["models"].isChecked()
    assert not hand.compose.isVisible()
    assert settings().remembered.workspace == "models"
    for name in (
        "remove",
        "invert",
        "undo",
        "overlays",
        "preset_3",
        "reset",
        "save_scene",
        "zoom_in",
        "ruler",
    ):
        assert not actions[name].isEnabled(), name
        assert actions.why_not(name) == "go to the workspace Compose first"
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_I, Qt.Key.Key_3, Qt.Key.Key_S, Qt.Key.Key_Left, Qt.Key.Key_P):
        hand.qtbot.keyClick(hand.window.focusWidget() or hand.window, key)
    hand.qtbot.keyClick(hand.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert hand.document.scene == before
    assert hand.compose.controller.display.window == window
    assert not hand.compose.controller.display.inverted
    assert hand.compose.overlays.visible
    assert actions["open"].isEnabled()
    assert actions["use_version"].isEnabled() is False

    hand.window.bridge.failed.emit("The disk is full; free some space.", "")
    assert hand.compose.messages.isVisible(), "what goes wrong is said where the user looks"
    assert models.isAncestorOf(hand.compose.messages)

    actions["workspace_compose"].trigger()
    assert hand.compose.isVisible()
    assert hand.canvas.isAncestorOf(hand.compose.messages)
    assert hand.canvas.hasFocus()
    for name in ("remove", "invert", "undo", "preset_3"):
        assert actions[name].isEnabled(), name
    assert not actions["import_model"].isEnabled()
    hand.key(Qt.Key.Key_Delete)
    assert hand.document.scene.empty
    _models(hand)
    assert not actions["remove"].isEnabled()
    actions["workspace_compose"].trigger()
    assert not actions["remove"].isEnabled(), "nothing is selected any more"


def test_an_image_that_is_dropped_on_models_is_opened_in_compose(
    hand: Hand, radiograph: Path, tmp_path: Path
) -> None:
    models = _models(hand)

    def drop(path: Path) -> str:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        rest = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(hand.window, QDragEnterEvent(QPoint(400, 300), *rest))
        assert hint.isVisible()
        QApplication.sendEvent(hand.window, QDropEvent(QPointF(400, 300), *rest))
        return hint.text()

    hint = hand.window.feature(Dropping).hint
    folder = tmp_path / "stones"
    folder.mkdir()
    assert "import" in drop(folder)
    sets = hand.window.feature(TrainingSets)
    hand.wait(lambda: sets.dialog is not None and sets.dialog.isVisible())
    sets.dialog.reject()  # type: ignore[union-attr]
    assert hand.window.workspace is models
    opened: list[object] = []
    hand.document.opened.connect(lambda: opened.append(1))
    assert "open the image" in drop(radiograph)
    hand.wait(lambda: opened)
    assert hand.window.workspace is hand.compose
    assert not hint.isVisible()


def test_the_workspace_is_remembered_and_made_at_its_first_visit(
    hand: Hand, opened: Callable[[Path], Hand], radiograph: Path
) -> None:
    workspaces = hand.window.feature(Workspaces)
    assert workspaces.visited("models") is None
    _models(hand)
    assert workspaces.visited("models") is not None
    focused = []
    for _ in range(3):
        hand.window.actions_["next_part"].trigger()
        focused.append(hand.window.focusWidget())
    assert all(widget is not None and hand.window.workspace.isAncestorOf(widget) for widget in focused)
    hand.window.close()
    assert opened(radiograph).window.workspace is not None
    assert settings().remembered.workspace == "models", "a window that is opened on a file shows it"


# -- versions ------------------------------------------------------------------------------------------


def test_versions_are_read_about_used_copied_and_removed(hand: Hand, tmp_path: Path) -> None:
    shipped = MODELS / "danger_zone" / "kub-xray"
    model = tmp_path / "model"
    shutil.copytree(shipped, model)
    (model / "curves.csv").write_text(
        "step,loss,learning_rate\n" + "".join(f"{n},{2 / n:.4f},0.001\n" for n in range(1, 200))
    )
    keep("danger-zone", "kub-xray", model)
    models, feature = _models(hand), _feature(hand)
    models.choose(KUB)
    page, actions = models.network_page, hand.window.actions_
    assert models.list.text_beside(KUB) == "shipped"
    assert page.versions.rowCount() == 2
    assert page.card.tables[0].rowCount() >= 3
    assert not page.use.isEnabled()
    assert not page.remove.isEnabled()
    assert not page.curves.isVisible()

    page.versions.setCurrentCell(1, 0)
    hand.wait(page.curves.isVisible)
    assert "step 199" in page.curves.says.text()
    assert actions["use_version"].isEnabled()
    before = hand.document.where
    actions["use_version"].trigger()
    hand.wait(lambda: models.list.text_beside(KUB) == "version 1")
    assert in_use("danger-zone", "kub-xray") == versions("danger-zone", "kub-xray")[1].folder
    hand.wait(lambda: hand.document.where not in (None, before))  # the open image is looked at anew
    hand.wait(lambda: not page.remove.isEnabled())

    out = tmp_path / "out"
    out.mkdir()
    actions["export_model"].trigger()
    _choose_folder(hand, out)
    hand.wait((out / "danger-zone-kub-xray-v001" / "weights.safetensors").is_file)
    page.versions.setCurrentCell(0, 0)
    page.use.click()
    hand.wait(lambda: models.list.text_beside(KUB) == "shipped")
    page.versions.setCurrentCell(1, 0)
    actions["remove_version"].trigger()
    _press(feature.question, "Cancel")
    actions["remove_version"].trigger()
    _press(feature.question, "Remove")
    hand.wait(lambda: page.versions.rowCount() == 1)

    exported = out / "danger-zone-kub-xray-v001"
    actions["import_model"].trigger()
    _choose_folder(hand, exported)
    hand.wait(lambda: page.versions.rowCount() == 2)
    hand.settled()
    (exported / "weights.safetensors").write_bytes(b"half of it")
    actions["import_model"].trigger()
    _choose_folder(hand, exported)
    hand.wait(lambda: "damaged" in hand.compose.messages.text)
    models.choose("danger-zone/lung-ct")
    shutil.copytree(shipped, tmp_path / "other")
    actions["import_model"].trigger()
    _choose_folder(hand, tmp_path / "other")
    hand.wait(lambda: "kub-xray, and not danger-zone/lung-ct" in hand.compose.messages.text)
    assert len(versions("danger-zone", "kub-xray")) == 2

    for key in ("training", "sets", KUB):
        models.choose(key)
        assert _unnamed(hand.window) == []
    feature.train_network()
    assert feature.dialog is not None
    assert _unnamed(feature.dialog) == []
    feature.dialog.reject()
    models.choose("lesion:stone-round")
    assert models.pages.currentWidget() is models.lesion_page
    assert "Round stone" in models.lesion_page.title.title.text()
    assert not actions["export_model"].isEnabled()


# -- training sets -------------------------------------------------------------------------------------


def _labelled(folder: Path, count: int = 4) -> Path:
    """Images with YOLO labels of one stone each; in the first one the box reaches over the edge."""
    folder.mkdir()
    rng = np.random.default_rng(3)
    for n in range(count):
        cv2.imwrite(str(folder / f"case{n}.png"), rng.integers(40, 90, (64, 64)).astype(np.uint8))
        (folder / f"case{n}.txt").write_text(f"0 {0.98 if n == 0 else 0.5} 0.5 0.2 0.2\n")
    (folder / "classes.txt").write_text("stone\n")
    return folder


def test_sets_are_made_filled_annotated_renamed_and_removed(hand: Hand, tmp_path: Path) -> None:
    images = _labelled(tmp_path / "clinic A")
    models, sets, actions = _models(hand), hand.window.feature(TrainingSets), hand.window.actions_
    actions["import_set"].trigger()
    _choose_folder(hand, images)
    hand.wait(lambda: sets.dialog is not None)
    dialog = sets.dialog
    assert dialog.title.text() == "clinic A"  # type: ignore[union-attr]
    dialog.task.setCurrentIndex(dialog.task.findData("kub-xray"))  # type: ignore[union-attr]
    dialog.accept()  # type: ignore[union-attr]
    page = models.sets_page
    hand.wait(lambda: page.current is not None and page.current.images)
    assert models.list.key == "sets"
    cells = [page.table.item(0, column).text() for column in range(6)]  # type: ignore[union-attr]
    assert cells[0] == "clinic A"
    assert cells[2:] == ["4", "4", "4", "0"]
    assert "case0.txt" in page._notes.text()

    actions["new_set"].trigger()
    sets.dialog.title.setText("")  # type: ignore[union-attr]
    assert not sets.dialog.do.isEnabled()  # type: ignore[union-attr]
    sets.dialog.title.setText("Zeroth")  # type: ignore[union-attr]
    sets.dialog.accept()  # type: ignore[union-attr]
    hand.wait(lambda: page.table.rowCount() == 2 and page.current.title == "Zeroth")  # type: ignore[union-attr]
    assert page.annotate.isEnabled()
    assert not page.train.isEnabled(), "nothing is in it"
    actions["rename_set"].trigger()
    sets.dialog.title.setText("Empty")  # type: ignore[union-attr]
    sets.dialog.accept()  # type: ignore[union-attr]
    hand.wait(lambda: page.current.title == "Empty")  # type: ignore[union-attr]
    actions["remove_set"].trigger()
    _press(sets.question, "Remove")
    hand.wait(lambda: page.table.rowCount() == 1)

    moved = images.rename(tmp_path / "clinic B")
    actions["find_set"].trigger()
    _choose_folder(hand, moved)
    hand.wait(lambda: moved in page.current.images[0].path.parents)  # type: ignore[union-attr]
    assert all(image.path.is_file() for image in page.current.images)  # type: ignore[union-attr]

    actions["annotate_set"].trigger()
    assert models.pages.currentWidget() is models.annotate_page
    editor = models.annotate_page.editor
    assert editor is not None
    hand.wait(lambda: editor.document.page is not None)
    for _ in range(4):
        actions["next_part"].trigger()
        assert editor.isAncestorOf(hand.window.focusWidget())
    models.annotate_page.back.click()
    assert models.pages.currentWidget() is page
    hand.settled()
    assert (moved / "case0.png").is_file()


# -- training ------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Few samples, a small network, small views of the images, one core."""
    import torch

    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    amounts = simulated.Amounts(phantoms=1, projections=0, held_out=1)
    monkeypatch.setattr(simulated, "AMOUNTS", {"kub-xray": amounts, "lung-ct": amounts})
    monkeypatch.setattr(simulated, "MEASURED", 1)
    monkeypatch.setattr("app.training.danger_zone.familiarise.PER_SAMPLE", 2)
    usual = recipe.spec_of
    monkeypatch.setattr(
        recipe, "spec_of", lambda one: Spec(usual(one).structures, usual(one).kind, 128, widths=(8, 12, 16))
    )
    monkeypatch.setattr(models.learning, "Recipe", partial(models.learning.Recipe, batch=2, view=64))
    yield
    torch.set_num_threads(cores)


@pytest.fixture
def outlined(tmp_path: Path) -> Path:
    """Four radiographs of four patients with masks of their spines."""
    rng = np.random.default_rng(1)
    for n in range(4):
        spine = np.zeros((96, 80), np.uint8)
        cv2.rectangle(spine, (34 + n, 0), (46 + n, 95), 255, -1)
        image = np.clip(60 + 0.5 * spine + rng.normal(0, 4, spine.shape), 0, 255).astype(np.uint8)
        for folder, pixels in (("images", image), ("masks/spine", spine)):
            file = tmp_path / "own" / folder / f"patient{n}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(file), pixels)
    return tmp_path / "own"


@pytest.mark.usefixtures("small")
def test_a_network_is_trained_paused_gone_on_with_compared_and_used(
    hand: Hand,
    opened: Callable[[Path], Hand],
    radiograph: Path,
    outlined: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paused, take = threading.Event(), Record.take

    def held(record: Record, progress: Progress) -> None:
        take(record, progress)
        if record.reports == 5:
            assert paused.wait(60), "the training may not be finished before it is paused"

    monkeypatch.setattr(Record, "take", held)
    workspace, feature = _models(hand), _feature(hand)
    workspace.choose(KUB)
    hand.qtbot.keyClick(
        hand.window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    dialog = feature.dialog
    assert dialog is not None
    assert (dialog.chosen_kind.name, dialog.chosen_task.name) == ("danger-zone", "kub-xray")
    assert not dialog.train.isEnabled()
    dialog.set_folder(outlined)
    hand.wait(lambda: dialog.seen is not None)
    assert "4 images" in dialog.fields.found.text()
    assert "spine in 4" in dialog.fields.found.text()
    assert "held out" in dialog.fields.found.text()
    assert [dialog.fields.length.itemData(n) for n in range(3)] == ["quick", "usual", "long"]
    dialog.fields.more.click()
    dialog.fields.steps.setValue(30)
    assert dialog.order() == orders.Order("danger-zone", "kub-xray", outlined, 30)
    dialog.train.click()
    trainer = feature.trainer
    assert trainer.busy
    page = workspace.training_page
    assert workspace.pages.currentWidget() is page
    hand.wait(lambda: trainer.record.reports >= 3, 60)
    hand.wait(lambda: page.curves.isVisible() and "of 30" in page.curves.says.text())
    assert page.bar.maximum() == 1000
    assert "%" in workspace.list.text_beside("training")
    assert "already" in trainer.refusal()

    hand.window.actions_["workspace_compose"].trigger()
    hand.document.place(60, 90)  # the work goes on meanwhile
    hand.wait(lambda: hand.document.composite is not None and hand.document.composite.lesions)
    assert trainer.busy
    hand.window.actions_["pause_training"].trigger()
    paused.set()
    hand.wait(lambda: not trainer.busy and trainer.orders, 30)
    assert trainer.job is not None
    assert trainer.job.state is State.CANCELLED
    folder = trainer.orders[0].folder
    assert json.loads((folder / "training.json").read_text())["steps"] == 30
    stopped = orders.steps_done(trainer.orders[0])
    assert stopped >= 3
    hand.window.discard_changes()
    hand.window.close()

    again = opened(radiograph)
    feature = _feature(again)
    again.wait(lambda: feature.trainer.orders)
    again.wait(lambda: "paused" in again.compose.messages.text)
    again.window.actions_["resume_training"].trigger()
    workspace = again.window.workspace  # type: ignore[assignment]
    again.wait(lambda: feature.trainer.record.reports > stopped, 60)
    again.wait(lambda: not feature.trainer.busy and feature.trainer.orders, 90)
    assert feature.trainer.failure == ""
    assert "trained" in again.compose.messages.text
    order = feature.trainer.orders[0]
    assert order.finished
    assert (order.version, order.old) == ("v001", "shipped")
    assert order.comparison is not None, order.trouble
    kept = read_curves(versions("danger-zone", "kub-xray")[1].folder / "curves.csv")
    assert list(kept.steps) == list(range(1, 31)), "as if it had never been stopped"
    assert not (order.folder / "checkpoint").exists()
    row = workspace.training_page.rows["danger-zone", "kub-xray"]
    assert row.comparison.table.rowCount() == len(order.comparison.rows)
    assert "Dice, spine" in {
        row.comparison.table.item(n, 0).text() for n in range(row.comparison.table.rowCount())
    }  # type: ignore[union-attr]
    assert versions("danger-zone", "kub-xray")[0].in_use, "until somebody decides"
    before = again.document.where
    row.go_on.click()
    again.wait(lambda: not feature.trainer.orders)
    assert in_use("danger-zone", "kub-xray").name == "v001"  # type: ignore[union-attr]
    again.wait(lambda: again.document.where not in (None, before))
    assert not order.folder.exists()
    assert settings().remembered.training_pace


def test_a_start_says_that_a_training_waits_once_the_first_image_is_there(
    qtbot: QtBot, tmp_path: Path
) -> None:
    orders.write(orders.Order("location", "abdomen-ct", tmp_path, 100))
    window = create_window()
    try:
        window.show()
        hand = Hand(window, qtbot)
        hand.wait(lambda: window.feature(Models).trainer.orders)
        hand.wait(lambda: hand.document.base is not None, 60)
        assert "abdomen-ct is paused" in hand.compose.messages.text
        button = next(b for b in hand.compose.messages.findChildren(QPushButton) if b.isVisible())
        button.click()
        assert isinstance(window.workspace, ModelsWorkspace)
        hand.settled()
    finally:
        window.discard_changes()
        window.close()
        window.deleteLater()


def test_what_nothing_can_be_learnt_from_is_named_before_anything_starts(hand: Hand, tmp_path: Path) -> None:
    _models(hand)
    feature = _feature(hand)
    feature.train_network()
    dialog = feature.dialog
    assert dialog is not None

    def said(folder: Path, kind: str, name: str = "kub-xray") -> str:
        dialog.fields.kind.setCurrentIndex(dialog.fields.kind.findData(kind))
        dialog.fields.task.setCurrentIndex(dialog.fields.task.findData(name))
        dialog.set_folder(folder)
        dialog._kind_changed()
        hand.wait(lambda: dialog.seen is not None)
        return dialog.says.text()

    empty, one = tmp_path / "empty", _labelled(tmp_path / "one", 1)
    empty.mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "read.txt").write_text("no image")
    for folder, kind, words in (
        (tmp_path / "texts", "danger-zone", "neither labels nor a CT series"),
        (tmp_path / "gone", "location", "There is no folder"),
        (empty, "danger-zone", "is empty"),
        (one, "location", "only one image"),
        (_labelled(tmp_path / "boxes"), "danger-zone", "No structure is outlined"),
    ):
        text = said(folder, kind)
        assert words in text, text
        assert text.endswith(".")
        assert not dialog.train.isEnabled()
    assert said(tmp_path / "boxes", "location") == ""
    assert "case0.txt" in dialog.fields.notes.itemAt(0).widget().text()  # type: ignore[union-attr]
    assert dialog.train.isEnabled()
    dialog.fields.task.setCurrentIndex(dialog.fields.task.findData("abdomen-ct"))
    dialog._kind_changed()
    assert not dialog.fields.alone.isEnabled(), "it has no simulator"
    dialog.reject()
    assert hand.window.findChildren(QPushButton)


def test_a_finished_order_is_decided_and_an_unfinished_one_is_deleted_after_a_question(
    hand: Hand, tmp_path: Path
) -> None:
    keep("danger-zone", "kub-xray", MODELS / "danger_zone" / "kub-xray")
    rows = (
        Compared(Score("Dice, spine", 0.9, 8), Score("Dice, spine", 0.95, 8)),
        Compared(*(Score("Wrongly permitted", value, 8, None, False) for value in (0.02, 0.05))),
    )
    done = orders.Order("danger-zone", "kub-xray", None, 10, "v001", "shipped", Comparison(rows, "8 images"))
    orders.write(done)
    orders.write(orders.Order("location", "abdomen-ct", tmp_path, 100))
    damaged = orders.Order("location", "lung-ct", None, 5).folder
    damaged.mkdir(parents=True)
    (damaged / "training.json").write_text("{")
    assert orders.orders() == (done, orders.Order("location", "abdomen-ct", tmp_path, 100))
    feature = _feature(hand)
    feature.trainer.look()
    workspace = _models(hand)
    hand.window.actions_["show_training"].trigger()
    rows_shown = workspace.training_page.rows
    hand.wait(lambda: len(rows_shown) == 2)
    table = rows_shown["danger-zone", "kub-xray"].comparison.table
    assert [table.item(n, 3).text() for n in (0, 1)] == ["▲  better by 0.050", "▼  worse by 0.030"]  # type: ignore[union-attr]
    rows_shown["danger-zone", "kub-xray"].discard.click()
    hand.wait(lambda: len(rows_shown) == 1)
    assert versions("danger-zone", "kub-xray")[0].in_use
    assert len(versions("danger-zone", "kub-xray")) == 2, "the new one stays a version"
    rows_shown["location", "abdomen-ct"].discard.click()
    _press(feature.question, "Delete")
    hand.wait(lambda: not rows_shown)
    assert not (damaged.parent / "location-abdomen-ct").exists()


# -- the parts -----------------------------------------------------------------------------------------


def test_kinds_agree_with_what_the_trainings_are() -> None:
    assert kind_of("danger-zone").steps == danger_zone.recipe.STEPS
    assert kind_of("location").steps == location.STEPS
    assert set(kind_of("danger-zone").alone) == set(simulated.AMOUNTS)
    assert set(kind_of("location").alone) == set(location_simulated.AMOUNTS)
    assert tuple(kind.name for kind in KINDS) == orders.KINDS
    background = kind_of("background")
    assert set(background.alone) == {name for name in task_names() if can_generate(name)}
    assert [preset.name for preset in background.presets] == list(plans.AFRESH)
    fidelity = background.presets[0]
    assert 0 < fidelity.steps(onwards=True) < fidelity.steps(onwards=False)
    assert [about(s) for s in (20, 200, 1500, 3600, 8000, 200_000)] == [
        "about a minute", "about 3 min", "about 25 min", "about an hour", "about 2 hours", "about 2 days",
    ]  # fmt: skip


def test_cards_of_every_shape_are_made_readable() -> None:
    shipped = json.loads((MODELS / "danger_zone" / "kub-xray" / "card.json").read_text())
    parts = {part.title: part for part in parts_of(shipped, task("kub-xray"))}
    assert {"How good it is", "Learnt from", "Licences"} <= parts.keys()
    assert parts["How it knows that an image is foreign"].lines
    assert "More" not in parts, "what only the program reads is no matter of people"
    assert parts["How good it is"].tables
    rows = {"rows": [{"what": "area under the curve", "value": 0.941, "n": 240, "interval": [0.92, 0.96]}]}
    (part,) = parts_of({"scores": {**rows, "data": "48 images"}, "sha256": "x"})
    assert part.tables[0].rows == (("Area under the curve", "0.941  (0.920 to 0.960)", "240"),)
    assert "by chance" in part.tables[0].meaning
    assert part.lines == ("Measured on 48 images.",)
    odd = parts_of({"scores": {"auc": 0.5}, "surprise": {"deep": [1, {"x": True}]}, "data": "one line"})
    assert [p.title for p in odd] == ["How good it is", "Learnt from", "More"]
    assert "1, x yes" in odd[-1].lines[0]
    assert parts_of({}) == ()
    stone = json.loads((MODELS / "singan" / "weights" / "stone-round" / "card.json").read_text())
    assert "100 of 100 drawings" in lesion_parts(stone)[0].lines[0]


def test_curves_are_read_gone_on_from_and_smoothed(tmp_path: Path) -> None:
    file = tmp_path / "curves.csv"
    assert read_curves(file) is EMPTY
    file.write_text("step,loss,learning_rate\n1,2.0,0.1\n2,1.0,0.1\n3,0.5")  # cut off in the middle of a line
    curves = read_curves(file)
    assert list(curves.steps) == [1, 2]
    record = Record()
    record.go_on_from(curves)
    record.take(Progress(0, 3, "Reading"))
    record.take(Progress(2, 3, "Training", {"loss": 0.9, "learning rate": 0.1}))
    record.take(Progress(3, 3, "Training", {"loss": 0.3, "learning rate": 0.1}))
    assert list(record.curves().steps) == [1, 2, 3], "a step that was done twice counts once"
    assert list(record.curves().figures["loss"]) == [2.0, 0.9, 0.3]
    assert record.curves().smoothed("loss")[1] == pytest.approx((2.0 + 0.9 + 0.3) / 3)
    assert words_of(Compared(Score("x", 1.0, 1), Score("x", 1.0, 1))) == "=  alike"
