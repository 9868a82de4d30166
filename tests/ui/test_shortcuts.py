"""Shortcuts: one holder each, rebound with conflicts said, never fired from a field that one types into."""

from __future__ import annotations

from collections import defaultdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDoubleSpinBox, QLineEdit, QSpinBox

from app.ui.actions import NEEDS, portable
from app.ui.dialogs.keys import KeysDialog
from app.ui.dialogs.shortcuts import RESERVED, ShortcutsDialog
from app.ui.features.tools import Tools
from app.ui.settings import settings
from tests.ui.conftest import Hand


def test_every_action_is_in_a_menu_and_no_two_share_a_key(hand: Hand) -> None:
    holders = defaultdict(list)
    for spec in hand.window.actions_:
        for key in spec.keys:
            holders[portable(key)].append(spec.name)
            assert portable(key), f"{spec.name} has the key {key!r}, which does not exist"
    assert {key: names for key, names in holders.items() if len(names) > 1} == {}
    assert not set(RESERVED) & set(holders)
    entries = {entry.name: entry for entry in hand.window.feature(Tools).entries()}
    assert [name for name, entry in entries.items() if not entry.path] == []


def test_every_action_has_words_that_teach(hand: Hand) -> None:
    actions = hand.window.actions_
    for spec in actions:
        assert spec.needs in {"", *hand.window.conditions}, spec.name
        assert not spec.needs or spec.needs in NEEDS, f"no reason is said for {spec.needs!r}"
        tip = actions[spec.name].toolTip()
        assert len(tip) > 5, spec.name
        if actions.keys(spec.name):
            assert "(" in tip, f"{spec.name} does not say its key: {tip}"
    assert "Not now: select a lesion first." in actions["remove"].toolTip()
    hand.place()
    assert "Not now" not in actions["remove"].toolTip()


def test_mnemonics_are_unique_in_each_menu(hand: Hand) -> None:
    def letters(actions: list) -> dict[str, list[str]]:
        found = defaultdict(list)
        for action in actions:
            text = action.text().replace("&&", "")
            if "&" in text and action.isVisible():
                found[text[text.index("&") + 1].casefold()].append(action.text())
        return {letter: texts for letter, texts in found.items() if len(texts) > 1}

    bar = hand.window.menuBar().actions()
    assert letters(bar) == {}
    for top in bar:
        assert letters(top.menu().actions()) == {}


@pytest.mark.parametrize("kind", [QSpinBox, QDoubleSpinBox, QLineEdit])
def test_letters_and_digits_typed_into_a_field_are_the_fields(hand: Hand, kind: type) -> None:
    field = kind(hand.window)
    if kind is not QLineEdit:
        field.setRange(0, 99999)
    field.show()
    field.setFocus()
    assert field.hasFocus()
    display = hand.compose.controller.display
    before = (display.window, display.inverted, hand.compose.overlays.visible)
    field.selectAll()
    hand.qtbot.keyClicks(field, "1357is")
    assert (display.window, display.inverted, hand.compose.overlays.visible) == before
    text = field.text() if kind is QLineEdit else field.lineEdit().text()
    assert text.startswith("1357")
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_I)
    assert display.inverted


def test_a_number_field_gives_undo_to_the_scene_and_the_focus_back(hand: Hand) -> None:
    placement = hand.place()
    field = hand.compose.lesion_panel.diameter.field
    field.setFocus()
    field.selectAll()
    hand.qtbot.keyClicks(field, "11")
    hand.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert hand.document.scene.placements[0].diameter_mm == 11
    assert hand.canvas.hasFocus()
    field.setFocus()
    hand.qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert hand.document.scene.placements[0] == placement
    field.selectAll()
    hand.qtbot.keyClicks(field, "7")
    hand.qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert hand.canvas.hasFocus()
    assert hand.document.scene.placements[0] == placement
    assert hand.document.selected == placement
    assert field.value() == placement.diameter_mm


def _dialog(hand: Hand) -> ShortcutsDialog:
    hand.window.actions_["shortcuts"].trigger()
    hand.wait(lambda: hand.window.findChildren(ShortcutsDialog))
    return hand.window.findChildren(ShortcutsDialog)[-1]


def test_a_shortcut_is_taken_over_remembered_and_given_back(hand: Hand) -> None:
    actions = hand.window.actions_
    dialog = _dialog(hand)
    dialog.choose("invert")
    dialog.keys.setKeySequence(QKeySequence("Ctrl+S"))
    assert dialog.note.text() == "Ctrl+S is the shortcut of “Save scene”: take it from there?"
    assert dialog.use.text() == "Take it"
    assert actions.keys("save_scene") == ("Ctrl+S",)
    dialog.use.click()
    assert actions.keys("invert") == ("Ctrl+S",)
    assert actions.keys("save_scene") == ()
    assert actions["save_scene"].shortcuts() == []
    assert settings().remembered.shortcuts == {"invert": ("Ctrl+S",)}
    dialog.close()
    hand.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert hand.compose.controller.display.inverted

    dialog = _dialog(hand)
    dialog.choose("invert")
    dialog.keys.setKeySequence(QKeySequence("F7"))
    assert dialog.note.text() == ""
    dialog.add.click()
    assert actions.keys("invert") == ("Ctrl+S", "F7")
    dialog.keys.setKeySequence(QKeySequence("Space"))
    assert not dialog.use.isEnabled()
    assert "Space moves the image" in dialog.note.text()
    dialog.usual.click()
    assert actions.keys("invert") == ("I",)
    assert actions.keys("save_scene") == ("Ctrl+S",)
    dialog.choose("undo")
    dialog.none.click()
    assert actions.keys("undo") == ()
    dialog.all_usual.click()
    assert actions.keys("undo") == ("Ctrl+Z",)
    assert settings().remembered.shortcuts == {}
    dialog.close()


def test_a_command_that_was_found_by_a_word_is_the_one_that_is_changed(hand: Hand) -> None:
    dialog = _dialog(hand)
    before = dialog.name
    hand.qtbot.keyClicks(dialog.search, "invert")
    assert dialog.name == "invert" != before
    assert "Invert" in dialog.label.text()
    hand.qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    assert dialog.isVisible(), "Return has closed it"
    hand.wait(lambda: dialog.keys.hasFocus() or dialog.keys.isAncestorOf(dialog.focusWidget()))
    hand.qtbot.keyClicks(dialog.search, " no such command")
    assert dialog.name == ""
    assert not dialog.keys.isEnabled()
    dialog.search.clear()
    assert dialog.name == before
    hand.qtbot.keyClick(dialog.search, Qt.Key.Key_Down)
    hand.wait(dialog.table.hasFocus)
    dialog.close()


def test_the_list_of_keys_follows_the_actions_and_the_mouse(hand: Hand) -> None:
    hand.window.actions_.bind("invert", ("F7",))
    settings().change(mouse="windowing")

    def listed() -> dict[str, str]:
        hand.window.actions_["keys"].trigger()
        hand.wait(lambda: hand.window.findChildren(KeysDialog))
        dialog = hand.window.findChildren(KeysDialog)[-1]
        dialog.search.setText("inver")
        shown = [line.text(0) for line in dialog.table.lines() if not line.isHidden()]
        assert shown == ["Invert"]
        lines = {line.text(0): line.text(1) for line in dialog.table.lines()}
        dialog.close()
        dialog.deleteLater()
        hand.qtbot.wait(20)
        return lines

    lines = listed()
    assert lines["Invert"] == "F7"
    window = "Window: across its width, up and down its centre"
    assert lines[window] == "Left drag"
    settings().change(mouse="placing")
    assert listed()[window] == "Right drag"
