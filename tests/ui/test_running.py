"""The engine behind the window: errors, training, stopping, closing, and the real main()."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import main
from app.composition.scene_file import read_scene
from app.engine import State, Urgency
from app.ui.document.commands import Place
from app.ui.features.first_steps import FirstSteps
from app.ui.features.teaching import Teaching
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


def test_escape_leaves_the_drawing_of_an_exemplar(hand: Hand) -> None:
    hand.window.actions_["train"].trigger()
    hand.drag(hand.at(50, 80), hand.at(70, 100), release=False)
    hand.key(Qt.Key.Key_Escape)
    hand.mouse(QEvent.Type.MouseButtonRelease, hand.at(70, 100), Qt.MouseButton.LeftButton)
    hand.settled()
    assert hand.window.feature(Teaching).dialog is None
    hand.key(Qt.Key.Key_Escape)
    assert not hand.canvas.tool
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
            hand.wait(lambda: hand.document.where is not None, 120)
            seen.append(hand.document.where)
            assert hand.document.base is not None
            assert hand.document.base.reference.recipe is not None
            cards = window.feature(FirstSteps).cards.cards
            assert [name for name, card in cards.items() if card.isVisible()] == ["place", "shape", "save"]
        finally:
            window.close()

    QTimer.singleShot(100, look)
    assert main.main([]) == 0
    assert len(seen) == 1


def test_a_stopped_search_for_the_danger_zone_leaves_one_free_to_place(hand: Hand) -> None:
    gate = threading.Event()
    bridge, document = hand.window.bridge, hand.document
    bridge.submit("block", lambda: gate.wait(10), title="Something long")
    hand.window.actions_["find_zone"].trigger()
    assert document.finding
    hand.wait(lambda: any(job.kind == "where" for job in bridge.jobs))
    bridge.stop(next(job for job in bridge.jobs if job.kind == "where"))
    gate.set()
    hand.settled()
    assert not document.finding
    assert document.where is None
    placement = hand.place()
    assert placement.overridden
    hand.window.actions_["find_zone"].trigger()
    hand.wait(lambda: document.where is not None)
