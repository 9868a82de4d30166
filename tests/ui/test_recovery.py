"""Nothing that was on the screen is lost: crashes, signals, a full disk."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from app import files
from app.composition.recovery import left_behind
from app.composition.scene import Blackout, Removal
from app.composition.scene_file import read_scene
from app.imaging import open_series, write_image
from app.imaging.box import Box
from app.imaging.image import Calibration, Image
from app.ui.dialogs.recovery import RecoveryDialog
from app.ui.document.commands import EditBackground
from app.ui.features.recovering import Recovering
from tests.ui.conftest import FREE, LESION, Hand

PROGRAM = Path(__file__).resolve().parents[2]


def _offer(hand: Hand) -> RecoveryDialog:
    hand.wait(lambda: [d for d in hand.window.findChildren(RecoveryDialog) if d.isVisible()])
    return next(d for d in hand.window.findChildren(RecoveryDialog) if d.isVisible())


def _kept(home: Path) -> list[Path]:
    return sorted((home / "recovery").glob("*/recovery.json"))


def _sign(hand: Hand) -> bool:
    return hand.window.feature(Recovering).sign.isVisible()


def _leave(hand: Hand) -> None:
    """Ends the window as a crash would, but for its threads."""
    hand.window.close_at_once()
    assert not hand.window.isVisible()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_window_loses_nothing(
    how: signal.Signals, radiograph: Path, home: Path, opened: Callable[[Path], Hand], tmp_path: Path
) -> None:
    scene_path = tmp_path / "saved.json"
    first = opened(radiograph)
    first.compose.saver.save_scene(scene_path)
    first.settled()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.ui.driver", str(scene_path)],
        stdout=subprocess.PIPE, text=True, cwd=PROGRAM,
        env={**os.environ, "LITHOGRAPH_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "placed\n"
    if how == signal.SIGKILL:
        # A second on a quiet machine; how long it takes is no matter of this test.
        first.wait(lambda: any((home / "recovery").glob("*/*.json")))
        assert left_behind(home / "recovery") == [], "the window lives, so nothing has crashed"
    process.send_signal(how)
    process.wait(timeout=20)
    process.stdout.close()
    if how == signal.SIGTERM:
        assert process.returncode == 128 + signal.SIGTERM

    second = opened(radiograph)
    dialog = _offer(second)
    assert dialog.list.count() == 1
    words = dialog.list.item(0).text()
    assert "saved.json – 1 lesion" in words
    assert "Today" in words
    assert str(scene_path) in words
    dialog.open_button.click()
    second.wait(lambda: second.document.scene.placements)
    second.settled()
    (placement,) = second.document.scene.placements
    assert (placement.x, placement.y, placement.lesion) == (*FREE, LESION)
    assert second.document.modified
    assert second.window.isWindowModified()
    assert second.document.path == scene_path
    assert "save it to keep it" in second.compose.messages.text

    # It is this window's now: kept once, and gone when it is saved, where it was saved before.
    second.wait(lambda: len(_kept(home)) == 1 and left_behind(home / "recovery") == [])
    second.key(Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    second.wait(lambda: not second.document.modified)
    assert read_scene(scene_path).placements == (placement,)
    second.wait(lambda: _kept(home) == [])


def test_only_unsaved_changes_are_kept(hand: Hand, home: Path, tmp_path: Path) -> None:
    hand.settled()
    assert not (home / "recovery").exists(), "nothing has been changed"
    hand.place()
    hand.wait(lambda: _kept(home))
    first = _kept(home)[0].read_bytes()
    hand.place(200, 60)
    hand.wait(lambda: _kept(home)[0].read_bytes() != first)
    hand.document.stack.undo()
    hand.document.stack.undo()
    hand.wait(lambda: not _kept(home))
    hand.document.stack.redo()
    hand.wait(lambda: _kept(home))
    hand.compose.saver.save_scene(tmp_path / "scene.json")
    hand.wait(lambda: not _kept(home))
    hand.place(30, 200)
    hand.wait(lambda: _kept(home))
    hand.window.close()
    hand.wait(lambda: hand.window.findChildren(QMessageBox))
    hand.window.findChildren(QMessageBox)[-1].button(QMessageBox.StandardButton.Discard).click()
    hand.wait(lambda: not hand.window.isVisible())
    assert list((home / "recovery").iterdir()) == [], "discarded on purpose"


def test_several_are_listed_and_each_is_decided_on(
    hand: Hand, opened: Callable[[Path], Hand], radiograph: Path, home: Path
) -> None:
    hand.place()
    other = opened(radiograph)
    other.document.set_brush(lesion=LESION)
    other.place(200, 60)
    other.place(30, 200)
    assert not other.window.findChildren(RecoveryDialog), "the other window lives"
    for one in (hand, other):
        _leave(one)

    third = opened(radiograph)
    dialog = _offer(third)
    counts = sorted(dialog.list.item(n).text().split("\n")[0] for n in range(2))
    assert [text.split(" – ")[1] for text in counts] == ["1 lesion", "2 lesions"]
    assert not dialog.list.item(0).icon().isNull()
    dialog.reject()  # decide later
    third.window.actions_["recover"].trigger()
    dialog = _offer(third)
    gone = dialog.current
    assert gone is not None
    dialog.delete_button.click()
    assert dialog.list.count() == 2, "it asks once more"
    assert "for good" in dialog.delete_button.text()
    dialog.delete_button.click()
    assert dialog.list.count() == 1
    third.wait(lambda: not gone.folder.exists())
    dialog.list.setFocus()
    third.qtbot.keyClick(dialog.list, Qt.Key.Key_Return)
    third.wait(lambda: third.document.modified)
    third.settled()
    third.document.stack.undo()
    assert third.document.modified, "no undo leads back to what is in a file"
    third.window.actions_["recover"].trigger()
    third.wait(lambda: "no unsaved work" in third.compose.messages.text)


def test_work_without_a_lesion_is_named_by_what_it_holds(
    hand: Hand, opened: Callable[[Path], Hand], radiograph: Path
) -> None:
    removal, blackout = Removal(Box(20, 30, 16, 16), 1), Blackout(0, 0, 40, 10)
    hand.document.push(EditBackground(hand.document, "Remove", removals=(removal,)))
    hand.document.push(EditBackground(hand.document, "Black out", blackouts=(blackout, blackout)))
    _leave(hand)
    dialog = _offer(opened(radiograph))
    assert " – 1 lesion removed, 2 places blacked out\n" in dialog.list.item(0).text()


def test_an_image_of_a_series_and_a_generated_one_come_back(
    hand: Hand, opened: Callable[[Path], Hand], radiograph: Path, home: Path, tmp_path: Path
) -> None:
    import pydicom
    from pydicom.uid import generate_uid

    uid = generate_uid()
    for number in range(3):
        dataset = pydicom.dcmread(radiograph)
        dataset.SeriesInstanceUID, dataset.InstanceNumber = uid, number + 1
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.PixelData = bytes(np.roll(dataset.pixel_array, number + 1, axis=0).data)
        dataset.save_as(tmp_path / f"{number}.dcm")
    hand.window.filing.open_path(tmp_path)
    hand.wait(lambda: hand.document.series is not None and len(hand.document.series) == 3)
    hand.compose.opener.show_slice(2)
    hand.wait(lambda: hand.document.page is not None and hand.document.page.number == 2)
    hand.wait(lambda: not hand.document.finding, 60)
    hand.document.place(*FREE, override=True)
    hand.settled()
    _leave(hand)

    again = opened(radiograph)
    _offer(again).open_button.click()
    again.wait(lambda: again.document.scene.placements)
    assert again.document.series is not None
    assert len(again.document.series) == 3
    assert again.document.page is not None
    assert again.document.page.number == 2
    assert np.array_equal(again.document.page.image.pixels, open_series(tmp_path)[2].pixels)
    assert again.document.at_base
    again.settled()

    again.window.discard_changes()
    again.compose.opener.generate("lung-ct", 3)
    again.wait(lambda: again.document.base is not None and again.document.base.reference.recipe, 120)
    assert again.document.base is not None
    pixels = again.document.base.image.pixels
    again.wait(lambda: not again.document.finding, 60)
    again.document.place(250, 250, override=True)
    again.settled()
    _leave(again)
    last = opened(radiograph)
    _offer(last).open_button.click()
    last.wait(lambda: last.document.scene.placements, 120)
    assert last.document.base is not None
    assert np.array_equal(last.document.base.image.pixels, pixels)


def test_a_full_disk_is_said_once_and_work_goes_on(
    hand: Hand, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    error = hand.compose.messages.error
    monkeypatch.setattr(hand.compose.messages, "error", lambda *text: (said.append(text[0]), error(*text)))
    write = files.write_bytes

    def full(path: Path, data: bytes) -> None:
        if "recovery" in Path(path).parts:
            raise files.cannot_write(Path(path), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        write(path, data)

    monkeypatch.setattr(files, "write_bytes", full)
    hand.place()
    hand.wait(lambda: said)
    assert "disk is full" in said[0]
    assert "save the scene" in said[0]
    assert _sign(hand)
    hand.place(200, 60)
    hand.place(30, 200)
    hand.settled()
    assert len(said) == 1, "one warning, no storm"
    assert len(hand.document.scene.placements) == 3
    monkeypatch.setattr(files, "write_bytes", write)
    hand.document.stack.undo()
    hand.wait(lambda: "being written again" in hand.compose.messages.text)
    assert not _sign(hand)
    assert len(_kept(home)) == 1


def test_a_volume_comes_back_at_its_slice(opened: Callable[[Path], Hand], tmp_path: Path) -> None:
    import SimpleITK

    rng = np.random.default_rng(1)
    voxels = rng.normal(-600, 200, (4, 96, 96)).astype(np.int16)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(voxels), tmp_path / "lung.nii.gz")
    write_image(Image(np.zeros((64, 64), np.uint16), (1, 1), Calibration.PIXEL_SPACING), tmp_path / "x.dcm")
    hand = opened(tmp_path / "lung.nii.gz")
    hand.compose.opener.show_slice(3)
    hand.wait(lambda: hand.document.page is not None and hand.document.page.number == 3)
    hand.wait(lambda: not hand.document.finding, 60)
    hand.document.place(40, 40, override=True)
    hand.settled()
    _leave(hand)
    again = opened(tmp_path / "x.dcm")
    _offer(again).open_button.click()
    again.wait(lambda: again.document.scene.placements)
    assert again.document.base is not None
    assert again.document.base.number == 3
    assert again.document.series is not None
    again.compose.opener.show_slice(0)
    again.wait(lambda: again.document.page is not None and again.document.page.number == 0)
    assert not again.document.at_base
