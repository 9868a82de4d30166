"""Blend modes: how a drawn lesion and a background become one image.

A new mode is a new file with a `MODE` and its name in `_FILES`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from app.composition.blends.mode import Mode, Site
from app.errors import LithographError

_FILES = ("attenuation", "density", "poisson", "paper")

__all__ = ["Mode", "Site", "mode", "modes"]


@cache
def modes() -> tuple[Mode, ...]:
    """All blend modes, in the order in which they are offered."""
    return tuple(import_module(f"{__name__}.{file}").MODE for file in _FILES)


def mode(name: str) -> Mode:
    """The mode of that name.

    Raises:
        LithographError: there is none.
    """
    for candidate in modes():
        if candidate.name == name:
            return candidate
    names = ", ".join(candidate.name for candidate in modes())
    raise LithographError(f"There is no blend mode {name!r}; choose one of {names}.")
