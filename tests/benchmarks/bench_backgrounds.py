"""The background network: how long reconstructing and drawing take with the weights that ship."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from app.paths import MODELS
from models.progress import finish

PROBES = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
"""What `models.compute` asks torch."""
RUNS = 5
SIDE = 1024


def rows() -> Iterator[tuple[str, str, str]]:
    """Seconds of processor-bound work, the median of five runs after a first one."""
    import numpy as np
    import torch

    from models.compute import fast_bf16
    from models.hiresmed_vqgan.generation import draw_background
    from models.hiresmed_vqgan.model import load
    from models.hiresmed_vqgan.reconstruction import reconstruct

    model = load(MODELS / "hiresmed_vqgan" / "shipped")
    image = finish(draw_background(model, "kub-xray", 0))
    values = np.ascontiguousarray(model.tasks["kub-xray"].grey.to_network(image)[:SIDE, :SIDE])
    cores = torch.get_num_threads()
    with_bf16 = fast_bf16("cpu")
    if with_bf16:
        seconds = _seconds(lambda: reconstruct(model.vqgan, values))
        yield f"reconstruct {SIDE}², fidelity, {cores} cores, bf16", "≤ 0.5 s", f"{seconds:.2f} s"
    with _float32():
        seconds = _seconds(lambda: reconstruct(model.vqgan, values))
    yield f"reconstruct {SIDE}², fidelity, {cores} cores, float32", "≤ 1.5 s", f"{seconds:.2f} s"
    for task, part in model.tasks.items():
        seconds = _seconds(lambda task=task: finish(draw_background(model, task, 1)))  # type: ignore[misc]
        shape, kind = "×".join(map(str, part.shape)), "bf16" if with_bf16 else "float32"
        reach = "≤ 2.5 s" if part.shape == (SIDE, SIDE) else ""
        yield f"draw a new background, {task}, {shape}, {cores} cores, {kind}", reach, f"{seconds:.2f} s"


def _seconds(work: Callable[[], object]) -> float:
    work()
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return median(taken)


@contextmanager
def _float32() -> Iterator[None]:
    """Convolutions in float32, as on a processor without bfloat16."""
    import torch

    from models import compute

    probes = {name: getattr(torch.cpu, name) for name in PROBES if hasattr(torch.cpu, name)}
    try:
        for name in probes:
            setattr(torch.cpu, name, bool)
        compute.fast_bf16.cache_clear()
        yield
    finally:
        for name, probe in probes.items():
            setattr(torch.cpu, name, probe)
        compute.fast_bf16.cache_clear()
