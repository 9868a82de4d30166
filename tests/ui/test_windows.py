"""The display window: presets on the keys, editing them, the histogram card."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QWidget

from app.imaging import write_image
from app.imaging.histogram import histogram
from app.imaging.image import Calibration, Image
from app.tasks import task
from app.ui.canvas.display import Display
from app.ui.dialogs.windows import WindowPresetsDialog
from app.ui.settings import settings
from tests.ui.conftest import SIZE, Hand

OK = QDialogButtonBox.StandardButton.Ok


@pytest.fixture
def section(opened: Callable[[Path], Hand], tmp_path: Path) -> Hand:
    """A CT slice in HU without windows of its own: air, and a square of soft tissue."""
    pixels = np.full((64, 64), -1000, np.int16)
    pixels[16:48, 16:48] = 40
    pixels += np.random.default_rng(1).integers(-9, 10, pixels.shape).astype(np.int16)
    path = tmp_path / "ct.dcm"
    write_image(
        Image(pixels, (0.8, 0.8), Calibration.PIXEL_SPACING, "HU", "CT", value_range=(-1024, 3071)), path
    )
    return opened(path)


def _display(hand: Hand) -> Display:
    return hand.compose.controller.display


def _window(hand: Hand) -> tuple[float, float]:
    window = _display(hand).window
    return window.centre, window.width


def _digit(number: int) -> Qt.Key:
    return Qt.Key(Qt.Key.Key_0 + number)


def test_the_keys_of_a_ct_are_those_of_weasis(section: Hand) -> None:
    low, high = np.percentile(section.document.page.image.pixels, (0.1, 99.9))  # type: ignore[union-attr]
    assert _window(section) == pytest.approx(((low + high) / 2, high - low))
    known = {7: (-600, 1500), 6: (350, 2000), 5: (40, 400), 4: (40, 400), 3: (40, 80)}
    for number, expected in known.items():
        section.key(_digit(number))
        assert _window(section) == expected
    section.key(_digit(2))  # the file has one of its own
    assert _window(section) == (40, 80)
    texts = [a.text() for a in section.window.findChildren(QWidget, "") for a in a.actions() if a.isVisible()]
    assert "Lung  (W 1500, L −600)" in texts
    section.key(_digit(0))
    assert _display(section).window.name == "automatic"


def test_presets_of_stored_values_are_percent_of_the_automatic_window(hand: Hand) -> None:
    automatic = _display(hand).presets[0]
    assert automatic is not None
    hand.key(_digit(5))
    stones = next(preset for preset in task("kub-xray").windows if preset.name == "Stones")
    assert _window(hand) == pytest.approx(
        (automatic.low + stones.centre / 100 * automatic.width, stones.width / 100 * automatic.width)
    )
    assert _display(hand).window.name == "Stones"


def test_in_an_inverted_image_a_preset_looks_the_same() -> None:
    ramp = np.tile(np.arange(1000, dtype=np.uint16), (50, 1))
    greys = []
    for inverted in (False, True):
        pixels = ramp[:, ::-1].copy() if inverted else ramp
        display = Display()
        display.set_image(Image(pixels, inverted=inverted), task("kub-xray"), keep=False)
        display.choose(4)
        greys.append(display.grey.of(pixels).astype(int))
    assert np.abs(greys[0] - greys[1]).max() <= 2
    assert np.ptp(greys[0]) == 255


def _dialog(hand: Hand, action: str) -> WindowPresetsDialog:
    hand.window.actions_[action].trigger()
    hand.wait(lambda: any(d.isVisible() for d in hand.window.findChildren(WindowPresetsDialog)))
    return next(d for d in hand.window.findChildren(WindowPresetsDialog) if d.isVisible())


def _accept(hand: Hand, dialog: WindowPresetsDialog) -> None:
    dialog.buttons.button(OK).click()
    hand.window.activateWindow()
    hand.qtbot.wait(30)


def _write(dialog: WindowPresetsDialog, row: int, column: int, text: str) -> None:
    item = dialog.table.item(row, column)
    assert item is not None
    item.setText(text)


def test_presets_are_edited_kept_and_restored(section: Hand, home: Path) -> None:
    dialog = _dialog(section, "edit_windows")
    assert [dialog.table.item(row, 1).text() for row in range(3)] == ["Brain", "Abdomen", "Mediastinum"]  # type: ignore[union-attr]
    dialog.table.setCurrentCell(0, 1)
    dialog.remove.click()
    dialog.down.click()
    _write(dialog, 2, 2, "−150,5")
    _write(dialog, 2, 3, "0")
    assert "width" in dialog.problem.text()
    assert not dialog.buttons.button(OK).isEnabled()
    _write(dialog, 2, 3, "wide")
    assert "wide" in dialog.problem.text()
    _write(dialog, 2, 3, "900")
    _write(dialog, 2, 1, "Abdomen")
    assert "Two presets" in dialog.problem.text()
    _write(dialog, 2, 1, "Fat")
    assert dialog.problem.text() == ""
    _accept(section, dialog)
    section.key(_digit(3))
    assert _display(section).window.name == "Mediastinum"
    section.key(_digit(5))
    assert _window(section) == (-150.5, 900)
    settings().flush()
    section.settled()
    kept = json.loads((home / "settings.json").read_text())["remembered"]["windows"]["lung-ct"]
    assert kept[2] == ["Fat", -150.5, 900.0]
    again = _dialog(section, "edit_windows")
    again.restore.click()
    _accept(section, again)
    section.key(_digit(7))
    assert _window(section) == (-600, 1500)
    assert settings().remembered.windows == {}


def test_the_present_window_is_kept_as_a_preset(hand: Hand) -> None:
    start = hand.at(60, 90)
    hand.drag(start, start + QPointF(80, 40), Qt.MouseButton.RightButton)
    wanted = _window(hand)
    dialog = _dialog(hand, "keep_window")
    row = dialog.table.rowCount() - 1
    _write(dialog, row, 1, "Mine")
    _accept(hand, dialog)
    hand.key(_digit(0))
    hand.key(_digit(8))
    assert _display(hand).window.name == "Mine"
    assert _window(hand) == pytest.approx(wanted, abs=3)  # percents are rounded to a tenth


def test_a_damaged_preset_of_the_settings_is_left_out(hand: Hand) -> None:
    settings().remember(windows={"kub-xray": (("Broken", 10.0, -5.0),)})
    _display(hand).set_task(hand.document.task)
    hand.key(_digit(5))
    assert _display(hand).window.name == "Stones"


def _press_and_move(widget: QWidget, *xs: float) -> None:
    y = widget.height() / 2
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kinds = [QEvent.Type.MouseButtonPress, *[QEvent.Type.MouseMove] * (len(xs) - 1)]
    for kind, x in zip(kinds, xs, strict=True):
        button = left if kind == QEvent.Type.MouseButtonPress else none
        at = QPointF(x, y)
        event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, left, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, event)
    at = QPointF(xs[-1], y)
    event = QMouseEvent(
        QEvent.Type.MouseButtonRelease, at, widget.mapToGlobal(at), left, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)


def test_the_histogram_counts_and_its_window_is_dragged(section: Hand) -> None:
    card = section.compose.histogram
    assert card.folded
    card.set_folded(False)
    section.wait(lambda: card.view.range[0] < -900)
    section.settled()
    low, high = card.view.range
    assert low <= -1005
    assert high >= 45
    section.key(_digit(5))
    assert (card.centre.value(), card.width_.value()) == (40, 400)
    assert card.presets.currentText().endswith("Mediastinum")
    view = card.view
    high_edge = view.x_of(240)
    _press_and_move(view, high_edge, high_edge - 20, high_edge - 40)
    window = _display(section).window
    assert window.low == pytest.approx(-160, abs=0.5)
    assert window.high < 230
    assert card.presets.currentIndex() == -1
    width = window.width
    middle = view.x_of(window.centre)
    _press_and_move(view, middle, middle - 30)
    assert _display(section).window.width == pytest.approx(width)
    assert _display(section).window.centre < window.centre
    card.width_.setValue(777)
    assert _display(section).window.width == 777
    section.qtbot.keyClick(view, Qt.Key.Key_Right)
    section.qtbot.keyClick(view, Qt.Key.Key_Up)
    assert _display(section).window.width > 777
    card.presets.setCurrentIndex(0)
    card.presets.activated.emit(0)
    assert _display(section).window.name == "automatic"


def test_a_histogram_counts_every_pixel_once_in_bins_of_whole_steps() -> None:
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 700, (SIZE, SIZE)).astype(np.int16)
    found = histogram(Image(pixels))
    assert found.counts.sum() == pixels.size
    inner = found.counts[1:-1]
    assert inner.std() < 0.2 * inner.mean()
    flat = histogram(Image(np.full((10, 10), 5.0, np.float32)))
    assert flat.low < 5 < flat.high
    assert flat.counts.sum() == 100
