"""Opening, saving, and files that are no good."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.composition.scene_file import read_scene
from app.imaging import read_image, read_label_map
from app.ui.dialogs.series import SeriesDialog
from tests.ui.conftest import LESION, Hand

CONTROL = Qt.KeyboardModifier.ControlModifier


def _answer(hand: Hand, path: Path) -> None:
    """Fills in the open file dialog."""
    hand.wait(lambda: hand.window.findChildren(QFileDialog))
    dialog = hand.window.findChildren(QFileDialog)[-1]
    dialog.setDirectory(str(path.parent))
    dialog.fileSelected.emit(str(path))
    dialog.done(QDialog.DialogCode.Accepted)
    hand.settled()


def _box(hand: Hand) -> QMessageBox:
    hand.wait(lambda: hand.window.findChildren(QMessageBox))
    return hand.window.findChildren(QMessageBox)[-1]


def test_save_and_reopen_a_scene(hand: Hand, opened: Callable[[Path], Hand], tmp_path: Path) -> None:
    hand.place()
    hand.place(200, 60)
    hand.compose.lesion_panel.rotation.field.setValue(30)
    hand.settled()
    path = tmp_path / "two.json"
    hand.key(Qt.Key.Key_S, CONTROL)
    _answer(hand, path)
    hand.wait(lambda: not hand.document.modified)
    assert hand.window.windowTitle().startswith("two.json")
    assert f"saved as {path}" in hand.compose.messages.text
    assert read_scene(path).placements == hand.document.scene.placements

    again = opened(path)
    again.wait(lambda: again.document.composite is not None)
    assert again.document.scene.placements == hand.document.scene.placements
    assert not again.document.modified
    assert hand.document.composite is not None
    assert again.document.composite is not None
    assert np.array_equal(again.document.composite.image.pixels, hand.document.composite.image.pixels)


def test_saving_again_asks_nothing(hand: Hand, tmp_path: Path) -> None:
    path = tmp_path / "scene.json"
    hand.place()
    hand.compose.saver.save_scene(path)
    hand.settled()
    hand.place(200, 60)
    assert hand.document.modified
    hand.key(Qt.Key.Key_S, CONTROL)
    hand.wait(lambda: not hand.document.modified)
    assert hand.window.findChildren(QFileDialog) == []
    assert len(read_scene(path).placements) == 2
    hand.document.stack.undo()
    assert hand.document.modified
    hand.document.stack.redo()
    assert not hand.document.modified


def test_save_the_composite(hand: Hand, tmp_path: Path) -> None:
    hand.place()
    folder = tmp_path / "out"
    folder.mkdir()
    hand.key(Qt.Key.Key_E, CONTROL)
    _answer(hand, folder)
    box = _box(hand)
    assert box.checkBox().isChecked()
    box.button(QMessageBox.StandardButton.Save).click()
    hand.wait(lambda: "saved in" in hand.compose.messages.text)
    saved = read_image(folder / "composite.dcm")
    assert hand.document.composite is not None
    assert np.array_equal(saved.pixels, hand.document.composite.image.pixels)
    labels = read_label_map(folder / "lesions.nii.gz")
    assert np.array_equal(labels, hand.document.composite.label_map())
    assert json.loads((folder / "labels.json").read_text())[0]["lesion"] == LESION
    assert (folder / "scene.json").is_file()
    assert (folder / "preview.png").is_file()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.dcm", b""),
        ("text.dcm", b"this is no image at all, whatever its name says" * 20),
        ("cut.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00"),
        ("damaged.json", b'{"format": "lithograph-scene", "version": 1, '),
        ("other.json", b"[1, 2, 3]"),
    ],
)
def test_a_bad_file_gets_one_sentence_and_the_scene_stays(
    hand: Hand, tmp_path: Path, name: str, content: bytes
) -> None:
    placement = hand.place()
    page, steps = hand.document.page, hand.document.stack.count()
    path = tmp_path / name
    path.write_bytes(content)
    hand.compose.opener.open(path)
    hand.wait(lambda: name in hand.compose.messages.text)
    assert "\n" not in hand.compose.messages.text
    assert "Traceback" not in hand.compose.messages.text
    assert hand.compose.messages.text.endswith(".")
    for action in ("ruler", "train"):  # a hint covers it for a while; it stays until somebody closes it
        hand.window.actions_[action].setChecked(True)
        assert name not in hand.compose.messages.text
        hand.compose.cancel()
        assert name in hand.compose.messages.text
    assert hand.document.page is page
    assert hand.document.scene.placements == (placement,)
    assert hand.document.stack.count() == steps
    assert hand.document.modified
    hand.place(200, 60)


def test_a_missing_file_on_the_command_line_leaves_a_window_that_works(
    qtbot: QtBot, tmp_path: Path, radiograph: Path
) -> None:
    from app.ui import create_window

    window = create_window(tmp_path / "gone.dcm")
    window.show()
    hand = Hand(window, qtbot)
    hand.wait(lambda: "gone.dcm" in hand.compose.messages.text)
    assert hand.document.page is None
    assert not hand.window.actions_["save_scene"].isEnabled()
    hand.click(10, 10)
    hand.window.filing.open_path(radiograph)
    hand.wait(lambda: hand.document.where is not None, 60)
    assert hand.compose.messages.text == ""
    window.close()
    window.deleteLater()


def test_unsaved_changes_are_asked_about_before_opening(hand: Hand, radiograph: Path) -> None:
    placement = hand.place()
    page = hand.document.page
    hand.window.filing.open_path(radiograph)
    _box(hand).button(QMessageBox.StandardButton.Cancel).click()
    hand.settled()
    assert hand.document.page is page
    assert hand.document.scene.placements == (placement,)
    hand.window.filing.open_path(radiograph)
    _box(hand).button(QMessageBox.StandardButton.Discard).click()
    hand.wait(lambda: hand.document.page is not page)
    assert hand.document.scene.placements == ()
    assert not hand.document.modified


def test_closing_asks_and_can_save(hand: Hand, tmp_path: Path) -> None:
    hand.place()
    hand.window.close()
    assert hand.window.isVisible()
    _box(hand).button(QMessageBox.StandardButton.Cancel).click()
    assert hand.window.isVisible()
    hand.window.close()
    _box(hand).button(QMessageBox.StandardButton.Save).click()
    path = tmp_path / "kept.json"
    hand.wait(lambda: hand.window.findChildren(QFileDialog))
    hand.window.findChildren(QFileDialog)[-1].fileSelected.emit(str(path))
    hand.wait(lambda: not hand.window.isVisible())
    assert len(read_scene(path).placements) == 1


def test_a_scene_that_cannot_be_written_says_so_and_stays_modified(hand: Hand, tmp_path: Path) -> None:
    hand.place()
    hand.compose.saver.save_scene(tmp_path / "gone" / "scene.json")
    hand.wait(lambda: "Cannot write" in hand.compose.messages.text)
    assert hand.document.modified
    assert len(hand.document.scene.placements) == 1


def test_a_folder_with_several_series_lets_choose(hand: Hand, radiograph: Path, tmp_path: Path) -> None:
    import pydicom
    from pydicom.uid import generate_uid

    for series, count in (("first", 2), ("second", 3)):
        uid = generate_uid()
        for number in range(count):
            dataset = pydicom.dcmread(radiograph)
            dataset.SeriesInstanceUID, dataset.SeriesDescription = uid, series
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            dataset.InstanceNumber = number + 1
            dataset.save_as(tmp_path / f"{series}{number}.dcm")
    hand.window.filing.open_path(tmp_path)
    hand.wait(lambda: hand.window.findChildren(SeriesDialog))
    dialog = hand.window.findChildren(SeriesDialog)[0]
    names = [dialog.list.topLevelItem(n).text(1) for n in range(dialog.list.topLevelItemCount())]
    assert sorted(names) == ["first", "second"]
    dialog.list.setCurrentItem(dialog.list.topLevelItem(names.index("first")))
    dialog.accept()
    hand.wait(lambda: hand.document.series is not None and len(hand.document.series) == 2)
    assert hand.document.title == "first"


def test_a_saved_composite_keeps_a_scene_that_has_no_file_of_its_own(hand: Hand, tmp_path: Path) -> None:
    hand.place()
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.wait(lambda: "is saved in" in hand.compose.messages.text)
    assert not hand.document.modified
    hand.place(200, 60)
    assert hand.document.modified
    hand.compose.saver.save_scene(tmp_path / "mine.json")
    hand.wait(lambda: not hand.document.modified)
    hand.place(200, 200)
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.wait(lambda: "3 lesions" in hand.compose.messages.text)
    assert hand.document.modified, "its own file does not have the third lesion"
