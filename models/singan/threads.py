"""How many processor cores SinGAN takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Keeps torch to one core.

    Crops of 64 pixels gain little from a second core, and where the cores are busy with other work, threads
    that wait for each other make them ten times slower.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
