"""Work that runs out of memory makes do with less, says so once, and gives up in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from app.engine import Device, Engine, State
from app.engine.memory import TILE, Frugal
from app.errors import LithographError
from models.budget import Budget
from models.progress import LongWork, Progress, finish

GPU, CPU = Device("cuda", "A small GPU"), Device("cpu", "CPU")


class Work:
    """Needs as much memory as its budget's tile is large, on a machine that has so much on either side."""

    def __init__(self, on_gpu: float, on_cpu: float) -> None:
        self.limits = {"cuda": on_gpu, "cpu": on_cpu}
        self.tried: list[Budget] = []

    def __call__(self, budget: Budget) -> LongWork[Budget]:
        self.tried.append(budget)
        yield Progress(1, 2)
        if (budget.tile or 1024) > self.limits[budget.device]:
            if budget.device == "cuda":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            raise MemoryError
        return budget


@pytest.mark.parametrize(
    ("device", "work", "enough", "says"),
    [
        (GPU, Work(2000, 0), Budget("cuda"), []),
        (
            GPU, Work(TILE, 0), Budget("cuda", TILE),
            ["The GPU ran out of memory; the danger zone was found on it in smaller parts."],
        ),
        (
            GPU, Work(0, 2000), Budget("cpu"),
            ["The GPU ran out of memory; the danger zone was found on the CPU instead."],
        ),
        (
            CPU, Work(0, TILE), Budget("cpu", TILE),
            ["Memory ran out; the danger zone was found in smaller parts."],
        ),
    ],
)  # fmt: skip
def test_it_makes_do_and_says_so_once(device: Device, work: Work, enough: Budget, says: list[str]) -> None:
    said: list[str] = []
    frugal = Frugal("the danger zone was found", said.append)
    assert finish(frugal(work, device)) == enough
    assert said == says
    work.tried.clear()
    assert finish(frugal(work, device)) == enough
    assert work.tried == [enough], "what was not enough is not tried again"
    assert said == says


def test_where_nothing_is_enough_it_is_a_sentence_and_the_worker_lives() -> None:
    engine = Engine()
    told: list[tuple[str, str]] = []
    work = Work(0, 0)
    frugal = Frugal("the danger zone was found", lambda _: None)
    job = engine.submit("where", lambda: frugal(work, GPU), on_error=lambda *told_: told.append(told_))
    assert job.wait(10)
    assert job.state is State.FAILED
    assert [(one.device, one.tile) for one in work.tried] == [
        ("cuda", 0), ("cuda", TILE), ("cpu", 0), ("cpu", TILE),
    ]  # fmt: skip
    assert told == [(job.failure, "")]
    assert "not enough memory" in job.failure
    assert job.failure.endswith(".")
    assert engine.submit("sum", lambda: 1).wait(10)
    assert engine.close()


def test_another_error_is_not_tried_again() -> None:
    tried = []

    def work(budget: Budget) -> Iterator[Progress]:
        tried.append(budget)
        yield Progress(1, 2)
        raise LithographError("There is no network.")

    with pytest.raises(LithographError, match="no network"):
        finish(Frugal("it was found", print)(work, GPU))
    assert len(tried) == 1


def test_the_danger_zone_in_small_parts_is_nearly_that_of_the_whole() -> None:
    from app.anatomy.network import predict_anatomy
    from app.simulation.generate import generate
    from app.tasks import task

    image = finish(generate("kub-xray", 3, size=512)).image
    setting = task("kub-xray")
    whole = finish(predict_anatomy(image, setting))
    parts = finish(predict_anatomy(image, setting, Budget(tile=TILE)))
    for name in ("spine", "pelvis"):
        one, other = whole.masks[name], parts.masks[name]
        assert 2 * np.count_nonzero(one & other) / (one.sum() + other.sum()) > 0.9
