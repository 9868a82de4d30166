"""Looking for a scene's background where it may have been moved to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.composition.scene import BackgroundReference
from app.errors import LithographError
from models.progress import LongWork, Progress

NEAR_DEPTH, CHOSEN_DEPTH = 2, 8
"""How many folders deep is looked: near the scene unasked, and in a folder that the user has named."""
MOST_ENTRIES = 5_000
MOST_RENAMED = 40
"""Files of another name that are read to see whether they hold the image."""


def name_of(path: str) -> str:
    """The file's name in a path of any system: scenes travel between them."""
    return re.split(r"[\\/]", path)[-1]


def find_background(
    reference: BackgroundReference, folders: Sequence[Path], *, depth: int = NEAR_DEPTH
) -> LongWork[Path | None]:
    """Where the image of `reference` is now; None where it is not found.

    Files of the same name are read first, in `folders` and `depth` levels of folders below them; then, in
    `folders` themselves, some files of the same suffix. A file counts when its pixels are the same.
    """
    if reference.path is None:
        return None
    name = name_of(reference.path)
    seen: set[Path] = set()
    for place in (*_same_name(name, folders, depth), *_renamed(name, folders)):
        if place in seen:
            continue
        seen.add(place)
        yield Progress(len(seen), 0, f"looking at {place.name} in {place.parent.name}")
        if _holds(place, reference):
            return place
    return None


def _holds(place: Path, reference: BackgroundReference) -> bool:
    from app.imaging import read_image

    try:
        return read_image(place, reference.index).digest == reference.digest
    except LithographError:
        return False


def _same_name(name: str, folders: Sequence[Path], depth: int) -> Iterator[Path]:
    left = MOST_ENTRIES
    for folder in folders:
        for place, inner, names in os.walk(folder):
            left -= len(names) + len(inner)
            if left < 0:
                return
            level = len(Path(place).relative_to(folder).parts)
            inner[:] = sorted(one for one in inner if not one.startswith(".")) if level < depth else []
            if name in names:
                yield Path(place, name)


def _renamed(name: str, folders: Sequence[Path]) -> Iterator[Path]:
    suffix = Path(name).suffix.lower()
    left = MOST_RENAMED
    for folder in folders:
        try:
            found = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in found:
            if left and Path(entry.name).suffix.lower() == suffix and entry.is_file():
                left -= 1
                yield Path(entry.path)
