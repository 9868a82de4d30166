"""The engine behind the window: errors, training, stopping, closing, and the real main()."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot

import main
from app.composition.scene_file import read_scene
from app.engine import State, Urgency
from app.ui.commands import Place
from app.ui.window import Window
from models.progress import Progress
from tests.ui.conftest import FREE, Hand


def test_an_exception_of_the_engine_shows_one_message_and_the_worker_lives(hand: Hand) -> None:
    placement = hand.place()

    def broken() -> Iterator[Progress]:
        yield Progress(1, 2)
        raise ZeroDivisionError("division by zero")

    hand.window.bridge.submit("broken", broken, title="Counting")
    hand.wait(lambda: hand.compose.messages.text)
    assert hand.compose.messages.text == "Counting failed: division by zero; the open scene is unchanged."
    assert "ZeroDivisionError" in hand.compose.messages.details
    hand.compose.messages.findChild(type(hand.compose.lesion_panel.reroll), "copy").click()
    assert "Traceback" in QApplication.clipboard().text()
    assert hand.document.scene.placements == (placement,)
    hand.place(200, 60)
    assert hand.document.composite is not None
    assert len(hand.document.composite.lesions) == 2


def test_a_passing_message_covers_an_error_only_for_a_while(hand: Hand) -> None:
    messages = hand.compose.messages
    messages.error("The disk is full; free some space.", "details")
    messages.show_message("warning", "Nothing placed.", seconds=0.2)
    assert messages.text == "Nothing placed."
    hand.wait(lambda: messages.text == "The disk is full; free some space.", 3)
    assert messages.details == "details"
    messages.show_message("done", "Saved.", seconds=0.2)
    hand.document.opened.emit()
    assert messages.text == ""


def test_a_lesion_model_that_is_gone_is_named_and_undo_helps(hand: Hand) -> None:
    placement = hand.place()
    hand.document.push(Place(hand.document, [replace(placement, id="lesion-9", lesion="no-such-lesion")]))
    hand.wait(lambda: "no-such-lesion" in hand.compose.messages.text)
    assert hand.compose.messages.details == ""
    hand.document.stack.undo()
    hand.place(200, 60)
    assert hand.document.composite is not None
    assert len(hand.document.composite.lesions) == 2


def _begin_training(hand: Hand, title: str, corner: tuple[float, float] = (70, 100)) -> None:
    """Draws an ellipse from (50, 80) to a corner and names the model, as a user does."""
    hand.window.actions_["train"].trigger()
    assert hand.canvas.drawing
    hand.drag(hand.at(50, 80), hand.at(*corner))
    hand.wait(lambda: hand.window.findChildren(QInputDialog))
    dialog = hand.window.findChildren(QInputDialog)[-1]
    dialog.setTextValue(title)
    dialog.accept()
    assert not hand.canvas.drawing


def test_a_training_runs_beside_the_work_and_can_be_stopped(hand: Hand, home: Path) -> None:
    hand.place()
    hand.compose.lesion_panel.contrast.field.setValue(300)
    hand.compose.lesion_panel.diameter.field.setValue(16)
    hand.settled()
    hand.compose.saver.save_composite(home / "exemplar", deidentify=True)
    hand.settled()
    hand.window.discard_changes()
    hand.compose.opener.open(home / "exemplar" / "composite.dcm")
    hand.wait(lambda: hand.document.title != "" and not hand.document.scene.placements, 30)
    hand.wait(lambda: not hand.document.finding, 60)
    _begin_training(hand, "My stone")
    jobs = hand.window.bridge.engine.jobs
    training = next(job for job in jobs if job.kind == "train")
    assert training.title == "Training “My stone”"
    hand.wait(lambda: training.progress is not None and training.progress.done > 1, 60)

    hand.document.set_where(None)
    hand.document.set_brush(lesion="parametric-stone")
    hand.document.place(200, 60, override=True)
    hand.wait(lambda: hand.document.composite is not None and hand.document.composite.lesions, 30)
    assert training.state is State.RUNNING

    hand.wait(lambda: hand.window.status.job is training)
    hand.window.actions_["stop"].trigger()
    hand.wait(lambda: training.state.ended)
    assert training.state is State.CANCELLED
    hand.settled()
    assert hand.compose.messages.details == ""
    assert "my-stone" not in hand.compose.gallery.titles()


def test_an_ellipse_that_holds_no_shape_is_refused_in_a_sentence(hand: Hand) -> None:
    _begin_training(hand, "Nothing", (52, 82))
    hand.wait(lambda: hand.window.bridge.engine.idle)
    hand.wait(lambda: "being trained" not in hand.compose.messages.text)
    assert hand.compose.messages.property("kind") == "error"
    assert hand.compose.messages.text.endswith(".")
    assert hand.compose.messages.details == ""


def test_escape_leaves_the_drawing_of_an_exemplar(hand: Hand) -> None:
    hand.window.actions_["train"].trigger()
    hand.drag(hand.at(50, 80), hand.at(70, 100), release=False)
    hand.key(Qt.Key.Key_Escape)
    hand.mouse(QEvent.Type.MouseButtonRelease, hand.at(70, 100), Qt.MouseButton.LeftButton)
    hand.settled()
    assert hand.window.findChildren(QInputDialog) == []
    hand.key(Qt.Key.Key_Escape)
    assert not hand.canvas.drawing
    hand.place()


def test_work_of_some_length_shows_its_progress_and_can_be_stopped(hand: Hand) -> None:
    gate = threading.Event()

    def work() -> Iterator[Progress]:
        for step in range(10_000):
            gate.wait(0.01)
            yield Progress(step, 10_000, "counting")

    job = hand.window.bridge.submit("count", work, title="Long work", urgency=Urgency.BACKGROUND)
    hand.wait(lambda: hand.window.status.job is job)
    hand.wait(lambda: "left" in hand.window.status.job_text)
    assert hand.window.status.job_text.startswith("Long work")
    hand.window.status.stop()
    hand.wait(lambda: job.state is State.CANCELLED, 2)
    hand.wait(lambda: hand.window.status.job is None)


def test_dragging_goes_on_while_long_work_runs(hand: Hand) -> None:
    placement = hand.place()

    def work() -> Iterator[Progress]:
        for step in range(100_000):
            yield Progress(step, 100_000)
            threading.Event().wait(0.002)

    job = hand.window.bridge.submit("count", work, title="Long work", urgency=Urgency.BACKGROUND)
    hand.wait(lambda: job.state is State.RUNNING)
    start = hand.at(placement.x, placement.y)
    hand.mouse(QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton)
    for step in range(1, 6):
        hand.mouse(QEvent.Type.MouseMove, start + QPointF(8 * step, 0), held=Qt.MouseButton.LeftButton)
        wanted = hand.document.scene.placements[0]
        hand.wait(lambda wanted=wanted: hand.document.composite.lesions[0].placement == wanted, 5)  # type: ignore[union-attr]
    hand.mouse(QEvent.Type.MouseButtonRelease, start, Qt.MouseButton.LeftButton)
    assert job.state is State.RUNNING
    job.cancel()
    hand.settled()


def test_closing_stops_the_thread_even_in_the_middle_of_work(hand: Hand) -> None:
    closed = threading.Event()

    def work() -> Iterator[Progress]:
        try:
            while True:
                yield Progress(1, 100)
        finally:
            closed.set()

    job = hand.window.bridge.submit("count", work, title="Endless work")
    hand.wait(lambda: job.state is State.RUNNING)
    hand.window.close()
    assert closed.is_set()
    assert job.state is State.CANCELLED
    assert "lithograph-engine" not in {thread.name for thread in threading.enumerate()}


def test_main_opens_the_window_and_returns_when_it_is_closed(
    qtbot: QtBot, radiograph: Path, tmp_path: Path
) -> None:
    path, seen = tmp_path / "scene.json", []

    def use() -> None:
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Window) and w.isVisible())
        hand = Hand(window, qtbot)
        try:
            hand.wait(lambda: hand.document.where is not None, 60)
            hand.document.set_brush(lesion="parametric-stone")
            hand.place(*FREE)
            hand.compose.saver.save_scene(path)
            hand.wait(lambda: not hand.document.modified)
            seen.append(window.windowTitle())
        finally:
            window.discard_changes()
            window.close()

    QTimer.singleShot(200, use)
    assert main.main(["open", str(radiograph)]) == 0
    assert seen == ["scene.json[*] – Lithograph"]
    assert len(read_scene(path).placements) == 1


def test_main_without_arguments_generates_a_radiograph(qtbot: QtBot) -> None:
    seen: list[object] = []

    def look() -> None:
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, Window) and w.isVisible())
        hand = Hand(window, qtbot)
        try:
            assert "radiograph" in hand.compose.messages.text
            hand.wait(lambda: hand.document.where is not None, 120)
            seen.append(hand.document.where)
            assert hand.document.base is not None
            assert hand.document.base.reference.recipe is not None
        finally:
            window.close()

    QTimer.singleShot(100, look)
    assert main.main([]) == 0
    assert len(seen) == 1


@pytest.mark.parametrize("name", ["keys", "about"])
def test_help_opens(hand: Hand, name: str) -> None:
    from PySide6.QtWidgets import QDialog, QLabel

    hand.window.actions_[name].trigger()
    hand.wait(lambda: any(dialog.isVisible() for dialog in hand.window.findChildren(QDialog)))
    dialog = next(d for d in hand.window.findChildren(QDialog) if d.isVisible())
    text = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert ("Not a medical device" if name == "about" else "window presets") in text
    dialog.close()
