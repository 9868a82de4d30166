"""The processor that the networks run on, chosen automatically."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Device:
    """What the networks run on."""

    kind: str
    """torch's word: `cuda`, `mps` or `cpu`."""
    name: str
    """For people: `CPU, 2 cores, bf16`, `NVIDIA H200`, ..."""

    def gpu_memory(self) -> tuple[int, int] | None:
        """(held by the program, of the GPU in all) in bytes; None where there is no GPU that says so."""
        torch = sys.modules.get("torch")
        if torch is None or self.kind != "cuda":
            return None
        # Asks torch's own books and not the driver, which may keep one waiting.
        return int(torch.cuda.memory_reserved()), int(torch.cuda.get_device_properties(0).total_memory)

    def release_memory(self) -> None:
        """Hands cached memory of the GPU back to it, after it ran out."""
        torch = sys.modules.get("torch")
        if torch is not None and self.kind == "cuda":
            torch.cuda.empty_cache()
        elif torch is not None and self.kind == "mps":
            torch.mps.empty_cache()


def cpu() -> Device:
    """The processor, without asking torch; what is known before torch has loaded."""
    return Device("cpu", f"CPU, {_cores()}")


def choose() -> Device:
    """CUDA where there is a GPU that works, else MPS, else the CPU. Imports torch, which takes a while."""
    from app.engine.preloading import load_torch

    load_torch()

    import torch

    from models.compute import fast_bf16

    if torch.cuda.is_available():
        try:
            torch.zeros(1, device="cuda")  # a driver too old for this torch fails only here
            return Device("cuda", torch.cuda.get_device_name())
        except RuntimeError:
            pass
    if torch.backends.mps.is_available():
        return Device("mps", "Apple GPU")
    return Device("cpu", f"CPU, {_cores()}{', bf16' if fast_bf16('cpu') else ''}")


def _cores() -> str:
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return f"{count} core{'s' if count != 1 else ''}"


def resident_memory() -> int:
    """Bytes of this process that are in memory; 0 where the system does not say."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return _windows_working_set()
    import resource  # macOS: only the peak can be had without a further library

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _windows_working_set() -> int:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = [  # PROCESS_MEMORY_COUNTERS of psapi.h
            ("cb", wintypes.DWORD),
            ("page_faults", wintypes.DWORD),
            *((name, ctypes.c_size_t) for name in (
                "peak_working_set", "working_set", "peak_paged_pool", "paged_pool",
                "peak_nonpaged_pool", "nonpaged_pool", "pagefile", "peak_pagefile",
            )),
        ]  # fmt: skip

    counters = Counters(cb=ctypes.sizeof(Counters))
    windll = getattr(ctypes, "windll")  # noqa: B009 - absent from the stubs of other systems
    process = windll.kernel32.GetCurrentProcess()
    windll.psapi.GetProcessMemoryInfo(process, ctypes.byref(counters), counters.cb)
    return int(counters.working_set)
