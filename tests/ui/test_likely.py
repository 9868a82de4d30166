"""Candidates with their probability, structures by name, foreign images, and the choice of the task."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.anatomy.anatomy import Anatomy, Candidate, Familiarity
from app.composition.scene_file import read_scene
from app.imaging import write_image
from app.imaging.image import Calibration, Image, Source
from app.tasks import task
from app.ui.canvas.heat_scale import heat_colours
from app.ui.canvas.overlay_item import HeatItem
from app.ui.canvas.overlay_state import OverlayState
from app.ui.features.doubting import Doubting
from app.ui.frame.doubt_strip import DoubtStrip
from app.ui.settings import settings
from app.ui.work.reading import task_for
from main import main
from models.progress import LongWork, Progress
from tests.ui.conftest import FREE, LESION, SIZE, SPINE, Hand

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
SPINE_MIDDLE = (128.0, 100.0)
Found = Callable[..., None]
LIKELY = (
    Candidate(60.0, 90.0, 0.41, safe=True),
    Candidate(*SPINE_MIDDLE, 0.22, safe=False),
    Candidate(111.0, 60.0, 0.052, safe=True),  # four mm from the spine's margin
    Candidate(190.0, 150.0, 0.03, safe=True),
)


@pytest.fixture
def found_as(monkeypatch: pytest.MonkeyPatch) -> Found:
    """What the network finds on the next images: a spine, or the spine all over, and how familiar it is."""

    def found(familiarity: Familiarity | None, *, everywhere: bool = False) -> None:
        def predict(image: Image, *_: object) -> LongWork[Anatomy]:
            yield Progress(0, 1, "Looking")
            spine = np.zeros(image.pixels.shape, bool)
            spine[:, slice(None) if everywhere else slice(*SPINE)] = True
            return Anatomy({"spine": spine}, "network", familiarity)

        monkeypatch.setattr("app.anatomy.network.predict_anatomy", predict)

    return found


def _plain(folder: Path, name: str = "plain.dcm", spacing: tuple[float, float] | None = (1.0, 1.0)) -> Path:
    """An image whose anatomy nobody knows."""
    pixels = np.random.default_rng(7).normal(1500, 20, (SIZE, SIZE)).astype(np.uint16)
    calibration = Calibration.NONE if spacing is None else Calibration.PIXEL_SPACING
    path = folder / name
    write_image(Image(pixels, spacing=spacing, calibration=calibration, modality="DX"), path)
    return path


def _with_candidates(hand: Hand) -> None:
    where = hand.document.where
    assert where is not None
    hand.document.set_where(replace(where, candidates=LIKELY))
    hand.compose.overlays.set(candidates=True)
    hand.document.set_brush(diameter=10.0)


# -- candidates ----------------------------------------------------------------------------------------


def test_a_candidate_says_its_probability_and_whether_it_is_safe(hand: Hand) -> None:
    _with_candidates(hand)
    note = hand.canvas.note
    hand.hover(61.0, 91.0)
    assert note.isVisible()
    assert note.text.splitlines() == [
        "Candidate 1: 41 % of stones lie within 10 mm",
        "Safe: outside the danger zone",
    ]
    assert hand.window.status.note.text().startswith("Candidate 1: 41 %")
    assert hand.canvas.candidates.pointed == 0
    hand.hover(SPINE_MIDDLE[0] + 1, SPINE_MIDDLE[1])
    assert "Candidate 2: 22 %" in note.text
    assert note.text.splitlines()[-1] == "Not safe: spine"
    hand.hover(LIKELY[2].x, LIKELY[2].y)
    assert "5.2 %" in note.text
    assert "Safe, but 10.0 mm would touch the spine" in note.text
    hand.canvas.box.pan(hand.canvas.viewport().width() - 40 - hand.at(60.0, 90.0).x(), 0)  # to the edge
    hand.hover(61.0, 91.0)
    right = hand.at(61.0, 91.0).x() + note.boundingRect().right()
    assert hand.canvas.viewport().width() - 60 < right <= hand.canvas.viewport().width()
    hand.canvas.box.pan(-200, 0)
    hand.hover(40.0, 200.0)
    assert not note.isVisible()
    hand.compose.overlays.set(candidates=False)
    hand.hover(61.0, 91.0)
    assert not note.isVisible()


def test_the_list_says_the_same_and_points_at_the_image(hand: Hand) -> None:
    _with_candidates(hand)
    panel = hand.compose.candidates_panel
    rows = [panel.list.item(n) for n in range(panel.list.count())]
    assert [row.text().split("   ")[:2] for row in rows] == [
        ["1", "41 %"], ["2", "22 %"], ["3", "5.2 %"], ["4", "3.0 %"],
    ]  # fmt: skip
    assert rows[1].text().endswith("spine")
    assert rows[1].font().strikeOut()
    assert rows[2].text().endswith("no room for 10.0 mm")
    assert not rows[2].font().strikeOut()
    assert "Not safe: spine" in rows[1].toolTip()
    assert "22 %" in rows[1].data(Qt.ItemDataRole.AccessibleTextRole)
    assert "Of all stones in images like this one" in panel.note.text()

    at = panel.list.visualItemRect(rows[3]).center()
    port = panel.list.viewport()
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(port.mapToGlobal(at)), none, none, Qt.KeyboardModifier(0)
    )
    QApplication.sendEvent(port, move)
    assert hand.canvas.candidates.pointed == 3
    QApplication.sendEvent(port, QEvent(QEvent.Type.Leave))
    assert hand.canvas.candidates.pointed is None


def test_a_slider_and_keys_choose_how_many_are_shown(hand: Hand) -> None:
    _with_candidates(hand)
    panel, shown = hand.compose.candidates_panel, hand.canvas.candidates
    assert (panel.list.count(), len(shown.places)) == (4, 4)
    panel.list.setCurrentRow(1)
    panel.most.setFocus()
    hand.qtbot.keyClick(panel.most, Qt.Key.Key_Home)
    assert (panel.list.count(), shown.places, panel.count.text()) == (0, (), "0 of 4")
    assert not panel.isHidden()  # or the slider would be gone
    for _ in range(2):
        hand.qtbot.keyClick(panel.most, Qt.Key.Key_Right)
    assert [place.score for place in shown.places] == [0.41, 0.22]
    panel.list.setCurrentRow(1)
    hand.canvas.setFocus()
    hand.key(Qt.Key.Key_D, SHIFT)
    assert panel.list.count() == panel.most.value() == 3
    assert shown.chosen == LIKELY[1]  # kept
    hand.key(Qt.Key.Key_A, SHIFT)
    hand.key(Qt.Key.Key_A, SHIFT)
    assert panel.list.count() == 1
    assert shown.chosen is None
    settings().flush()
    hand.settled()
    assert json.loads(settings().path.read_text())["remembered"]["candidates_shown"] == 1
    assert OverlayState().most == 1


# -- structures and heat -------------------------------------------------------------------------------


def test_structures_are_named_on_the_image_and_heat_is_read_at_the_cursor(hand: Hand) -> None:
    names = hand.canvas.names
    assert names.isVisible()
    assert names.shown == ("spine",)
    hand.compose.overlays.show_structure(hand.document.task, "spine", False)
    assert names.shown == ()
    hand.compose.overlays.show_structure(hand.document.task, "spine", True)
    hand.window.actions_["names"].trigger()
    assert not names.isVisible()
    assert not hand.compose.overlays_panel.boxes["names"].isChecked()
    assert "names" not in settings().remembered.overlays

    hand.hover(*FREE)
    assert "per cm²" not in hand.window.status.note.text()
    hand.window.actions_["heat"].trigger()
    hand.hover(FREE[0] + 1, FREE[1])
    where = hand.document.where
    assert where is not None
    share = 100 * 100 * where.heatmap[90, 61]
    assert hand.window.status.note.text() == f"likely: {share:.2g} % per cm²"


def test_the_heatmap_rises_in_lightness_and_marks_its_quarters() -> None:
    words = heat_colours(1.0)
    parts = [(words >> shift & 255).astype(float) for shift in (16, 8, 0)]
    lightness = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]  # Rec. 709, on black
    assert (np.diff(lightness) > -0.6).all()  # but for rounding
    assert lightness[-1] > 180
    item = HeatItem()
    item.set_opacity(0.4)
    ramp = np.tile(np.arange(256, dtype=np.uint8), (9, 1))
    picture = item.picture(ramp)
    opaque = [picture.pixelColor(x, 3).alpha() for x in range(picture.width())]
    lines = [x for x in range(1, len(opaque)) if opaque[x] > opaque[x - 1] + 20]
    assert [x + 1 for x in lines] == [64, 128, 192]


def test_an_uncalibrated_image_has_a_scale_of_its_own(
    opened: Callable[[Path], Hand], tmp_path: Path, found_as: Found
) -> None:
    found_as(Familiarity(0.3))
    hand = opened(_plain(tmp_path, spacing=None))
    hand.compose.overlays.set(heat=True)
    legend = hand.compose.overlays_panel.heat_legend
    assert "× the mean" in legend.title.text()
    assert legend.marks[-1].text().endswith("×")
    assert "margin, 3 px" in [row.box.text() for row in hand.compose.overlays_panel.rows.values()]
    assert hand.document.reason(SPINE[0] - 2, 100, 1) == "spine"
    assert "usual (0.30, the limit is 1)" in hand.compose.overlays_panel.likeness.text()


# -- foreign images ------------------------------------------------------------------------------------


def _strip(hand: Hand) -> DoubtStrip:
    return hand.window.feature(Doubting).strip


def test_a_foreign_image_shows_no_danger_zone_until_the_user_says_so(
    opened: Callable[[Path], Hand], tmp_path: Path, found_as: Found, radiograph: Path
) -> None:
    found_as(Familiarity(2.5))
    hand = opened(_plain(tmp_path))
    hand.document.set_brush(lesion=LESION)
    hand.compose.overlays.set(heat=True, candidates=True)
    strip = _strip(hand)
    assert "looks unlike those that the network" in strip.text
    assert "its danger zone is not shown" in strip.text
    assert hand.canvas.zones.pyramid is None
    assert hand.canvas.heat.pyramid is None
    assert hand.canvas.candidates.places == ()
    assert "foreign (2.50, the limit is 1)" in hand.compose.overlays_panel.likeness.text()

    hand.hover(*FREE)
    assert hand.canvas.note.text == "Not checked: the image looks unlike the training images"
    hand.click(*FREE)
    assert hand.document.scene.placements == ()
    assert "not checked" in hand.compose.messages.text
    assert hand.compose.messages.geometry().top() >= strip.geometry().bottom()  # both can be read
    for action in ("place_best", "several"):
        hand.window.actions_[action].trigger()
        hand.settled()
        assert "not checked" in hand.compose.messages.text
    assert hand.document.scene.placements == ()
    with hand.holding(CONTROL | SHIFT):
        hand.click(*FREE)
    (placement,) = hand.document.scene.placements
    assert placement.overridden
    assert placement.override_reason == "not checked: the image looks unlike the training images"
    assert "not checked" in hand.compose.placements.list.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    hand.window.compose.saver.save_scene(tmp_path / "scene.json")
    hand.settled()
    assert read_scene(tmp_path / "scene.json").placements == (placement,)
    hand.document.stack.undo()

    strip.buttons[0].click()
    assert strip.text == ""
    assert hand.canvas.zones.pyramid is not None
    assert hand.document.reason(*SPINE_MIDDLE, 5) == "spine"
    assert not hand.window.actions_["believe_zone"].isEnabled()
    assert "does not take this image for a foreign one" in hand.window.actions_["believe_zone"].toolTip()
    hand.click(*FREE)
    assert [p.overridden for p in hand.document.scene.placements] == [False]

    hand.window.actions_["find_zone"].trigger()  # asks again
    hand.wait(lambda: strip.text)
    hand.window.discard_changes()
    hand.document.stack.setClean()
    hand.compose.opener.open(radiograph)  # its anatomy is known
    hand.wait(lambda: hand.document.where is not None)
    assert strip.text == ""
    hand.compose.opener.open(tmp_path / "plain.dcm")
    hand.wait(lambda: strip.text)


def test_a_foreign_image_can_be_done_without_a_danger_zone(
    opened: Callable[[Path], Hand], tmp_path: Path, found_as: Found
) -> None:
    found_as(Familiarity(0.2, "upside down"))
    hand = opened(_plain(tmp_path))
    hand.document.set_brush(lesion=LESION)
    strip = _strip(hand)
    assert "This image seems to be upside down" in strip.text
    assert "Turn it" in strip.text
    hand.canvas.setFocus()
    for button in strip.buttons:  # they come after the image
        hand.qtbot.keyClick(hand.window.focusWidget(), Qt.Key.Key_Tab)
        assert hand.window.focusWidget() is button
    hand.qtbot.keyClick(strip.buttons[1], Qt.Key.Key_Space)
    assert strip.isHidden()
    assert hand.canvas.zones.pyramid is None
    assert hand.canvas.hasFocus()
    hand.click(*SPINE_MIDDLE)
    (placement,) = hand.document.scene.placements
    assert placement.override_reason == "not checked: the image seems to be upside down"
    start = hand.at(placement.x, placement.y)
    hand.drag(start, start + QPointF(30, 0))
    assert hand.document.scene.placements[0].x > placement.x + 3
    assert "as you chose" in hand.compose.task_panel.origin.text()
    hand.window.actions_["several"].trigger()
    assert "upside down" in hand.compose.messages.text
    hand.document.set_task("lung-ct")  # another network, another question
    hand.wait(lambda: not hand.document.finding and strip.text)


def test_an_image_on_which_nothing_is_permitted_is_named(
    opened: Callable[[Path], Hand], tmp_path: Path, found_as: Found
) -> None:
    found_as(None, everywhere=True)
    hand = opened(_plain(tmp_path))
    sentence = "No lesion is permitted anywhere on this image: the danger zone (spine) covers all of it"
    assert sentence in hand.compose.messages.text
    assert sentence in hand.compose.overlays_panel.nothing.text()
    hand.compose.messages.clear()
    hand.window.actions_["place_best"].trigger()
    hand.settled()
    assert sentence in hand.compose.messages.text
    assert hand.document.scene.placements == ()


def test_commands_warn_of_foreign_images_and_of_nothing_permitted(
    tmp_path: Path, found_as: Found, capsys: pytest.CaptureFixture[str]
) -> None:
    image = _plain(tmp_path)
    found_as(Familiarity(3.0))
    options = [str(image), "--task", "kub-xray", "--out"]
    assert main(["safe", *options, str(tmp_path / "a")]) == 0
    said = capsys.readouterr()
    (warning,) = [line for line in said.err.splitlines() if line.startswith("Warning:")]
    assert "looks unlike" in warning
    assert "3.00" in warning
    assert json.loads(said.out)["familiarity"] == {"score": 3.0, "turned": "", "foreign": True}
    assert (tmp_path / "a" / "danger.png").is_file()
    placing = ["compose", *options, str(tmp_path / "b"), "--diameter-mm", "6", "--seed", "1"]
    placing += ["--lesion", LESION, "--random", "2"]
    assert main(placing) == 0
    assert "looks unlike" in capsys.readouterr().err
    found_as(Familiarity(0.1), everywhere=True)
    assert main(["safe", *options, str(tmp_path / "c")]) == 0
    assert "No lesion is permitted anywhere" in capsys.readouterr().err
    assert main(placing) == 1
    said = capsys.readouterr()
    assert said.err.strip().splitlines()[-1].startswith("lithograph: No lesion is permitted anywhere")


# -- the task ------------------------------------------------------------------------------------------


def _slices(folder: Path, name: str, direction: tuple[float, ...]) -> Path:
    body = np.full((3, 64, 64), -1000, np.int16)
    body[:, 8:56, 8:56] = np.random.default_rng(3).normal(40, 15, (3, 48, 48))
    volume = sitk.GetImageFromArray(body)
    volume.SetDirection(direction)
    sitk.WriteImage(volume, folder / name)
    return folder / name


def test_the_task_follows_modality_and_plane_and_else_the_last_choice(
    opened: Callable[[Path], Hand], tmp_path: Path, found_as: Found
) -> None:
    found_as(None)
    axial = (1.0, 0, 0, 0, 1, 0, 0, 0, 1)
    coronal = (1.0, 0, 0, 0, 0, 1, 0, -1, 0)  # columns to the left, rows to the feet
    lungs = Image(np.zeros((8, 8), np.int16), unit="HU", modality="CT", source=Source(None, "tiff"))
    assert task_for(lungs, "") == "abdomen-ct"  # nothing is known of its plane: the first
    assert task_for(lungs, "lung-ct") == "lung-ct"
    assert task_for(replace(lungs, modality="DX", unit=""), "lung-ct") == "kub-xray"
    silent = Image(np.zeros((8, 8), np.uint8))
    assert task_for(silent, "") == "kub-xray"
    assert task_for(silent, "abdomen-ct") == "abdomen-ct"
    assert task_for(silent, "gone") == "kub-xray"

    hand = opened(_slices(tmp_path, "axial.nii.gz", axial))
    assert hand.document.scene.task == "lung-ct"
    hand.compose.opener.open(_slices(tmp_path, "coronal.nii.gz", coronal))
    hand.wait(lambda: hand.document.page is not None and "coronal" in hand.document.title)
    assert hand.document.scene.task == "abdomen-ct"
    hand.wait(lambda: {entry.kind for entry in hand.compose.shelf.entries} == {"stone"})
    assert hand.window.actions_["edit_windows"].isEnabled()

    made = [spec.name for spec in hand.window.actions_]
    assert "generate_lung-ct" in made
    assert "generate_abdomen-ct" not in made  # there is no phantom of it, but there are other sources
    assert {"generate_abdomen-ct_network", "generate_abdomen-ct_from_ct"} <= set(made)
    choice = hand.compose.task_panel.choice
    choice.setCurrentIndex(choice.findData("kub-xray"))
    choice.activated.emit(choice.currentIndex())
    assert hand.window.actions_["generate_again"].isEnabled()
    assert settings().remembered.task == "kub-xray"
    assert task("abdomen-ct").plane == "coronal"
