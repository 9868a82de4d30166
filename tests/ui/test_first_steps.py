"""The first start: three hints that leave as they are followed; later starts offer what was open last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.ui import create_window
from app.ui.features.first_steps import HINTS, FirstSteps
from app.ui.features.nothing_open import NothingOpen
from app.ui.settings import settings
from tests.ui.conftest import FREE, Hand


def _hints(hand: Hand) -> set[str]:
    cards = hand.window.feature(FirstSteps).cards.cards
    return {name for name, card in cards.items() if card.isVisible()}


def test_three_hints_leave_as_they_are_followed(hand: Hand, tmp_path: Path) -> None:
    hand.window.resize(1400, 900)
    assert _hints(hand) == set(), "they lie over a file that the user has opened"
    hand.window.actions_["hints"].trigger()
    assert _hints(hand) == set(HINTS)
    hand.window.actions_["jobs"].trigger()
    assert _hints(hand) == set(), "they lie below the list of jobs"
    hand.window.actions_["jobs"].trigger()
    assert _hints(hand) == set(HINTS)
    cards = hand.window.feature(FirstSteps).cards
    assert hand.canvas.rect().contains(cards.geometry())
    text = cards.cards["place"].title.text() + cards.cards["save"].title.text()
    assert "stone" in text
    assert "Ctrl+E" in text
    placement = hand.place(*FREE)
    assert _hints(hand) == {"shape", "save"}
    hand.drag(hand.at(placement.x, placement.y), hand.at(placement.x - 15, placement.y + 20))
    assert _hints(hand) == {"save"}
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.wait(lambda: not _hints(hand))
    assert set(settings().remembered.hints_done) == set(HINTS)

    hand.window.actions_["hints"].trigger()
    assert _hints(hand) == set(HINTS)
    cards.cards["save"].close_button.click()
    assert _hints(hand) == {"place", "shape"}
    settings().change(hints=False)
    assert _hints(hand) == set()
    assert cards.isHidden()


def test_a_start_without_a_file_offers_what_was_open_last(radiograph: Path, qtbot: QtBot) -> None:
    settings().remember(recent=(str(radiograph),))
    window = create_window()
    try:
        window.show()
        hand = Hand(window, qtbot)
        hand.wait(lambda: "generated" in hand.compose.messages.text, 60)
        button = next(b for b in hand.compose.messages.findChildren(QPushButton) if b.isVisible())
        assert button.text() == "Open kub.dcm"
        button.click()
        hand.wait(lambda: hand.document.page is not None and "kub" in str(hand.document.page.reference), 60)
        hand.settled()
    finally:
        window.discard_changes()
        window.close()
        window.deleteLater()


def test_over_models_nothing_is_said_of_an_image(radiograph: Path, qtbot: QtBot) -> None:
    settings().remember(recent=(str(radiograph),), workspace="models")
    window = create_window()
    try:
        window.show()
        hand = Hand(window, qtbot)
        hand.wait(lambda: hand.document.base is not None, 60)
        hand.settled()
        assert hand.compose.isHidden()
        assert hand.compose.messages.text == ""
    finally:
        window.discard_changes()
        window.close()
        window.deleteLater()


def test_a_window_with_nothing_in_it_says_what_to_do(radiograph: Path, qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "broken.dcm").write_bytes(b"nothing")
    window = create_window(tmp_path / "broken.dcm")
    try:
        window.show()
        hand = Hand(window, qtbot)
        label = window.feature(NothingOpen).label
        hand.wait(label.isVisible)
        assert "Ctrl+O" in label.text()
        assert "Ctrl+G" in label.text()
        assert "broken.dcm" in hand.compose.messages.text
        window.filing.open_path(radiograph)
        hand.wait(lambda: hand.document.base is not None)
        hand.settled()
        assert label.isHidden()
    finally:
        window.discard_changes()
        window.close()
        window.deleteLater()
