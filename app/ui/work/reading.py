"""What the reader's thread does to open something: from a path, or a recipe, to what the window shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.composition.recovery import SeriesPlace, Unsaved
from app.composition.scene import BackgroundReference, Scene
from app.errors import LithographError
from app.files import digest_of, stamp_of
from app.imaging.image import Image
from app.imaging.orientation import plane_of
from app.imaging.series import Series, SeriesInfo
from app.tasks import task, task_names
from app.ui.document import Page
from app.ui.settings import settings
from models.budget import Budget
from models.progress import LongWork, Progress

SCENE_SUFFIX = ".json"


@dataclass(frozen=True, eq=False)
class Opened:
    """Everything that the window shows of what has been opened.

    Attributes:
        scene: with its background.
        path, file_digest: the scene's file, and what it held.
        origin: the file or folder that was opened, for the recent files; None for a generated background.
        unsaved: the scene is in no file as it is.
        notes: what the user should know of it, one sentence each.
    """

    page: Page
    scene: Scene
    title: str
    series: Series | None = None
    path: Path | None = None
    file_digest: str = ""
    origin: Path | None = None
    unsaved: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Several:
    """A folder of several series, of which the user chooses one."""

    path: Path
    infos: tuple[SeriesInfo, ...]


@dataclass(frozen=True)
class Missing:
    """A scene whose background is not where it was, nor near.

    Attributes:
        work: the scene, and what is known of it.
        unsaved: as in `Opened`.
        reason: a sentence: it is gone, or another image is in its place.
    """

    work: Unsaved
    unsaved: bool
    reason: str


Result = Opened | Several | Missing


def opening(path: Path) -> LongWork[Result]:
    """Opens an image file, a scene, or a folder of images."""
    if path.suffix.lower() == SCENE_SUFFIX and not path.is_dir():
        from app.composition.scene_file import read_scene

        digest = digest_of(path)
        return (yield from opening_work(Unsaved(read_scene(path), path.name, path, digest), unsaved=False))
    return open_images(path)


def open_images(path: Path, uid: str | None = None, task_name: str = "") -> Opened | Several:
    """Opens an image file, or a series of a folder: that of `uid`, else the only one.

    Where no task is named, it is the one that the image is most likely opened for.
    """
    from app.imaging import open_series

    series = open_series(path, uid)
    if uid is None and series.folder is not None and len(series.infos) > 1:
        return Several(path, series.infos)
    page = page_of(series, len(series) // 2)
    scene = Scene(task_name or task_for(page.image, settings().remembered.task), page.reference)
    title = series.info.description or path.name
    return Opened(page, scene, title, series, origin=path.absolute(), notes=series.notes)


def opening_dropped(paths: Sequence[Path]) -> LongWork[Result]:
    """Opens the series that several files are of; where they are not of one, the first of them."""
    from app.imaging import open_series

    uids = set()
    for number, path in enumerate(paths):
        yield Progress(number, len(paths), path.name)
        if path.parent != paths[0].parent or not path.is_file():
            uids.add("")
            break
        try:
            uids.add(open_series(path).info.uid)
        except LithographError:
            uids.add("")
        if len(uids) > 1:
            break
    if len(uids) == 1 and "" not in uids:
        return open_images(paths[0].parent, uids.pop())
    opened = yield from opening(paths[0])
    if isinstance(opened, Opened):
        note = (
            f"Of the {len(paths)} files only {paths[0].name} is opened; several are opened at once "
            "where they are images of one DICOM series."
        )
        return replace(opened, notes=(*opened.notes, note))
    return opened


def opening_work(work: Unsaved, *, unsaved: bool) -> LongWork[Opened | Missing]:
    """Opens a scene: finds its background where it was, or near."""
    from app.composition.backgrounds import MissingBackground, OtherBackground, relocated
    from app.composition.searching import find_background, name_of

    in_series = _in_series(work) if work.series is not None else None
    if in_series is not None:
        return replace(in_series, unsaved=unsaved)
    try:
        return (yield from _load(work, unsaved))
    except (MissingBackground, OtherBackground) as error:
        old = work.scene.background.path or ""
        folders = [path.absolute().parent for path in (work.path, Path(old)) if path is not None]
        found = yield from find_background(work.scene.background, list(dict.fromkeys(folders)))
        if found is None:
            return Missing(work, unsaved, str(error))
        note = f"{name_of(old)} has moved, and was found as {found}; save the scene to remember that."
    moved = replace(work, scene=relocated(work.scene, found))
    return replace((yield from _load(moved, True)), notes=(note,))


def relocating(missing: Missing, place: Path) -> LongWork[Opened]:
    """Opens a scene whose background the user has found: the file, or a folder that it is in.

    Raises:
        LithographError: it is another image, or there is none.
    """
    from app.composition.backgrounds import OtherBackground, relocated
    from app.composition.searching import CHOSEN_DEPTH, find_background, name_of

    work = missing.work
    name = name_of(work.scene.background.path or "")
    if place.is_dir():
        found = yield from find_background(work.scene.background, [place], depth=CHOSEN_DEPTH)
        if found is None:
            raise LithographError(f"{name} is not in {place}; choose another folder.")
        place = found
    try:
        return (yield from _load(replace(work, scene=relocated(work.scene, place)), True))
    except OtherBackground:
        raise LithographError(
            f"{place.name} is another image than the one that the scene was made on; choose another file."
        ) from None


def generating(task_name: str, seed: int, source: str) -> LongWork[Opened]:
    """Generates a background for a task."""
    from app.composition.backgrounds import reference_to
    from app.simulation import generate

    background = yield from generate(task_name, seed, source=source)
    page = Page(background.image, reference_to(background), background.anatomy).prepared()
    return Opened(page, Scene(task_name, page.reference), f"{task_name}, generated, seed {seed}")


def drawing(task_name: str, seed: int, temperature: float, steps: int, budget: Budget) -> LongWork[Opened]:
    """Draws a background for a task with the network in use."""
    from app.composition.backgrounds import reference_to
    from app.synthesis.drawing import draw

    background = yield from draw(task_name, seed, temperature=temperature, steps=steps, budget=budget)
    page = Page(background.image, reference_to(background), background.anatomy).prepared()
    return Opened(page, Scene(task_name, page.reference), f"{task_name}, drawn by the network, seed {seed}")


def page_of(series: Series, number: int) -> Page:
    """Decodes one image of a series."""
    image = series[number]
    source = image.source
    path = None if source.path is None else str(source.path.absolute())
    reference = BackgroundReference("", path, source.index)
    return Page(image, reference, number=number, stamp=stamp_of(path)).prepared()


def task_for(image: Image, last: str) -> str:
    """The task that an image is most likely opened for.

    One of its modality and plane, as far as the file says them; all radiographs are DX. Of several it is the
    one that was chosen `last`, else the first. A picture that says nothing is taken for what was chosen last,
    else for a radiograph.
    """
    from app.composition.signal import is_section

    section, plane = is_section(image), plane_of(image)
    modality = (image.modality or "CT") if section else "DX"
    tasks = [task(name) for name in task_names()]
    fitting = [t for t in tasks if t.modality == modality]
    lying = [t for t in fitting if not (section and plane) or t.plane in ("", plane)]
    best = lying or fitting or tasks
    silent = not section and image.modality in ("", "OT", "SC")
    names = [t.name for t in (tasks if silent else best)]
    return last if last in names else best[0].name


def _load(work: Unsaved, unsaved: bool) -> LongWork[Opened]:
    from app.composition.backgrounds import loading_background

    scene, home = work.scene, work.path.parent if work.path is not None else None
    stamp = stamp_of(scene.background.path)
    image, anatomy = yield from loading_background(scene.background, home, scene.task)
    page = Page(image, scene.background, anatomy, stamp=stamp)
    series = _series_of(scene.background)
    if series is not None:
        page = replace(page, number=scene.background.index)
    origin = work.path.absolute() if work.path is not None else None
    page.prepared()
    return Opened(page, scene, work.title, series, work.path, work.file_digest, origin, unsaved)


def _series_of(reference: BackgroundReference) -> Series | None:
    """The images of a file that holds several, for turning pages."""
    from app.imaging import open_series

    if reference.path is None:
        return None
    series = open_series(Path(reference.path))
    return series if len(series) > 1 else None


def _in_series(work: Unsaved) -> Opened | None:
    """The scene on its image of a folder's series; None where that is not what it was."""
    from app.imaging import open_series

    assert work.series is not None
    place: SeriesPlace = work.series
    try:
        series = open_series(place.path, place.uid or None)
        if not place.number < len(series):
            return None
        page = page_of(series, place.number)
    except LithographError:
        return None
    if page.image.digest != work.scene.background.digest:
        return None
    return Opened(
        replace(page, reference=work.scene.background).prepared(),
        work.scene,
        work.title,
        series,
        work.path,
        work.file_digest,
        place.path,
    )
