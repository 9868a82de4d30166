"""How networks compute on the device at hand."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import torch


@cache
def fast_bf16(device_type: str) -> bool:
    """Whether bfloat16 convolutions are faster than float32 ones there.

    On a CPU they are where its instructions multiply bfloat16 (AVX-512 BF16 or AMX); elsewhere they are
    emulated, and slower. Measured with channels-last 3×3 convolutions on 2 cores with AVX-512 BF16: 0.42
    against 0.20 TFLOP/s.
    """
    if device_type == "cuda":
        return torch.cuda.is_bf16_supported()
    if device_type == "cpu":
        return any(_cpu_has(name) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return False


def _cpu_has(probe: str) -> bool:
    # The probes are private and differ between releases of torch: a missing one means "no", never an error.
    function = getattr(torch.cpu, probe, None)
    return bool(function and function())


def autocast(device: torch.device | str) -> AbstractContextManager[Any]:
    """A context in which convolutions run in bfloat16 where that is faster on `device`, else in float32."""
    kind = torch.device(device).type
    if not fast_bf16(kind):
        return nullcontext()
    return torch.autocast(kind, torch.bfloat16)
