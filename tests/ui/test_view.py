"""Looking: window, zoom, overlays, slices, theme."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPalette
from PySide6.QtWidgets import QApplication

from tests.ui.conftest import FREE, SIZE, SPINE, Hand

RIGHT, MIDDLE = Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def _picture(hand: Hand) -> np.ndarray:
    """(height, width, 3) of the canvas as painted."""
    image = hand.canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def _pixel(hand: Hand, x: float, y: float) -> np.ndarray:
    """The mean colour around a place, so that grain does not matter."""
    at, picture = hand.at(x, y).toPoint(), _picture(hand)
    return picture[at.y() - 4 : at.y() + 5, at.x() - 4 : at.x() + 5].reshape(-1, 3).mean(axis=0)


def test_presets_are_the_automatic_and_the_files_own(hand: Hand) -> None:
    display = hand.compose.controller.display
    assert (display.window.centre, display.window.width) == (1700, 1400)
    hand.key(Qt.Key.Key_2)
    assert (display.window.centre, display.window.width, display.window.name) == (1500, 600, "SOFT")
    hand.key(Qt.Key.Key_8)
    assert display.window.width == 600
    hand.key(Qt.Key.Key_0)
    assert display.window.width == 1400


def test_right_drag_windows(hand: Hand) -> None:
    display = hand.compose.controller.display
    start = hand.at(*FREE)
    hand.drag(start, start + QPointF(100, 0), RIGHT)
    assert display.window.width > 1500
    assert display.window.centre == 1700
    hand.drag(start, start + QPointF(0, 100), RIGHT)
    assert display.window.centre > 1800
    assert hand.document.scene.placements == ()
    hand.key(Qt.Key.Key_R)
    assert (display.window.centre, display.window.width) == (1700, 1400)


def test_the_window_decides_the_grey_on_the_screen(hand: Hand) -> None:
    hand.key(Qt.Key.Key_S)
    expected = 255 * (1500 - 1000) / 1400
    assert _pixel(hand, 40, 128) == pytest.approx([expected] * 3, abs=3)
    assert _pixel(hand, 128, 128) == pytest.approx([255 * (2200 - 1000) / 1400] * 3, abs=3)
    hand.key(Qt.Key.Key_I)
    assert _pixel(hand, 40, 128) == pytest.approx([255 - expected] * 3, abs=3)
    assert hand.window.actions_["invert"].isChecked()
    hand.key(Qt.Key.Key_I)
    assert _pixel(hand, 40, 128) == pytest.approx([expected] * 3, abs=3)


def test_ctrl_and_wheel_zoom_at_the_cursor(hand: Hand) -> None:
    at, zoom = hand.at(*FREE), hand.canvas.box.zoom
    hand.wheel(*FREE, 3, CONTROL)
    assert hand.canvas.box.zoom == pytest.approx(zoom * 1.15**3, rel=0.01)
    assert (hand.at(*FREE) - at).manhattanLength() < 2
    hand.key(Qt.Key.Key_R)
    assert hand.canvas.box.zoom == pytest.approx(zoom, rel=0.01)


def test_middle_drag_and_space_pan(hand: Hand) -> None:
    before = hand.at(*FREE)
    hand.drag(before, before + QPointF(40, -30), MIDDLE)
    assert (
        hand.at(*FREE) - before == pytest.approx(QPointF(40, -30))
        or (hand.at(*FREE) - before - QPointF(40, -30)).manhattanLength() < 2
    )
    before = hand.at(*FREE)
    hand.qtbot.keyPress(hand.canvas, Qt.Key.Key_Space)
    hand.drag(before, before + QPointF(20, 20))
    hand.qtbot.keyRelease(hand.canvas, Qt.Key.Key_Space)
    assert (hand.at(*FREE) - before - QPointF(20, 20)).manhattanLength() < 2
    assert hand.document.scene.placements == ()


def test_overlays_colour_the_danger_zone_and_s_hides_them(hand: Hand) -> None:
    middle = sum(SPINE) / 2
    red, green, blue = _pixel(hand, middle, 128)
    assert red > green + 10
    assert red > blue + 10
    assert np.ptp(_pixel(hand, *FREE)) < 3
    hand.key(Qt.Key.Key_S)
    assert np.ptp(_pixel(hand, middle, 128)) < 3
    assert not hand.window.actions_["overlays"].isChecked()
    hand.key(Qt.Key.Key_D)
    stronger = np.ptp(_pixel(hand, middle, 128))
    hand.key(Qt.Key.Key_A)
    hand.key(Qt.Key.Key_A)
    assert 3 < np.ptp(_pixel(hand, middle, 128)) < stronger


def test_the_heatmap_and_the_candidates_can_be_shown(hand: Hand) -> None:
    before = _picture(hand)
    hand.compose.overlays.set(heat=True, candidates=True)
    assert np.abs(_picture(hand).astype(int) - before).max() > 60
    assert hand.document.where is not None
    assert len(hand.document.where.candidates) > 0


def test_the_legend_names_what_the_image_has(hand: Hand) -> None:
    texts = [row.box.text() for row in hand.compose.overlays_panel.rows.values()]
    assert texts == ["spine", "margin, 3 mm"]


def test_the_status_bar_says_what_is_under_the_cursor(hand: Hand) -> None:
    hand.hover(100, 50)
    assert hand.document.page is not None
    value = hand.document.page.image.pixels[50, 100]
    text = hand.window.status.place.text()
    assert text.startswith(f"{value} ")
    assert "x 100  y 50" in text
    assert "mm" in text
    hand.hover(-20, 50)
    assert hand.window.status.place.text() == ""


def test_corner_text_and_zoom(hand: Hand) -> None:
    corners = hand.canvas.corners
    assert f"DX {SIZE} × {SIZE}" in corners.top_right
    assert "W 1400  L 1700" in corners.bottom_left[0]
    assert "1 mm per pixel" in corners.bottom_right[0]
    hand.key(Qt.Key.Key_O)
    assert hand.canvas.corners.bottom_right[1] == "100 %"


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A CT volume of six slices, each of another grey."""
    import SimpleITK as sitk

    rng = np.random.default_rng(2)
    slices = [np.full((64, 64), -800 + 100 * n) + rng.integers(0, 5, (64, 64)) for n in range(6)]
    volume = sitk.GetImageFromArray(np.stack(slices).astype(np.int16))
    volume.SetSpacing((0.8, 0.8, 2.0))
    path = tmp_path / "ct.nii.gz"
    sitk.WriteImage(volume, str(path))
    return path


def test_wheel_keys_and_slider_leaf_through_a_series(opened: Callable[[Path], Hand], stack: Path) -> None:
    hand = opened(stack)
    slices = hand.compose.slices
    assert slices.isVisible()

    def shown(number: int) -> bool:
        page = hand.document.page
        return page is not None and page.number == number and slices.slider.value() == number

    assert shown(3)
    hand.wheel(30, 30, -1)
    hand.wait(lambda: shown(4))
    first = hand.shown(30, 30)
    hand.key(Qt.Key.Key_Home)
    hand.wait(lambda: shown(0))
    assert hand.shown(30, 30) != first
    hand.key(Qt.Key.Key_End)
    hand.wait(lambda: shown(5))
    slices.slider.setValue(2)
    hand.wait(lambda: shown(2))
    hand.key(Qt.Key.Key_PageUp)
    hand.wait(lambda: shown(1))
    assert "Image 2 / 6" in hand.canvas.corners.top_left


def test_lesions_stay_on_their_slice(opened: Callable[[Path], Hand], stack: Path) -> None:
    hand = opened(stack)
    hand.document.set_where(None)
    hand.document.set_brush(lesion="parametric-solid")
    hand.document.place(32, 32, override=True)
    hand.settled()
    assert len(hand.canvas.lesions) == 1
    with_lesion = hand.shown(32, 32)
    hand.wheel(30, 30, 1)
    hand.wait(lambda: hand.document.page is not None and hand.document.page.number == 2)
    hand.wait(lambda: not hand.document.finding)
    assert hand.canvas.lesions == {}
    hand.click(20, 20)
    assert "another image of the series" in hand.compose.messages.text
    assert len(hand.document.scene.placements) == 1
    hand.wheel(30, 30, -1)
    hand.wait(lambda: hand.document.at_base)
    hand.settled()
    assert len(hand.canvas.lesions) == 1
    assert hand.shown(32, 32) == with_lesion


def test_the_theme_switches_and_is_remembered(hand: Hand, home: Path) -> None:
    from app.ui import theme

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    dark = application.palette().color(QPalette.ColorRole.Window).lightness()
    hand.window.actions_["light"].trigger()
    light = application.palette().color(QPalette.ColorRole.Window).lightness()
    assert dark < 60 < 200 < light
    assert theme.chosen().name == "light"
    hand.wait(lambda: (home / "settings.json").is_file())
    hand.window.actions_["dark"].trigger()
    assert application.palette().color(QPalette.ColorRole.Window).lightness() == dark


def test_a_resized_window_still_fits_the_image(hand: Hand) -> None:
    hand.window.resize(900, 1000)
    hand.qtbot.wait(50)
    port = hand.canvas.viewport().rect()
    corners = [hand.at(-0.5, -0.5), hand.at(SIZE - 0.5, SIZE - 0.5)]
    assert all(port.contains(corner.toPoint()) for corner in corners)
    assert corners[1].x() - corners[0].x() > 0.9 * min(port.width(), port.height())
