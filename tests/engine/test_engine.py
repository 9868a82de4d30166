"""The engine's promises, kept by the real thread."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from app.engine import Engine, Job, State, Urgency
from app.errors import LithographError
from models.progress import Progress


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    assert engine.close()


class Gate:
    """Lets a test decide when each step of a long work may happen."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.open = threading.Event()
        self.closed = threading.Event()
        self.steps = 0

    def work(self, total: int = 10_000) -> Iterator[Progress]:
        try:
            for step in range(total):
                self.started.set()
                self.open.wait(5)
                self.steps = step + 1
                yield Progress(step + 1, total)
                time.sleep(0.002)
            return "finished"
        finally:
            self.closed.set()


def test_short_work_runs_on_the_worker_and_returns_its_result(engine: Engine) -> None:
    results: list[object] = []
    job = engine.submit("sum", lambda: (threading.current_thread().name, 40 + 2), results.append)
    assert job.wait(5)
    assert job.state is State.DONE
    assert results == [("lithograph-engine", 42)]


def test_long_work_reports_progress_and_a_time_left(engine: Engine) -> None:
    reports: list[tuple[Progress, float | None]] = []
    results: list[object] = []

    def work() -> Iterator[Progress]:
        for step in range(40):
            time.sleep(0.02)
            yield Progress(step + 1, 40, "counting")
        return "finished"

    job = engine.submit("count", work, results.append, on_progress=lambda p, s: reports.append((p, s)))
    assert job.wait(10)
    assert results == ["finished"]
    assert [progress.done for progress, _ in reports] == list(range(1, 41))
    assert reports[0][1] is None
    left = [seconds for _, seconds in reports if seconds is not None]
    assert left
    assert left == sorted(left, reverse=True) or max(left) < 5
    assert left[-1] == 0


def test_the_newest_of_a_kind_wins_among_those_that_wait(engine: Engine) -> None:
    gate = Gate()
    results: list[int] = []
    blocker = engine.submit("blocker", lambda: (gate.started.set(), gate.open.wait(5)))
    assert gate.started.wait(5)
    jobs = [engine.submit("render", lambda n=n: n, results.append) for n in range(20)]
    other = engine.submit("other", lambda: -1, results.append)
    gate.open.set()
    assert blocker.wait(5)
    assert jobs[-1].wait(5)
    assert other.wait(5)
    assert results == [19, -1]
    assert all(job.wait(5) and job.state is State.SUPERSEDED for job in jobs[:-1])
    assert jobs[0].generation < jobs[-1].generation


def test_the_result_of_a_running_stale_request_is_dropped(engine: Engine) -> None:
    gate = Gate()
    results: list[str] = []

    def slow() -> str:
        gate.started.set()
        gate.open.wait(5)
        return "stale"

    stale = engine.submit("render", slow, results.append)
    assert gate.started.wait(5)
    fresh = engine.submit("render", lambda: "fresh", results.append)
    gate.open.set()
    assert fresh.wait(5)
    assert stale.wait(5)
    assert results == ["fresh"]
    assert not stale.wanted


def test_a_result_in_transit_is_known_to_be_stale(engine: Engine) -> None:
    first = engine.submit("render", lambda: 1)
    assert first.wait(5)
    assert first.wanted
    engine.submit("render", lambda: 2)
    assert not first.wanted
    assert first.state is State.DONE


def test_a_running_long_work_of_the_same_kind_is_closed(engine: Engine) -> None:
    gate = Gate()
    gate.open.set()
    results: list[object] = []
    old = engine.submit("analyse", gate.work(), results.append)
    assert gate.started.wait(5)
    new = engine.submit("analyse", lambda: "new", results.append)
    assert new.wait(5)
    assert old.wait(5)
    assert gate.closed.is_set()
    assert old.state is State.SUPERSEDED
    assert results == ["new"]


def test_interactive_requests_are_served_between_the_steps_of_a_training(engine: Engine) -> None:
    gate = Gate()
    gate.open.set()
    training = engine.submit("train", gate.work(), urgency=Urgency.BACKGROUND)
    assert gate.started.wait(5)
    for n in range(30):
        results: list[int] = []
        render = engine.submit("render", lambda n=n: n, results.append, urgency=Urgency.INTERACTIVE)
        assert render.wait(5)
        assert results == [n]
    assert training.state is State.RUNNING
    before = gate.steps
    deadline = time.monotonic() + 5
    while gate.steps <= before and time.monotonic() < deadline:
        time.sleep(0.005)
    assert gate.steps > before
    training.cancel()
    assert training.wait(5)


def test_equally_urgent_long_works_take_turns(engine: Engine) -> None:
    order: list[str] = []

    def work(name: str) -> Iterator[Progress]:
        for step in range(5):
            order.append(name)
            yield Progress(step + 1, 5)

    ready = threading.Event()
    engine.submit("hold", lambda: ready.wait(5))
    jobs = [engine.submit(name, work(name)) for name in "ab"]
    ready.set()
    assert all(job.wait(5) for job in jobs)
    assert order == list("ab" * 5)


def test_cancel_closes_the_generator_and_calls_nobody(engine: Engine) -> None:
    gate = Gate()
    gate.open.set()
    called: list[object] = []
    job = engine.submit(
        "train", gate.work(), called.append, lambda *error: called.append(error), urgency=Urgency.BACKGROUND
    )
    assert gate.started.wait(5)
    job.cancel()
    assert job.wait(5)
    assert gate.closed.is_set()
    assert job.state is State.CANCELLED
    assert called == []
    assert engine.jobs == ()


def test_cancelling_what_waits_never_starts_it(engine: Engine) -> None:
    gate = Gate()
    ran: list[int] = []
    engine.submit("blocker", lambda: (gate.started.set(), gate.open.wait(5)))
    assert gate.started.wait(5)
    job = engine.submit("later", lambda: ran.append(1))
    job.cancel()
    gate.open.set()
    assert job.wait(5)
    assert ran == []


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            LithographError("The file a.dcm is empty; choose another."),
            "The file a.dcm is empty; choose another.",
        ),
        (MemoryError(), "Opening a.dcm: there was not enough memory; close other programs"),
        (
            RuntimeError("DefaultCPUAllocator: not enough memory: tried 9 bytes"),
            "not enough memory;",
        ),
        (
            ZeroDivisionError("division by zero"),
            "Opening a.dcm failed: division by zero; the open",
        ),
        (SystemExit(3), "Opening a.dcm failed: 3;"),
    ],
)
def test_an_exception_becomes_one_sentence_and_the_worker_lives(
    engine: Engine, error: BaseException, expected: str
) -> None:
    errors: list[tuple[str, str]] = []

    def fail() -> None:
        raise error

    job = engine.submit("open", fail, on_error=lambda *e: errors.append(e), title="Opening a.dcm")
    assert job.wait(5)
    assert job.state is State.FAILED
    assert len(errors) == 1
    message, details = errors[0]
    assert expected in message
    assert "\n" not in message
    assert ("Traceback" in details) is not isinstance(error, LithographError)
    alive: list[int] = []
    assert engine.submit("next", lambda: 1, alive.append).wait(5)
    assert alive == [1]


def test_an_exception_in_the_middle_of_long_work_ends_only_that_work(engine: Engine) -> None:
    errors: list[tuple[str, str]] = []

    def work() -> Iterator[Progress]:
        yield Progress(1, 3)
        raise ValueError("the weights are not finite")

    job = engine.submit("train", work, on_error=lambda *e: errors.append(e), title="Training")
    assert job.wait(5)
    assert errors[0][0].startswith("Training failed: the weights are not finite;")
    assert engine.submit("next", lambda: 1).wait(5)


def test_a_failing_callback_does_not_stop_the_worker(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise KeyError("callback")

    assert engine.submit("a", lambda: 1, broken).wait(5)
    assert engine.submit("b", lambda: 1).wait(5)
    assert "A callback of the engine failed" in caplog.text


def test_contexts_of_a_paused_work_do_not_leak(engine: Engine) -> None:
    torch = pytest.importorskip("torch")
    seen: dict[str, list[tuple[bool, bool, bool, str]]] = {"a": [], "b": [], "short": []}

    def modes() -> tuple[bool, bool, bool, str]:
        return (
            torch.is_inference_mode_enabled(),
            torch.is_grad_enabled(),
            torch.is_autocast_enabled("cpu"),
            np.geterr()["divide"],
        )

    def a() -> Iterator[Progress]:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16), np.errstate(divide="raise"):
            for step in range(4):
                seen["a"].append(modes())
                yield Progress(step + 1, 4)
        seen["a"].append(modes())

    def b() -> Iterator[Progress]:
        with torch.no_grad():
            for step in range(6):
                seen["b"].append(modes())
                yield Progress(step + 1, 6)
        seen["b"].append(modes())

    def short() -> tuple[bool, bool, bool, str]:
        result = modes()
        seen["short"].append(result)
        weight = torch.ones(2, requires_grad=True)
        (weight * 2).sum().backward()  # raises in inference mode
        return result

    plain = (False, True, False, "warn")
    ready = threading.Event()
    engine.submit("hold", lambda: ready.wait(5))
    jobs = [
        engine.submit("a", a, urgency=Urgency.BACKGROUND),
        engine.submit("b", b, urgency=Urgency.BACKGROUND),
    ]
    ready.set()
    while not all(job.state.ended for job in jobs):
        assert engine.submit("short", short, urgency=Urgency.INTERACTIVE).wait(5)
    assert engine.submit("short", short).wait(5)
    assert seen["a"] == [(True, False, True, "raise")] * 4 + [plain]
    assert seen["b"] == [(False, False, False, "warn")] * 6 + [plain]
    assert set(seen["short"]) == {plain}


def test_closing_stops_the_thread_and_the_work() -> None:
    engine = Engine()
    gate = Gate()
    gate.open.set()
    job = engine.submit("train", gate.work())
    assert gate.started.wait(5)
    assert engine.close()
    assert gate.closed.is_set()
    assert job.state is State.CANCELLED
    assert "lithograph-engine" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(RuntimeError, match="closed"):
        engine.submit("late", lambda: 1)
    assert engine.close()


def test_the_watcher_sees_every_job_from_start_to_end() -> None:
    states: list[State] = []
    engine = Engine(watch=lambda job: states.append(job.state))
    assert engine.submit("a", lambda: 1).wait(5)
    engine.close()
    assert states == [State.RUNNING, State.DONE]


def test_jobs_lists_the_most_urgent_first(engine: Engine) -> None:
    gate = Gate()
    engine.submit("blocker", lambda: (gate.started.set(), gate.open.wait(5)))
    assert gate.started.wait(5)
    engine.submit("train", lambda: 1, urgency=Urgency.BACKGROUND)
    engine.submit("render", lambda: 1, urgency=Urgency.INTERACTIVE)
    kinds = [job.kind for job in engine.jobs]
    gate.open.set()
    assert kinds == ["render", "blocker", "train"]
    assert isinstance(engine.jobs, tuple)
    assert all(isinstance(job, Job) for job in engine.jobs)


def test_a_job_knows_how_it_ended_and_holds_nothing_after(engine: Engine) -> None:
    class Large:
        pass

    large = Large()
    gone = weakref.ref(large)

    def work(held: Large = large) -> Iterator[Progress]:
        yield Progress(1, 2, "at work")
        time.sleep(0.05)
        if held:
            raise LithographError("The disk is full.")

    job = engine.submit("save", work, on_error=partial(print, large))
    del work, large
    assert job.wait(5)
    assert (job.state, job.failure) == (State.FAILED, "The disk is full.")
    assert 0.04 < job.seconds < 5
    assert job.seconds == job.seconds
    gc.collect()
    assert gone() is None


def test_a_fault_of_the_engine_itself_fails_the_job_and_the_worker_lives(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_advance", lambda _: (_ for _ in ()).throw(SystemExit("bad luck")))
        job = engine.submit(
            "sum", lambda: 1, on_error=lambda message, _: told.append(message), title="Counting"
        )
        assert job.wait(5)
    assert job.state is State.FAILED
    assert told == ["Counting failed: bad luck; the open scene is unchanged."]
    assert engine.submit("sum", lambda: 1).wait(5)
    assert not engine.revive()


def test_a_thread_that_has_died_is_noticed_and_its_work_goes_on(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_advance", lambda _: (_ for _ in ()).throw(MemoryError))
        patch.setattr(engine, "_fail", lambda *_: (_ for _ in ()).throw(MemoryError))
        job = engine.submit(
            "sum", lambda: 1, on_error=lambda message, _: told.append(message), title="Counting"
        )
        engine._thread.join(5)
    waiting = engine.submit("other", lambda: 2)
    assert not waiting.wait(0.05)
    assert engine.revive()
    assert waiting.wait(5)
    assert waiting.state is State.DONE
    assert job.state is State.FAILED
    assert told == ["Counting failed: the worker stopped at it; the open scene is unchanged."]
