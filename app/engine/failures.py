"""An exception in one clear sentence."""

from __future__ import annotations

import traceback

from app.errors import LithographError
from models.budget import out_of_memory

__all__ = ["details", "out_of_memory", "sentence"]


def sentence(title: str, error: BaseException) -> str:
    """What to tell the user about `error`, which ended the work called `title`."""
    if isinstance(error, LithographError):
        return str(error)
    if out_of_memory(error):
        return f"{title}: there was not enough memory; close other programs or choose a smaller image."
    reason = " ".join(str(error).split()) or type(error).__name__
    if len(reason) > 160:
        reason = reason[:159] + "…"
    return f"{title} failed: {reason.rstrip('.')}; the open scene is unchanged."


def details(error: BaseException) -> str:
    """The traceback, for whoever mends it; empty where the sentence says everything."""
    if isinstance(error, LithographError):
        return ""
    return "".join(traceback.format_exception(error))
