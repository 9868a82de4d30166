"""Which class of a label file is the task's lesion, which is a structure, and which is neither."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from app.errors import LithographError
from app.tasks import Task
from app.training.labels.notes import Notes

LESION = "lesion"
"""What every lesion is called here, whatever its kind; no structure may have this name."""
_LESIONS = {
    "stone": {"stone", "calculus", "calculi", "urolith", "nephrolith", "concrement"},
    "nodule": {"nodule", "nodul"},
}
_ANY_LESION = {"lesion", "finding", "target", "object"}


def meaning_of(name: str, task: Task) -> str | None:
    """`LESION`, the name of a structure of the task, or None where the class is not known to it.

    Case, plural and punctuation do not count; a name that holds a word for the lesion means it.
    """
    words = _words(name)
    for structure in task.structures:
        if words in (_words(structure.name), _words(structure.title)):
            return structure.name
    if set(words) & {_singular(word) for word in _LESIONS[task.kind] | _ANY_LESION}:
        return LESION
    return None


def _words(name: str) -> tuple[str, ...]:
    found = re.findall(r"[a-z]+|[0-9]+", name.lower())
    return tuple(_singular(word) for word in found)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


class Classes:
    """Says what each class of a format means, and notes those that mean nothing."""

    def __init__(self, names: Sequence[str], task: Task, notes: Notes) -> None:
        self._task, self._notes = task, notes
        self._meanings = {name: meaning_of(name, task) for name in names}
        known = [meaning for meaning in self._meanings.values() if meaning is not None]
        if len(self._meanings) == 1 and not known:
            (only,) = self._meanings
            self._meanings[only] = LESION
            if not only.isdigit():  # without names there is nothing to wonder at
                notes.add(f'The only class, "{only}", is taken to be the {task.kind} of the task.')
        self._unknown: Counter[str] = Counter()
        self._where: dict[str, str] = {}

    def __call__(self, name: str, where: str) -> str | None:
        """What the class means; `where` is the file it was met in."""
        meaning = self._meanings.get(name)
        if meaning is None:
            self._unknown[name] += 1
            self._where.setdefault(name, where)
        return meaning

    def finish(self) -> None:
        """Notes the unknown classes that were met.

        Raises:
            LithographError: no class is known at all.
        """
        task = self._task
        structures = ", ".join(structure.name for structure in task.structures)
        if self._unknown and not any(self._meanings.values()):
            met = ", ".join(f'"{name}"' for name in self._unknown)
            raise LithographError(
                f"No class of {next(iter(self._where.values()))} is known to the task {task.name} (met: "
                f'{met}); rename the lesions\' class to "{task.kind}", and structures to one of {structures}.'
            )
        for name, count in self._unknown.items():
            marks = "1 mark" if count == 1 else f"{count:,} marks"
            self._notes.add(
                f'The class "{name}" in {self._where[name]} is not known to the task {task.name} and is left '
                f'out ({marks}); rename it to "{task.kind}" or to one of {structures} if it is one of them.'
            )
