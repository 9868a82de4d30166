"""Where things are: what ships with the program, and what belongs to the user."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent
RESOURCES = PROGRAM / "resources"
MODELS = PROGRAM / "models"


def how_to_repair() -> str:
    """What to do where a part of the program is missing: words that end a sentence."""
    if getattr(sys, "frozen", False):  # the self-contained program, made by PyInstaller
        return "install Lithograph again"
    return f"run `make run`, or `pip install -e .` in {PROGRAM}"


def user_data() -> Path:
    """The user's own lesion models, tasks and recovery files; `LITHOGRAPH_HOME` names another folder."""
    return _user_data(os.environ.get("LITHOGRAPH_HOME"))


@cache
def _user_data(override: str | None) -> Path:
    if override:
        return Path(override)
    import platformdirs

    return Path(platformdirs.user_data_dir("Lithograph", appauthor=False))
