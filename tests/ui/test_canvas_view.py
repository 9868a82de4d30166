"""The canvas as a viewer: mouse schemes, zoom, slices and cine, corner text, ruler, magnifier, crosshair."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QNativeGestureEvent, QPainter, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from app.imaging.image import Calibration, Image
from app.ui.canvas.foreground import Corners, paint_corners, scale_bar
from app.ui.canvas.rulers import Ruler, length, words
from app.ui.document import Page
from app.ui.settings import settings
from tests.imaging.dicom_files import SERIES, ct
from tests.ui.conftest import FREE, SPINE, Hand

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
PRESS, RELEASE, MOVE = (
    QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseMove,
)  # fmt: skip
OTHER = "1.2.276.0.7230010.3.1.3.2"
COUNT = 8


@pytest.fixture
def hand_on_ct(hand: Hand, tmp_path: Path) -> Hand:
    """The window on the first of two CT series of a folder: 8 slices, 2 mm apart, each of another grey."""
    for uid, count, base in ((SERIES, COUNT, 500), (OTHER, 3, 2000)):
        for n in range(count):
            place: dict[str, Any] = {"ImagePositionPatient": [0, 0, 2.0 * n - 9.5], "InstanceNumber": n + 1}
            pixels = np.full((48, 64), base + 50 * n, np.uint16)
            sop = f"{uid}.{n + 1}"
            ct(tmp_path / f"{sop}.dcm", pixels, SeriesInstanceUID=uid, SOPInstanceUID=sop, **place)
    hand.compose.opener.open_series(tmp_path, SERIES)
    hand.wait(lambda: hand.document.series is not None and len(hand.document.series) == COUNT)
    hand.wait(lambda: not hand.document.finding)
    hand.settled()
    return hand


def _number(hand: Hand) -> int:
    assert hand.document.page is not None
    return hand.document.page.number


def _picture(hand: Hand) -> np.ndarray:
    """(height, width, 3) of the canvas as painted."""
    image = hand.canvas.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def _two_fingers(hand: Hand, x: float, y: float, way: QPoint) -> None:
    port, at = hand.canvas.viewport(), hand.at(x, y)
    event = QWheelEvent(
        at, QPointF(port.mapToGlobal(at.toPoint())), way, way * 2, Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.ScrollUpdate, False,
    )  # fmt: skip
    QApplication.sendEvent(port, event)


def _pinch(hand: Hand, x: float, y: float, wider: float) -> None:
    port, at = hand.canvas.viewport(), hand.at(x, y)
    where = QPointF(port.mapToGlobal(at.toPoint()))
    kind, device = Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice()
    QApplication.sendEvent(port, QNativeGestureEvent(kind, device, 2, at, at, where, wider, QPointF()))


# -- mouse, wheel, touchpad ----------------------------------------------------------------------------


def test_the_other_mouse_scheme_windows_with_the_left_hand_and_places_all_the_same(hand: Hand) -> None:
    display, zoom = hand.compose.controller.display, hand.canvas.box.zoom
    start, centre, width = hand.at(*FREE), display.window.centre, display.window.width
    hand.drag(start, start + QPointF(30, 0))
    assert (hand.at(*FREE) - start - QPointF(30, 0)).manhattanLength() < 2, "left moves at first"
    assert display.window.width == width

    settings().change(mouse="windowing")
    start = hand.at(*FREE)
    hand.drag(start, start + QPointF(60, 0))
    assert display.window.width > width
    assert display.window.centre == centre
    assert (hand.at(*FREE) - start).manhattanLength() < 1, "and windows now"
    hand.drag(start, start + QPointF(0, 50), RIGHT)
    assert hand.canvas.box.zoom > 1.4 * zoom
    assert (hand.at(*FREE) - start).manhattanLength() < 2, "around the place where the drag began"
    hand.drag(start, start + QPointF(10, 10), MIDDLE)
    assert (hand.at(*FREE) - start - QPointF(10, 10)).manhattanLength() < 2
    hand.click(*FREE, RIGHT)
    assert hand.compose.menu is not None
    assert hand.compose.menu.isVisible()
    hand.compose.menu.close()

    assert hand.document.scene.placements == ()
    placed = hand.place()
    grip = hand.at(placed.x, placed.y)
    hand.drag(grip, grip + QPointF(0, 40))
    assert hand.document.scene.placement(placed.id).y > placed.y + 2


def test_the_wheel_does_what_is_preferred_and_a_touchpad_what_fingers_mean(hand_on_ct: Hand) -> None:
    hand, box = hand_on_ct, hand_on_ct.canvas.box
    first, zoom = _number(hand), hand_on_ct.canvas.box.zoom
    hand.wheel(30, 30, 1)
    hand.wait(lambda: _number(hand) == first - 1)
    settings().change(wheel="zoom")
    hand.wheel(30, 30, 2)
    assert box.zoom == pytest.approx(zoom * 1.15**2, rel=0.01)
    hand.wheel(30, 30, -1, CONTROL)
    hand.wait(lambda: _number(hand) == first)
    assert box.zoom == pytest.approx(zoom * 1.15**2, rel=0.01)

    at = hand.at(40, 30)
    _two_fingers(hand, 40, 30, QPoint(24, -12))
    assert (hand.at(40, 30) - at - QPointF(24, -12)).manhattanLength() < 2
    zoom, at = box.zoom, hand.at(20, 20)
    _pinch(hand, 20, 20, 0.25)
    assert box.zoom == pytest.approx(1.25 * zoom, rel=0.01)
    assert (hand.at(20, 20) - at).manhattanLength() < 2


def test_what_is_under_a_still_cursor_changes_with_the_slice(hand_on_ct: Hand) -> None:
    hand = hand_on_ct
    hand.hover(30, 20)
    text = hand.window.status.place.text()
    assert "HU" in text
    assert "x 30  y 20" in text
    assert "21.0, 16.0 mm" in text
    before = _number(hand)
    hand.key(Qt.Key.Key_Down)
    hand.wait(lambda: _number(hand) == before + 1)
    assert hand.window.status.place.text() == text.replace(
        f"{500 + 50 * before - 1024}".replace("-", "−"), f"{550 + 50 * before - 1024}".replace("-", "−")
    )


# -- zoom ----------------------------------------------------------------------------------------------


def test_zooming_by_keys_to_single_pixels_and_back(hand: Hand) -> None:
    canvas = hand.canvas
    fitted = canvas.zoom
    hand.key(Qt.Key.Key_O)
    assert canvas.zoom == pytest.approx(1.0)
    hand.key(Qt.Key.Key_Plus, CONTROL)
    assert canvas.zoom == pytest.approx(1.15**2)
    hand.key(Qt.Key.Key_Minus, CONTROL)
    assert canvas.zoom == pytest.approx(1.0)
    hand.hover(200, 40)
    at = hand.at(200, 40)
    for _ in range(40):
        hand.key(Qt.Key.Key_Plus, CONTROL)
    assert canvas.box.zoom == pytest.approx(64)
    assert (hand.at(200, 40) - at).manhattanLength() < 2, "at the cursor"
    hand.key(Qt.Key.Key_S)  # no overlays
    hand.mouse(MOVE, QPointF(3, 3))
    picture, corner = _picture(hand), hand.at(199.5, 39.5).toPoint()
    square = picture[corner.y() + 4 : corner.y() + 60, corner.x() + 4 : corner.x() + 60]
    assert np.ptp(square) == 0, "one pixel is one square"
    hand.key(Qt.Key.Key_0, CONTROL)
    assert canvas.zoom == pytest.approx(fitted)


def test_the_true_size_needs_a_screen_and_a_spacing(hand: Hand) -> None:
    settings().change(screen_dpi=254.0)
    action = hand.window.actions_["true_size"]
    assert action.isEnabled()
    hand.key(Qt.Key.Key_O, SHIFT)
    away = hand.at(20, 50) - hand.at(10, 50)
    assert away.x() == pytest.approx(100, abs=1), "10 mm are 100 pixels of 254 dpi"
    page = hand.document.page
    assert page is not None
    plain = Page(replace(page.image, spacing=None, calibration=Calibration.NONE), page.reference)
    hand.document.open(plain, hand.document.scene, "plain")
    assert not action.isEnabled()
    assert "uncalibrated" in action.toolTip()
    hand.settled()


@pytest.mark.parametrize(
    ("pixels_per_unit", "unit", "text"),
    [
        (640, "mm", "0.2 mm"),
        (4, "mm", "2 cm"),
        (0.05, "mm", "200 cm"),
        (64, "px", "2 px"),
        (0.02, "px", "5000 px"),
        (1e5, "mm", "0.001 mm"),
    ],
)
def test_the_scale_bar_has_a_round_length_at_any_zoom(pixels_per_unit: float, unit: str, text: str) -> None:
    long, said = scale_bar(pixels_per_unit, unit)
    assert said == text
    assert 60 < long * pixels_per_unit <= 160.1


@pytest.mark.parametrize(("wide", "lines"), [(1000, 0), (300, 2)])
def test_the_scale_bar_stands_above_corner_text_that_leaves_it_no_room(wide: int, lines: int) -> None:
    picture = QImage(wide, 300, QImage.Format.Format_RGB32)
    corners = Corners(bottom_left=("W 4096  L 2048  (automatic)",), bottom_right=("0.5 mm per pixel", "33 %"))
    painter = QPainter(picture)
    height = QFontMetricsF(painter.font()).lineSpacing()
    free = paint_corners(painter, QRectF(picture.rect()), corners)
    painter.end()
    assert free == QRectF(0, 0, wide, 300 - lines * height)


# -- slices --------------------------------------------------------------------------------------------


def test_the_slice_bar_knows_where_the_slice_and_the_lesions_are(hand_on_ct: Hand) -> None:
    hand, bar = hand_on_ct, hand_on_ct.compose.slices
    first = _number(hand)
    assert bar.text == f"{first + 1} / {COUNT}    {2.0 * first - 9.5:.1f} mm".replace("-", "−")
    assert bar.slider.marks == ()
    hand.document.set_brush(lesion="parametric-solid", diameter=5)
    hand.document.place(30, 20, override=True)
    hand.settled()
    assert bar.slider.marks == (first,)
    hand.document.select(None)
    hand.key(Qt.Key.Key_Up)
    hand.wait(lambda: _number(hand) == first - 1)
    assert bar.slider.marks == (first,)
    assert bar.text.startswith(f"{first} / {COUNT}")
    hand.key(Qt.Key.Key_G)
    hand.wait(lambda: hand.document.at_base)
    assert _number(hand) == first
    hand.document.select(hand.document.scene.placements[0].id)
    x = hand.document.scene.placements[0].x
    hand.key(Qt.Key.Key_Right)
    assert hand.document.scene.placements[0].x == x + 1, "arrows move what is selected"
    hand.settled()


def test_cine_goes_round_and_any_hand_on_it_stops_it(hand_on_ct: Hand) -> None:
    hand, action = hand_on_ct, hand_on_ct.window.actions_["cine"]
    settings().change(cine_per_s=30)
    seen: list[int] = []
    hand.document.page_shown.connect(lambda: seen.append(_number(hand)))
    hand.key(Qt.Key.Key_C)
    assert action.isChecked()
    hand.wait(lambda: any(after < before for before, after in pairwise(seen)) and len(set(seen)) > 3)
    waiting = [job for job in hand.window.bridge.jobs if job.kind == "slice"]
    assert len(waiting) <= 1, "requests do not pile up"

    hand.mouse(PRESS, hand.at(30, 20), LEFT, LEFT)
    hand.mouse(RELEASE, hand.at(30, 20), LEFT)
    assert not action.isChecked()
    hand.settled()
    assert hand.document.scene.placements == (), "a press only halts"
    stayed = _number(hand)
    hand.qtbot.wait(120)
    assert _number(hand) == stayed

    action.trigger()
    hand.qtbot.wait(120)
    hand.key(Qt.Key.Key_Home)
    hand.wait(lambda: not action.isChecked())
    hand.wait(lambda: _number(hand) == 0)
    hand.qtbot.wait(120)
    assert _number(hand) == 0
    hand.compose.slices.play.click()
    assert action.isChecked()
    hand.key(Qt.Key.Key_PageDown, CONTROL)
    hand.wait(lambda: hand.document.series is not None and len(hand.document.series) == 3)
    assert not action.isChecked(), "another series stops it"
    hand.settled()


def test_the_series_of_a_folder_are_a_key_apart_and_unsaved_work_is_asked_about(hand_on_ct: Hand) -> None:
    hand, actions = hand_on_ct, hand_on_ct.window.actions_
    assert not actions["previous_series"].isEnabled()
    hand.key(Qt.Key.Key_PageDown, CONTROL)
    hand.wait(lambda: hand.document.series is not None and hand.document.series.info.uid == OTHER)
    hand.settled()
    assert not actions["next_series"].isEnabled()
    hand.wait(lambda: not hand.document.finding)
    hand.document.set_brush(lesion="parametric-solid", diameter=5)
    hand.document.place(30, 20, override=True)
    hand.settled()
    hand.key(Qt.Key.Key_PageUp, CONTROL)
    box = next(w for w in hand.window.findChildren(QMessageBox) if w.isVisible())
    assert hand.document.series is not None
    assert hand.document.series.info.uid == OTHER
    box.button(QMessageBox.StandardButton.Discard).click()
    hand.wait(lambda: hand.document.series is not None and hand.document.series.info.uid == SERIES)
    hand.settled()


# -- words over the image ------------------------------------------------------------------------------


def test_the_corners_name_the_patient_only_where_de_identification_is_off(hand_on_ct: Hand) -> None:
    canvas = hand_on_ct.canvas
    everything = " ".join((*canvas.corners.top_left, *canvas.corners.top_right, *canvas.corners.bottom_left))
    assert "4711" not in everything
    assert "Mustermann" not in everything
    assert f"Image {_number(hand_on_ct) + 1} / {COUNT}" in canvas.corners.top_left
    assert any(line.endswith(".5 mm") for line in canvas.corners.top_left)
    settings().change(deidentify=False)
    lines = " ".join(canvas.corners.top_left)
    assert "4711-0815" in lines
    assert "Mustermann" in lines
    assert canvas.corners.edges == ("R", "L", "A", "P")

    before = _picture(hand_on_ct)
    settings().change(corner_text=False)
    assert canvas.corners.top_left == ()
    assert canvas.corners.edges == ("R", "L", "A", "P"), "sides are never hidden"
    hand_on_ct.qtbot.wait(20)
    after = _picture(hand_on_ct)
    assert np.abs(before - after)[:60, :200].max() > 100
    middle = before.shape[0] // 2
    assert np.abs(before - after)[middle - 30 : middle + 30].max() == 0
    assert before[middle - 12 : middle + 12, 8:40].max() > 150, "an R at the left edge"


# -- ruler, magnifier, crosshair -----------------------------------------------------------------------


def test_a_ruler_measures_and_stays_on_its_slice(hand_on_ct: Hand) -> None:
    hand, rulers = hand_on_ct, hand_on_ct.canvas.rulers
    first = _number(hand)

    def said(which: int) -> str:
        return rulers.measure(list(rulers.shown.values())[which])

    hand.key(Qt.Key.Key_L)
    assert hand.window.actions_["ruler"].isChecked()
    hand.drag(hand.at(10, 10), hand.at(50, 10))
    hand.drag(hand.at(10, 20), hand.at(10, 40))
    assert len(rulers.shown) == 2
    assert said(0).startswith("28.0 mm  0°"), "40 columns of 0.7 mm"
    assert said(1).startswith("16.0 mm  90°"), "20 rows of 0.8 mm"
    hand.key(Qt.Key.Key_Escape)
    assert not hand.window.actions_["ruler"].isChecked()
    assert hand.document.scene.placements == ()
    assert not hand.document.modified

    hand.drag(hand.at(50, 10), hand.at(40, 10))  # an end, without the tool
    assert said(0).startswith("21.0 mm")
    hand.drag(hand.at(30, 10), hand.at(30, 5))  # the line between
    assert next(iter(rulers.shown.values())).start[1] == pytest.approx(5, abs=0.5)
    hand.mouse(PRESS, hand.at(10, 40), LEFT, LEFT)
    hand.mouse(MOVE, hand.at(40, 40), held=LEFT)
    hand.key(Qt.Key.Key_Escape)
    hand.mouse(RELEASE, hand.at(40, 40), LEFT)
    assert said(1).startswith("16.0 mm"), "Esc puts an end back"

    with_rulers = _picture(hand)
    hand.key(Qt.Key.Key_End)
    hand.wait(lambda: _number(hand) == COUNT - 1)
    assert not rulers.shown
    assert not hand.window.actions_["remove_rulers"].isEnabled()
    hand.compose.opener.show_slice(first)
    hand.wait(lambda: _number(hand) == first)
    hand.settled()
    assert len(rulers.shown) == 2
    hand.click(10, 30)  # chooses the second by its line
    assert rulers.chosen == list(rulers.shown)[1]
    assert hand.document.scene.placements == ()
    hand.key(Qt.Key.Key_Delete)
    assert len(rulers.shown) == 1
    assert np.abs(_picture(hand) - with_rulers).max() > 50
    hand.key(Qt.Key.Key_L, SHIFT)
    assert not rulers.shown

    hand.key(Qt.Key.Key_L)
    hand.drag(hand.at(10, 10), hand.at(30, 10), release=False)
    hand.key(Qt.Key.Key_L, SHIFT)  # in the middle of the drag
    hand.mouse(MOVE, hand.at(40, 10), held=LEFT)
    hand.mouse(RELEASE, hand.at(40, 10), LEFT)
    assert not rulers.shown


def test_a_ruler_says_what_its_millimetres_are() -> None:
    ruler = Ruler((0, 0), (30, 40))
    pixels = np.zeros((64, 64), np.int16)
    plate = Image(pixels, spacing=(0.1, 0.2), calibration=Calibration.IMAGER)
    assert length(ruler, plate) == pytest.approx(np.hypot(6, 4))
    assert words(ruler, plate) == "7.2 mm at the detector  34°"
    film = Image(pixels, spacing=(0.01, 0.01), calibration=Calibration.SCANNED)
    assert words(ruler, film) == "0.50 mm on the film  53°"
    assert words(ruler, Image(pixels)) == "50.0 px  53°"


def test_the_magnifier_enlarges_under_the_cursor_while_its_key_is_held(hand: Hand) -> None:
    hand.key(Qt.Key.Key_S)
    x, y = SPINE[0] - 4.5, 60.0  # the bright spine begins 4 pixels to the right
    hand.hover(x, y)
    probe = hand.at(x + 8, y).toPoint()

    def grey() -> float:
        return float(_picture(hand)[probe.y() - 1 : probe.y() + 2, probe.x() - 1 : probe.x() + 2].mean())

    bright = grey()
    assert bright > 180
    hand.qtbot.keyPress(hand.canvas, Qt.Key.Key_M)
    assert grey() < bright - 60, "three times as far away"
    hand.qtbot.wait(400)
    hand.qtbot.keyRelease(hand.canvas, Qt.Key.Key_M)
    assert grey() == pytest.approx(bright)
    hand.key(Qt.Key.Key_M)
    hand.qtbot.wait(400)
    assert hand.window.actions_["magnifier"].isChecked(), "a short press keeps it"
    hand.mouse(MOVE, QPointF(5, 5))
    assert grey() == pytest.approx(bright), "it goes with the cursor"
    hand.key(Qt.Key.Key_M)
    assert not hand.window.actions_["magnifier"].isChecked()


def test_the_crosshair_reaches_from_edge_to_edge_and_leaves_the_middle_free(hand: Hand) -> None:
    hand.key(Qt.Key.Key_S)
    hand.mouse(MOVE, QPointF(3, 3))
    before = _picture(hand)
    at = hand.at(*FREE).toPoint()
    hand.hover(*FREE)
    hand.key(Qt.Key.Key_X)
    changed = np.abs(_picture(hand) - before).max(axis=2) > 20
    assert changed[at.y(), : at.x() - 20].mean() > 0.9
    assert changed[at.y() + 20 : -40, at.x()].mean() > 0.9
    assert not changed[at.y() - 9 : at.y() + 9, at.x() - 9 : at.x() + 9].any()
    hand.mouse(MOVE, QPointF(3, 3))
    assert not (np.abs(_picture(hand) - before).max(axis=2) > 20)[30 : at.y() + 60, 30:].any()
    hand.key(Qt.Key.Key_X)
    assert not hand.window.actions_["crosshair"].isChecked()
