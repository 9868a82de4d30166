"""The hand on lesions: grips, wheel and keys, one or several at a time, live and undoable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QGuiApplication

from app.composition import Renderer
from app.composition.scene import Placement
from app.lesions import library
from app.ui.canvas.hand import Hand as LesionHand
from app.ui.canvas.lesion_item import Grip
from tests.ui.conftest import FREE, SPINE, Hand

LEFT = Qt.MouseButton.LeftButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
SPINE_MIDDLE = sum(SPINE) / 2


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, keys that follow each other are one run."""
    monkeypatch.setattr(LesionHand, "RUN_S", 60.0)


def _three(hand: Hand) -> tuple[Placement, ...]:
    """Three lesions of 8 mm left of the spine, none of them selected."""
    hand.document.set_brush(diameter=8.0)
    for y in (60.0, 100.0, 140.0):
        hand.place(50.0, y)
    hand.document.select(None)
    return hand.document.scene.placements


def _grip(hand: Hand, grip: Grip) -> QPointF:
    item = hand.canvas.lesions[hand.document.selection or ""]
    return hand.canvas.viewport_point(item.pos() + item.handle(grip))


def _last(hand: Hand) -> str:
    return hand.document.stack.undoText()


def _shown_is_exact(hand: Hand) -> bool:
    assert hand.document.base is not None
    exact = Renderer(hand.document.base.image, library.draw).render(hand.document.scene).image.pixels
    return all(hand.shown(x, y) == exact[y, x] for x in range(30, 110, 4) for y in range(40, 180, 4))


def test_the_round_grip_rotates_live_and_shift_snaps(hand: Hand) -> None:
    placement = hand.place()
    steps = hand.document.stack.count()
    centre, start = hand.at(placement.x, placement.y), _grip(hand, "rotate")
    arm = start.x() - centre.x()
    below = centre + QPointF(0.05 * arm, arm)  # a quarter of a turn clockwise, a little less
    hand.drag(start, below, release=False)
    assert hand.canvas.note.isVisible()
    assert hand.canvas.note.text == "87°"
    hand.settled()
    assert hand.document.composite is not None
    assert hand.document.composite.lesions[0].placement.rotation_deg == 87
    with hand.holding(SHIFT):
        hand.mouse(QEvent.Type.MouseMove, below, held=LEFT)
    hand.mouse(QEvent.Type.MouseButtonRelease, below, LEFT)
    hand.settled()
    assert hand.document.scene.placements == (replace(placement, rotation_deg=90.0),)
    assert not hand.canvas.note.isVisible()
    assert hand.document.stack.count() == steps + 1
    assert _last(hand) == "Rotate lesion"
    assert _grip(hand, "rotate").y() - centre.y() == pytest.approx(arm, abs=2)  # the grip went along
    resize = _grip(hand, "resize")
    hand.drag(resize, resize + QPointF(0, 15))
    assert hand.document.scene.placements[0].diameter_mm > placement.diameter_mm
    assert _shown_is_exact(hand)


def test_the_wheel_rotates_the_selected_lesions_or_the_next_one(hand: Hand) -> None:
    first, second, _ = _three(hand)
    hand.wheel(*FREE, 2, ALT)
    assert hand.document.brush.rotation_deg == 10
    hand.document.select_many((first.id, second.id))
    steps = hand.document.stack.count()
    for modifiers in (ALT, CONTROL | SHIFT, ALT):
        hand.wheel(*FREE, -1, modifiers)
    assert [p.rotation_deg for p in hand.document.scene.placements] == [345, 345, 0]
    assert hand.document.stack.count() == steps + 1
    assert _last(hand) == "Rotate lesions"
    hand.key(Qt.Key.Key_Period)
    hand.key(Qt.Key.Key_Plus)
    assert hand.document.scene.placements[0].rotation_deg == 350
    assert [p.diameter_mm for p in hand.document.scene.placements] == [8.4, 8.4, 8.0]
    hand.document.stack.undo()
    hand.document.stack.undo()
    assert hand.document.scene.placements == (first, second, _)


def test_alt_and_the_wheel_leave_the_keyboard_with_the_image(hand: Hand) -> None:
    bar = hand.window.menuBar()
    hand.canvas.setFocus()
    for turned in (False, True):  # Alt alone opens the menu bar, and must go on to do so
        hand.qtbot.keyPress(hand.canvas, Qt.Key.Key_Alt)
        if turned:
            hand.wheel(*FREE, 2, ALT)
        hand.qtbot.keyRelease(hand.canvas, Qt.Key.Key_Alt, ALT)
        assert (bar.activeAction() is None) == turned
        assert hand.canvas.hasFocus() == turned
        hand.qtbot.keyClick(bar, Qt.Key.Key_Escape)
        hand.canvas.setFocus()
    assert hand.document.brush.rotation_deg == 10


def test_clicks_with_a_key_and_a_band_select_several(hand: Hand) -> None:
    first, second, third = _three(hand)
    hand.click(first.x, first.y)
    with hand.holding(CONTROL):
        hand.click(third.x, third.y)
    assert hand.document.selected_ids == (first.id, third.id)
    assert [hand.canvas.lesions[p.id].selected for p in (first, second, third)] == [True, False, True]
    with hand.holding(SHIFT):
        hand.click(first.x, first.y)
    assert hand.document.selected_ids == (third.id,)
    with hand.holding(SHIFT):
        hand.drag(hand.at(30, 40), hand.at(70, 120))
    assert set(hand.document.selected_ids) == {first.id, second.id, third.id}
    assert not hand.canvas.shape.isVisible()
    assert hand.document.scene.placements == (first, second, third)
    hand.click(second.x, second.y)  # a click alone chooses one of them
    assert hand.document.selected_ids == (second.id,)
    hand.key(Qt.Key.Key_A, CONTROL)
    assert len(hand.document.selected_ids) == 3
    hand.key(Qt.Key.Key_Delete)
    hand.settled()
    assert hand.document.scene.placements == ()
    assert _last(hand) == "Remove lesions"


def test_several_move_together_or_not_at_all(hand: Hand) -> None:
    before = _three(hand)
    hand.document.select_many(p.id for p in before)
    steps = hand.document.stack.count()
    start = hand.at(before[1].x, before[1].y)
    hand.drag(start, start + QPointF(30, 24), release=False)
    moved = hand.document.scene.placements
    shift = 30 / hand.canvas.zoom, 24 / hand.canvas.zoom
    for old, new in zip(before, moved, strict=True):
        assert (new.x - old.x, new.y - old.y) == pytest.approx(shift, abs=1.0)
    forbidden = hand.at(SPINE_MIDDLE, before[1].y)
    hand.mouse(QEvent.Type.MouseMove, forbidden, held=LEFT)
    items = [hand.canvas.lesions[p.id] for p in before]
    assert all(item.look.refused for item in items)
    assert all(item.x() == pytest.approx(SPINE_MIDDLE, abs=2) for item in items)
    assert hand.document.scene.placements == moved
    hand.mouse(QEvent.Type.MouseButtonRelease, forbidden, LEFT)
    hand.settled()
    assert hand.document.scene.placements == moved
    assert items[0].x() == pytest.approx(moved[0].x)
    assert "They stay where they were" in hand.compose.messages.text
    assert hand.document.stack.count() == steps + 1
    assert _last(hand) == "Move lesions"
    assert _shown_is_exact(hand)
    hand.document.stack.undo()
    assert hand.document.scene.placements == before


def test_only_the_forbidden_ones_of_several_turn_red(hand: Hand) -> None:
    hand.document.set_brush(diameter=8.0)
    near, far = hand.place(100.0, 100.0), hand.place(40.0, 100.0)
    hand.document.select_many((near.id, far.id))
    start = hand.at(far.x, far.y)
    hand.drag(start, start + QPointF(20 * hand.canvas.zoom, 0), release=False)
    assert hand.canvas.lesions[near.id].look.refused
    assert not hand.canvas.lesions[far.id].look.refused
    assert hand.canvas.lesions[far.id].x() == pytest.approx(far.x + 20, abs=1)
    hand.key(Qt.Key.Key_Escape)
    hand.settled()
    assert hand.document.scene.placements == (near, far)
    assert hand.canvas.lesions[far.id].x() == pytest.approx(far.x)


def test_locked_and_hidden_lesions(hand: Hand) -> None:
    first, second, third = _three(hand)
    hand.document.change(replace(first, locked=True), "Lock lesion")
    hand.document.change(replace(second, hidden=True), "Hide lesion")
    hand.settled()
    steps = hand.document.stack.count()
    locked, hidden = (hand.canvas.lesions[p.id] for p in (first, second))
    assert locked.look.locked
    assert not hidden.isVisible()
    hand.hover(first.x, first.y)
    assert hand.canvas.viewport().cursor().shape() == Qt.CursorShape.PointingHandCursor
    start = hand.at(first.x, first.y)
    hand.drag(start, start + QPointF(40, 0), release=False)
    assert hand.canvas.viewport().cursor().shape() == Qt.CursorShape.ForbiddenCursor
    hand.mouse(QEvent.Type.MouseButtonRelease, start + QPointF(40, 0), LEFT)
    assert "lesion 1 is locked" in hand.compose.messages.text
    assert hand.document.selection == first.id
    assert locked.x() == pytest.approx(first.x)
    assert hand.canvas.lesion_at(_grip(hand, "resize"))[1] == ""
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Delete, Qt.Key.Key_Plus):
        hand.key(key)
    assert hand.document.stack.count() == steps
    hand.document.select_many((first.id, third.id))
    start = hand.at(third.x, third.y)
    hand.drag(start, start + QPointF(0, 30))  # all of them or none
    assert hand.document.scene.placements[2] == third
    hand.hover(second.x, second.y)
    assert hand.canvas.lesion_at(hand.at(second.x, second.y)) == (None, "")


def test_arrows_move_several_in_one_step_a_run(hand: Hand) -> None:
    first, second, third = _three(hand)
    hand.document.select_many((first.id, second.id))
    steps = hand.document.stack.count()
    for _ in range(3):
        hand.key(Qt.Key.Key_Left)
    hand.key(Qt.Key.Key_Down, SHIFT)
    after = hand.document.scene.placements
    assert [(p.x, p.y) for p in after] == [
        (first.x - 3, first.y + 10), (second.x - 3, second.y + 10), (third.x, third.y),
    ]  # fmt: skip
    assert hand.document.stack.count() == steps + 1
    assert _last(hand) == "Move lesions"
    hand.key(Qt.Key.Key_Plus)
    hand.key(Qt.Key.Key_Left)
    assert hand.document.stack.count() == steps + 3
    hand.document.select_many((second.id,))
    for _ in range(12):
        hand.key(Qt.Key.Key_Right, SHIFT)
    assert hand.document.scene.placements[1].x < SPINE[0]
    assert "spine" in hand.compose.messages.text


def test_duplicates_go_where_they_are_permitted(hand: Hand) -> None:
    hand.document.set_brush(diameter=10.0)
    edge = hand.place(108.0, 100.0)  # there is no room on its right
    hand.key(Qt.Key.Key_D, CONTROL)
    hand.settled()
    assert len(hand.document.scene.placements) == 2
    copy = hand.document.selected
    assert copy is not None
    assert copy == replace(edge, id=copy.id, x=copy.x, y=copy.y)
    assert hand.document.reason(copy.x, copy.y, copy.diameter_mm) is None
    apart = ((copy.x - edge.x) ** 2 + (copy.y - edge.y) ** 2) ** 0.5
    assert 10 <= apart < 16
    assert _last(hand) == "Duplicate lesion"
    hand.key(Qt.Key.Key_A, CONTROL)
    hand.key(Qt.Key.Key_D, CONTROL)
    hand.settled()
    assert len(hand.document.scene.placements) == 4
    assert _last(hand) == "Duplicate lesions"
    hand.document.stack.undo()
    assert len(hand.document.scene.placements) == 2
    limit = hand.document.diameter_limits[1]
    huge = replace(hand.document.scene.placements[0], diameter_mm=150.0)
    assert limit < 150
    hand.document.stack.undo()
    hand.document.add((replace(huge, id="huge"),))
    hand.key(Qt.Key.Key_D, CONTROL)
    hand.settled()
    assert len(hand.document.scene.placements) == 2
    assert "no permitted place left" in hand.compose.messages.text


def test_keys_alone_place_and_align(hand: Hand) -> None:
    assert hand.document.where is not None
    safe = [c for c in hand.document.where.candidates if c.safe]
    for _ in range(3):
        hand.key(Qt.Key.Key_P)
        hand.settled()
    placed = hand.document.scene.placements
    assert [(p.x, p.y) for p in placed] == [(c.x, c.y) for c in safe[:3]]
    assert not any(p.overridden for p in placed)
    for _ in range(len(safe)):
        hand.key(Qt.Key.Key_P)
        hand.settled()
    more = hand.document.scene.placements  # the candidates are full: the heatmap says where
    assert len(more) == 3 + len(safe)
    assert all(hand.document.reason(p.x, p.y, p.diameter_mm) is None for p in more)
    hand.document.remove(*(p.id for p in more))
    hand.document.set_brush(diameter=6.0)
    x, y = safe[0].x + 4.0, safe[0].y + 3.0
    hand.document.place(x, y)
    hand.key(Qt.Key.Key_P, SHIFT)
    hand.settled()
    (aligned,) = hand.document.scene.placements
    assert (aligned.x, aligned.y) == (safe[0].x, safe[0].y)
    assert _last(hand) == "Move lesion to candidate"


def test_tab_goes_from_lesion_to_lesion_and_on(hand: Hand) -> None:
    lesions = _three(hand)
    seen = []
    for _ in range(3):
        hand.key(Qt.Key.Key_Tab)
        seen.append(hand.document.selection)
    assert seen == [p.id for p in lesions]
    hand.qtbot.keyClick(hand.canvas, Qt.Key.Key_Backtab, SHIFT)
    assert hand.document.selection == lesions[1].id
    hand.key(Qt.Key.Key_Tab)
    assert hand.canvas.hasFocus()
    hand.key(Qt.Key.Key_Tab)
    assert not hand.canvas.hasFocus()  # no trap for who has no mouse
    assert hand.document.selection == lesions[2].id


def test_lesions_are_copied_from_scene_to_scene(
    hand: Hand, opened: Callable[[Path], Hand], radiograph: Path
) -> None:
    first, second, _ = _three(hand)
    hand.document.select_many((first.id, second.id))
    hand.key(Qt.Key.Key_C, CONTROL)
    hand.hover(200.0, 120.0)
    hand.key(Qt.Key.Key_V, CONTROL)
    hand.settled()
    assert _last(hand) == "Paste lesions"
    pasted = hand.document.selected_placements
    assert [(p.x, p.y) for p in pasted] == [pytest.approx((200, y), abs=1.0) for y in (100, 140)]
    assert [p.seed for p in pasted] == [first.seed, second.seed]
    other = opened(radiograph)
    other.key(Qt.Key.Key_V, CONTROL)
    other.settled()
    assert [(p.x, p.y, p.seed) for p in other.document.scene.placements] == [
        (p.x, p.y, p.seed) for p in (first, second)
    ]
    for text in ("", "{}", '{"pixel_mm": [0, 1], "scene": {}}', "[" * 5000, '{"pixel_mm": [1, 1]}'):
        QGuiApplication.clipboard().setText(text)
        other.key(Qt.Key.Key_V, CONTROL)
        other.settled()
        assert "no lesions on the clipboard" in other.compose.messages.text
    assert len(other.document.scene.placements) == 2


def test_hidden_outlines_can_still_be_taken_hold_of(hand: Hand) -> None:
    placement = hand.place()
    hand.key(Qt.Key.Key_S)
    assert hand.canvas.lesions[placement.id].opacity() == 0
    start = hand.at(placement.x, placement.y)
    hand.drag(start, start + QPointF(30, 0))
    assert len(hand.document.scene.placements) == 1
    assert hand.document.scene.placements[0].x > placement.x


def test_a_gesture_survives_that_its_lesion_goes_away(hand: Hand) -> None:
    placements = _three(hand)
    hand.document.select_many(p.id for p in placements)
    start = hand.at(placements[0].x, placements[0].y)
    hand.drag(start, start + QPointF(20, 0), release=False)
    hand.key(Qt.Key.Key_Delete)
    hand.mouse(QEvent.Type.MouseMove, start + QPointF(30, 0), held=LEFT)
    hand.mouse(QEvent.Type.MouseButtonRelease, start + QPointF(30, 0), LEFT)
    hand.settled()
    assert hand.document.scene.placements == ()
    assert hand.document.selected_ids == ()
    hand.document.stack.undo()
    hand.document.stack.undo()
    hand.settled()
    assert hand.document.scene.placements == placements
    start = hand.at(placements[1].x, placements[1].y)
    hand.mouse(QEvent.Type.MouseButtonPress, start, LEFT, LEFT)
    hand.document.remove(*(p.id for p in placements))
    hand.mouse(QEvent.Type.MouseMove, start + QPointF(30, 0), held=LEFT)
    hand.mouse(QEvent.Type.MouseButtonRelease, start + QPointF(30, 0), LEFT)
    assert hand.document.selected_ids == ()
