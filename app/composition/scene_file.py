"""The scene on disk: JSON that names its background and lists its placements."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.composition.blends import mode
from app.composition.scene import BackgroundReference, Blackout, Placement, Removal, Scene
from app.errors import LithographError
from app.files import write_bytes
from app.imaging.box import Box
from app.tasks import task

FORMAT = "lithograph-scene"
VERSION = 3
"""Version 2 brought `blackouts`, and `hidden`, `locked` and `override_reason` of a placement; version 3
brought `removals`. A scene without them is still written as the older version, byte for byte as before."""
_LARGEST_FILE = 16 << 20

Coordinate = Annotated[float, Field(ge=-1e6, le=1e6)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Placement(_Part):
    id: str = Field(min_length=1, max_length=200)
    lesion: str = Field(min_length=1, max_length=200)
    x: Coordinate
    y: Coordinate
    diameter_mm: float = Field(gt=0, le=10_000)
    seed: int = Field(ge=0, lt=1 << 63)
    blend: str
    rotation_deg: Coordinate = 0.0
    contrast: float = Field(ge=-100, le=100, default=1.0)
    overridden: bool = False
    hidden: bool = False
    locked: bool = False
    override_reason: str = Field(max_length=200, default="")


class _Blackout(_Part):
    x: int = Field(ge=-1_000_000, le=1_000_000)
    y: int = Field(ge=-1_000_000, le=1_000_000)
    width: int = Field(ge=1, le=1_000_000)
    height: int = Field(ge=1, le=1_000_000)


class _Removal(_Part):
    x: Coordinate
    y: Coordinate
    width: float = Field(gt=0, le=1e6)
    height: float = Field(gt=0, le=1e6)
    seed: int = Field(ge=0, lt=1 << 63)

    def removal(self) -> Removal:
        return Removal(Box(self.x, self.y, self.width, self.height), self.seed)


class _Background(_Part):
    digest: str = Field(pattern=r"^xxh3:[0-9a-f]{32}$")
    path: str | None = None
    absolute: str | None = None
    index: int = Field(ge=0, default=0)
    recipe: dict[str, str | int | float] | None = None


class _SceneFile(_Part):
    format: Literal["lithograph-scene"]
    version: Literal[1, 2, 3]
    task: str
    background: _Background
    placements: list[_Placement] = Field(max_length=100_000)
    blackouts: list[_Blackout] = Field(max_length=10_000, default_factory=list)
    removals: list[_Removal] = Field(max_length=10_000, default_factory=list)


def write_scene(scene: Scene, path: Path | str, *, home: Path | str | None = None) -> None:
    """Writes `scene` atomically; the same scene gives the same bytes.

    The background's file is named twice: relative to the scene's folder, so that the two can be moved
    together, and absolutely, so that the scene alone can be moved.

    Args:
        scene: what to write.
        path: the file.
        home: the folder that the scene will lie in, where that is not the folder of `path`.

    Raises:
        LithographError: the file cannot be written.
    """
    path = Path(path)
    write_bytes(path, scene_text(scene, Path(home) if home is not None else path.parent).encode())


def scene_text(scene: Scene, home: Path | None) -> str:
    """The text of a scene file in the folder `home`; without one, the background's place is left out."""
    reference = scene.background
    background: dict[str, Any] = {"digest": reference.digest}
    if reference.path is not None and home is not None:
        absolute = Path(reference.path).absolute()
        relative = _relative(absolute, home.absolute())
        background |= (
            {"path": relative, "absolute": str(absolute)} if relative else {"absolute": str(absolute)}
        )
    if reference.path is not None:
        background["index"] = reference.index
    if reference.recipe is not None:
        background["recipe"] = dict(sorted(reference.recipe))
    value = {
        "format": FORMAT,
        "version": _version(scene),
        "task": scene.task,
        "background": background,
        "placements": [_written(placement) | _newer(placement) for placement in scene.placements],
    }
    if scene.blackouts:
        value["blackouts"] = [
            {"x": int(b.x), "y": int(b.y), "width": int(b.width), "height": int(b.height)}
            for b in scene.blackouts
        ]
    if scene.removals:
        value["removals"] = [
            {
                "x": float(r.box.x),
                "y": float(r.box.y),
                "width": float(r.box.width),
                "height": float(r.box.height),
                "seed": int(r.seed),
            }
            for r in scene.removals
        ]
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _version(scene: Scene) -> int:
    """The oldest version that can say all of it."""
    if scene.removals:
        return VERSION
    return 2 if scene.blackouts or any(_newer(placement) for placement in scene.placements) else 1


def _relative(target: Path, home: Path) -> str | None:
    try:
        return Path(os.path.relpath(target, home)).as_posix()
    except ValueError:  # on another Windows drive
        return None


def _written(placement: Placement) -> dict[str, Any]:
    return {
        "id": placement.id,
        "lesion": placement.lesion,
        "x": float(placement.x),
        "y": float(placement.y),
        "diameter_mm": float(placement.diameter_mm),
        "seed": int(placement.seed),
        "blend": placement.blend,
        "rotation_deg": float(placement.rotation_deg),
        "contrast": float(placement.contrast),
        "overridden": bool(placement.overridden),
    }


def _newer(placement: Placement) -> dict[str, Any]:
    """What version 2 brought, where it is not the default."""
    fields = {
        "hidden": bool(placement.hidden),
        "locked": bool(placement.locked),
        "override_reason": placement.override_reason,
    }
    return {name: value for name, value in fields.items() if value}


def read_scene(path: Path | str) -> Scene:
    """Reads a scene file; the path of its background is made absolute.

    The background is looked for relative to the scene first, then at its absolute path. Whether it is there
    is not asked here (see `backgrounds.load_background`).

    Raises:
        LithographError: there is no such file, it is damaged, it is no scene, a newer Lithograph wrote it, or
            it names a blend mode or task that does not exist.
    """
    path = Path(path)
    return scene_of(_parsed(path), path)


def scene_of(value: Any, path: Path) -> Scene:
    """The scene of a parsed scene file; raises as `read_scene` does.

    Args:
        value: what `json.loads` made of it.
        path: the file, for sentences; relative paths start from its folder.
    """
    file = _validated(path, value)
    ids: set[str] = set()
    for placement in file.placements:
        if placement.id in ids:
            _refuse(path, f"two of its placements have the id {placement.id!r}")
        ids.add(placement.id)
    try:
        task(file.task)
        for name in dict.fromkeys(placement.blend for placement in file.placements):
            mode(name)
    except LithographError as error:
        raise LithographError(f"Cannot open the scene {path}: {error}") from error
    recipe = file.background.recipe
    reference = BackgroundReference(
        file.background.digest,
        _found(file.background, path.absolute().parent),
        file.background.index,
        tuple(sorted(recipe.items())) if recipe is not None else None,
    )
    placements = tuple(Placement(**placement.model_dump()) for placement in file.placements)
    blackouts = tuple(Blackout(**blackout.model_dump()) for blackout in file.blackouts)
    removals = tuple(removal.removal() for removal in file.removals)
    return Scene(file.task, reference, placements, blackouts, removals)


def _parsed(path: Path) -> Any:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            _refuse(path, "it is too large for a scene")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LithographError(f"There is no scene {path}; check its name and folder.") from error
    except OSError as error:
        raise LithographError(f"Cannot read the scene {path}: {error.strerror}.") from error
    except UnicodeDecodeError:
        _refuse(path, "it is no text")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        _refuse(path, "it is damaged or no JSON")


def _validated(path: Path, value: Any) -> _SceneFile:
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        _refuse(path, "it is no scene of Lithograph")
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise LithographError(
            f"The scene {path} was written by a newer Lithograph (scene version {version}); "
            "update this one to open it."
        )
    try:
        return _SceneFile.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = " › ".join(str(part + 1) if isinstance(part, int) else str(part) for part in first["loc"])
        _refuse(path, f"at {where}, {first['msg'][:1].lower()}{first['msg'][1:]}")


def _refuse(path: Path, reason: str) -> NoReturn:
    raise LithographError(
        f"Cannot open the scene {path}: {reason}; choose another file or restore it from a copy."
    )


def _found(background: _Background, home: Path) -> str | None:
    relative = None if background.path is None else Path(os.path.normpath(home / background.path))
    if relative is not None and (relative.exists() or background.absolute is None):
        return str(relative)
    return background.absolute
