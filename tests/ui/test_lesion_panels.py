"""The lesion panels, through the real window: gallery, properties, list, and several at random."""

from __future__ import annotations

import itertools
import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from app.lesions import library
from app.ui import create_window
from app.ui.dialogs.scatter import ScatterDialog
from app.ui.features.lesions import Lesions
from app.ui.panels.gallery_item import star_rect
from app.ui.panels.measured import cnr_in_words, seam_in_words
from app.ui.panels.placement_row import button_rects
from app.ui.settings import settings
from tests.ui.conftest import LESION, SPINE, Hand

LEFT, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


def _names(hand: Hand) -> list[str]:
    return list(hand.compose.gallery.titles())


def _click_row(hand: Hand, row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    rows = hand.compose.placements.list
    at = rows.visualItemRect(rows.item(row)).center()
    hand.qtbot.mouseClick(rows.viewport(), LEFT, keys, at)


def _type(hand: Hand, field: QWidget, text: str) -> None:
    hand.window.activateWindow()
    field.setFocus()
    field.selectAll()  # type: ignore[attr-defined]
    hand.qtbot.keyClicks(field, text)
    hand.qtbot.keyClick(field, Qt.Key.Key_Return)
    hand.settled()


def _roll(widget: QWidget, steps: int) -> None:
    at = QPointF(widget.rect().center())
    event = QWheelEvent(
        at, QPointF(widget.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def _picture(rows: QListWidget, row: int) -> QImage:
    return rows.item(row).icon().pixmap(128, 128).toImage()


# -- the gallery -------------------------------------------------------------------------------------------


def test_the_gallery_is_filtered_by_name_kind_and_size(hand: Hand) -> None:
    gallery = hand.compose.gallery
    hand.wait(lambda: _names(hand))
    everything = _names(hand)
    hand.window.actions_["find_model"].trigger()
    hand.wait(gallery.search.hasFocus)
    hand.qtbot.keyClicks(gallery.search, "STONE rou")
    assert _names(hand) == ["stone-round"]
    gallery.search.setText("nothing of the kind")
    assert _names(hand) == []
    assert not gallery.list.isVisibleTo(gallery)
    assert gallery.nothing.isVisibleTo(gallery)
    assert gallery.nothing.text().endswith("filter.")
    gallery.all.click()
    assert _names(hand) == everything
    assert hand.document.brush.lesion == LESION

    gallery.kind.setCurrentIndex(gallery.kind.findData("own"))
    assert "Train lesion" in gallery.nothing.text()
    gallery.kind.setCurrentIndex(gallery.kind.findData("formulas"))
    assert _names(hand) == [LESION]
    gallery.show_all()
    gallery.sized.setChecked(True)
    gallery.smallest.setValue(10)
    gallery.largest.setValue(15)
    sizes = {entry.name: entry.diameter_mm for entry in library.entries("kub-xray") if entry.folder}
    fitting = {name for name, size in sizes.items() if size is not None and 10 <= size <= 15}
    assert 0 < len(fitting) < len(sizes)
    assert set(_names(hand)) == {*fitting, LESION}
    tip = gallery.list.item(_names(hand).index("stone-round")).toolTip()
    assert "14.1 × 11.1 mm" in tip
    assert "CC BY 4.0" in tip


def test_favourites_come_first_and_are_remembered(hand: Hand) -> None:
    gallery = hand.compose.gallery
    hand.wait(lambda: _names(hand))
    assert _names(hand)[0] != "stone-staghorn"
    item = gallery.list.item(_names(hand).index("stone-staghorn"))
    gallery.list.scrollToItem(item)
    at = star_rect(gallery.list.visualItemRect(item).toRectF()).center().toPoint()
    hand.qtbot.mouseClick(gallery.list.viewport(), LEFT, pos=at)
    assert _names(hand)[0] == "stone-staghorn"
    assert hand.document.brush.lesion == LESION  # a click on a star chooses nothing
    hand.key(Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    assert settings().remembered.favourites == ("stone-staghorn", LESION)
    gallery.kind.setCurrentIndex(gallery.kind.findData("favourites"))
    assert set(_names(hand)) == {"stone-staghorn", LESION}
    settings().flush()
    hand.settled()
    written = json.loads(settings().path.read_text())
    assert written["remembered"]["favourites"] == ["stone-staghorn", LESION]
    hand.window.actions_["favourite"].trigger()
    assert _names(hand) == ["stone-staghorn"]


def test_the_chosen_picture_is_what_the_next_click_draws(hand: Hand) -> None:
    rows = hand.compose.gallery.list
    hand.wait(lambda: _names(hand))
    hand.settled()
    row, other = _names(hand).index(LESION), _names(hand).index("stone-round")
    pictures = [_picture(rows, row)]
    still = _picture(rows, other)
    for fields in ({"seed": 12345}, {"contrast": 0.3}, {"rotation_deg": 90.0}, {"diameter": 25.0}):
        hand.document.set_brush(**fields)
        hand.settled()
        pictures.append(_picture(rows, row))
    assert all(one != two for one, two in itertools.pairwise(pictures))
    assert _picture(rows, other) == still


@pytest.fixture
def own_model(home: Path) -> str:
    """A lesion model of the user's own: a copy of one that ships with the program."""
    folder = library.user_folder() / "my-stone"
    shutil.copytree(library.shipped_folder() / "stone-oval", folder)
    card = json.loads((folder / library.CARD).read_text())
    (folder / library.CARD).write_text(json.dumps({**card, "name": "my-stone", "title": "Mine, left kidney"}))
    return "my-stone"


def test_a_model_of_ones_own_is_marked_and_can_be_removed(own_model: str, hand: Hand) -> None:
    hand.wait(lambda: own_model in _names(hand))
    gallery, remove = hand.compose.gallery, hand.window.actions_["remove_model"]
    assert not remove.isEnabled()
    item = gallery.list.item(_names(hand).index(own_model))
    assert "your own" in item.data(Qt.ItemDataRole.AccessibleTextRole)
    gallery.list.setCurrentItem(item)
    assert hand.document.brush.lesion == own_model
    hand.place()
    remove.trigger()
    assert hand.compose.messages.text.startswith("“Mine, left kidney” stays: 1 lesion")
    hand.key(Qt.Key.Key_Z, CONTROL)
    hand.settled()
    remove.trigger()
    question = hand.window.feature(Lesions).question
    assert question is not None
    assert "for good" in question.text()
    question.buttons()[-1].click()
    hand.wait(lambda: own_model not in _names(hand))
    assert not (library.user_folder() / own_model).exists()
    assert hand.document.brush.lesion in _names(hand)
    hand.place(200, 60)


# -- the properties ----------------------------------------------------------------------------------------


def test_fields_take_what_is_typed_and_put_back_what_is_wrong(hand: Hand) -> None:
    placement = hand.place()
    panel, stack = hand.compose.lesion_panel, hand.document.stack
    _type(hand, panel.diameter.field, "12,5")
    assert hand.document.scene.placement(placement.id).diameter_mm == 12.5
    _type(hand, panel.diameter.field, "9 mm")
    assert hand.document.scene.placement(placement.id).diameter_mm == 9
    steps = stack.count()
    for wrong, words in (("soft", "no number"), ("400", "not between 2.0 mm and 30.0 mm"), ("nan", "number")):
        _type(hand, panel.diameter.field, wrong)
        assert words in hand.compose.messages.text
        assert words in panel.diameter.field.toolTip()
        assert panel.diameter.field.text() == "9.0 mm"
    assert stack.count() == steps
    _type(hand, panel.diameter.field, "10")
    assert "not between" not in panel.diameter.field.toolTip()


def test_the_wheel_changes_a_field_only_while_it_has_the_focus(hand: Hand) -> None:
    panel = hand.compose.lesion_panel
    widgets = panel.diameter.slider, panel.rotation.field, panel.blend, panel.seed
    before = hand.document.brush
    hand.canvas.setFocus()
    for widget in widgets:
        _roll(widget, 1)
        assert not widget.hasFocus()
    assert hand.document.brush == before
    panel.diameter.slider.setFocus()
    hand.wait(panel.diameter.slider.hasFocus)
    _roll(panel.diameter.slider, 1)
    assert hand.document.brush.diameter > before.diameter


def test_contrast_is_set_in_the_unit_of_the_image(hand: Hand) -> None:
    panel = hand.compose.lesion_panel
    assert not panel.value.isEnabled()
    assert "drawn" in panel.value.toolTip()
    placement = hand.place()
    assert panel.value.isEnabled()
    assert hand.document.composite is not None
    first = hand.document.composite.lesions[0].contrast
    assert panel.value.value() == pytest.approx(first, abs=0.5)
    _type(hand, panel.value, str(round(first * 1.5)))
    assert hand.document.stack.undoText() == "Change contrast"
    assert hand.document.composite.lesions[0].contrast == pytest.approx(round(1.5 * first), abs=0.5)
    steps, kept = hand.document.stack.count(), hand.document.scene.placement(placement.id)
    _type(hand, panel.value, str(round(first * 20)))
    assert "20 % to 300 % can be set" in hand.compose.messages.text
    assert hand.document.stack.count() == steps
    assert hand.document.scene.placement(placement.id) == kept
    assert panel.value.value() == pytest.approx(round(1.5 * first), abs=1)


def test_a_shape_is_picked_from_the_strip_in_one_step(hand: Hand) -> None:
    placement = hand.place()
    hand.settled()
    strip, stack = hand.compose.lesion_panel.shapes, hand.document.stack
    assert placement.seed in strip.seeds
    assert [shape.isChecked() for shape in strip.shapes].count(True) == 1
    pictures = [strip.shapes[n].grab().toImage() for n in range(6)]
    assert all(one != two for one, two in itertools.combinations(pictures, 2))
    other = next(n for n, seed in enumerate(strip.seeds) if seed != placement.seed)
    seeds, steps = strip.seeds, stack.count()
    strip.shapes[other].setFocus()
    hand.qtbot.keyClick(strip.shapes[other], Qt.Key.Key_Space)
    hand.settled()
    assert hand.document.scene.placement(placement.id).seed == seeds[other]
    assert strip.seeds == seeds  # nothing moves below the hand
    assert strip.shapes[other].isChecked()
    assert (stack.count(), stack.undoText()) == (steps + 1, "Change shape")
    hand.key(Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert strip.seeds[0] == seeds[other]
    assert set(strip.seeds[1:]).isdisjoint(seeds)
    assert stack.count() == steps + 1


def test_several_lesions_show_what_they_share_and_change_together(hand: Hand) -> None:
    first, second = hand.place(), hand.place(200, 60)
    panel, document = hand.compose.lesion_panel, hand.document
    document.change(replace(second, diameter_mm=12.0), "Resize lesion")
    hand.settled()
    hand.window.actions_["select_all"].trigger()
    assert panel.heading.text() == "2 lesions"
    assert panel.diameter.field.text() == "various"
    assert panel.contrast.field.text() == "100 %"
    assert panel.seed.text() == "various"
    assert " to " in panel.measured.text()
    steps = document.stack.count()
    _type(hand, panel.diameter.field, str(panel.diameter.value()))  # that of one of them
    assert [p.diameter_mm for p in document.scene.placements] == [12.0, 12.0]
    assert (document.stack.count(), document.stack.undoText()) == (steps + 1, "Resize lesions")
    assert panel.diameter.field.text() == "12.0 mm"
    hand.window.actions_["reroll"].trigger()
    hand.settled()
    seeds = [p.seed for p in document.scene.placements]
    assert seeds[0] != seeds[1]
    assert set(seeds).isdisjoint({first.seed, second.seed})
    document.stack.undo()
    document.stack.undo()
    assert [p.diameter_mm for p in document.scene.placements] == [first.diameter_mm, 12.0]


def test_what_was_measured_is_judged_in_words(hand: Hand) -> None:
    assert [cnr_in_words(cnr) for cnr in (0.8, -0.8, 2, -2, 9)] == [
        "hard to see", "hard to see", "subtle", "subtle", "plain to see",
    ]  # fmt: skip
    assert [seam_in_words(seam) for seam in (0.5, 1, 1.6, 2.7)] == [
        "edge too soft", "none to be seen", "edge too hard", "a visible edge",
    ]  # fmt: skip
    hand.place()
    lesion = hand.document.composite.lesions[0]  # type: ignore[union-attr]
    lines = hand.compose.lesion_panel.measured.text().splitlines()
    assert lines[1] == f"CNR {lesion.cnr:.1f}: {cnr_in_words(lesion.cnr)}"
    assert lines[2] == f"Seam {lesion.seam:.2f}: {seam_in_words(lesion.seam)}"


# -- the list ----------------------------------------------------------------------------------------------


def test_the_list_selects_as_the_canvas_does(hand: Hand) -> None:
    ids = [hand.place(x, 60).id for x in (40, 70, 200)]
    rows = hand.compose.placements.list
    _click_row(hand, 0)
    _click_row(hand, 2, CONTROL)
    assert hand.document.selected_ids == (ids[0], ids[2])
    hand.document.select_many((ids[1], ids[0]))
    assert [rows.item(n).isSelected() for n in range(3)] == [True, True, False]
    assert rows.currentRow() == 0
    hand.qtbot.keyClick(rows, Qt.Key.Key_Down)
    assert hand.document.selected_ids == (ids[1],)
    hand.window.actions_["remove"].trigger()
    assert [p.id for p in hand.document.scene.placements] == [ids[0], ids[2]]


def test_hiding_and_locking_by_key_and_by_button(hand: Hand) -> None:
    placement = hand.place()
    panel, document, rows = hand.compose.lesion_panel, hand.document, hand.compose.placements.list
    x, y = placement.x, placement.y
    with_lesion = hand.shown(x, y)
    hand.key(Qt.Key.Key_H)
    hand.settled()
    assert document.scene.placements[0].hidden
    assert document.stack.undoText() == "Hide lesion"
    assert hand.window.actions_["hide"].isChecked()
    assert hand.shown(x, y) == document.base.image.pixels[round(y), round(x)] != with_lesion  # type: ignore[union-attr]
    assert "hidden" in rows.item(0).text()
    assert "neither drawn nor exported" in panel.measured.text()
    where = button_rects(rows.visualItemRect(rows.item(0)))
    hand.qtbot.mouseClick(rows.viewport(), LEFT, pos=where["hide"].center())
    hand.settled()
    assert hand.shown(x, y) == with_lesion
    assert document.stack.undoText() == "Show lesion"

    second = hand.place(200, 60)
    document.select(placement.id)
    hand.key(Qt.Key.Key_L, CONTROL)
    assert "locked" in rows.item(0).text()
    assert "unlocked (Ctrl+L)" in panel.locked.text()
    assert not panel.diameter.field.isEnabled()
    hand.window.actions_["select_all"].trigger()
    assert panel.locked.text().startswith("1 of them locked")
    assert not panel.shapes.shapes[0].isEnabled()
    hand.window.actions_["remove"].trigger()
    assert [p.id for p in document.scene.placements] == [placement.id]
    document.stack.undo()
    assert document.scene.placements[1] == second
    hand.window.actions_["select_all"].trigger()
    hand.window.actions_["lock"].trigger()
    assert document.stack.undoText() == "Lock lesions"
    where = button_rects(rows.visualItemRect(rows.item(1)))
    hand.qtbot.mouseClick(rows.viewport(), LEFT, pos=where["lock"].center())
    assert [p.locked for p in document.scene.placements] == [True, False]
    document.select(second.id)
    assert panel.diameter.field.isEnabled()


def test_the_order_is_changed_and_put_back(hand: Hand) -> None:
    ids = [hand.place(x, 60).id for x in (40, 70, 200)]
    document = hand.document

    def order() -> list[str]:
        return [p.id for p in document.scene.placements]

    document.select_many(ids[:2])
    hand.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert order() == [ids[2], ids[0], ids[1]]
    assert document.stack.undoText() == "Raise lesion"
    steps = document.stack.count()
    hand.key(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert document.stack.count() == steps  # on top already
    document.stack.undo()
    assert order() == ids
    document.select(ids[2])
    hand.key(Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert order() == [ids[0], ids[2], ids[1]]


# -- several at random -------------------------------------------------------------------------------------


def _ask(hand: Hand) -> ScatterDialog:
    hand.window.actions_["several"].trigger()
    dialog = hand.window.findChildren(ScatterDialog)[-1]
    hand.wait(dialog.isVisible)
    return dialog


def test_several_are_placed_at_random_in_one_step(hand: Hand) -> None:
    there = hand.place()
    dialog = _ask(hand)
    fields = dialog.count, dialog.largest, dialog.smallest, dialog.spacing, dialog.lowest
    for field, value in zip(fields, (6, 9, 5, 7, 50), strict=True):
        field.setValue(value)
    dialog.models.setCurrentIndex(dialog.models.findData("all"))
    dialog.models.activated.emit(dialog.models.currentIndex())
    assert not dialog.place.isEnabled()  # until the places are known
    hand.wait(lambda: len(dialog.placements) == 6)
    assert dialog.place.text() == "Place 6 lesions"
    assert hand.document.scene.placements == (there,)
    seed, shown = dialog.seed.value(), dialog.placements
    dialog.again.click()
    hand.wait(lambda: dialog.placements and dialog.placements != shown)
    dialog.seed.setValue(seed)
    hand.wait(lambda: dialog.placements == shown)  # the same seed, the same lesions
    dialog.place.click()
    hand.settled()
    document = hand.document
    new = document.scene.placements[1:]
    assert new == shown
    assert document.stack.undoText() == "Place 6 lesions"
    assert document.selected_placements == new
    assert len({p.lesion for p in new}) > 1
    assert all(5 <= p.diameter_mm <= 9 and 0.5 <= p.contrast <= 1.2 for p in new)
    for one, two in itertools.combinations(document.scene.placements, 2):
        gap = math.hypot(one.x - two.x, one.y - two.y) - (one.diameter_mm + two.diameter_mm) / 2
        assert gap >= 7
    assert all(document.reason(p.x, p.y, p.diameter_mm) is None for p in new)
    assert all(not SPINE[0] <= p.x <= SPINE[1] for p in new)
    document.stack.undo()
    assert document.scene.placements == (there,)

    again = _ask(hand)
    assert (again.count.value(), again.smallest.value(), again.spacing.value()) == (6, 5, 7)
    assert again.models.currentData() == "all"
    again.reject()
    hand.settled()
    assert document.scene.placements == (there,)


def test_too_little_room_is_said_and_nothing_is_placed(hand: Hand) -> None:
    dialog = _ask(hand)
    dialog.count.setValue(200)
    dialog.largest.setValue(30)
    dialog.smallest.setValue(30)
    hand.wait(lambda: "no more room" in dialog.says.text())
    assert " of 200 " in dialog.says.text()
    assert dialog.says.property("role") == "warning"
    assert not dialog.place.isEnabled()
    dialog.accept()
    assert dialog.isVisible()
    dialog.reject()
    hand.settled()
    assert hand.document.scene.placements == ()
    hand.document.set_where(None)
    hand.window.actions_["several"].trigger()
    assert "no danger zone" in hand.compose.messages.text
    assert settings().remembered.several == {}


def test_the_strip_of_shapes_waits_for_shapes(qtbot: QtBot) -> None:
    window = create_window()
    strip = window.compose.lesion_panel.shapes
    try:
        assert strip.seeds == ()
        strip.shapes[0].click()
        strip.more()
        assert strip.seeds == ()
    finally:
        window.discard_changes()
        window.close()
