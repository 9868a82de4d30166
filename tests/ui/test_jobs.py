"""The list of jobs and the status bar: what is at work on all threads, stopping it, how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.engine import Device, Job, State, Urgency
from app.engine.memory import TILE
from app.errors import LithographError
from app.ui.features.jobs import Jobs
from app.ui.features.privacy import Privacy
from models.budget import Budget
from models.progress import LongWork, Progress
from tests.ui.conftest import Hand


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Work waits for it; opened at the end, whatever happens."""
    gate = threading.Event()
    yield gate
    gate.set()


def _slow(gate: threading.Event) -> Callable[[], LongWork[None]]:
    def work() -> LongWork[None]:
        for step in range(400):
            yield Progress(step, 400, "counting")
            gate.wait(0.01)

    return work


def test_the_list_shows_the_jobs_of_all_threads_and_stops_each(hand: Hand, gate: threading.Event) -> None:
    bridge, window = hand.window.bridge, hand.window
    panel, action = window.feature(Jobs).panel, window.actions_["jobs"]
    hand.settled()
    hand.wait(lambda: window.status.jobs.text() == "No jobs", 5)  # the bar looks a few times a second
    jobs: list[Job] = [
        bridge.submit("a", _slow(gate), title="Training “A”", urgency=Urgency.BACKGROUND),
        bridge.read("b", _slow(gate), title="Reading B"),
        bridge.write("c", _slow(gate), title="Saving C"),
    ]
    hand.wait(lambda: window.status.jobs.text() == "3 jobs", 5)
    hand.key(Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert panel.isVisible()
    assert action.isChecked()
    assert set(jobs) <= panel.rows.keys()
    assert [panel.rows[job].title.text() for job in jobs] == ["Training “A”", "Reading B", "Saving C"]
    hand.wait(lambda: "left" in panel.rows[jobs[0]].says.text(), 5)
    assert panel.rows[jobs[0]].says.text().startswith("Counting")
    assert panel.rows[jobs[0]].bar.value() > 0
    focus = QApplication.focusWidget()
    assert focus is not None
    assert panel.isAncestorOf(focus), "it can be used by the keyboard"

    panel.rows[jobs[1]].stop.click()
    hand.wait(lambda: panel.rows[jobs[1]].says.text().startswith("Stopped"), 5)
    assert jobs[1].state is State.CANCELLED
    assert not panel.rows[jobs[1]].stop.isVisible()
    assert jobs[0].state is State.RUNNING
    jobs[0].cancel()
    gate.set()
    hand.wait(lambda: panel.rows[jobs[2]].says.text().startswith("Done"), 10)
    hand.wait(lambda: window.status.jobs.text() == "No jobs", 5)

    QApplication.processEvents()
    panel.setFocus()
    hand.qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert not action.isChecked()


def test_a_failure_stays_in_the_list_with_its_sentence(hand: Hand) -> None:
    def broken() -> None:
        raise LithographError("The disk is full; free some space.")

    panel = hand.window.feature(Jobs).panel
    job = hand.window.bridge.write("broken", broken, title="Saving")
    hand.wait(lambda: job.state.ended)
    hand.window.status.jobs.click()
    assert panel.rows[job].says.text() == "The disk is full; free some space."
    panel.close_button.click()
    assert not panel.isVisible()


def test_the_status_bar_does_not_overflow_a_small_screen(hand: Hand, gate: threading.Event) -> None:
    window, status = hand.window, hand.window.status
    name = "A graphics processor with a long and proud name, second edition"
    window.bridge.engine.device = Device("cpu", name)
    job = window.bridge.submit(
        "long", _slow(gate), title=f"Training “{'a very long name ' * 6}”", urgency=Urgency.BACKGROUND
    )
    window.resize(1366, 768)
    hand.wait(lambda: status.job is job and name in status.device_text, 5)
    hand.hover(100, 100)
    QApplication.processEvents()
    assert window.width() == 1366
    assert window.minimumSizeHint().width() <= 1366
    badge = window.feature(Privacy).badge
    shown = [status.place, status._job, status._bar, status._stop, status.jobs, badge]
    for widget in shown:
        assert widget.isVisible()
        left = widget.mapTo(window, widget.rect().topLeft()).x()
        assert left >= 0
        assert left + widget.width() <= 1366
    for button in (status._stop, status.jobs, badge):
        assert button.width() >= button.sizeHint().width(), "no button is cut"
    assert name in status._device.toolTip()
    job.cancel()


def test_memory_that_runs_out_is_made_do_without_and_said_once(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    import app.anatomy

    tried: list[Budget] = []
    real = app.anatomy.analyse

    def analyse(image, task, known=None, budget=None):
        tried.append(budget)
        yield Progress(0, 1)
        if budget.device == "cuda" or not budget.tile:
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        return (yield from real(image, task, known, budget))

    monkeypatch.setattr(app.anatomy, "analyse", analyse)
    hand.window.bridge.engine.device = Device("cuda", "A small GPU")
    monkeypatch.setattr(Device, "gpu_memory", lambda _: (3 << 30, 4 << 30))
    monkeypatch.setattr(Device, "release_memory", lambda _: None)
    said: list[str] = []
    hand.compose.finder.made_do.connect(said.append)
    hand.compose.finder.find()
    hand.wait(lambda: not hand.document.finding)
    assert [(one.device, one.tile) for one in tried] == [
        ("cuda", 0), ("cuda", TILE), ("cpu", 0), ("cpu", TILE),
    ]  # fmt: skip
    assert hand.document.where is not None
    hand.wait(lambda: said)
    sentence = "The GPU ran out of memory; the danger zone was found on the CPU instead."
    assert hand.compose.messages.text == sentence
    hand.wait(lambda: "3.0 of 4 GiB" in hand.window.status.device_text, 5)

    hand.compose.finder.find()
    hand.wait(lambda: not hand.document.finding)
    hand.settled()
    assert len(tried) == 5
    assert said == [sentence]
    hand.place()


def test_a_worker_that_dies_is_noticed_and_works_again(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = hand.window.bridge.engine
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def die(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(engine, "_fail", die)
        patch.setattr(engine, "_advance", die)
        hand.window.bridge.submit("count", lambda: 1, title="Counting")
        engine._thread.join(5)
    hand.wait(lambda: "Counting failed" in hand.compose.messages.text, 5)
    assert "stopped" in hand.compose.messages.text
    hand.place()
