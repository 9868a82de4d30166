"""The background network of a task: which one it is, and loading it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.anatomy.versions import Version, versions
from app.errors import LithographError
from app.tasks import Task

if TYPE_CHECKING:
    from models.hiresmed_vqgan.model import BackgroundModel

KIND = "background"


def has_model(task_name: str) -> bool:
    """Whether there is a network that reconstructs images of a task. Without loading it, or torch."""
    return task_name in _known(_in_use(task_name))


def can_draw(task_name: str) -> bool:
    """Whether there is one that draws new backgrounds of a task, too: it needs a prior for that."""
    version = _in_use(task_name)
    return task_name in _known(version) and version is not None and "prior_spec" in version.card


def background_model(task: Task, device: str = "cpu", sha: str = "") -> BackgroundModel:
    """The network of a task on a device, ready for use; loaded once.

    Args:
        device: torch's word.
        sha: of the weights, where it must be a certain version; else the one in use.

    Raises:
        LithographError: there is none, it is damaged, or it does not know the task.
    """
    version = _with_weights(task.name, sha) if sha else _in_use(task.name)
    if version is None:
        raise LithographError(
            f"There is no background network for the task {task.name!r}; train one from your own images "
            f"with `main.py train background --task {task.name} --data DIR`."
        )
    if version.trouble:
        raise LithographError(version.trouble)
    if task.name not in _known(version):
        raise LithographError(
            f"The background network in {version.folder} does not know the task {task.name!r}; choose "
            f"another version, or train one with `main.py train background --task {task.name} --data DIR`."
        )
    import torch

    from models.weights import WEIGHTS, DamagedWeights

    if device == "cuda" and not torch.cuda.is_available():
        raise LithographError(
            "The background was drawn on a GPU, and there is none here that could draw it again; open the "
            "background's own file instead."
        )
    try:
        return _loaded(version.folder, (version.folder / WEIGHTS).stat().st_mtime_ns, device)
    except DamagedWeights as error:
        raise LithographError(str(error)) from error


@lru_cache(maxsize=2)
def _loaded(folder: Path, _changed: int, device: str) -> BackgroundModel:
    """Loaded once; when its file was changed makes a replaced one load anew."""
    from models.hiresmed_vqgan.model import load

    return load(folder).to(device)


def _in_use(task_name: str) -> Version | None:
    return next((version for version in versions(KIND, task_name) if version.in_use), None)


def _with_weights(task_name: str, sha: str) -> Version:
    for version in versions(KIND, task_name):
        if version.card.get("sha256") == sha:
            return version
    raise LithographError(
        f"The background was drawn by a network that is not here (weights {sha[:12]}…); bring that version "
        "back, or open the background's own file instead."
    )


def _known(version: Version | None) -> Mapping[str, Any]:
    """The tasks that a version knows, by its card."""
    tasks = {} if version is None else version.card.get("tasks", {})
    return tasks if isinstance(tasks, Mapping) else {}
