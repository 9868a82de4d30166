"""What goes wrong outside the program: files that move, vanish, change or do not answer."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

import main
from app.composition.scene_file import read_scene
from app.imaging import read_image
from app.ui.dialogs.missing import MissingDialog
from app.ui.document import Page
from app.ui.settings import settings
from tests.ui.conftest import LESION, Hand

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def scene(hand: Hand, tmp_path: Path, radiograph: Path) -> Path:
    """A scene of one lesion on a copy of the radiograph; the window that made it still has it open."""
    image = tmp_path / "there" / "kub.dcm"
    image.parent.mkdir()
    for file in (radiograph, radiograph.with_name("kub_anatomy.nii.gz")):
        shutil.copy(file, image.parent)
    hand.window.filing.open_path(image)
    hand.wait(lambda: hand.document.base is not None and hand.document.base.reference.path == str(image))
    hand.wait(lambda: hand.document.where is not None, 60)
    hand.document.set_brush(lesion=LESION)
    hand.place()
    path = tmp_path / "scenes" / "one.json"
    path.parent.mkdir()
    hand.compose.saver.save_scene(path)
    hand.wait(lambda: not hand.document.modified)
    return path


def _series(folder: Path, radiograph: Path, count: int = 4, skip: int | None = None) -> Path:
    """A CT-like series of `count` slices 5 mm apart; `skip` leaves one out."""
    import pydicom
    from pydicom.uid import generate_uid

    folder.mkdir()
    uid = generate_uid()
    for number in range(count):
        if number == skip:
            continue
        dataset = pydicom.dcmread(radiograph)
        dataset.SeriesInstanceUID, dataset.InstanceNumber = uid, number + 1
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.ImagePositionPatient = [0, 0, 5 * number]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.PixelData = bytes(np.roll(dataset.pixel_array, number, axis=0).data)
        dataset.save_as(folder / f"{number}.dcm")
    return folder


def _open_series(hand: Hand, folder: Path) -> None:
    hand.window.filing.open_path(folder)
    hand.wait(lambda: hand.document.series is not None and hand.document.series.folder == folder)
    hand.wait(lambda: not hand.document.finding, 60)


def _answer(hand: Hand, path: Path) -> None:
    """Fills in the open file dialog."""
    hand.wait(lambda: hand.window.findChildren(QFileDialog))
    dialog = hand.window.findChildren(QFileDialog)[-1]
    dialog.fileSelected.emit(str(path))
    dialog.done(QDialog.DialogCode.Accepted)


def _box(hand: Hand) -> QMessageBox:
    hand.wait(lambda: [box for box in hand.window.findChildren(QMessageBox) if box.isVisible()])
    return next(box for box in hand.window.findChildren(QMessageBox) if box.isVisible())


def _press(box: QMessageBox, text: str) -> None:
    next(button for button in box.buttons() if text in button.text().replace("&", "")).click()


# -- a scene whose image is elsewhere ------------------------------------------------------------------


def test_a_moved_image_is_found_near_its_scene(hand: Hand, scene: Path, tmp_path: Path) -> None:
    moved = tmp_path / "scenes" / "images" / "kub.dcm"
    moved.parent.mkdir()
    (tmp_path / "there" / "kub.dcm").rename(moved)
    hand.window.filing.open_path(scene)
    hand.wait(lambda: "has moved" in hand.compose.messages.text)
    assert str(moved) in hand.compose.messages.text
    assert len(hand.document.scene.placements) == 1
    assert hand.document.modified, "the scene's file still names the old place"
    assert hand.document.path == scene
    hand.key(Qt.Key.Key_S, CONTROL)
    hand.wait(lambda: not hand.document.modified)
    assert read_scene(scene).background.path == str(moved)


def test_a_missing_image_is_asked_for_until_it_is_the_right_one(
    hand: Hand, scene: Path, tmp_path: Path
) -> None:
    away = tmp_path / "far" / "away"
    away.mkdir(parents=True)
    old = tmp_path / "there" / "kub.dcm"
    pixels = read_image(old).pixels
    old.rename(away / "renamed.dcm")
    wrong = tmp_path / "wrong.png"
    from PIL import Image as Pillow

    Pillow.fromarray(np.zeros((32, 32), np.uint8)).save(wrong)
    page = hand.document.page
    hand.window.filing.open_path(scene)
    hand.wait(lambda: hand.window.findChildren(MissingDialog))
    dialog = hand.window.findChildren(MissingDialog)[-1]
    assert dialog.windowTitle() == "Where is kub.dcm now?"
    assert hand.document.page is page, "what was open stays until there is something else"
    dialog.file.click()
    _answer(hand, wrong)
    hand.wait(lambda: "another image" in dialog.sentence.text())
    assert dialog.isVisible()
    dialog.folder.click()
    _answer(hand, tmp_path / "scenes")
    hand.wait(lambda: "kub.dcm is not in" in dialog.sentence.text())
    dialog.folder.click()
    _answer(hand, away)
    hand.wait(lambda: hand.document.page is not page)
    hand.wait(lambda: not hand.window.findChildren(MissingDialog))
    assert hand.document.base is not None
    assert np.array_equal(hand.document.base.image.pixels, pixels)
    assert hand.document.modified
    assert len(hand.document.scene.placements) == 1


# -- two hands on one file -----------------------------------------------------------------------------


def test_two_windows_on_one_scene_never_overwrite_silently(
    hand: Hand, scene: Path, opened: Callable[[Path], Hand], tmp_path: Path
) -> None:
    other = opened(scene)
    other.document.set_brush(lesion=LESION)
    other.place(200, 60)
    other.window.actions_["save_scene"].trigger()
    other.wait(lambda: not other.document.modified)
    theirs = scene.read_bytes()
    mine = hand.place(30, 200)

    hand.window.actions_["save_scene"].trigger()
    box = _box(hand)
    assert "one.json has been changed by another window" in box.text()
    _press(box, "Cancel")
    hand.settled()
    assert scene.read_bytes() == theirs
    assert hand.document.modified

    hand.window.actions_["save_scene"].trigger()
    _press(_box(hand), "another name")
    _answer(hand, tmp_path / "mine")
    hand.wait(lambda: not hand.document.modified)
    assert scene.read_bytes() == theirs
    assert mine in read_scene(tmp_path / "mine.json").placements
    assert hand.document.path == tmp_path / "mine.json"

    other.place(30, 30)
    hand.compose.saver.save_scene(scene, overwrite=True)
    hand.settled()
    other.window.actions_["save_scene"].trigger()
    _press(_box(other), "Overwrite")
    other.wait(lambda: not other.document.modified)
    assert read_scene(scene).placements == other.document.scene.placements
    other.place(200, 200)
    other.window.actions_["save_scene"].trigger()
    other.wait(lambda: not other.document.modified)


def test_a_background_that_is_changed_or_gone_is_told_of_when_saving(
    hand: Hand, scene: Path, tmp_path: Path
) -> None:
    image = tmp_path / "there" / "kub.dcm"
    os.utime(image, ns=(1, 1))
    hand.place(200, 60)
    hand.key(Qt.Key.Key_S, CONTROL)
    hand.wait(lambda: "changed by another program" in hand.compose.messages.text)
    image.unlink()
    hand.place(30, 200)
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.wait(lambda: "saved in" in hand.compose.messages.text)
    assert hand.document.composite is not None
    assert np.array_equal(
        read_image(tmp_path / "out" / "composite.dcm").pixels, hand.document.composite.image.pixels
    )
    hand.key(Qt.Key.Key_S, CONTROL)
    hand.wait(lambda: "no longer there" in hand.compose.messages.text)
    assert not hand.document.modified
    assert len(read_scene(scene).placements) == 3


def test_the_background_is_not_replaced_by_its_scene(hand: Hand, scene: Path, tmp_path: Path) -> None:
    image = tmp_path / "there" / "kub.dcm"
    before = image.read_bytes()
    hand.compose.saver.save_scene(image, overwrite=True)
    hand.wait(lambda: "background's own file" in hand.compose.messages.text)
    assert image.read_bytes() == before


# -- series --------------------------------------------------------------------------------------------


def test_a_slice_that_vanishes_while_the_series_is_open(hand: Hand, radiograph: Path, tmp_path: Path) -> None:
    _open_series(hand, _series(tmp_path / "ct", radiograph, count=20))
    page = hand.document.page
    assert page is not None
    (tmp_path / "ct" / "0.dcm").unlink()  # farther away than is read ahead
    hand.window.actions_["first"].trigger()
    hand.wait(lambda: "There is no file" in hand.compose.messages.text)
    assert hand.document.page is page
    assert hand.compose.slices.slider.value() == page.number
    hand.compose.step(-1)
    hand.wait(lambda: hand.document.page is not None and hand.document.page.number == page.number - 1)


def test_what_is_amiss_with_a_series_is_said(hand: Hand, radiograph: Path, tmp_path: Path) -> None:
    _open_series(hand, _series(tmp_path / "ct", radiograph, count=8, skip=5))
    assert hand.document.series is not None
    assert hand.document.series.notes
    assert hand.compose.messages.text == " ".join(hand.document.series.notes)


# -- a folder that does not answer ---------------------------------------------------------------------


@pytest.fixture
def stalled(tmp_path: Path) -> Iterator[Path]:
    """A file that is never read to its end: a pipe that nobody writes to."""
    pipe = tmp_path / "stalled.dcm"
    os.mkfifo(pipe)
    yield pipe
    # Whoever still waits for it gets an end of file, and its thread ends.
    for _ in range(50):
        try:
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            break
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="named pipes of POSIX")
def test_a_folder_that_does_not_answer_holds_up_nothing(
    hand: Hand, stalled: Path, radiograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.imaging import read

    detect = read.detect

    def patient(path: Path) -> str:
        return path.read_bytes() and "dicom" if path == stalled else detect(path)

    monkeypatch.setattr(read, "detect", patient)
    monkeypatch.setattr("app.ui.work.bridge._SLOW_LOOKS", 3)
    page, bridge = hand.document.page, hand.window.bridge
    first = bridge.reader
    hand.window.filing.open_path(stalled)
    hand.wait(lambda: hand.window.status.job is not None)
    hand.wait(lambda: "has not answered" in hand.compose.messages.text)
    hand.document.place(200, 60)
    hand.wait(lambda: hand.document.composite is not None and hand.document.composite.lesions, 30)
    assert hand.document.page is page, "the window lives, with what was open"

    hand.window.actions_["stop"].trigger()
    hand.wait(lambda: bridge.reader is not first, 3)
    hand.document.stack.undo()
    hand.window.filing.open_path(radiograph)
    hand.wait(lambda: hand.document.page is not page)

    hand.window.filing.open_path(stalled)  # and closing does not wait for it either
    hand.wait(lambda: bridge.reader.at is not None)
    begun = time.monotonic()
    hand.window.close()
    assert not hand.window.isVisible()
    assert time.monotonic() - begun < 8, "it waited for the pipe"


@pytest.mark.skipif(os.name == "nt", reason="named pipes of POSIX")
def test_a_slice_that_does_not_answer_can_be_stopped(
    hand: Hand, stalled: Path, radiograph: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.ui.work import reading

    page_of = reading.page_of

    def patient(series: object, number: int) -> Page:
        if number == 3:
            stalled.read_bytes()
        return page_of(series, number)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "page_of", patient)
    _open_series(hand, _series(tmp_path / "ct", radiograph))
    hand.compose.step(1)
    hand.wait(lambda: hand.window.status.job is not None and "Image 4" in hand.window.status.job_text)
    hand.window.actions_["stop"].trigger()
    hand.compose.opener.show_slice(0)
    hand.wait(lambda: hand.document.page is not None and hand.document.page.number == 0, 5)


# -- scenes and settings -------------------------------------------------------------------------------


def test_a_scene_of_a_newer_version_is_named_and_the_work_stays(
    hand: Hand, scene: Path, tmp_path: Path
) -> None:
    placement = hand.place(200, 60)
    newer = tmp_path / "newer.json"
    newer.write_text(scene.read_text().replace('"version": 1', '"version": 99'))
    hand.compose.opener.open(newer)
    hand.wait(lambda: "newer Lithograph" in hand.compose.messages.text)
    assert "update this one" in hand.compose.messages.text
    assert placement in hand.document.scene.placements
    assert hand.document.modified


def test_a_path_that_does_not_exist_is_one_line_and_no_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["open", str(tmp_path / "gone.dcm")]) == 1
    said = capsys.readouterr().err.strip()
    assert "gone.dcm" in said
    assert "\n" not in said


def test_damaged_settings_are_told_of_and_kept(
    home: Path, opened: Callable[[Path], Hand], radiograph: Path
) -> None:
    (home / "settings.json").write_text('{"preferences": {"theme": "da')
    hand = opened(radiograph)
    hand.wait(lambda: "settings" in hand.compose.messages.text)
    assert "damaged" in hand.compose.messages.text
    assert (home / "settings.damaged.json").read_text() == '{"preferences": {"theme": "da'
    hand.document.set_brush(lesion=LESION)
    hand.place()
    assert settings().preferences.theme == "dark"
