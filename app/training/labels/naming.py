"""Which image belongs to which label, and what each is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.errors import LithographError
from app.training.labels.folder import Folder, open_all, stem_of
from app.training.labels.labelled import LabelledImage, LabelledSet
from app.training.labels.notes import Notes
from models.progress import LongWork


def check_matched(
    folder: Folder, what: str, labels: Sequence[Path], matched: Sequence[Path], notes: Notes
) -> None:
    """Notes the labels that belong to no image.

    Raises:
        LithographError: none belongs to any; naming both counts and an example.
    """
    if labels and not matched:
        example = f" ({folder.named(labels[0])} for one)"
        images = f"{len(folder.images):,} images"
        if folder.images:
            images += f" ({folder.named(folder.images[0])} for one)"
        raise LithographError(
            f"None of the {len(labels):,} {what} in {folder.root}{example} belongs to one of the {images} "
            "there; give each the name of its image, or choose the folder that holds both."
        )
    known = set(matched)
    for label in labels:
        if label not in known:
            notes.count(
                f"The image of {folder.named(label)} is missing.",
                f"The images of {{count}} {what} are missing; {{where}} is the first.",
                folder.named(label),
            )


def only_images(folder: Folder) -> LongWork[LabelledSet]:
    """The images of a folder without labels: nobody looked at them yet."""
    notes = Notes()
    images = yield from images_of(folder.images, folder, notes)
    if not images:
        raise no_images(folder)
    notes.add("No labels were found; the images can be annotated now.")
    return LabelledSet(images, notes.sentences, "no labels")


def images_of(files: Sequence[Path], folder: Folder, notes: Notes) -> LongWork[tuple[LabelledImage, ...]]:
    """The images in some files of a folder, without marks; files that cannot be read are noted."""
    opened = yield from open_all(files, folder, notes)
    return unique_names(
        [
            LabelledImage(stem_of(one.path), one.group, one.path, one.index, one.size, None)
            for entries in opened.values()
            for one in entries
        ]
    )


def no_images(folder: Folder) -> LithographError:
    """The sentence for a folder without images."""
    return LithographError(
        f"No image in {folder.root} can be read; choose a folder that holds DICOM, NIfTI, MHA, NRRD, PNG, "
        "TIFF or JPEG images."
    )


def nearest(label: Path, candidates: Sequence[Path]) -> Path:
    """Of several images of one name the one that lies nearest to a label: most folders in common."""

    def shared(image: Path) -> int:
        pairs = zip(image.parts, label.parts, strict=False)
        return next((n for n, (a, b) in enumerate(pairs) if a != b), len(label.parts))

    return max(candidates, key=lambda image: (shared(image), -len(image.parts)))


def unique_names(images: Sequence[LabelledImage]) -> tuple[LabelledImage, ...]:
    """The images, in the order of their files, each with a name that no other has.

    Of several images of one file each has its index in its name; of several files of one name all but the
    first have a number.
    """
    files = Counter(image.path for image in images)
    taken: set[str] = set()
    named = []
    for image in sorted(images, key=lambda image: (str(image.path), image.index)):
        base = name = image.name if files[image.path] == 1 else f"{image.name}-{image.index:04d}"
        number = 2
        while name.lower() in taken:
            name, number = f"{base}~{number}", number + 1
        taken.add(name.lower())
        named.append(replace(image, name=name))
    return tuple(named)
