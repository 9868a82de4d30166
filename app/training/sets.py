"""Training sets: made, listed, filled with labelled images, and found again when images have moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.errors import LithographError
from app.files import digest_of, make_folder
from app.tasks import task as task_of
from app.training.labels.folder import scan
from app.training.labels.labelled import LabelledImage, LabelledSet
from app.training.labels.naming import only_images
from app.training.labels.notes import Notes
from app.training.labels.reading import NoLabels, read_labelled
from app.training.set_store import (
    SetImage,
    TrainingSet,
    boxes_of,
    check_file,
    delete_set,
    edited,
    forget,
    home,
    lock_of,
    mask_of,
    read_image_of,
    read_set,
    safe_name,
    structures_of,
    write_boxes,
    write_mask,
    write_set,
)
from models.progress import LongWork, Progress

__all__ = [
    "SetImage",
    "TrainingSet",
    "boxes_of",
    "check_file",
    "create",
    "import_into",
    "load",
    "lock_of",
    "mask_of",
    "read_image_of",
    "relocate",
    "remove",
    "retitle",
    "save",
    "sets",
    "structures_of",
    "write_boxes",
    "write_mask",
]

_MOST_SETS = 10_000


def create(title: str, task: str) -> TrainingSet:
    """A new, empty set.

    Raises:
        LithographError: there is no such task, or the set cannot be written.
    """
    task_of(task)
    title = " ".join(title.split()) or "Training set"
    base = safe_name(title)
    make_folder(home())
    for number in range(1, _MOST_SETS):
        folder = home() / (base if number == 1 else f"{base} {number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            make_folder(folder)
            raise LithographError(f"Cannot create {folder}: {error.strerror}; try again.") from error
        made = TrainingSet(folder, title, task)
        write_set(made)
        return made
    raise LithographError(f"There are too many sets called {title!r}; choose another title.")


def sets() -> tuple[TrainingSet, ...]:
    """All sets by title; one that is damaged has no images, and a note that says so."""
    found = []
    folders = home().iterdir() if home().is_dir() else ()
    for folder in folders:
        if folder.name.startswith(".") or not folder.is_dir() or not any(folder.glob("set*.json")):
            continue
        try:
            found.append(read_set(folder))
        except LithographError as error:
            found.append(TrainingSet(folder, folder.name, "", notes=(str(error),)))
    return tuple(sorted(found, key=lambda one: (one.title.lower(), one.name)))


def load(name: str) -> TrainingSet:
    """The set of that name.

    Raises:
        LithographError: there is none, or it is damaged.
    """
    if safe_name(name) != name or not (home() / name).is_dir():
        raise LithographError(f"There is no training set {name!r} in {home()}; choose another one.")
    return read_set(home() / name)


def save(training_set: TrainingSet) -> None:
    """Writes the title and the list of images; annotations are written by themselves.

    Raises:
        LithographError: it cannot be written, or is being changed elsewhere.
    """
    with edited(training_set.folder):
        write_set(training_set)


def retitle(training_set: TrainingSet, title: str) -> TrainingSet:
    """The set with another title; its name stays."""
    changed = replace(training_set, title=" ".join(title.split()) or training_set.title)
    save(changed)
    return changed


def remove(name: str) -> None:
    """Deletes a set with its annotations; its images stay where they are.

    Raises:
        LithographError: there is none of that name, it is being changed elsewhere, or cannot be deleted.
    """
    if safe_name(name) != name or not (home() / name).is_dir():
        raise LithographError(f"There is no training set {name!r} in {home()}; choose another one.")
    delete_set(home() / name)


def import_into(training_set: TrainingSet, data: Path) -> LongWork[TrainingSet]:
    """Adds the images of a folder with their labels, or without any where there are none.

    An image that is in the set already keeps its annotations and gains those that it lacks. What is amiss is
    in the `notes` of the set that is returned. Stopped half-way, the set has the images that it had.

    Raises:
        LithographError: the folder has no images, or the set cannot be written or is being changed elsewhere.
    """
    task = task_of(training_set.task)
    try:
        labelled = yield from read_labelled(data, task)
    except NoLabels:
        folder = yield from scan(Path(data))
        labelled = yield from only_images(folder)
    twice = yield from _added(training_set, labelled)
    return replace(read_set(training_set.folder), notes=(*labelled.notes, *twice))


def _added(training_set: TrainingSet, labelled: LabelledSet) -> LongWork[tuple[str, ...]]:
    """Adds images; what is said of those that are there twice."""
    digests: dict[Path, str] = {}
    notes, met = Notes(), set[tuple[str, int]]()
    with edited(training_set.folder):
        now = read_set(training_set.folder)
        images = list(now.images)
        there = {(image.digest, image.index): image for image in images}
        taken = {image.name.lower() for image in images}
        for n, one in enumerate(labelled.images):
            digest = digests.setdefault(one.path, "") or digest_of(one.path)
            digests[one.path] = digest
            image = there.get((digest, one.index))
            if (digest, one.index) in met:
                notes.count(
                    f"The image {one.path} is the same as another one and was added once.",
                    "{count} images are the same as others and were added once; {where} is the first.",
                    str(one.path),
                )
            met.add((digest, one.index))
            if image is None:
                name = _free(safe_name(one.name), taken)
                image = SetImage(name, one.group, one.path.absolute(), one.index, digest, one.size)
                forget(now, image)  # what an import that was stopped may have left
                there[digest, one.index] = image
                images.append(image)
                taken.add(name.lower())
            _annotate(now, image, one)
            yield Progress(n + 1, len(labelled.images), "Adding images")
        write_set(replace(now, images=tuple(images)))
    return notes.sentences


def _annotate(training_set: TrainingSet, image: SetImage, one: LabelledImage) -> None:
    if one.boxes is not None and boxes_of(training_set, image) is None:
        write_boxes(training_set, image, one.boxes)
    missing = set(one.structures) - set(structures_of(training_set, image))
    if missing:
        masks = one.masks()
        for structure in missing & masks.keys():
            write_mask(training_set, image, structure, masks[structure])


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free.lower() in taken:
        free, number = f"{name}~{number}", number + 1
    return free


def relocate(training_set: TrainingSet, folder: Path) -> LongWork[TrainingSet]:
    """The set with its missing images looked for in a folder and its subfolders, by name and content.

    Raises:
        LithographError: none of them is there, or the set is being changed elsewhere.
    """
    found = yield from scan(Path(folder))
    with edited(training_set.folder):
        now = read_set(training_set.folder)
        images, moved, missing = [], 0, 0
        for n, image in enumerate(now.images):
            if not image.path.exists():
                places = found.by_name.get(image.path.name.lower(), [])
                place = next((place for place in places if digest_of(place) == image.digest), None)
                moved, missing = moved + (place is not None), missing + (place is None)
                image = image if place is None else replace(image, path=place)
            images.append(image)
            yield Progress(n + 1, len(now.images), "Looking for images")
        if missing and not moved:
            raise LithographError(
                f"None of the {missing:,} missing images is in {folder}; choose the folder that they are in."
            )
        notes = (f"{missing:,} images are still missing.",) if missing else ()
        changed = replace(now, images=tuple(images), notes=notes)
        write_set(changed)
    return changed
