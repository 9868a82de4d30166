"""Which versions of a task's networks there are, and which one is in use.

The shipped one lies in `models/{danger_zone|location}/TASK`; that of backgrounds, which is one for all tasks,
in `models/hiresmed_vqgan/shipped`. The user's own lie in the folders of that name, and TASK, of the data
folder, in `v001`, `v002`, ...; weights directly in `TASK`, as earlier programs left them, are a version, too.
`in-use.json` beside them says which was chosen. `app.training.versions` adds, chooses and removes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.errors import LithographError
from app.paths import MODELS, user_data

BACKGROUND = "background"
KINDS = {"danger-zone": "danger_zone", "location": "location", BACKGROUND: "hiresmed_vqgan"}
"""The kinds of networks that a task has, and the folders that they lie in."""
SHIPPED, EARLIER = "shipped", "earlier"
POINTER = "in-use.json"
_NUMBERED = re.compile(r"v[0-9]{3,6}")
_TASK = re.compile(r"[a-z][a-z0-9-]*")
_WEIGHTS, _CARD = "weights.safetensors", "card.json"  # as `models.weights` names them; that one needs torch


@dataclass(frozen=True)
class Version:
    """One version of a network: where it is, what its card says, and whether it is the one in use."""

    name: str
    """`shipped`, `earlier` (from before there were versions), or `v001`, `v002`, ..."""
    folder: Path
    in_use: bool
    card: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    trouble: str = ""
    """One sentence where it cannot be used; empty where nothing is amiss."""

    @property
    def title(self) -> str:
        """Words for lists."""
        words = {SHIPPED: "shipped with the program", EARLIER: "trained earlier"}
        return words.get(self.name) or f"version {int(self.name[1:])}"


def versions(kind: str, task: str) -> tuple[Version, ...]:
    """All versions of a task's network of a kind (a key of `KINDS`), the shipped one first."""
    folders = _folders(kind, task)
    chosen = _chosen(kind, task, folders)
    return tuple(_version(name, folder, name == chosen) for name, folder in folders.items())


def in_use(kind: str, task: str) -> Path | None:
    """The folder of the version in use: the chosen one, else an earlier one, else the shipped one."""
    folders = _folders(kind, task)
    chosen = _chosen(kind, task, folders)
    return None if chosen is None else folders[chosen]


def home_of(kind: str, task: str) -> Path:
    """The folder of the user's own versions; it need not be there.

    Raises:
        LithographError: there is no such kind, or `task` is no name of a task.
    """
    if kind not in KINDS:
        raise LithographError(f"There is no kind of network {kind!r}; choose one of {', '.join(KINDS)}.")
    if not _TASK.fullmatch(task):
        raise LithographError(f"{task!r} is no name of a task; choose one of small letters, digits and -.")
    return user_data() / "models" / KINDS[kind] / task


def is_numbered(name: str) -> bool:
    """Whether it is the name of one of the user's versions."""
    return _NUMBERED.fullmatch(name) is not None


def _folders(kind: str, task: str) -> dict[str, Path]:
    """The versions that are there, by name and in their order."""
    home = home_of(kind, task)
    found = {SHIPPED: _shipped(kind, task), EARLIER: home}
    try:
        own = sorted(
            (entry for entry in home.iterdir() if is_numbered(entry.name)), key=lambda e: int(e.name[1:])
        )
    except OSError:
        own = []
    found |= {entry.name: entry for entry in own if entry.is_dir()}
    return {
        name: folder
        for name, folder in found.items()
        if is_numbered(name) or (folder / _CARD).is_file() or (folder / _WEIGHTS).is_file()
    }


def _shipped(kind: str, task: str) -> Path:
    """Where the shipped network of a task would be; that of backgrounds knows the tasks in its card."""
    folder = MODELS / KINDS[kind]
    if kind == BACKGROUND and task in _known_to(folder / SHIPPED):
        return folder / SHIPPED
    return folder / task


def _known_to(folder: Path) -> frozenset[str]:
    """The tasks of a network of several."""
    try:
        changed = (folder / _CARD).stat().st_mtime_ns
    except OSError:
        return frozenset()
    return _tasks_in(folder / _CARD, changed)


@lru_cache(maxsize=8)
def _tasks_in(card: Path, changed: int) -> frozenset[str]:  # noqa: ARG001 - a changed card is another key
    try:
        return frozenset(json.loads(card.read_text(encoding="utf-8"))["tasks"])
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()


def _chosen(kind: str, task: str, folders: Mapping[str, Path]) -> str | None:
    """The name of the version in use.

    A pointer that is damaged, or names a version that was deleted, counts as none. A version that is there
    but lacks its weights stays the chosen one: whoever uses it is told, for another network would answer
    otherwise.
    """
    try:
        name = json.loads((home_of(kind, task) / POINTER).read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError, TypeError):
        name = EARLIER
    for choice in (name, SHIPPED, EARLIER):
        if isinstance(choice, str) and choice in folders:
            return choice
    return None


def _version(name: str, folder: Path, used: bool) -> Version:
    try:
        card = json.loads((folder / _CARD).read_text(encoding="utf-8"))
        if not isinstance(card, dict):
            raise ValueError
    except (OSError, ValueError):
        return Version(
            name,
            folder,
            used,
            trouble=f"The card {folder / _CARD} is missing or damaged; remove this version.",
        )
    if not (folder / _WEIGHTS).is_file():
        trouble = f"The weights {folder / _WEIGHTS} are missing; remove this version."
        return Version(name, folder, used, card, trouble)
    return Version(name, folder, used, card)
