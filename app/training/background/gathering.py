"""Fills a pool: reads the user's images, makes the first simulated ones, and parts them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.errors import LithographError
from app.files import make_folder
from app.tasks import Task
from app.training.background.images import Refusal, key_of, prepared
from app.training.background.index import (
    HELD_OUT,
    LEARN,
    Entry,
    Index,
    Stream,
    keep_pixels,
    read_index,
    write_index,
)
from app.training.background.making import make
from app.training.background.pool import Pool
from app.training.background.sources import PHANTOM, Sources, images_in, sources_of
from app.training.danger_zone.ct_slices import BLOCK
from app.training.danger_zone.nodule_crops import SEEN_MM, read_crops
from app.training.labels import LabelledImage, split
from app.training.labels.notes import Notes
from models.progress import LongWork, Progress

VIEW = 256
FEW = 10
"""Patients or originals below which a model is warned to learn them by heart."""
_SAVE_EVERY = 25
_LEAST_BLOCK = 20
"""Slices of which a block in the middle can be held out."""


def gather(
    task: Task,
    data: Path | None,
    folder: Path,
    *,
    view: int = VIEW,
    resume: bool = False,
    only_held_out: bool = False,
) -> LongWork[Pool]:
    """Fills the pool in `folder` with what backgrounds of a task are learnt from.

    Stopped, it goes on where it was: images that are there are not read or made again.

    Args:
        data: a folder or file of the user's, see `sources`; None for the simulator alone.
        view: the side of the patches that will be asked for.
        resume: take the pool as it is where it was finished, whatever has become of `data` since.
        only_held_out: of the simulated images to learn from make none yet; for measuring.

    Raises:
        LithographError: there is nothing to learn from, `data` will not do, or the pool cannot be written.
    """
    where = "" if data is None else str(data.absolute())
    before = read_index(folder, task.name)
    if before is not None and (before.view, before.data) != (view, where):
        before = None
    if resume and before is not None and before.finished:
        return Pool(task, folder, before)
    sources = sources_of(task, data)
    make_folder(folder)
    index = replace(before or Index(task.name, view, where), finished=False)
    notes = Notes()
    index, images, lesions = yield from _read_images(task, index, sources, folder, notes)
    parted, lines = _parted(images, sources.folders)
    if lesions:
        lines += (f"{lesions} lesions, marked by boxes, were removed from these images first",)
    cuts = (yield from _cut_outs(task, sources.crops, folder)) if sources.crops else {}
    streams, made = yield from _begin_streams(
        task, sources.streams, folder, notes, only_held_out=only_held_out
    )
    entries = parted | cuts
    if not any(entry.part == LEARN for entry in entries.values()) and not streams:
        raise _nothing(task, data, index, notes)
    _warn_of_few(parted, streams, data, notes)
    if cuts:
        patients = {part: {e.group for e in cuts.values() if e.part == part} for part in (LEARN, HELD_OUT)}
        lines += (
            f"mosaics of cut-outs around nodules of {len(patients[LEARN])} patients; "
            f"{len(patients[HELD_OUT])} other patients are held out",
        )
    index = replace(
        index,
        finished=True,
        entries=entries,
        streams=streams,
        lines=(*lines, *made),
        notes=notes.sentences,
    )
    write_index(folder, index)
    _remove_others(folder, index)
    return Pool(task, folder, index)


def _read_images(
    task: Task, index: Index, sources: Sources, folder: Path, notes: Notes
) -> LongWork[tuple[Index, dict[str, Entry], int]]:
    """The images of the user's folders, kept in the pool, by key; and how many lesions were removed."""
    labelled: list[LabelledImage] = []
    for place in sources.folders:
        labelled += yield from images_in(place, sources, task, notes)
    entries, refused = dict(index.entries), dict(index.refused)
    found: dict[str, Entry] = {}
    reflected, lesions, unsaved = 0, 0, 0
    try:
        for n, image in enumerate(labelled):
            key = key_of(image)
            known = entries.get(key)
            if known is None or not (folder / known.file).is_file():
                known = _keep(image, key, task, index.view, folder, refused, notes)
                unsaved += 1
            else:
                known = replace(known, name=image.name, group=image.group, part=LEARN)
            if known is not None:
                found[key] = entries[key] = known
                reflected += min(image.size) < index.view
                lesions += len(image.boxes or ())
            if unsaved == _SAVE_EVERY:
                write_index(folder, replace(index, entries=entries, refused=refused))
                unsaved = 0
            yield Progress(n + 1, len(labelled), "Reading images")
    finally:
        if unsaved:
            write_index(folder, replace(index, entries=entries, refused=refused))
    if reflected:
        what = "1 image is" if reflected == 1 else f"{reflected} images are"
        notes.add(f"{what} smaller than a patch of {index.view} pixels and continued by the mirror image.")
    return replace(index, entries=found, refused=refused), found, lesions


def _keep(
    image: LabelledImage,
    key: str,
    task: Task,
    view: int,
    folder: Path,
    refused: dict[str, tuple[str, str, str]],
    notes: Notes,
) -> Entry | None:
    """Keeps one image; None, with a note, where it is left out."""
    if key not in refused:
        try:
            entry, pixels = prepared(image, task, view)
        except Refusal as why:
            refused[key] = why.as_index()
        except LithographError as error:
            refused[key] = (
                f"An image is left out: {error}",
                "{count} images cannot be used and are left out; {where} is the first.",
                str(image.path),
            )
        else:
            keep_pixels(folder / entry.file, pixels)
            return entry
    notes.count(*refused[key])
    return None


def _parted(images: dict[str, Entry], folders: Sequence[Path]) -> tuple[dict[str, Entry], tuple[str, ...]]:
    """The images with their parts: by patient; of a single CT a block of slices in the middle is held out."""
    if not images:
        return {}, ()
    groups = {entry.group for entry in images.values()}
    keys = {key: LabelledImage(key, entry.group, Path(), 0, (0, 0), None) for key, entry in images.items()}
    outside = {image.name for image in split(list(keys.values()))[1]}
    left_out: set[str] = set()
    if len(groups) == 1:
        outside, left_out = _block(images)
    parted = {
        key: replace(entry, part=HELD_OUT if key in outside else LEARN)
        for key, entry in images.items()
        if key not in left_out
    }
    of = f"{len(groups)} patients or originals" if len(groups) > 1 else "one patient or original"
    held_out = f"{len(outside)} of them held out" if outside else "none held out"
    images_of = "1 image" if len(parted) == 1 else f"{len(parted)} images"
    return parted, (f"{' and '.join(folder.name for folder in folders)}: {images_of} of {of}, {held_out}",)


def _warn_of_few(
    images: dict[str, Entry], streams: Sequence[Stream], data: Path | None, notes: Notes
) -> None:
    """Says where a model will learn its images by heart; beside phantoms it will not."""
    projected = [stream for stream in streams if stream.source != PHANTOM.source]
    origins = len({entry.group for entry in images.values()}) + len(projected)
    if len(projected) == len(streams) and 0 < origins < FEW:
        of = f"{origins} patients or originals" if origins > 1 else "one patient or original"
        shown = f"{data} holds {'one image' if len(images) == 1 else 'images'} of {of}"
        notes.add(
            f"{shown}: the model will learn this by heart, and what it draws may show that very patient; "
            "bring images of more."
        )


def _block(images: dict[str, Entry]) -> tuple[set[str], set[str]]:
    """(held out, left out because too like those) of the slices of one patient; nothing of a few images."""
    placed = [(entry.height_mm, key) for key, entry in images.items() if entry.height_mm is not None]
    if len(placed) < max(_LEAST_BLOCK, len(images)):
        return set(), set()
    order = [key for _, key in sorted(placed)]
    first, last = (round(share * len(order)) for share in BLOCK)
    near = {*order[first - 2 : first], *order[last : last + 2]}
    return set(order[first:last]), near


def _cut_outs(task: Task, crops: Path, folder: Path) -> LongWork[dict[str, Entry]]:
    """Cut-outs around nodules, split by patient."""
    found: dict[str, Entry] = {}
    for n, crop in enumerate(read_crops(crops)):
        part = HELD_OUT if crop.held_out else LEARN
        entry = Entry(
            crop.name,
            crop.series,
            f"{task.name}-crop-{n:05d}.npy",
            path=str(crops / f"{crop.name}.nrrd"),
            number=len(crop.hu) // 2,
            part=part,
            zoom=1 / SEEN_MM,
        )
        if not (folder / entry.file).is_file():
            keep_pixels(folder / entry.file, crop.hu)
        found[f"crop {crop.name}"] = entry
        yield Progress(n + 1, 0, "Reading nodules")
    return found


def _begin_streams(
    task: Task, streams: Sequence[Stream], folder: Path, notes: Notes, *, only_held_out: bool
) -> LongWork[tuple[tuple[Stream, ...], tuple[str, ...]]]:
    """Makes the first and the held-out images of each; a CT that will not do is left out with a note."""
    begun, lines = [], []
    for stream in streams:
        seeds = [*range(0 if only_held_out else stream.first), *stream.held_out_seeds]
        try:
            for n, seed in enumerate(seeds):
                told = Progress(n, len(seeds), f"Simulating images ({stream.name})")
                yield told
                for _ in make(folder, task.name, stream.entry(task.name, seed)):
                    yield told
        except LithographError as error:
            if len(streams) == 1 or stream.source == "phantom":
                raise
            notes.add(str(error))
            continue
        begun.append(stream)
        lines.append(
            f"{_told(stream)}: {stream.first} images at first and up to {stream.most} as training goes, "
            f"{stream.held_out} of other seeds held out"
        )
    return tuple(begun), tuple(lines)


def _told(stream: Stream) -> str:
    if stream.source == PHANTOM.source:
        return "digital phantoms"
    return f"views made from the CT {Path(stream.source.partition(':')[2]).name}"


def _nothing(task: Task, data: Path | None, index: Index, notes: Notes) -> LithographError:
    """Why nothing is left."""
    if index.refused or notes.sentences:
        first = notes.sentences[0] if notes.sentences else next(iter(index.refused.values()))[0]
        return LithographError(
            f"No image in {data} can be learnt from: {first[:1].lower()}{first[1:].removesuffix('.')}."
        )
    return LithographError(f"There is no image in {data}; choose a folder of images for {task.name}.")


def _remove_others(folder: Path, index: Index) -> None:
    """Deletes images of the user that an earlier gathering kept here and this one did not."""
    kept = {entry.file for entry in index.entries.values()}
    for file in folder.glob(f"{index.task}-own-*.npy"):
        if file.name not in kept:
            with suppress(OSError):  # on Windows while somebody reads it
                file.unlink()
