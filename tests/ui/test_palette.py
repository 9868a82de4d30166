"""The command palette, and finding a line by what one remembers of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from app.ui.actions import plain
from app.ui.features.tools import Tools
from app.ui.help.command_palette import CommandPalette
from app.ui.help.fuzzy import match
from app.ui.settings import settings
from tests.ui.conftest import Hand


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("save", "Save scene", "Deselect or save"),
        ("scene save", "Save scene", "Save composite"),
        ("ss", "Save scene", "Open image"),
        ("comp", "Save composite", "Open image"),
        ("ovl", "Show overlays", "Save scene"),
        ("invert", "Invert", "Window preset 1"),
    ],
)
def test_words_beginnings_initials_and_letters_are_found(query: str, better: str, worse: str) -> None:
    good, bad = match(query, better), match(query, worse)
    assert good is not None
    assert bad is None or bad < good


def test_what_does_not_fit_is_not_found() -> None:
    assert match("xyz", "Save scene") is None
    assert match("save dog", "Save scene") is None
    assert match("", "Save scene") is not None
    assert match("black", "Invert", "Swap black and white") == 40


def _open(hand: Hand) -> CommandPalette:
    hand.window.actions_["palette"].trigger()
    palette = hand.window.feature(Tools).command_palette
    assert palette.isVisible()
    assert palette.field.hasFocus()
    return palette


def _type(hand: Hand, palette: CommandPalette, text: str) -> None:
    palette.field.clear()
    hand.qtbot.keyClicks(palette.field, text)


def test_everything_in_the_menus_is_offered_with_its_place_and_key(hand: Hand) -> None:
    palette = _open(hand)
    names = {entry.name: entry for entry in hand.window.feature(Tools).entries()}
    shown = {spec.name for spec in hand.window.actions_ if hand.window.actions_[spec.name].isVisible()}
    assert shown <= set(names)
    assert names["save_scene"].menu == "File"
    assert names["preset_1"].menu == "Image › Window"
    assert names["dark"].menu == "View › Theme"
    generated = [entry for entry in names.values() if entry.path[-1:] == ("Generate background",)]
    assert len(generated) >= 4
    assert len(palette.texts) == len(names)

    _type(hand, palette, "save sc")
    row = palette.list.topLevelItem(0)
    assert row is not None
    assert (row.text(0), row.text(1), row.text(2)) == ("Save scene", "File", "Ctrl+S")


def test_the_keyboard_alone_finds_and_does_it(hand: Hand) -> None:
    assert not hand.compose.controller.display.inverted
    palette = _open(hand)
    _type(hand, palette, "inver")
    hand.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert hand.compose.controller.display.inverted
    assert palette.isHidden()
    assert hand.canvas.hasFocus()
    assert settings().remembered.commands[0] == "invert"

    palette = _open(hand)
    assert palette.texts[0].startswith("Invert")
    first = palette.list.currentItem()
    hand.qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentItem() is not first
    hand.qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    hand.qtbot.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentItem() is palette.list.topLevelItem(len(palette.texts) - 1)
    hand.qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert palette.isHidden()
    assert hand.canvas.hasFocus()


def test_what_cannot_be_done_says_why_and_is_not_done(hand: Hand) -> None:
    palette = _open(hand)
    _type(hand, palette, "remove lesion")
    row = palette.list.topLevelItem(0)
    assert row is not None
    assert row.text(0) == "Remove lesion"
    assert "select a lesion first" in row.text(1)
    hand.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.note.text() == "Not now: select a lesion first."
    _type(hand, palette, "no such thing at all")
    assert palette.texts == []
    assert "Nothing is called so" in palette.note.text()


def test_it_closes_when_the_focus_goes_elsewhere(hand: Hand) -> None:
    palette = _open(hand)
    hand.canvas.setFocus()
    assert palette.isHidden()
    assert hand.canvas.hasFocus()


def test_submenus_made_by_others_are_read_too(hand: Hand) -> None:
    menu = QMenu("&Extra things", hand.window)
    done: list[str] = []
    menu.aboutToShow.connect(
        lambda: menu.isEmpty() and menu.addAction("Do it &now…", lambda: done.append("x"))
    )
    hand.window.menuBar().actions()[0].menu().addMenu(menu)
    palette = _open(hand)
    _type(hand, palette, "do it now")
    assert palette.texts[0] == plain("Do it &now…")
    hand.qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["x"]
