"""Keeps the contexts of a paused long work from leaking into the work that runs meanwhile.

Gradient, inference and autocast modes of torch belong to the thread, not to the generator: one that yields
inside `with torch.inference_mode():` would leave it switched on for whatever the worker does next. numpy's
`errstate` and the decimal context are context variables; those every job has to itself (`Job._context`).
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

_NEEDED = ("inference_mode", "enable_grad", "is_autocast_enabled", "autocast")


def plain_torch(device: str) -> ExitStack:
    """Enters torch's default modes, whatever was on; closing the stack brings back what was on."""
    stack = ExitStack()
    torch = sys.modules.get("torch")
    # Not loaded, or half way there: another thread's import goes on while this one works.
    if torch is None or not all(hasattr(torch, name) for name in _NEEDED):
        return stack
    stack.enter_context(torch.inference_mode(False))
    stack.enter_context(torch.enable_grad())
    for kind in {"cpu", device}:
        if torch.is_autocast_enabled(kind):
            stack.enter_context(torch.autocast(kind, enabled=False))
    return stack
