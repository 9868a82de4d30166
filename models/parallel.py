"""Learning on several GPUs or machines: the processes that `torchrun` starts, each with its share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn

PATIENCE = timedelta(days=1)
"""How long processes wait for one another: the first one makes the samples of all."""


class Parted(Exception):
    """Another of the processes that learn together has stopped; that one says why."""


@dataclass(frozen=True)
class World:
    """The processes that learn together, and which of them this one is."""

    rank: int = 0
    size: int = 1

    def even(self, batch: int) -> int:
        """The size of a batch, made large enough that all shares are of one size."""
        return -(-batch // self.size) * self.size

    def share(self, numbers: Sequence[int]) -> Sequence[int]:
        """This process's share of the samples of an even batch."""
        return numbers[self.rank :: self.size]

    def average_gradients(self, network: nn.Module) -> None:
        """Gives every process the mean of all gradients, so that their weights stay the same.

        Raises:
            Parted: one of them has stopped.
        """
        if self.size == 1:
            return
        with _together():
            for parameter in network.parameters():
                if parameter.grad is not None:
                    dist.all_reduce(parameter.grad)
                    parameter.grad /= self.size

    def sum(self, values: torch.Tensor) -> None:
        """Gives every process the sum of all `values`, in place.

        Raises:
            Parted: one of them has stopped.
        """
        if self.size > 1:
            with _together():
                dist.all_reduce(values)

    def broadcast(self, values: torch.Tensor) -> None:
        """Gives every process the `values` of the first one, in place.

        Raises:
            Parted: one of them has stopped.
        """
        if self.size > 1:
            with _together():
                dist.broadcast(values, 0)

    def wait(self) -> None:
        """Waits until all processes are here.

        Raises:
            Parted: one of them has stopped.
        """
        if self.size > 1:
            with _together():
                dist.barrier()


@contextmanager
def _together() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # of torch's transports, each with words of its own
        raise Parted("Another process of this training has stopped, and so has this one.") from error


def world() -> World:
    """The world that `torchrun` has made (its environment variables), joined once; one process without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return World()
    if not dist.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, timeout=PATIENCE)
    return World(dist.get_rank(), size)
