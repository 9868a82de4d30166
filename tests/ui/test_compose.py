"""Composing: place, move, resize, change, undo, and where the anatomy forbids it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt

from app.composition import Renderer
from app.lesions import library
from tests.ui.conftest import FREE, SIZE, SPINE, Hand

LEFT = Qt.MouseButton.LeftButton


def _grip(hand: Hand, placement_id: str) -> QPointF:
    item = hand.canvas.lesions[placement_id]
    return hand.canvas.viewport_point(item.pos() + item.handle())


def test_opening_shows_the_image_and_its_anatomy(hand: Hand) -> None:
    assert hand.document.page is not None
    assert hand.document.scene.task == "kub-xray"
    assert hand.canvas.image.boundingRect().width() == SIZE
    assert hand.shown(10, 10) == hand.document.page.image.pixels[10, 10]
    assert hand.document.where is not None
    assert hand.document.reason(128, 100, 8) == "spine"
    assert hand.document.reason(*FREE, 8) is None
    assert not hand.document.modified


def test_a_click_places_a_lesion_that_the_canvas_shows(hand: Hand) -> None:
    placement = hand.place()
    assert (placement.x, placement.y) == pytest.approx(FREE, abs=1.0)
    assert placement.diameter_mm == hand.document.brush.diameter
    assert not placement.overridden
    assert hand.document.modified
    assert hand.document.composite is not None
    lesion = hand.document.composite.lesions[0]
    assert lesion.area_px > 20
    assert lesion.contrast > 0
    background = hand.document.page.image.pixels  # type: ignore[union-attr]
    rows, columns = lesion.rect.slices
    shown = [
        [hand.shown(x, y) for x in range(columns.start, columns.stop)] for y in range(rows.start, rows.stop)
    ]
    difference = (np.array(shown) - background[lesion.rect.slices])[lesion.mask]
    assert difference.mean() == pytest.approx(lesion.contrast, abs=0.01)


def test_what_is_shown_is_the_composite_to_the_bit(hand: Hand) -> None:
    placement = hand.place()
    start = hand.at(placement.x, placement.y)
    hand.drag(start, start + QPointF(60, 40))
    hand.place(200, 60)
    assert hand.document.base is not None
    exact = Renderer(hand.document.base.image, library.draw).render(hand.document.scene).image.pixels
    for row, column in ((90, 60), (100, 75), (60, 200), (61, 203), (5, 5)):
        assert hand.shown(column, row) == exact[row, column]


def test_a_drag_moves_the_lesion_live_and_is_one_step(hand: Hand) -> None:
    placement = hand.place()
    clean = hand.document.page.image.pixels  # type: ignore[union-attr]
    start = hand.at(placement.x, placement.y)
    end = hand.at(placement.x - 25, placement.y + 40)
    steps = hand.document.stack.count()
    hand.drag(start, end, release=False)
    moved = hand.document.scene.placements[0]
    assert (moved.x, moved.y) == pytest.approx((placement.x - 25, placement.y + 40), abs=1.5)
    assert hand.document.composite is not None
    assert hand.document.composite.lesions[0].placement == moved
    hand.mouse(QEvent.Type.MouseButtonRelease, end, LEFT)
    assert hand.document.stack.count() == steps + 1
    assert hand.document.stack.undoText() == "Move lesion"
    assert hand.shown(placement.x, placement.y) == clean[round(placement.y), round(placement.x)]
    hand.document.stack.undo()
    hand.settled()
    assert hand.document.scene.placements == (placement,)


def test_the_handle_resizes(hand: Hand) -> None:
    placement = hand.place()
    grip = _grip(hand, placement.id)
    hand.drag(grip, grip + QPointF(20, 0))
    resized = hand.document.scene.placements[0]
    expected = placement.diameter_mm + 2 * 20 / hand.canvas.box.zoom
    assert resized.diameter_mm == pytest.approx(expected, abs=0.2)
    assert hand.document.stack.undoText() == "Resize lesion"
    assert hand.document.composite is not None
    assert hand.document.composite.lesions[0].diameter_mm == pytest.approx(resized.diameter_mm, rel=0.25)


def test_shift_and_wheel_resize_in_one_step(hand: Hand) -> None:
    placement = hand.place()
    steps = hand.document.stack.count()
    for _ in range(4):
        hand.wheel(*FREE, 1, Qt.KeyboardModifier.ShiftModifier)
    hand.settled()
    expected = placement.diameter_mm * 1.05**4
    assert hand.document.scene.placements[0].diameter_mm == pytest.approx(expected, abs=0.2)
    assert hand.document.stack.count() == steps + 1


def test_escape_takes_back_a_drag(hand: Hand) -> None:
    placement = hand.place()
    start = hand.at(placement.x, placement.y)
    hand.drag(start, start + QPointF(50, 50), release=False)
    assert hand.document.scene.placements != (placement,)
    hand.key(Qt.Key.Key_Escape)
    hand.settled()
    assert hand.document.scene.placements == (placement,)
    assert not hand.document.stack.canRedo()
    assert hand.document.selection == placement.id
    assert not hand.canvas.gesturing
    hand.key(Qt.Key.Key_Escape)
    assert hand.document.selection is None


def test_a_forbidden_place_says_why_and_nothing_is_placed(hand: Hand) -> None:
    middle = sum(SPINE) / 2
    hand.hover(middle, 100)
    assert hand.window.status.note.text() == "Not here: spine"
    assert hand.canvas.viewport().cursor().shape() == Qt.CursorShape.ForbiddenCursor
    hand.click(middle, 100)
    assert hand.document.scene.placements == ()
    assert "the spine" in hand.compose.messages.text
    assert not hand.document.modified
    hand.hover(*FREE)
    assert hand.window.status.note.text() == ""
    assert hand.canvas.viewport().cursor().shape() == Qt.CursorShape.CrossCursor


def test_the_whole_lesion_counts_not_its_centre(hand: Hand) -> None:
    beside = SPINE[0] - 5
    assert hand.document.where is not None
    assert hand.document.where.danger.labels[100, beside] == 0
    hand.click(beside, 100)
    assert hand.document.scene.placements == ()


def test_a_lesion_cannot_be_dragged_or_grown_into_the_danger_zone(hand: Hand) -> None:
    placement = hand.place(80, 100)
    start = hand.at(placement.x, placement.y)
    hand.drag(start, hand.at(sum(SPINE) / 2, 100), release=False)
    assert "Not here: spine" in hand.window.status.note.text()
    held = hand.canvas.lesions[placement.id]
    assert held.x() == pytest.approx(sum(SPINE) / 2, abs=2)
    hand.mouse(QEvent.Type.MouseButtonRelease, hand.at(sum(SPINE) / 2, 100), LEFT)
    hand.settled()
    stays = hand.document.scene.placements[0]
    assert hand.document.reason(stays.x, stays.y, stays.diameter_mm) is None
    assert held.x() == pytest.approx(stays.x)
    assert "It stays where it was" in hand.compose.messages.text
    hand.compose.lesion_panel.diameter.field.setValue(30)
    hand.settled()
    assert hand.document.scene.placements[0].diameter_mm == stays.diameter_mm
    assert hand.compose.lesion_panel.diameter.value() == stays.diameter_mm


def test_the_danger_zone_can_be_overridden_on_purpose(hand: Hand) -> None:
    hand.canvas.menu_wanted.emit(hand.at(sum(SPINE) / 2, 100).toPoint())
    menu = hand.compose.menu
    assert menu is not None
    allow = menu.actions()[0]
    assert "danger zone: spine" in allow.text()
    allow.trigger()
    menu.close()
    hand.settled()
    placement = hand.document.scene.placements[0]
    assert placement.overridden
    assert "on purpose" in hand.compose.placements.list.item(0).text()


def test_panels_change_the_selected_lesion_by_named_steps(hand: Hand) -> None:
    hand.place()
    panel, stack = hand.compose.lesion_panel, hand.document.stack
    panel.diameter.field.setValue(14)
    panel.contrast.field.setValue(180)
    panel.rotation.field.setValue(45)
    panel.seed.setValue(99)
    panel.blend.setCurrentIndex(panel.blend.findData("paper"))
    panel.blend.activated.emit(panel.blend.currentIndex())
    hand.settled()
    placement = hand.document.scene.placements[0]
    assert (placement.diameter_mm, placement.contrast, placement.rotation_deg) == (14, 1.8, 45)
    assert (placement.seed, placement.blend) == (99, "paper")
    names = [stack.text(n) for n in range(stack.count())]
    assert names == [
        "Place lesion",
        "Resize lesion",
        "Change contrast",
        "Rotate lesion",
        "Change shape",
        "Change blend mode",
    ]
    assert "Drawn" in panel.measured.text()
    for _ in range(stack.count()):
        stack.undo()
    hand.settled()
    assert hand.document.scene.placements == ()
    assert not hand.document.modified
    for _ in range(stack.count()):
        stack.redo()
    hand.settled()
    assert hand.document.scene.placements == (placement,)


def test_a_slider_drag_redraws_live_and_is_one_step(hand: Hand) -> None:
    hand.place()
    slider, stack = hand.compose.lesion_panel.diameter.slider, hand.document.stack
    steps = stack.count()
    areas = []
    slider.setSliderDown(True)
    for position in (500, 600, 700, 800):
        slider.setValue(position)
        hand.settled()
        assert hand.document.composite is not None
        areas.append(hand.document.composite.lesions[0].area_px)
    slider.setSliderDown(False)
    assert areas == sorted(set(areas))
    assert stack.count() == steps + 1


def test_keys_remove_reroll_nudge_undo_and_redo(hand: Hand) -> None:
    placement = hand.place()
    hand.key(Qt.Key.Key_N)
    hand.settled()
    assert hand.document.scene.placements[0].seed != placement.seed
    hand.key(Qt.Key.Key_Right)
    hand.settled()
    assert hand.document.scene.placements[0].x == pytest.approx(placement.x + 1)
    hand.key(Qt.Key.Key_Delete)
    hand.settled()
    assert hand.document.scene.placements == ()
    assert (
        hand.shown(placement.x, placement.y)
        == hand.document.page.image.pixels[  # type: ignore[union-attr]
            round(placement.y), round(placement.x)
        ]
    )
    control = Qt.KeyboardModifier.ControlModifier
    for _ in range(3):
        hand.key(Qt.Key.Key_Z, control)
    hand.settled()
    assert hand.document.scene.placements == (placement,)
    hand.key(Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    hand.settled()
    assert hand.document.scene.placements[0].seed != placement.seed


def test_clicking_a_lesion_or_its_row_selects_it(hand: Hand) -> None:
    first, second = hand.place(), hand.place(200, 60)
    hand.click(first.x, first.y)
    assert hand.document.selection == first.id
    assert len(hand.document.scene.placements) == 2
    rows = hand.compose.placements.list
    at = rows.visualItemRect(rows.item(1)).center()
    hand.qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert hand.document.selection == second.id
    assert hand.compose.lesion_panel.heading.text() == "Lesion 2"


def test_removing_puts_back_in_the_old_order(hand: Hand) -> None:
    placements = [hand.place(x, 60) for x in (40, 70, 200)]
    hand.document.remove(placements[1].id)
    hand.document.stack.undo()
    hand.settled()
    assert list(hand.document.scene.placements) == placements


def test_the_gallery_chooses_what_is_placed_next(hand: Hand) -> None:
    gallery = hand.compose.gallery
    hand.wait(lambda: gallery.list.count() > 0)
    rows = [gallery.list.item(n) for n in range(gallery.list.count())]
    names = [row.data(Qt.ItemDataRole.UserRole) for row in rows]
    assert "parametric-stone" in names
    hand.place()
    gallery.list.setCurrentItem(None)  # type: ignore[arg-type]
    gallery.list.setCurrentRow(names.index("parametric-stone"))
    assert hand.document.brush.lesion == "parametric-stone"
    assert hand.document.selection is None
    assert not rows[names.index("parametric-stone")].icon().isNull()


def test_changing_the_task_is_undoable_and_finds_the_zone_anew(hand: Hand) -> None:
    hand.document.set_task("lung-ct")
    assert hand.document.finding
    hand.document.stack.undo()
    assert hand.document.scene.task == "kub-xray"
    hand.wait(lambda: not hand.document.finding)
    assert hand.document.reason(128, 100, 8) == "spine"


def test_an_image_without_spacing_is_said_to_be_uncalibrated(
    opened: Callable[[Path], Hand], tmp_path: Path
) -> None:
    import cv2
    import numpy as np

    path = tmp_path / "plain.png"
    rng = np.random.default_rng(0)
    cv2.imwrite(str(path), rng.integers(900, 1100, (200, 240)).astype(np.uint16))
    hand = opened(path)
    assert hand.document.unit == "px"
    assert hand.compose.lesion_panel.diameter.field.suffix() == " px"
    assert "uncalibrated" in " ".join(hand.canvas.corners.bottom_right)
