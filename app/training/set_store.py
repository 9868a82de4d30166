"""A training set on disk: images with boxes around lesions and outlines of structures.

    training-sets/NAME/set.json                    title, task, and the images, by path and checksum
    training-sets/NAME/set.previous.json           the state before, for when the newest is damaged
    training-sets/NAME/boxes/IMAGE.json            looked at: its lesions, perhaps none
    training-sets/NAME/masks/STRUCTURE/IMAGE.png   1 bit per pixel; structures may overlap

Images stay where they are, for copies of patients' images should not multiply. Each file is written by
itself and atomically, so whatever happens, an image has its newest annotation or the one before.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.errors import LithographError
from app.files import FileLock, cannot_write, digest_of, make_folder, stamp_of, write_bytes, write_json
from app.imaging.box import Box
from app.imaging.failures import damaged, reading
from app.imaging.image import Image
from app.imaging.limits import check_size
from app.paths import user_data

FORMAT = "lithograph training set"
VERSION = 1
SET, PREVIOUS = "set.json", "set.previous.json"
_NAME = re.compile(r"^[A-Za-z0-9][\w .~()+@-]*$")
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class SetImage:
    """One image of a set: where it is, and what it was when it came in."""

    name: str
    group: str
    """The patient, series or original that it is from."""
    path: Path
    index: int
    """Which slice, frame or page of the file."""
    digest: str
    """XXH3 (128 bit) of the file."""
    size: tuple[int, int]
    """(height, width) in pixels."""


@dataclass(frozen=True)
class TrainingSet:
    """A set as it was read; its annotations are read image by image."""

    folder: Path
    title: str
    task: str
    images: tuple[SetImage, ...] = ()
    notes: tuple[str, ...] = ()
    """What is amiss with it, one sentence each."""

    @property
    def name(self) -> str:
        """By which it is loaded."""
        return self.folder.name

    def image(self, name: str) -> SetImage:
        """The image of that name; KeyError where there is none."""
        for image in self.images:
            if image.name == name:
                return image
        raise KeyError(name)


def home() -> Path:
    """The folder of the user's training sets."""
    return user_data() / "training-sets"


class _Image(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=_NAME.pattern, max_length=200)
    group: str
    path: str
    index: int = Field(ge=0)
    digest: str
    size: tuple[int, int]


class _Set(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: str
    version: int
    title: str
    task: str
    images: list[_Image]


def read_set(folder: Path) -> TrainingSet:
    """The set in a folder; where its newest state is damaged the one before, with a note.

    Raises:
        LithographError: there is none, both states are damaged, or a newer program wrote it.
    """
    newest, before = folder / SET, folder / PREVIOUS
    try:
        return _parse(newest)
    except LithographError as error:
        if not before.is_file() or str(error).endswith("update this one."):
            raise
        found = _parse(before)
        note = f"{str(error).removesuffix('.')}; its state before the last change is shown."
        return replace(found, notes=(note,))


def write_set(found: TrainingSet) -> None:
    """Writes the list of its images, keeping the state before.

    Raises:
        LithographError: it cannot be written.
    """
    make_folder(found.folder)
    newest = found.folder / SET
    with suppress(LithographError):
        _parse(newest)  # a damaged one must not take the good one's place
        write_bytes(found.folder / PREVIOUS, newest.read_bytes())
    images = [
        {"name": i.name, "group": i.group, "path": str(i.path), "index": i.index, "digest": i.digest}
        | {"size": list(i.size)}
        for i in found.images
    ]
    head = {"format": FORMAT, "version": VERSION, "title": found.title, "task": found.task}
    write_json(newest, {**head, "images": images})


def _parse(file: Path) -> TrainingSet:
    with reading(file):
        data = file.read_bytes()
    try:
        values: Any = json.loads(data)
        if isinstance(values, dict) and values.get("format") == FORMAT and values.get("version") != VERSION:
            raise LithographError(
                f"{file} is of version {values.get('version')}, which a newer program wrote; update this one."
            )
        found = _Set.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise damaged(file, f"{where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise damaged(file, str(error).splitlines()[0]) from error
    if found.format != FORMAT or len({image.name.lower() for image in found.images}) < len(found.images):
        raise damaged(file, "it is no training set")
    images = tuple(SetImage(i.name, i.group, Path(i.path), i.index, i.digest, i.size) for i in found.images)
    return TrainingSet(file.parent, found.title, found.task, images)


def safe_name(name: str) -> str:
    """A name for an image or a set that is a good file name everywhere."""
    plain = re.sub(r"[^A-Za-z0-9 ._~()+@-]", "-", name).strip(" .-~")[:120].rstrip(" .")
    return plain if _NAME.fullmatch(plain) else f"image {plain}".strip()


@contextmanager
def edited(folder: Path) -> Iterator[None]:
    """Within it nobody else, in another window or program, changes the set.

    Raises:
        LithographError: somebody else does at the moment.
    """
    lock = lock_of(folder)
    if not lock.acquire():
        raise LithographError(
            f"The training set in {folder} is being changed in another window; finish there first."
        )
    try:
        yield
    finally:
        lock.release()


def lock_of(folder: Path) -> FileLock:
    """The lock that whoever changes a set holds."""
    return FileLock(make_folder(folder) / ".lock")


def read_image_of(image: SetImage) -> Image:
    """The pixels of an image of a set.

    Raises:
        LithographError: its file is gone, damaged, or another one than it was.
    """
    from app.imaging import read_image

    check_file(image)
    return read_image(image.path, image.index)


def check_file(image: SetImage) -> None:
    """Sees whether the file of an image is there and is what it was.

    Raises:
        LithographError: it is not.
    """
    if not image.path.exists():
        raise LithographError(
            f"The image {image.path} of the training set is missing; put it back there, or say in which "
            "folder it is now."
        )
    stamp = stamp_of(image.path)
    if _digest(image.path, stamp) != image.digest:
        raise LithographError(
            f"The image {image.path} of the training set has changed since it was annotated; put the one of "
            "then back, or take it out of the set and add it anew."
        )


@lru_cache(maxsize=4096)
def _digest(path: Path, _stamp: object) -> str:
    return digest_of(path)


def boxes_of(found: TrainingSet, image: SetImage) -> tuple[Box, ...] | None:
    """The lesions of an image: () where somebody looked and found none, None where nobody looked.

    Raises:
        LithographError: the file of its boxes is damaged.
    """
    file = _boxes_file(found, image)
    try:
        values = json.loads(file.read_bytes())
        rows = values["boxes"]
        boxes = tuple(Box(*(float(side) for side in row)) for row in rows)
        if values["version"] != VERSION or not all(_sane(box) for box in boxes):
            raise ValueError("its values are no boxes")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LithographError(f"Cannot read {file}: {error.strerror}; try again.") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise damaged(file, "it holds no boxes") from error
    return boxes


def _sane(box: Box) -> bool:
    values = (box.x, box.y, box.width, box.height)
    return bool(np.isfinite(values).all()) and box.width > 0 and box.height > 0


def write_boxes(found: TrainingSet, image: SetImage, boxes: Sequence[Box] | None) -> None:
    """Writes the lesions of an image; None makes it one that nobody looked at.

    Raises:
        LithographError: they cannot be written.
    """
    file = _boxes_file(found, image)
    if boxes is None:
        _delete(file)
        return
    make_folder(file.parent)
    rows = [[round(v, 3) for v in (box.x, box.y, box.width, box.height)] for box in boxes]
    write_json(file, {"version": VERSION, "boxes": rows})


def structures_of(found: TrainingSet, image: SetImage) -> tuple[str, ...]:
    """The names of the structures that are outlined in an image, in alphabetical order."""
    files = (found.folder / "masks").glob(f"*/{_escaped(image.name)}.png")
    return tuple(sorted(file.parent.name for file in files))


def mask_of(found: TrainingSet, image: SetImage, structure: str) -> Mask | None:
    """One structure as (height, width) bool; None where it is not outlined.

    Raises:
        LithographError: its file is damaged, or of another size than the image.
    """
    from PIL import Image as Pillow

    file = _mask_file(found, image, structure)
    if not file.is_file():
        return None
    with reading(file), Pillow.open(file) as picture:
        check_size(file, picture.height, picture.width)
        mask = np.asarray(picture.convert("1"))
    if mask.shape != image.size:
        raise damaged(file, f"it is {mask.shape[1]} by {mask.shape[0]} pixels, unlike its image")
    return mask


def write_mask(found: TrainingSet, image: SetImage, structure: str, mask: Mask | None) -> None:
    """Writes one structure of an image; None makes it one that is not outlined.

    Raises:
        LithographError: it cannot be written.
    """
    from PIL import Image as Pillow

    file = _mask_file(found, image, structure)
    if mask is None:
        _delete(file)
        return
    if mask.shape != image.size:
        raise ValueError(f"a mask {mask.shape} does not fit an image {image.size}")
    make_folder(file.parent)
    buffer = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(mask, bool)).save(buffer, "PNG", compress_level=1)
    write_bytes(file, buffer.getvalue())


def forget(found: TrainingSet, image: SetImage) -> None:
    """Deletes all annotations of an image."""
    write_boxes(found, image, None)
    for structure in structures_of(found, image):
        write_mask(found, image, structure, None)


def delete_set(folder: Path) -> None:
    """Deletes a set and all annotations in it; its images stay.

    Raises:
        LithographError: it is being changed elsewhere, or cannot be deleted.
    """
    with edited(folder):
        gone = folder.with_name(f".{folder.name}.removed")
        try:
            shutil.rmtree(gone, ignore_errors=True)
            folder.rename(gone)
        except OSError as error:
            raise cannot_write(folder, error) from error
    shutil.rmtree(gone, ignore_errors=True)


def _boxes_file(found: TrainingSet, image: SetImage) -> Path:
    return found.folder / "boxes" / f"{image.name}.json"


def _mask_file(found: TrainingSet, image: SetImage, structure: str) -> Path:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", structure):
        raise ValueError(f"{structure!r} is no name of a structure")
    return found.folder / "masks" / structure / f"{image.name}.png"


def _delete(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(file, error) from error


def _escaped(name: str) -> str:
    from glob import escape

    return escape(name)
