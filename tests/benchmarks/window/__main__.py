"""One measurement in this process: `python -m tests.benchmarks.window KIND PATH MOMENT` prints JSON."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

KINDS = {
    "start": "opening", "open": "opening", "memory": "opening", "drag": "hand", "look": "hand",
    "leaf": "hand", "undo": "hand", "blocked": "blocked",
}  # fmt: skip


def main(kind: str, path: str, moment: str) -> None:
    """Measures `kind`; `moment` is when this process was started, by time.time."""
    module = importlib.import_module(f"tests.benchmarks.window.{KINDS[kind]}")
    measure = module.open_ if kind == "open" else getattr(module, kind)
    print(json.dumps(measure(Path(path), float(moment))))


if __name__ == "__main__":
    main(*sys.argv[1:])
