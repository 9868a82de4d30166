"""Removing a lesion that the image itself shows: by hand, by menu, in files and on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from app.imaging import read_image, write_image
from app.ui.features.removing import TOOL, Removing
from main import main
from tests.ui.conftest import SIZE, Hand

STONE = (60, 90, 5)
"""x, y and radius of the stone that the image shows."""


@pytest.fixture
def stony(radiograph: Path, tmp_path: Path) -> Path:
    """The radiograph with a stone of its own."""
    image = read_image(radiograph)
    rows, columns = np.indices(image.pixels.shape)
    x, y, radius = STONE
    pixels = image.pixels.astype(np.float64)
    pixels += 900 * np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1)
    path = tmp_path / "stony.dcm"
    write_image(image.with_pixels(pixels.astype(np.uint16)), path)
    return path


def box_around(hand: Hand, x: float = STONE[0], y: float = STONE[1], size: float = 8) -> None:
    hand.drag(hand.at(x - size, y - size), hand.at(x + size, y + size))


def choose(hand: Hand, place: tuple[float, float], text: str) -> None:
    """A line of the context menu of a place."""
    hand.canvas.menu_wanted.emit(hand.at(*place).toPoint())
    menu = hand.compose.menu
    assert menu is not None
    next(action for action in menu.actions() if action.text() == text).trigger()
    menu.close()
    hand.settled()


def test_a_lesion_is_removed_by_a_box_and_brought_back(opened: Callable[[Path], Hand], stony: Path) -> None:
    hand = opened(stony)
    x, y, _ = STONE
    assert hand.document.page is not None
    original = hand.document.page.image.pixels
    action, back = hand.window.actions_["remove_real"], hand.window.actions_["bring_back"]
    assert not back.isEnabled()
    assert hand.shown(x, y) > 2200

    hand.key(Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    assert action.isChecked()
    assert hand.canvas.tool == TOOL
    assert "Draw a box" in hand.compose.messages.text
    box_around(hand)
    (removal,) = hand.document.scene.removals
    assert (removal.box.x, removal.box.y) == pytest.approx((x - 8, y - 8), abs=0.6)
    assert hand.shown(x, y) < 1600
    assert hand.shown(x + 30, y) == original[y, x + 30]
    assert hand.document.stack.undoText() == "Remove lesion of the image"
    hand.key(Qt.Key.Key_Escape)
    assert not action.isChecked()

    filled = hand.shown(x, y)
    hand.document.stack.undo()
    hand.settled()
    assert hand.shown(x, y) == original[y, x]
    assert hand.document.scene.empty
    hand.document.stack.redo()
    hand.settled()
    assert hand.shown(x, y) == filled

    choose(hand, (x + 2, y), "Fill its place in another way")
    (other,) = hand.document.scene.removals
    assert (other.box, other.seed != removal.seed) == (removal.box, True)
    assert hand.shown(x, y) < 1600
    choose(hand, (x + 2, y), "Bring the removed lesion back")
    assert hand.document.scene.removals == ()
    assert hand.shown(x, y) == original[y, x]
    hand.document.stack.undo()
    hand.settled()

    menu = hand.window.feature(Removing).menu
    assert menu.isEnabled()
    (line,) = menu.actions()
    assert f"({x}, {y})" in line.text()
    line.hover()
    assert hand.canvas.shape.isVisible()
    menu.aboutToHide.emit()
    assert not hand.canvas.shape.isVisible()
    line.trigger()
    hand.settled()
    assert hand.document.scene.removals == ()
    hand.document.stack.undo()
    assert back.isEnabled()
    back.trigger()
    hand.settled()
    assert hand.shown(x, y) == original[y, x]
    assert hand.document.stack.undoText() == "Bring removed lesions back"


def test_it_is_saved_reopened_and_rendered_again_byte_for_byte(
    opened: Callable[[Path], Hand], stony: Path, tmp_path: Path
) -> None:
    hand = opened(stony)
    x, y, _ = STONE
    hand.window.actions_["remove_real"].trigger()
    box_around(hand)
    hand.key(Qt.Key.Key_Escape)
    assert hand.document.place(x + 3, y, override=True)
    hand.settled()
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.compose.saver.save_scene(tmp_path / "scene.json")
    hand.settled()
    scene = hand.document.scene

    assert main(["-q", "render", str(tmp_path / "scene.json"), "--out", str(tmp_path / "again")]) == 0
    for name in ("composite.dcm", "labels.json", "lesions.nii.gz", "preview.png"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name

    hand.compose.opener.open(tmp_path / "scene.json")
    hand.wait(lambda: hand.document.path == tmp_path / "scene.json", 30)
    hand.settled()
    assert hand.document.scene.removals == scene.removals
    saved = read_image(tmp_path / "out" / "composite.dcm").pixels
    assert hand.shown(x, y) == saved[y, x]
    assert hand.shown(x - 3, y) == saved[y, x - 3] < 1700


def test_what_cannot_be_removed_is_refused_in_one_sentence(hand: Hand) -> None:
    hand.window.actions_["remove_real"].trigger()
    outside = hand.at(-0.5, 128) - QPointF(60, 0)
    hand.drag(outside, outside + QPointF(30, 40))
    assert "lies outside the image" in hand.compose.messages.text
    hand.drag(hand.at(2, 2), hand.at(SIZE - 3, SIZE - 3))
    assert "covers most of the image" in hand.compose.messages.text
    hand.drag(hand.at(60, 60), hand.at(60.2, 90))
    assert "too small" in hand.compose.messages.text
    assert hand.document.scene.removals == ()
    assert not hand.document.stack.canUndo()

    placement = hand.document.place(60, 90)
    assert placement
    hand.settled()
    box_around(hand)
    assert "press Delete" in hand.compose.messages.text
    assert len(hand.document.scene.removals) == 1


def test_the_command_line_removes_lesions(stony: Path, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    x, y, radius = STONE
    box = f"{x - radius - 2},{y - radius - 2},{2 * radius + 5},{2 * radius + 5}"
    command = ["-q", "compose", str(stony), "--task", "kub-xray", "--at", "200,200", "--diameter-mm", "6"]
    command += ["--allow-danger", "--seed", "3", "--lesion", "parametric-stone", "--out"]
    assert main([*command, str(tmp_path / "with")]) == 0
    assert main([*command, str(tmp_path / "without"), "--remove", box]) == 0
    before, after = (
        read_image(tmp_path / name / "composite.dcm").pixels.astype(int) for name in ("with", "without")
    )
    assert before[y, x] - after[y, x] > 700
    np.testing.assert_array_equal(before[y + 20 :], after[y + 20 :])
    assert main(["-q", "render", str(tmp_path / "without" / "scene.json"), "--out", str(tmp_path / "r")]) == 0
    np.testing.assert_array_equal(read_image(tmp_path / "r" / "composite.dcm").pixels, after)

    capfd.readouterr()
    assert main([*command, str(tmp_path / "bad"), "--remove", "900,900,10,10"]) == 1
    assert "lies outside the image of 256 × 256 pixels" in capfd.readouterr().err
    assert main([*command, str(tmp_path / "bad"), "--remove", "1,2,3"]) == 2
    assert "--remove takes X,Y,W,H" in " ".join(capfd.readouterr().err.split())
    assert not (tmp_path / "bad").exists()
