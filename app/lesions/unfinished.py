"""Trainings that were stopped: what is kept of them, so that they can be gone on with."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import LithographError
from app.lesions import library
from app.lesions.exemplar import Exemplar

PARTIAL = ".partial"
"""What the name of a lesion model's folder ends in while it is not finished."""
_EXEMPLAR = "exemplar"
_FIELDS = ("spacing_mm", "diameter_mm", "perpendicular_mm", "unit")


@dataclass(frozen=True)
class Unfinished:
    """A training that was stopped.

    Attributes:
        name, title, tasks: of the lesion model.
        scales: how many are finished.
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    scales: int


@dataclass(frozen=True, eq=False)
class Kept:
    """What a training is made of: the exemplar, the card as far as it is known, the recipe and the seed."""

    exemplar: Exemplar
    card: dict[str, Any]
    preset: str
    seed: int


def unfinished(folder: Path | None = None) -> tuple[Unfinished, ...]:
    """The trainings that can be gone on with; the user's own without a folder. Reads no image."""
    found = []
    for partial in sorted((folder or library.user_folder()).glob(f"*{PARTIAL}")):
        try:
            card = json.loads((partial / _EXEMPLAR / library.CARD).read_bytes())["model"]
            title, tasks = str(card["title"]), tuple(map(str, card["tasks"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        name = partial.name.removesuffix(PARTIAL)
        scales = sum(1 for scale in partial.glob("scale*") if (scale / library.CARD).is_file())
        found.append(Unfinished(name, title, tasks, scales))
    return tuple(found)


def discard(name: str, folder: Path | None = None) -> None:
    """Deletes what is kept of a training.

    Raises:
        LithographError: it cannot be deleted.
    """
    partial = (folder or library.user_folder()) / f"{name}{PARTIAL}"
    try:
        shutil.rmtree(partial)
    except FileNotFoundError:
        return
    except OSError as error:
        raise LithographError(
            f"Cannot delete {partial}: {error.strerror or error}; close what uses it and try again."
        ) from error


def write(partial: Path, kept: Kept) -> None:
    """Keeps what `read` gives back.

    Raises:
        OSError: the folder cannot be written.
    """
    import torch

    from models import weights

    exemplar = kept.exemplar
    tensors = {name: torch.from_numpy(getattr(exemplar, name).copy()) for name in ("residual", "alpha")}
    facts = {name: getattr(exemplar, name) for name in _FIELDS}
    card = {"model": kept.card, "preset": kept.preset, "seed": kept.seed, "exemplar": facts}
    weights.save(tensors, partial / _EXEMPLAR, card)


def read(partial: Path) -> Kept:
    """What `write` has kept.

    Raises:
        LithographError: it is gone or damaged.
    """
    from models import weights

    try:
        tensors, card = weights.load(partial / _EXEMPLAR)
        facts: dict[str, Any] = {name: card["exemplar"][name] for name in _FIELDS}
        exemplar = Exemplar(tensors["residual"].numpy(), tensors["alpha"].numpy(), **facts)
        return Kept(exemplar, dict(card["model"]), str(card["preset"]), int(card["seed"]))
    except (weights.DamagedWeights, KeyError, TypeError, ValueError) as error:
        raise LithographError(
            f"What was kept of the training in {partial} is gone or damaged; begin it anew from the image."
        ) from error
