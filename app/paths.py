"""Where things are: what ships with the program, and what belongs to the user."""

from __future__ import annotations

import os
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent
RESOURCES = PROGRAM / "resources"
MODELS = PROGRAM / "models"


def user_data() -> Path:
    """The user's own lesion models, tasks and recovery files; `LITHOGRAPH_HOME` names another folder."""
    override = os.environ.get("LITHOGRAPH_HOME")
    if override:
        return Path(override)
    import platformdirs

    return Path(platformdirs.user_data_dir("Lithograph", appauthor=False))
