"""Prints the table of measured figures: `python -m tests.benchmarks [NAME ...]`."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

LONG = ("hdfb_claim",)
"""Modules that take an hour or more: they run where they are named."""


def machine() -> str:
    """One line that names this machine."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if "model name" in line
        ]
        model = names[0] if names else model
    memory = ""
    if hasattr(os, "sysconf"):
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    return f"{model}, {os.cpu_count()} cores{memory}, {platform.system()}, Python {platform.python_version()}"


def main(chosen: list[str]) -> int:
    """Runs the chosen benchmarks (all but the long ones where none is named); prints one Markdown table."""
    folder = Path(__file__).parent
    names = [file.stem for file in sorted(folder.glob("bench_*.py"))]
    wanted = [name for name in names if not chosen or name.removeprefix("bench_") in chosen]
    wanted += [name for name in LONG if name in chosen]
    print(f"Measured on: {machine()}\n")
    print("| what | reach | measured |\n|---|---|---|", flush=True)
    for name in wanted:
        print(f"... {name}", file=sys.stderr, flush=True)
        for what, reach, measured in importlib.import_module(f"tests.benchmarks.{name}").rows():
            print(f"| {what} | {reach} | {measured} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
