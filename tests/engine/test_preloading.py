"""Loading torch so that other threads go on."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import gc, sys
from app.engine.preloading import load_torch, preload
print(preload())
load_torch()
print("torch" in sys.modules, gc.isenabled(), gc.get_freeze_count() > 50_000)
import torch
print(float(torch.ones(3).sum()))
load_torch()
"""


def test_torch_works_when_its_library_was_loaded_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=120
    )
    lines = done.stdout.split()
    assert lines[0] == str(sys.platform in ("linux", "darwin"))
    assert lines[1:] == ["True", "True", "True", "3.0"]
