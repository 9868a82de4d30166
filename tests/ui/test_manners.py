"""Settings, themes, text of any size, the layout of the window, the first steps, and the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QDialog,
    QLabel,
    QRadioButton,
)
from pytestqt.qtbot import QtBot

from app.ui import theme
from app.ui.dialogs.about import AboutDialog
from app.ui.dialogs.keys import KeysDialog
from app.ui.dialogs.settings import SettingsDialog
from app.ui.dialogs.shortcuts import ShortcutsDialog
from app.ui.features.layout import reachable
from app.ui.settings import Preferences, Settings, settings
from tests.ui.conftest import Hand


@pytest.fixture(autouse=True)
def usual_look() -> Iterator[None]:
    """The palette is the application's: it outlives the window and its settings."""
    yield
    if settings().preferences != Preferences():
        settings().change(**Preferences().model_dump())
        theme.apply(theme.DARK)


def _dialog(hand: Hand, action: str, kind: type[QDialog]) -> QDialog:
    hand.window.actions_[action].trigger()
    hand.wait(lambda: any(d.isVisible() for d in hand.window.findChildren(kind)))
    return next(d for d in hand.window.findChildren(kind) if d.isVisible())


# -- settings ------------------------------------------------------------------------------------------


def test_every_preference_is_in_the_dialog_and_acts_at_once(hand: Hand) -> None:
    dialog = _dialog(hand, "settings", SettingsDialog)
    assert isinstance(dialog, SettingsDialog)
    assert set(dialog.rows) == set(Preferences.model_fields)
    for name, row in dialog.rows.items():
        texts = [label.text() for label in row.findChildren(QLabel)]
        assert Preferences.model_fields[name].description in texts, name

    light = next(b for b in dialog.rows["theme"].findChildren(QRadioButton) if b.text() == "Light")
    light.click()
    assert settings().preferences.theme == "light"
    assert QApplication.palette().window().color().name() == theme.LIGHT.window
    size = dialog.rows["text_percent"].editor
    assert isinstance(size, QAbstractSpinBox)
    before = hand.window.menuBar().fontMetrics().height()
    size.stepBy(5)
    assert settings().preferences.text_percent == 150
    hand.wait(lambda: hand.window.menuBar().fontMetrics().height() > 1.3 * before)

    dialog.restore.click()
    assert settings().preferences == Preferences()
    assert light.isChecked() is False
    dialog.restore.click()  # it can be taken back
    assert settings().preferences.theme == "light"
    dialog.restore.click()
    assert settings().preferences == Preferences()
    assert not dialog.rows["theme"].isHidden()
    dialog.close()


def test_two_windows_leave_each_others_settings_alone(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    one, other = Settings(path), Settings(path)
    one.change(magnifier=5)
    one.remember(shortcuts={"invert": ("Ctrl+1",)})
    one.flush()
    other.flush()  # it has changed nothing
    other.change(cine_per_s=20)
    other.remember(favourites=("stone-round",))
    other.flush()
    now = Settings(path)
    assert (now.preferences.magnifier, now.preferences.cine_per_s) == (5, 20)
    assert now.remembered.shortcuts == {"invert": ("Ctrl+1",)}
    assert now.remembered.favourites == ("stone-round",)


def test_settings_that_cannot_be_written_are_said_once(hand: Hand, home: Path) -> None:
    (home / "settings.json").unlink(missing_ok=True)
    (home / "settings.json").mkdir()
    settings().change(magnifier=4)
    settings().flush()
    hand.wait(lambda: "The settings are not saved" in hand.compose.messages.text)
    assert "LITHOGRAPH_HOME" in hand.compose.messages.text
    hand.compose.messages.clear()
    settings().change(magnifier=6)
    settings().flush()
    hand.settled()
    assert hand.compose.messages.text == ""
    assert settings().preferences.magnifier == 6
    (home / "settings.json").rmdir()


def test_a_setting_is_found_by_a_word(hand: Hand) -> None:
    dialog = _dialog(hand, "settings", SettingsDialog)
    assert isinstance(dialog, SettingsDialog)

    def shown() -> set[str]:
        return {name for name, row in dialog.rows.items() if row.isVisibleTo(dialog)}

    groups = {row.group for row in dialog.rows.values()}
    assert [dialog.groups.item(n).text() for n in range(dialog.groups.count())] == list(
        dict.fromkeys(row.group for row in dialog.rows.values())
    )
    dialog.groups.setCurrentRow(1)
    assert {dialog.rows[name].group for name in shown()} == {dialog.groups.item(1).text()} < groups
    dialog.search.setText("wheel series")
    assert "wheel" in shown()
    assert "theme" not in shown()
    dialog.search.setText("no such setting")
    assert shown() == set()
    dialog.close()


# -- themes --------------------------------------------------------------------------------------------


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", theme.THEMES.values(), ids=lambda t: t.name)
def test_text_and_focus_have_enough_contrast(colours: theme.Theme) -> None:
    grounds = (colours.window, colours.panel, colours.raised, colours.hover, colours.accent_soft)
    for text in ("text", "muted", "accent", "warning", "error", "success"):
        for ground in grounds:
            assert _contrast(getattr(colours, text), ground) >= 4.5, (text, ground)
    assert _contrast(colours.accent_text, colours.accent) >= 4.5


def test_the_system_theme_is_followed_as_it_changes(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    hints = QGuiApplication.styleHints()

    def becomes(light: bool) -> str:
        monkeypatch.setattr(theme, "system_is_light", lambda: light)
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Light if light else Qt.ColorScheme.Dark)
        return QApplication.palette().window().color().name()

    assert becomes(True) == theme.DARK.window
    hand.window.actions_["as_system"].trigger()
    assert becomes(True) == theme.LIGHT.window
    assert becomes(False) == theme.DARK.window
    assert becomes(True) == theme.LIGHT.window
    assert theme.LIGHT.text in hand.window.styleSheet()
    hand.window.actions_["dark"].trigger()
    assert becomes(True) == theme.DARK.window


def test_with_text_twice_as_large_nothing_is_out_of_reach(hand: Hand) -> None:
    usual = hand.compose.cards[0].heading.iconSize().width()
    settings().change(text_percent=200)
    hand.window.resize(1366, 720)
    hand.qtbot.wait(100)
    assert hand.window.width() <= 1366
    side = hand.compose.side
    panels = side.widget()
    assert panels.width() <= side.viewport().width() or side.horizontalScrollBar().maximum() > 0
    assert side.verticalScrollBar().maximum() > 0
    assert hand.canvas.width() >= 300
    assert hand.compose.cards[0].heading.iconSize().width() == 2 * usual, "what is no text grows along"
    last = hand.compose.cards[-1].heading
    side.ensureWidgetVisible(last)
    assert last.visibleRegion().boundingRect().height() == last.height()
    for action, kind in (
        ("settings", SettingsDialog),
        ("keys", KeysDialog),
        ("shortcuts", ShortcutsDialog),
        ("about", AboutDialog),
    ):
        dialog = _dialog(hand, action, kind)
        assert dialog.minimumSizeHint().width() <= 1366, action
        assert dialog.minimumSizeHint().height() <= 720, action
        dialog.close()
        hand.qtbot.wait(10)


# -- the layout of the window --------------------------------------------------------------------------


def test_the_side_is_hidden_and_both_are_remembered(opened: Callable[[Path], Hand], radiograph: Path) -> None:
    hand = opened(radiograph)
    width = hand.canvas.width()
    hand.compose.set_side_width(450)
    hand.key(Qt.Key.Key_F9)
    assert hand.compose.side.isHidden()
    hand.wait(lambda: hand.canvas.width() > width)
    hand.key(Qt.Key.Key_F9)
    hand.wait(lambda: abs(hand.compose.side.width() - 450) <= 2)
    hand.key(Qt.Key.Key_F9)
    hand.window.resize(1100, 700)
    hand.window.close()
    assert not settings().remembered.side

    again = opened(radiograph)
    assert again.compose.side.isHidden()
    assert again.window.actions_["side"].isChecked() is False
    again.window.actions_["side"].trigger()
    hand.wait(lambda: abs(again.compose.side.width() - 450) <= 2)


def test_full_screen_and_back(hand: Hand) -> None:
    hand.key(Qt.Key.Key_F11)
    assert hand.window.isFullScreen()
    hand.wait(lambda: hand.window.actions_["full_screen"].isChecked())
    hand.key(Qt.Key.Key_F11)
    assert not hand.window.isFullScreen()


def test_a_window_comes_back_on_a_screen_that_exists() -> None:
    small, second = QRect(0, 0, 1366, 728), QRect(1366, 0, 1920, 1040)
    assert reachable(QRect(1500, 100, 1440, 900), [small, second]) == QRect(1500, 100, 1440, 900)
    gone = reachable(QRect(1500, 100, 1440, 900), [small])
    assert small.contains(gone)
    assert gone.size() == small.size()
    assert reachable(QRect(-5000, -5000, 800, 600), [small]).center() == small.center()
    partly = reachable(QRect(1000, 500, 800, 600), [small])
    assert small.contains(partly)
    assert partly.size() == QRect(0, 0, 800, 600).size()
