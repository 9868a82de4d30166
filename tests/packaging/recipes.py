"""The scripts of packaging/, which is a folder of recipes and no package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

PROGRAM = Path(__file__).resolve().parents[2]
PACKAGING = PROGRAM / "packaging"
BUNDLE = PROGRAM / "dist" / "lithograph"


def recipe(name: str) -> ModuleType:
    """packaging/NAME.py, loaded."""
    found = importlib.util.spec_from_file_location(f"recipe_{name}", PACKAGING / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module
