"""A lesion model of one's own: rectangle, outline, name, training beside the work, stopping and going on."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

import models.singan.presets as presets
import models.singan.training as singan
from app.engine import State
from app.imaging import write_image
from app.imaging.image import Calibration, Image
from app.lesions import training
from app.ui.dialogs.training import TrainingDialog
from app.ui.features.teaching import Teaching
from app.ui.panels.training import TrainingPanel
from app.ui.work import training as trainer
from app.ui.work.training import name_for, name_refused
from tests.ui.conftest import Hand

TINY = replace(presets.LEAN, name="tiny", iterations=(24, 6), width=8, finest_width=0)
CENTRE, RADIUS = (70.0, 90.0), 12.0


@pytest.fixture
def taught(opened: Callable[[Path], Hand], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hand:
    """The window on a radiograph with a stone in it; trainings take seconds."""
    monkeypatch.setitem(presets.PRESETS, "tiny", TINY)
    monkeypatch.setattr(trainer, "PRESET", "tiny")
    monkeypatch.setattr(training, "SAMPLES", 4)
    rng = np.random.default_rng(2)
    rows, columns = np.indices((200, 200))
    away = np.hypot(columns - CENTRE[0], (rows - CENTRE[1]) * 1.2)
    pixels = 1500 + 4 * columns + 300 / (1 + np.exp(1.5 * (away - RADIUS))) + rng.normal(0, 12, away.shape)
    pixels[120:190, 120:190] = 100
    image = Image(
        np.clip(pixels, 0, 4095).astype(np.uint16), (0.5, 0.5), Calibration.PIXEL_SPACING, modality="DX"
    )
    path = tmp_path / "stone.dcm"
    write_image(image, path)
    return opened(path)


def _panel(hand: Hand) -> TrainingPanel:
    return hand.compose.training_panel


def _draw(hand: Hand, beside: float = 5.0) -> TrainingDialog:
    """Takes the tool and draws a rectangle around the stone."""
    hand.window.activateWindow()
    QApplication.processEvents()
    hand.key(Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    assert hand.canvas.tool
    (x, y), r = CENTRE, RADIUS + beside
    hand.drag(hand.at(x - r, y - r), hand.at(x + r, y + r))
    assert not hand.canvas.tool
    dialog = hand.window.feature(Teaching).dialog
    assert dialog is not None
    return dialog


def _begin(hand: Hand, title: str) -> None:
    dialog = _draw(hand)
    dialog.name.setText(title)
    hand.wait(dialog.train.isEnabled)
    dialog.train.click()
    hand.wait(lambda: hand.window.feature(Teaching).dialog is None)
    assert hand.compose.trainer.busy


def test_the_dialog_proposes_an_outline_and_checks_the_name(taught: Hand) -> None:
    hand, dialog = taught, _draw(taught)
    hand.wait(lambda: not dialog.previews[0].pixmap().isNull())
    first = dialog.previews[0].pixmap().toImage()
    assert dialog.outline.currentIndex() == 0
    longest, across = (float(part.split()[0]) for part in dialog.measured.text().split("×"))
    assert longest == pytest.approx(2 * RADIUS * 0.5, rel=0.08)
    assert across == pytest.approx(2 * RADIUS * 0.5 / 1.2, rel=0.1)
    assert len({dialog.previews[n].pixmap().toImage().constBits().tobytes() for n in range(3)}) == 3

    dialog.growth.setValue(30)
    assert float(dialog.measured.text().split()[0]) > longest + 1
    assert not dialog.train.isEnabled(), "not before the new outline has been looked at"
    hand.wait(lambda: dialog._ready)
    assert dialog.previews[0].pixmap().toImage() != first
    dialog.growth.setValue(0)
    dialog.outline.setCurrentIndex(1)
    dialog.outline.activated.emit(1)
    assert float(dialog.measured.text().split()[0]) == pytest.approx(2 * (RADIUS + 5) * 0.5, rel=0.1)
    hand.wait(lambda: dialog._ready)

    assert dialog.kind.currentData() == "stone"
    assert not dialog.train.isEnabled()
    for text, says in (("", "Give it a name."), ("Round stone", "already"), ("Stone, round", "too near")):
        dialog.name.setText("x")
        dialog.name.setText(text)
        assert says in dialog.says.text()
        assert not dialog.train.isEnabled()
    dialog.name.setText("Mein Stein")
    assert dialog.says.text() == ""
    assert dialog.train.isEnabled()
    dialog.reject()
    hand.wait(lambda: hand.window.feature(Teaching).dialog is None)
    assert not _panel(hand).isVisible()
    assert not hand.compose.trainer.busy


def test_a_training_shows_itself_and_its_model_is_placed_next(taught: Hand, home: Path) -> None:
    hand = taught
    _begin(hand, "My stone, left")
    panel = _panel(hand)
    assert panel.isVisible()
    assert hand.compose.trainer.job.title == "Training “My stone, left”"  # type: ignore[union-attr]
    hand.wait(lambda: not hand.compose.trainer.busy, 120)
    hand.settled()
    assert hand.compose.trainer.ended_as is State.DONE
    card = json.loads((home / "lesions" / "my-stone-left" / "card.json").read_text())
    assert (card["title"], card["kind"], card["tasks"]) == ("My stone, left", "stone", ["kub-xray"])
    assert card["unit"] == "HU", "what was learnt from a radiograph can be put into another"
    assert card["contrast"] > 100
    hand.wait(lambda: "my-stone-left" in hand.compose.gallery.titles())
    assert hand.document.brush.lesion == "my-stone-left"
    assert f"{card['quality']['lesion_present']} of 4 drawings hold the lesion" in panel.says.text()
    assert "the next click places it" in hand.compose.messages.text
    # Every finished scale has shown its pictures, though the window only looks now and then.
    sizes = card["network"]["sizes"]
    hand.wait(lambda: len(panel.scales.shown) == len(sizes))
    assert list(panel.scales.shown.values()) == [(size, size) for size in sizes]
    seen = hand.compose.trainer.record.seen()  # type: ignore[union-attr]
    assert [scale.number for scale in seen] == list(range(1, len(sizes) + 1))
    assert all(scale.losses for scale in seen)
    assert panel.plot.grab().toImage().pixelColor(2, 2).isValid()
    hand.document.place(150, 60, override=True)
    hand.settled()
    assert hand.document.composite is not None
    assert hand.document.composite.lesions[0].placement.lesion == "my-stone-left"
    panel.close_button.click()
    assert not panel.isVisible()


def test_a_stopped_training_is_gone_on_with_in_the_next_window(
    taught: Hand,
    opened: Callable[[Path], Hand],
    radiograph: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand, gate, steps = taught, threading.Event(), []
    real = singan.Scale.step

    def step(self, iteration, iterations):
        steps.append(self.task.target.shape[-1])
        if len(set(steps)) > 2 and not gate.is_set():
            gate.wait(0.02)
        return real(self, iteration, iterations)

    monkeypatch.setattr(singan.Scale, "step", step)
    _begin(hand, "My stone")
    panel = _panel(hand)
    hand.wait(lambda: len(panel.scales.shown) >= 2, 60)
    hand.document.place(150, 60, override=True)  # the work goes on
    hand.wait(lambda: hand.document.composite is not None and hand.document.composite.lesions)
    assert hand.compose.trainer.busy
    hand.wait(lambda: "left" in panel.says.text() or "Scale" in panel.says.text())
    panel.stop.click()
    hand.wait(lambda: hand.compose.trainer.ended_as is State.CANCELLED, 2)
    hand.wait(lambda: "my-stone" in panel.rows)
    assert "2 scales finished" in panel.rows["my-stone"].says.text()
    assert (home / "lesions" / "my-stone.partial" / "scale1").is_dir()
    assert "my-stone" not in hand.compose.gallery.titles()
    assert hand.compose.messages.details == ""

    panel.rows["my-stone"].go_on.click()
    hand.wait(lambda: hand.compose.trainer.busy and hand.compose.trainer.job.progress is not None, 10)  # type: ignore[union-attr]
    assert "my-stone" not in panel.rows
    hand.window.discard_changes()
    hand.window.close()  # in the middle of it
    assert (home / "lesions" / "my-stone.partial" / "scale1").is_dir()

    gate.set()
    steps.clear()
    second = opened(radiograph)
    panel = _panel(second)
    second.wait(lambda: "my-stone" in panel.rows)
    assert panel.isVisible()
    panel.rows["my-stone"].go_on.click()
    second.wait(lambda: second.compose.trainer.ended_as is State.DONE, 120)
    assert min(steps) > 14, "the two finished scales were not trained again"
    second.settled()
    second.wait(lambda: "my-stone" in second.compose.gallery.titles())
    assert not (home / "lesions" / "my-stone.partial").exists()
    assert panel.rows == {}


def test_an_unfinished_training_is_discarded_after_a_question(taught: Hand, home: Path) -> None:
    hand = taught
    _begin(hand, "My stone")
    hand.window.actions_["stop"].trigger() if hand.window.status.job else _panel(hand).stop.click()
    _panel(hand).stop.click()
    hand.wait(lambda: not hand.compose.trainer.busy, 10)
    partial = home / "lesions" / "my-stone.partial"
    if partial.exists():
        hand.wait(lambda: "my-stone" in _panel(hand).rows)
        dialog = _draw(hand)
        hand.wait(lambda: dialog._ready)
        dialog.name.setText("My Stone")
        hand.wait(lambda: "already" in dialog.says.text())
        dialog.reject()
        _panel(hand).rows["my-stone"].discard.click()
        question = hand.window.feature(Teaching).question
        assert question is not None
        assert "My stone" in question.text()
        next(button for button in question.buttons() if button.text() == "Discard").click()
        hand.wait(lambda: "my-stone" not in _panel(hand).rows)
    assert not partial.exists()


def test_what_cannot_be_learnt_from_is_refused_in_a_sentence(taught: Hand) -> None:
    hand = taught
    hand.window.actions_["train"].trigger()
    hand.drag(hand.at(120, 20), hand.at(121.4, 21.4))
    assert "too small" in hand.compose.messages.text
    assert hand.window.feature(Teaching).dialog is None
    hand.window.actions_["train"].trigger()
    hand.drag(hand.at(140, 140), hand.at(170, 170))  # nothing but black
    dialog = hand.window.feature(Teaching).dialog
    assert dialog is not None
    hand.wait(lambda: "stand out" in dialog.says.text())
    assert dialog.outline.currentIndex() == 1, "the ellipse, where nothing stands out"
    assert "nothing stands out" in dialog.outline.itemText(0)
    dialog.name.setText("Nothing")
    assert not dialog.train.isEnabled()
    dialog.reject()


def test_names_are_made_of_titles_of_any_script() -> None:
    assert name_for("My stone, left") == "my-stone-left"
    assert name_for("Nierenstein grün") == "nierenstein-grun"
    assert name_for("腎結石") != name_for("肺結節")
    assert training._NAME.fullmatch(name_for("腎結石"))
    assert len(name_for("x" * 300)) <= 64
    assert name_refused("腎結石", {}) == ""
