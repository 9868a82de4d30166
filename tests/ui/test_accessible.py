"""The keyboard alone, names for a screen reader, and what the program says of itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QDialog,
    QLabel,
    QPushButton,
    QToolBar,
    QWidget,
)

from app.ui.dialogs.about import CITATION, AboutDialog
from app.ui.dialogs.guide import GuideDialog
from app.ui.dialogs.keys import KeysDialog
from app.ui.dialogs.scatter import ScatterDialog
from app.ui.dialogs.settings import SettingsDialog
from app.ui.dialogs.shortcuts import ShortcutsDialog
from app.ui.dialogs.windows import WindowPresetsDialog
from tests.ui.conftest import Hand


def _dialog(hand: Hand, action: str, kind: type[QDialog]) -> QDialog:
    hand.window.actions_[action].trigger()
    hand.wait(lambda: any(d.isVisible() for d in hand.window.findChildren(kind)))
    return next(d for d in hand.window.findChildren(kind) if d.isVisible())


def test_f6_goes_from_part_to_part(hand: Hand) -> None:
    def part() -> str:
        focused = hand.window.focusWidget()
        assert focused is not None
        if focused is hand.canvas:
            return "image"
        return "side" if hand.compose.side.isAncestorOf(focused) else "tools"

    hand.canvas.setFocus()
    seen = []
    for _ in range(4):
        seen.append(part())
        hand.window.actions_["next_part"].trigger()
    assert seen == ["image", "side", "tools", "image"]
    hand.window.actions_["previous_part"].trigger()
    assert part() == "image"
    hand.window.actions_["previous_part"].trigger()
    assert part() == "tools"


def _unnamed(parent: QWidget) -> list[str]:
    """Widgets that take the focus and that a screen reader has no word for."""
    found = []
    for widget in [parent, *parent.findChildren(QWidget)]:
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus or widget.focusProxy() is not None:
            continue
        if widget.objectName().startswith("qt_") or widget.parent() is None:
            continue
        if isinstance(widget.parent(), (QAbstractSpinBox, QAbstractItemView)):
            continue  # the insides of a widget that has a name
        named = widget.accessibleName() or widget.toolTip()
        if isinstance(widget, QAbstractButton):
            named = named or widget.text()
        if not named and widget.isVisibleTo(parent):
            buddies = [label for label in parent.findChildren(QLabel) if label.buddy() is widget]
            if not buddies:
                found.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    return found


def test_whatever_takes_the_focus_has_a_name(hand: Hand) -> None:
    hand.place()
    for card in hand.compose.cards:
        card.set_folded(False)
    assert _unnamed(hand.window) == []
    for action, kind in (
        ("settings", SettingsDialog),
        ("keys", KeysDialog),
        ("shortcuts", ShortcutsDialog),
        ("about", AboutDialog),
        ("guide", GuideDialog),
        ("several", ScatterDialog),
        ("edit_windows", WindowPresetsDialog),
    ):
        dialog = _dialog(hand, action, kind)
        assert _unnamed(dialog) == [], action
        dialog.close()
        hand.qtbot.wait(10)


def test_every_button_of_the_tool_bar_has_words_and_is_reached_by_tab(hand: Hand) -> None:
    bar = hand.window.findChild(QToolBar, "tools")
    assert bar is not None
    buttons = [b for b in bar.findChildren(QAbstractButton) if not b.objectName().startswith("qt_")]
    assert len(buttons) >= 8
    for button in buttons:
        assert button.text()
        assert len(button.toolTip()) > 5
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert not button.icon().isNull()


# -- about ---------------------------------------------------------------------------------------------


def test_about_lists_licences_models_and_the_citation(hand: Hand) -> None:
    dialog = _dialog(hand, "about", AboutDialog)
    assert isinstance(dialog, AboutDialog)
    text = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "Research use only. Not a medical device" in text
    assert "10.3389/fphy.2025.1661146" in text
    hand.wait(lambda: dialog.libraries.lines())
    libraries = {line.text(0).lower(): line.text(2) for line in dialog.libraries.lines()}
    assert libraries["numpy"].startswith("BSD")
    assert "pytest" not in libraries
    assert all(libraries.values())
    assert dialog.libraries.filter("pydicom") >= 1
    line = next(line for line in dialog.libraries.lines() if line.text(0) == "pydicom")
    dialog.libraries.setCurrentItem(line)
    hand.wait(lambda: "Permission is hereby granted" in dialog.licence.toPlainText())
    models = {line.text(0): line.text(1) for line in dialog.models.lines()}
    assert "CC BY 4.0" in models["Round stone"]
    copy = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Copy the citation")
    copy.click()
    assert QGuiApplication.clipboard().text() == CITATION
    dialog.close()
