"""The lesion library: the models that ship with the program, the user's own, and the parametric ones."""

from __future__ import annotations

import difflib
import secrets
import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.errors import LithographError
from app.lesions.lesion import Lesion, LesionModel
from app.lesions.parametric import PARAMETRIC
from app.paths import MODELS, user_data
from app.tasks import Task
from app.tasks import task as load_task

CARD = "card.json"


@dataclass(frozen=True)
class Entry:
    """A lesion model in the library.

    Attributes:
        name: by which placements and commands call it.
        title: what it shows, for people.
        kind: `nodule` or `stone`.
        card: what is known of it.
        tasks: names of the tasks it is for.
        folder: where its weights are; None for a parametric one.
    """

    name: str
    title: str
    kind: str
    card: dict[str, Any]
    tasks: tuple[str, ...]
    folder: Path | None

    @property
    def own(self) -> bool:
        """Whether it is the user's own, which can be removed."""
        return self.folder is not None and self.folder.parent == user_folder()

    @property
    def diameter_mm(self) -> float | None:
        """The longest diameter of the exemplar; None where there is none, or nothing is known of it."""
        exemplar = self.card.get("exemplar")
        found = exemplar.get("diameter_mm") if isinstance(exemplar, dict) else None
        return float(found) if isinstance(found, (int, float)) and found > 0 else None


def shipped_folder() -> Path:
    """The lesion models that ship with the program, one folder each."""
    return MODELS / "singan" / "weights"


def user_folder() -> Path:
    """The user's own lesion models, one folder each."""
    return user_data() / "lesions"


def entries(task: Task | str | None = None) -> list[Entry]:
    """All lesion models that can be used, or those for a task: shipped ones, the user's, parametric ones.

    For a task are those that were made for it, and those of its kind of lesion. A model whose card cannot be
    read is left out; `load` says what is wrong with it.
    """
    wanted = load_task(task) if isinstance(task, str) else task
    found = [_entry(name, card, folder) for name, folder in _folders().items() if (card := _card(folder))]
    found += [_entry(name, model.card, None) for name, model in PARAMETRIC.items()]
    return [e for e in found if wanted is None or wanted.name in e.tasks or wanted.kind == e.kind]


def load(name: str) -> LesionModel:
    """The lesion model of that name, loaded once and kept.

    Raises:
        LithographError: there is none, or its files are damaged.
    """
    if name in PARAMETRIC:
        return PARAMETRIC[name]
    folder = _folders().get(name)
    if folder is None:
        raise LithographError(_unknown(name))
    return _load(name, folder, _written(folder))


def draw(name: str, seed: int) -> Lesion:
    """The lesion of a model and a seed, kept for the next time; its arrays are read-only.

    Raises:
        LithographError: as in `load`.
    """
    folder = _folders().get(name) if name not in PARAMETRIC else None
    return _draw(name, seed, _written(folder) if folder else 0)


def remove(name: str) -> None:
    """Deletes one of the user's own lesion models for good: its network can reproduce a patient's lesion.

    Raises:
        LithographError: there is none, it ships with the program, or its folder cannot be deleted.
    """
    folder = _folders().get(name)
    if name in PARAMETRIC or (folder is not None and folder.parent != user_folder()):
        raise LithographError(
            f"The lesion model {name!r} comes with Lithograph; only models of your own can be removed."
        )
    if folder is None:
        raise LithographError(_unknown(name))
    # Renamed first: whatever happens on the way, a model is there as a whole or not at all.
    going = folder.with_name(f".{name}.{secrets.token_hex(4)}")
    try:
        folder.rename(going)
        (going / CARD).unlink(missing_ok=True)
        shutil.rmtree(going)
    except OSError as error:
        raise LithographError(
            f"Cannot remove the lesion model {folder}: {error.strerror or error}; "
            "close what uses it and try again."
        ) from error


@lru_cache(maxsize=64)
def _load(name: str, folder: Path, _stamp: int) -> LesionModel:
    from app.lesions.trained import load_trained

    return load_trained(name, folder)


@lru_cache(maxsize=512)  # 32 KiB each
def _draw(name: str, seed: int, _stamp: int) -> Lesion:
    lesion = load(name).draw(seed)
    for array in (lesion.residual, lesion.alpha):
        array.flags.writeable = False
    return lesion


def _folders() -> dict[str, Path]:
    """The folders of trained models by name; a shipped one comes before a user's of the same name."""
    found: dict[str, Path] = {}
    for parent in (shipped_folder(), user_folder()):
        if parent.is_dir():
            for card in sorted(parent.glob(f"*/{CARD}")):
                found.setdefault(card.parent.name, card.parent)
    return found


def _written(folder: Path) -> int:
    """When a model was written: what is kept of it is kept no longer than that."""
    try:
        return (folder / CARD).stat().st_mtime_ns
    except OSError:
        return 0


def _card(folder: Path) -> dict[str, Any] | None:
    import json

    try:
        card = json.loads((folder / CARD).read_bytes())
    except (OSError, ValueError):
        return None
    return card if isinstance(card, dict) and {"title", "kind", "tasks"} <= card.keys() else None


def _entry(name: str, card: dict[str, Any], folder: Path | None) -> Entry:
    return Entry(name, card["title"], card["kind"], card, tuple(card["tasks"]), folder)


def _unknown(name: str) -> str:
    names = [*_folders(), *PARAMETRIC]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"There is no lesion model {name!r}; did you mean {' or '.join(near)}?"
    return f"There is no lesion model {name!r}; choose one of {', '.join(names)}."
