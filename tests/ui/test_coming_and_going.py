"""Recent files, drag and drop, the image alone, the clipboard, and closing while something is saved."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMessageBox

from app.composition import export
from app.imaging import as_seen, read_image
from app.ui.features.dropping import Dropping
from app.ui.features.exporting import Exporting
from app.ui.features.recent import MOST, Recent
from app.ui.settings import settings
from models.progress import Progress
from tests.ui.conftest import Hand
from tests.ui.test_bad_input import _series

COPY, LEFT, NONE = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def _boxes(hand: Hand) -> list[QMessageBox]:
    return [box for box in hand.window.findChildren(QMessageBox) if box.isVisible()]


def _press(hand: Hand, text: str) -> None:
    hand.wait(lambda: _boxes(hand))
    next(b for b in _boxes(hand)[0].buttons() if text in b.text().replace("&", "")).click()


# -- recent files --------------------------------------------------------------------------------------


def test_recent_files_are_listed_newest_first_and_say_why_they_are_gone(
    hand: Hand, radiograph: Path, tmp_path: Path
) -> None:
    menu = hand.window.feature(Recent).menu
    names = [f"{number}.png" for number in range(MOST)]
    for name in names:
        (tmp_path / name).write_bytes(b"")
    settings().remember(recent=tuple(str(tmp_path / name) for name in names))
    (tmp_path / names[3]).unlink()
    hand.compose.saver.save_scene(tmp_path / "mine.json")
    hand.settled()
    assert settings().remembered.recent[0] == str(tmp_path / "mine.json")
    assert len(settings().remembered.recent) == MOST

    menu.popup(QPoint(0, 0))
    hand.wait(lambda: next(a for a in menu.actions() if names[3] in a.text()).isEnabled() is False)
    gone = next(action for action in menu.actions() if names[3] in action.text())
    assert "no longer there" in gone.text()
    texts = [action.text() for action in menu.actions()]
    assert texts[0].startswith("&1  mine.json")
    assert names[-1] not in " ".join(texts), "the oldest has made room"
    menu.hide()

    hand.window.filing.open_path(radiograph)
    hand.wait(lambda: settings().remembered.recent[0] == str(radiograph))
    hand.wait(lambda: hand.document.where is not None)
    hand.window.actions_["reopen"].trigger()
    hand.wait(lambda: hand.document.path == tmp_path / "mine.json")
    hand.window.actions_["clear_recent"].trigger()
    assert settings().remembered.recent == ()


# -- drag and drop -------------------------------------------------------------------------------------


def _data(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def _enter(hand: Hand, data: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(QPoint(300, 300), COPY, data, LEFT, NONE)
    QApplication.sendEvent(hand.window, event)
    return event


def _drop(hand: Hand, data: QMimeData) -> None:
    _enter(hand, data)
    QApplication.sendEvent(hand.window, QDropEvent(QPointF(300, 300), COPY, data, LEFT, NONE))


def test_a_dropped_file_is_opened_and_the_hint_says_so_first(
    hand: Hand, radiograph: Path, tmp_path: Path
) -> None:
    hint = hand.window.feature(Dropping).hint
    event = _enter(hand, _data(radiograph))
    assert event.dropAction() == COPY
    assert hint.isVisible()
    assert "kub.dcm" in hint.text()
    QApplication.sendEvent(hand.window, QDragLeaveEvent())
    assert not hint.isVisible()

    page = hand.document.page
    hand.place()
    _drop(hand, _data(radiograph))
    assert not hint.isVisible()
    _press(hand, "Discard")
    hand.wait(lambda: hand.document.page is not page)

    foreign = QMimeData()
    foreign.setText("a picture of a browser")
    event = _enter(hand, foreign)
    assert event.dropAction() != COPY
    assert "Only files" in hint.text()
    _drop(hand, foreign)
    assert "Only files" in hand.compose.messages.text
    page = hand.document.page
    (tmp_path / "letter.pdf").write_bytes(b"%PDF-1.7 and so on")
    _drop(hand, _data(tmp_path / "letter.pdf"))
    hand.wait(lambda: "is a PDF document" in hand.compose.messages.text)
    assert hand.document.page is page


def test_several_dropped_files_open_their_series_or_the_first(
    hand: Hand, radiograph: Path, tmp_path: Path
) -> None:
    folder = _series(tmp_path / "ct", radiograph, count=4)
    files = sorted(folder.iterdir())
    _drop(hand, _data(*files[:3]))
    hand.wait(lambda: hand.document.series is not None and len(hand.document.series) == 4)
    page = hand.document.page
    _drop(hand, _data(files[0], radiograph))
    hand.wait(lambda: hand.document.page is not page)
    assert "Of the 2 files only 0.dcm is opened" in hand.compose.messages.text
    _drop(hand, _data(folder))
    hand.wait(lambda: hand.document.series is not None and len(hand.document.series) == 4)


# -- the image alone -----------------------------------------------------------------------------------


def test_the_image_alone_is_saved_in_a_chosen_format(hand: Hand, tmp_path: Path) -> None:
    hand.place()
    assert hand.document.composite is not None
    pixels = hand.document.composite.image.pixels
    hand.window.actions_["save_picture"].trigger()
    hand.wait(lambda: hand.window.findChildren(QFileDialog))
    dialog = hand.window.findChildren(QFileDialog)[-1]
    assert [name.split(" ")[0] for name in dialog.nameFilters()] == ["DICOM,", "PNG,", "PNG,", "TIFF,"]
    png = dialog.nameFilters()[1]
    dialog.selectNameFilter(png)
    dialog.filterSelected.emit(png)
    dialog.fileSelected.emit(str(tmp_path / "stone"))
    dialog.done(QDialog.DialogCode.Accepted)
    hand.wait(lambda: "stone.png" in hand.compose.messages.text)
    assert np.array_equal(read_image(tmp_path / "stone.png").pixels, pixels)
    hand.window.feature(Exporting).save_picture_as(tmp_path / "stone.dcm", "native")
    _press(hand, "Save")
    hand.wait(lambda: "stone.dcm" in hand.compose.messages.text)
    assert np.array_equal(read_image(tmp_path / "stone.dcm").pixels, pixels)
    assert hand.document.modified, "an image is not the scene"


def test_the_image_is_copied_as_it_is_seen(hand: Hand) -> None:
    hand.place()
    hand.key(Qt.Key.Key_I)
    hand.window.actions_["copy_picture"].trigger()
    hand.wait(lambda: "on the clipboard" in hand.compose.messages.text)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (256, 256)
    grey = hand.compose.controller.display.grey
    assert hand.document.composite is not None
    seen = as_seen(hand.document.composite.image.pixels, grey.window, grey.inverted)
    assert image.pixelColor(60, 90).red() == seen[90, 60]
    assert grey.inverted
    hand.window.actions_["copy_view"].trigger()
    copied = QGuiApplication.clipboard().image()
    assert copied.size() == hand.canvas.viewport().grab().toImage().size()


# -- saving takes its time -----------------------------------------------------------------------------


@pytest.fixture
def slow_saving(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Saving a composite waits before its last file until the event is set."""
    gate, saving = threading.Event(), export.saving_composite

    def slow(*values: object) -> Iterator[Progress]:
        work = saving(*values)  # type: ignore[arg-type]
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                return end.value
            except BaseException:
                raise
            try:
                while progress.done == 4 and not gate.wait(0.01):
                    yield progress
                yield progress
            except GeneratorExit:
                work.close()
                raise

    monkeypatch.setattr(export, "saving_composite", slow)
    yield gate
    gate.set()


def test_saving_a_composite_shows_progress_and_leaves_nothing_half_when_stopped(
    hand: Hand, slow_saving: threading.Event, tmp_path: Path
) -> None:
    hand.place()
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.wait(lambda: hand.window.status.job is not None and "preview.png" in hand.window.status.job_text)
    hand.window.actions_["stop"].trigger()
    hand.settled()
    assert not (tmp_path / "out").exists()
    slow_saving.set()
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.wait(lambda: "saved in" in hand.compose.messages.text)
    assert len(list((tmp_path / "out").iterdir())) == 5


def test_closing_waits_for_what_is_being_saved(
    hand: Hand, slow_saving: threading.Event, tmp_path: Path
) -> None:
    hand.place()
    hand.compose.saver.save_scene(tmp_path / "scene.json")
    hand.wait(lambda: not hand.document.modified)
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.wait(lambda: hand.window.status.job is not None)
    hand.window.close()
    assert hand.window.isVisible()
    assert "is not finished" in _boxes(hand)[0].text()
    _press(hand, "Keep the window open")
    assert hand.window.isVisible()
    hand.window.close()
    hand.wait(lambda: _boxes(hand))
    slow_saving.set()
    hand.wait(lambda: not hand.window.isVisible())
    assert len(list((tmp_path / "out").iterdir())) == 5


def test_an_earlier_composite_is_replaced_only_after_a_question(
    hand: Hand, tmp_path: Path, opened: Callable[[Path], Hand]
) -> None:
    from PIL import Image as Pillow

    grey = np.random.default_rng(1).integers(60, 90, (128, 128)).astype(np.uint8)
    Pillow.fromarray(grey).save(tmp_path / "plain.png")
    plain = opened(tmp_path / "plain.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "scene.json").write_text("my own")
    (tmp_path / "out" / "composite.tif").write_text("mine, too")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "composite.png").write_text("an image saved alone")
    exporting = plain.window.feature(Exporting)
    for folder, names in (("out", "scene.json, composite.tif"), ("images", "composite.png")):
        exporting._save_composite_into(tmp_path / folder)
        plain.wait(lambda: _boxes(plain))
        assert f": {names}." in _boxes(plain)[0].informativeText()
        _press(plain, "Cancel")
        plain.wait(lambda: not _boxes(plain))
    assert (tmp_path / "out" / "scene.json").read_text() == "my own"

    plain.window.actions_["save_composite"].trigger()
    dialog = plain.window.findChildren(QFileDialog)[-1]
    dialog.setDirectory(str(tmp_path))
    dialog.findChild(QLineEdit).setText("new")  # one that is yet to be made
    dialog.accept()
    plain.wait(lambda: "saved in" in plain.compose.messages.text)
