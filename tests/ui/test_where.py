"""Where a lesion may go: overlays by structure, the heatmap's legend, candidates, the ghost and the words."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QColorDialog

from app.anatomy.anatomy import Candidate
from app.ui.canvas.overlay_state import MARGIN, OverlayState
from app.ui.settings import settings
from tests.ui.conftest import FREE, SPINE, Hand

SPINE_MIDDLE = (128.0, 100.0)
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def _picture(hand: Hand) -> QImage:
    return hand.canvas.viewport().grab().toImage()


def _colour(hand: Hand, x: float, y: float) -> QColor:
    return _picture(hand).pixelColor(hand.at(x, y).toPoint())


def _with_an_unsafe_candidate(hand: Hand) -> tuple[Candidate, ...]:
    """The candidates, the second of which a location model has proposed in the spine."""
    where = hand.document.where
    assert where is not None
    first, *others = (replace(place, score=0.3 - 0.02 * n) for n, place in enumerate(where.candidates[:8]))
    changed = replace(where, candidates=(first, Candidate(*SPINE_MIDDLE, 0.29, safe=False), *others))
    hand.document.set_where(changed)
    return changed.candidates


def _is_grey(colour: QColor) -> bool:
    return max(colour.getRgb()[:3]) - min(colour.getRgb()[:3]) <= 6


def test_each_structure_has_a_row_a_toggle_and_a_colour_that_are_remembered(hand: Hand) -> None:
    panel, task = hand.compose.overlays_panel, hand.document.task
    assert list(panel.rows) == ["spine", MARGIN]
    row = panel.rows["spine"]
    usual = task.structure("spine").colour
    assert not _is_grey(_colour(hand, *SPINE_MIDDLE))

    hand.qtbot.mouseClick(
        row.box, Qt.MouseButton.LeftButton, pos=row.box.rect().topLeft() + QPointF(8, 8).toPoint()
    )
    assert not row.box.isChecked()
    assert _is_grey(_colour(hand, *SPINE_MIDDLE))
    assert hand.document.reason(*SPINE_MIDDLE, 5) == "spine"  # hidden, and forbidden as before
    row.box.setChecked(True)

    hand.qtbot.mouseClick(row.swatch, Qt.MouseButton.LeftButton)
    dialog = QApplication.activeModalWidget() or hand.window.findChild(QColorDialog)
    assert isinstance(dialog, QColorDialog)
    dialog.setCurrentColor(QColor("#00ff00"))
    shown = _colour(hand, *SPINE_MIDDLE)  # while one chooses
    assert shown.green() > shown.red() + 20
    dialog.reject()
    assert hand.compose.overlays.colour(task, "spine") == usual
    hand.qtbot.mouseClick(row.swatch, Qt.MouseButton.LeftButton)
    dialog = next(d for d in hand.window.findChildren(QColorDialog) if d.isVisible())
    dialog.setCurrentColor(QColor("#00ff00"))
    dialog.accept()
    panel.rows[MARGIN].box.setChecked(False)
    panel.boxes["heat"].setChecked(True)

    settings().flush()
    hand.settled()
    kept = json.loads(settings().path.read_text())["remembered"]
    assert kept["structure_colours"] == {"kub-xray": {"spine": "#00ff00"}}
    again = OverlayState()
    assert again.forbidden(task)[task.label("spine")] == "#00ff00"
    assert not again.shows(task, MARGIN)
    assert (again.zones, again.names, again.heat, again.candidates) == (True, True, True, False)

    assert not row.usual.isHidden()
    hand.qtbot.mouseClick(row.usual, Qt.MouseButton.LeftButton)
    assert row.usual.isHidden()
    assert again.colour(task, "spine") == usual


def test_the_legend_of_the_heatmap_says_what_its_colours_stand_for(hand: Hand) -> None:
    panel, where = hand.compose.overlays_panel, hand.document.where
    assert where is not None
    assert panel.heat_legend.isHidden()
    hand.window.actions_["heat"].trigger()
    assert panel.boxes["heat"].isChecked()
    assert not panel.heat_legend.isHidden()
    permitted = where.heatmap[where.danger.permissible]
    per_cm2 = 100 * 100 * np.percentile(permitted, 99.5)  # per cent; a pixel is 1 mm²
    low, middle, high = (label.text() for label in panel.heat_legend.marks)
    assert (low, high) == ("0", f"≥ {per_cm2:.2g} %")
    assert float(middle.removesuffix(" %")) == pytest.approx(per_cm2 / 2, rel=0.1)
    assert "per cm²" in panel.heat_legend.title.text()
    assert hand.canvas.heat.bar_shown  # over the image, too
    likeliest = np.unravel_index(int(where.heatmap.argmax()), where.heatmap.shape)
    assert not _is_grey(_colour(hand, float(likeliest[1]), float(likeliest[0])))
    hand.window.actions_["overlays"].trigger()
    assert panel.heat_legend.isHidden()
    assert not hand.canvas.heat.bar_shown


def test_keys_change_overlays_from_a_panel_but_not_while_a_number_is_typed(hand: Hand) -> None:
    state, panel = hand.compose.overlays, hand.compose.candidates_panel
    before = state.opacity
    panel.list.setFocus()
    hand.qtbot.keyClick(panel.list, Qt.Key.Key_D)
    assert state.opacity == pytest.approx(before + 0.1)
    hand.qtbot.keyClick(panel.list, Qt.Key.Key_S)
    assert not state.visible
    hand.qtbot.keyClick(panel.list, Qt.Key.Key_A)
    assert state.visible
    assert state.opacity == pytest.approx(before)
    field = hand.compose.lesion_panel.diameter.field
    field.setFocus()
    for key in (Qt.Key.Key_S, Qt.Key.Key_A, Qt.Key.Key_D):
        hand.qtbot.keyClick(field, key)
    assert state.visible
    assert state.opacity == pytest.approx(before)


def test_candidates_are_listed_shown_and_placed_by_keys(hand: Hand) -> None:
    panel, places = hand.compose.candidates_panel, _with_an_unsafe_candidate(hand)
    assert panel.list.count() == len(places) > 3
    assert panel.list.item(0).text().split()[:3] == ["1", "30", "%"]
    for row, place in enumerate(places):
        item = panel.list.item(row)
        assert item.font().strikeOut() == (not place.safe)
        assert ("spine" in item.text()) == (not place.safe)
    free = next(
        row for row, place in enumerate(places)
        if place.safe and hand.document.reason(place.x, place.y, hand.document.brush.diameter) is None
    )  # fmt: skip
    hand.canvas.box.zoom_at(QPointF(250, 250), 20.0)
    panel.list.setFocus()
    panel.list.setCurrentRow(free)
    assert hand.canvas.candidates.chosen == places[free]
    assert hand.compose.overlays.candidates
    assert hand.canvas.box.viewRect().contains(places[free].x, places[free].y)
    hand.qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    hand.settled()
    placed = hand.document.scene.placements[0]
    assert (placed.x, placed.y) == (places[free].x, places[free].y)


def test_the_ghost_is_the_next_lesion_in_the_window_that_is_shown(hand: Hand) -> None:
    ghost, document = hand.canvas.ghost, hand.document
    hand.compose.overlays.set(zones=False)
    document.set_brush(diameter=20.0, contrast=3.0, seed=1)
    hand.compose.controller.display.take(1500.0, 400.0)
    hand.hover(*FREE)
    hand.wait(lambda: ghost.drawn and ghost.isVisible())
    hand.settled()
    shown = _colour(hand, *FREE).lightness()
    width = ghost.boundingRect().width()
    assert width == pytest.approx(20, abs=8)
    assert ghost.pos().x() == pytest.approx(FREE[0], abs=0.6)

    hand.compose.controller.display.set_inverted(True)
    hand.canvas.leaveEvent(None)
    plain = _colour(hand, *FREE).lightness()
    hand.hover(*FREE)
    assert _colour(hand, *FREE).lightness() < plain - 10  # a stone darkens an inverted radiograph
    hand.compose.controller.display.set_inverted(False)
    hand.canvas.leaveEvent(None)
    assert not ghost.isVisible()
    assert shown > _colour(hand, *FREE).lightness() + 10

    hand.hover(*FREE)
    document.set_brush(diameter=30.0)
    hand.wait(lambda: ghost.boundingRect().width() > width + 5)
    hand.hover(*SPINE_MIDDLE)
    assert not ghost.isVisible()
    hand.key(Qt.Key.Key_S)
    hand.hover(*FREE)
    assert not ghost.isVisible()


def test_a_forbidden_place_is_named_on_the_canvas_and_overridden_only_on_purpose(
    hand: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    hand.hover(*SPINE_MIDDLE)
    assert hand.canvas.note.isVisible()
    assert hand.canvas.note.text == "Not here: spine"
    assert hand.canvas.viewport().cursor().shape() == Qt.CursorShape.ForbiddenCursor
    hand.hover(*FREE)
    assert not hand.canvas.note.isVisible()
    with hand.holding(SHIFT):
        hand.click(*SPINE_MIDDLE)
    assert hand.document.scene.placements == ()

    with caplog.at_level(logging.INFO), hand.holding(CONTROL | SHIFT):
        hand.click(*SPINE_MIDDLE)
    (placement,) = hand.document.scene.placements
    assert placement.overridden
    assert placement.override_reason == "spine"
    assert "on purpose, in the danger zone: spine" in caplog.text
    assert hand.canvas.lesions[placement.id].look.overridden

    start = hand.at(placement.x, placement.y)
    hand.drag(start, hand.at(placement.x, 140.0))  # within the spine it may be moved
    moved = hand.document.scene.placements[0]
    assert moved.y == pytest.approx(140, abs=1.5)
    assert moved.override_reason == "spine"
    hand.drag(hand.at(moved.x, moved.y), hand.at(*FREE))
    free = hand.document.scene.placements[0]
    assert not free.overridden
    assert free.override_reason == ""
    assert not hand.canvas.lesions[free.id].look.overridden
    hand.drag(hand.at(free.x, free.y), hand.at(*SPINE_MIDDLE))  # what has left it cannot go back
    assert hand.document.reason(hand.document.scene.placements[0].x, 100, 5) is None


def test_keys_override_the_danger_zone_too_and_the_scene_says_so(hand: Hand, tmp_path: Path) -> None:
    from app.composition.scene_file import read_scene

    hand.hover(*SPINE_MIDDLE)
    hand.key(Qt.Key.Key_Return, CONTROL | SHIFT)
    hand.settled()
    (placement,) = hand.document.scene.placements
    assert SPINE[0] <= placement.x < SPINE[1]
    assert placement.override_reason == "spine"
    hand.document.stack.undo()
    panel, place = hand.compose.candidates_panel, _with_an_unsafe_candidate(hand)[1]
    row = next(row for row in range(panel.list.count()) if panel.list.item(row).font().strikeOut())
    panel.list.setFocus()
    panel.list.setCurrentRow(row)
    hand.qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert hand.document.scene.placements == ()
    hand.qtbot.keyClick(panel.list, Qt.Key.Key_Return, CONTROL | SHIFT)
    hand.settled()
    (placement,) = hand.document.scene.placements
    assert (placement.x, placement.y) == (place.x, place.y)
    assert placement.override_reason == "spine"
    hand.window.compose.saver.save_scene(tmp_path / "scene.json")
    hand.settled()
    assert read_scene(tmp_path / "scene.json").placements == (placement,)


def test_marks_grow_with_the_text_and_stand_out_from_bone_and_air(hand: Hand) -> None:
    placement = hand.place()
    item = hand.canvas.lesions[placement.id]
    hand.document.select(None)
    small = item.boundingRect().width()
    swatch = hand.compose.overlays_panel.rows["spine"].swatch.iconSize().width()
    settings().change(text_percent=200)
    hand.qtbot.wait(20)
    assert item.boundingRect().width() > small + 5 / hand.canvas.zoom
    assert hand.compose.overlays_panel.rows["spine"].swatch.iconSize().width() > 1.5 * swatch
    for centre in (0.0, 4000.0):  # all white, then all black
        hand.compose.controller.display.take(centre, 10.0)
        area = item.mapRectToScene(item.boundingRect()).toRect()
        picture = _picture(hand).copy(area)
        lightness = {
            picture.pixelColor(x, y).lightness()
            for x in range(picture.width())
            for y in range(picture.height())
        }
        assert max(lightness) - min(lightness) > 100
