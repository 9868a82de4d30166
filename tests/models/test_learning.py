"""The loop that all networks learn in: broken off in the middle of a step, and shared unevenly."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from models.learning import Lesson, Recipe, learn
from models.parallel import World
from models.progress import finish

RECIPE = Recipe(steps=9, batch=4, checkpoint_every=3)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 1, 1))


class Teacher:
    """A lesson that is broken off in the middle of one of its steps."""

    def __init__(self, broken_off: int | None = None) -> None:
        self.asked, self.broken_off = 0, broken_off
        self.lesson = Lesson(self.batch_of, self.loss_of, {})

    def batch_of(self, numbers: Sequence[int]) -> tuple[Tensor, ...]:
        random = torch.Generator().manual_seed(numbers[0])
        return (torch.randn(len(numbers), 1, 8, 8, generator=random),)

    def loss_of(self, learner: nn.Module, batch: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, float]]:
        self.asked += 1
        answer = learner(batch[0])  # moves the running means of its norms
        if self.asked == self.broken_off:
            raise KeyboardInterrupt
        return answer.square().mean(), {}


@pytest.mark.parametrize("broken_off", [2, 5])
def test_a_step_that_was_broken_off_is_not_made_twice(tmp_path: Path, broken_off: int) -> None:
    whole = finish(learn(network(), Teacher().lesson, RECIPE, tmp_path / "whole"))

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        finish(learn(network(), Teacher(broken_off).lesson, RECIPE, out))
    teacher = Teacher()
    again = finish(learn(network(), teacher.lesson, RECIPE, out, resume=True))

    kept = broken_off // RECIPE.checkpoint_every * RECIPE.checkpoint_every
    assert teacher.asked == RECIPE.steps - kept
    expected = whole.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in again.state_dict().items())


def test_every_process_has_as_many_samples_however_many_there_are() -> None:
    for size in (1, 2, 3, 4, 5, 8):
        worlds = [World(rank, size) for rank in range(size)]
        batch = range(worlds[0].even(6))
        shares = [world.share(batch) for world in worlds]
        assert sorted(n for share in shares for n in share) == list(batch)
        assert len({len(share) for share in shares}) == 1
        assert 6 <= len(batch) < 6 + size
