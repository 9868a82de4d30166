"""*Generate* with the background network: asked for, drawn, given up, and drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.anatomy import versions
from app.ui.dialogs.draw import DrawDialog
from app.ui.features.generating import Generating
from app.ui.settings import settings
from tests.synthesis.tiny_model import SIDE, tiny_model, use
from tests.ui.conftest import LESION, Hand


@pytest.fixture
def drawing(tmp_path: Path, hand: Hand) -> Hand:
    """The window, with a tiny network that draws radiographs."""
    use(tiny_model(), tmp_path / "model")
    return hand


def _dialog(hand: Hand, action: str = "generate_network") -> DrawDialog:
    hand.window.actions_[action].trigger()
    dialog = hand.window.feature(Generating).dialog
    assert dialog is not None
    hand.settled()
    return dialog


def _drawn(hand: Hand, seed: int) -> None:
    hand.wait(lambda: hand.document.title == f"kub-xray, drawn by the network, seed {seed}", 60)
    hand.settled()


def test_the_network_draws_a_background_on_which_lesions_are_placed_at_once(drawing: Hand) -> None:
    hand = drawing
    dialog = _dialog(hand)
    assert dialog.task_name == "kub-xray"
    assert dialog.draw.isEnabled()
    assert "Usual" in dialog.words.text()
    dialog.variety.slider.setValue(dialog.variety.slider.maximum())
    assert "wrong" in dialog.words.text()
    dialog.variety.field.setValue(0.75)
    assert "usual" in dialog.words.text()
    dialog.steps.field.setValue(2)
    before = dialog.seed.value()
    dialog.again.click()
    assert dialog.seed.value() != before
    dialog.seed.setValue(5)
    hand.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    _drawn(hand, 5)
    document = hand.document
    recipe = dict(document.scene.background.recipe or ())
    assert (recipe["source"], recipe["temperature"], recipe["steps"]) == ("vqgan", 0.75, 2)
    assert document.page is not None
    assert document.page.image.pixels.shape == (SIDE, SIDE)
    assert not document.modified

    if document.doubted is not None:  # noise may look like nothing the danger-zone network knows
        hand.window.actions_["believe_zone"].trigger()
    assert document.where is not None
    assert document.where.anatomy.origin == "network danger-zone/kub-xray"
    document.set_brush(lesion=LESION)
    assert document.place(SIDE / 2, SIDE / 2, override=True)
    hand.settled()
    assert document.composite is not None
    assert len(document.composite.lesions) == 1
    document.stack.undo()

    assert settings().remembered.source == "vqgan"
    assert not document.modified
    hand.window.actions_["generate_again"].trigger()
    _drawn(hand, 6)
    again = dict(document.scene.background.recipe or ())
    assert {**recipe, "seed": 6} == again


def test_the_newest_wish_wins_and_what_is_given_up_changes_nothing(drawing: Hand) -> None:
    hand, titles = drawing, []
    hand.compose.opener.opened.connect(lambda opened: titles.append(opened.title))
    for seed in (50, 51, 52):
        hand.compose.opener.draw("kub-xray", seed, 1.0, 2)
    _drawn(hand, 52)
    assert titles == ["kub-xray, drawn by the network, seed 52"]
    hand.compose.opener.draw("kub-xray", 60, 1.0, 24)
    hand.window.bridge.stop(next(job for job in hand.window.bridge.jobs if job.kind == "generate"))
    hand.settled()
    assert hand.document.title.endswith("seed 52")


def test_without_a_network_a_sentence_says_what_to_do(
    hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(versions, "MODELS", tmp_path)
    title = hand.document.title
    dialog = _dialog(hand, "generate_lung-ct_network")
    assert dialog.task_name == "lung-ct"
    assert not dialog.draw.isEnabled()
    assert "train one" in dialog.says.text()
    dialog.accept()
    assert dialog.isVisible()
    dialog.reject()
    settings().remember(source="vqgan")
    hand.window.actions_["generate_again"].trigger()
    hand.wait(lambda: "no background network" in hand.compose.messages.text)
    assert "train" in hand.compose.messages.text
    assert hand.document.title == title


def test_the_network_is_offered_for_every_task(opened: Callable[[Path], Hand], radiograph: Path) -> None:
    hand = opened(radiograph)
    texts = [action.text() for action in hand.window.feature(Generating).menu.actions()]
    for kind in ("phantom", "by the network (VQGAN)…", "from a CT folder…"):
        assert sum(text.endswith(kind) for text in texts) == (2 if kind == "phantom" else 3)
