"""Tasks: clinical settings as data.

A task says which modality, which lesions, which structures forbid a lesion, which sizes and windows. The
built-in ones are TOML files in `resources/tasks`; users add their own in the folder `tasks` of their data
folder, and one of the same name replaces the built-in one.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import LithographError
from app.paths import RESOURCES, user_data


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Structure(_Part):
    """An anatomical structure that forbids lesions, or one that may hold them."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    colour: str = Field(pattern=r"^#[0-9a-f]{6}$")
    forbidden: bool


class Diameters(_Part):
    """Lesion diameters in mm: the limits of the slider and where it stands at first."""

    smallest: float = Field(gt=0)
    usual: float
    largest: float

    @model_validator(mode="after")
    def _ascending(self) -> Diameters:
        if not self.smallest <= self.usual <= self.largest:
            raise ValueError("diameter_mm must ascend: smallest, usual, largest")
        return self


class WindowPreset(_Part):
    """A display window that the task offers, in the task's unit.

    Stored values mean something else in every file. So where the task has no unit, centre and width are
    percent of the image's automatic window: 0 is what that shows black, 100 what it shows white.
    """

    name: str = Field(min_length=1)
    centre: float = Field(allow_inf_nan=False)
    width: float = Field(gt=0, allow_inf_nan=False)


class Task(_Part):
    """A clinical setting.

    `structures` runs from general to specific: where two overlap, the later one names the reason. The label
    of a structure in every label map is its place in this tuple, counted from 1; 0 is none of them.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    modality: str
    kind: Literal["stone", "nodule"]
    unit: str
    lesion: str
    blend: str
    margin_mm: float = Field(ge=0)
    plane: Literal["", "axial", "coronal", "sagittal"] = ""
    """How the sections lie that it is for; empty for any, and for projections."""
    covering: bool = False
    """Whether the structures together leave no pixel out; else what none of them claims is permissible."""
    diameter_mm: Diameters
    structures: tuple[Structure, ...] = Field(min_length=1, max_length=254)
    windows: tuple[WindowPreset, ...] = Field(default=(), max_length=12)
    """The first six are on the keys 3 to 8, in this order."""

    def structure(self, name: str) -> Structure:
        """The structure of that name; KeyError where there is none."""
        return self.structures[self.label(name) - 1]

    def label(self, name: str) -> int:
        """The label of a structure in label maps, 1 to n; KeyError where there is none."""
        for label, structure in enumerate(self.structures, start=1):
            if structure.name == name:
                return label
        raise KeyError(name)


def _folders() -> tuple[Path, ...]:
    return (RESOURCES / "tasks", user_data() / "tasks")


def task_names() -> list[str]:
    """The names of all tasks, built-in and the user's own, in alphabetical order."""
    return sorted({file.stem for folder in _folders() if folder.is_dir() for file in folder.glob("*.toml")})


def task(name: str) -> Task:
    """The task of that name.

    Raises:
        LithographError: there is none, or its file is malformed.
    """
    for folder in reversed(_folders()):
        file = folder / f"{name}.toml"
        if file.is_file():
            return _read(file, file.stat().st_mtime_ns)
    raise LithographError(f"There is no task {name!r}; choose one of {', '.join(task_names())}.")


@cache
def _read(file: Path, modified: int) -> Task:  # noqa: ARG001 - a changed file is another key of the cache
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return Task(name=file.stem, **values)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise LithographError(f"Cannot read the task file {file}: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise LithographError(f"The task file {file} is malformed at {where}: {first['msg']}.") from error
