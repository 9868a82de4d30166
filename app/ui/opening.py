"""Opening and generating: everything that puts another background before the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.composition.scene import BackgroundReference, Scene
from app.engine import Urgency
from app.imaging.image import Image
from app.imaging.series import Series, SeriesInfo
from app.tasks import task, task_names
from app.ui.bridge import Bridge
from app.ui.document import Document, Page
from models.progress import LongWork

SCENE_SUFFIX = ".json"


@dataclass(frozen=True)
class _Opened:
    page: Page
    scene: Scene
    title: str
    series: Series | None = None
    path: Path | None = None


class Opener(QObject):
    """Opens files, folders and scenes, generates backgrounds, and turns pages.

    What is open stays untouched until the new image has been read whole.
    """

    several = Signal(object, object)
    """A folder with several series: its path, and a list of `SeriesInfo`."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self._document = document
        self._bridge = bridge
        self._slice_wanted: int | None = None
        self._turning = False
        document.opened.connect(self._forget_slices)

    def open(self, path: Path) -> None:
        """Opens an image file, a scene, or a folder of images."""
        title = f"Opening {path.name or path}"
        if path.suffix.lower() == SCENE_SUFFIX:
            self._submit(lambda: _open_scene(path), title)
        elif path.is_dir():
            self._bridge.submit(
                "open", lambda: _list(path), lambda found: self._listed(path, found), title=title
            )
        else:
            self._submit(lambda: _open_image(path, None), title)

    def open_series(self, path: Path, uid: str) -> None:
        """Opens one series of a folder."""
        self._submit(lambda: _open_image(path, uid), f"Opening {path.name or path}")

    def generate(self, task_name: str, seed: int, source: str = "phantom") -> None:
        """Generates a background for a task."""
        self._submit(lambda: _generate(task_name, seed, source), "Generating a background")

    def show_slice(self, number: int) -> None:
        """Shows another image of the series; of several requests in a row, some may be left out."""
        series = self._document.series
        if series is None:
            return
        self._slice_wanted = min(max(number, 0), len(series) - 1)
        self._turn()

    @property
    def slice_wanted(self) -> int:
        """The number of the slice that is shown, or will be."""
        if self._slice_wanted is not None:
            return self._slice_wanted
        return self._document.page.number if self._document.page else 0

    def _submit(self, work: Callable[[], object], title: str) -> None:
        self._bridge.submit("open", work, self._opened, title=title)

    def _listed(self, path: Path, found: list[SeriesInfo]) -> None:
        if len(found) > 1:
            self.several.emit(path, found)
        else:
            self.open_series(path, found[0].uid)

    def _opened(self, opened: _Opened) -> None:
        self._document.open(opened.page, opened.scene, opened.title, series=opened.series, path=opened.path)

    def _forget_slices(self) -> None:
        self._slice_wanted, self._turning = None, False

    def _turn(self) -> None:
        series, number, shown = self._document.series, self._slice_wanted, self._document.page
        if self._turning or series is None or number is None:
            return
        if shown is not None and shown.number == number:
            self._slice_wanted = None
            return
        self._turning = True

        def turned(image: Image) -> None:
            if self._document.series is not series:
                return  # another background has been opened meanwhile
            self._turning = False
            self._document.show_page(_page(image, number))
            self._turn()

        def failed(message: str, details: str) -> None:
            if self._document.series is not series:
                return
            self._turning, self._slice_wanted = False, None
            self._bridge.failed.emit(message, details)

        self._bridge.submit(
            "slice", lambda: series[number], turned, failed, title="Next image", urgency=Urgency.INTERACTIVE
        )


def _list(path: Path) -> list[SeriesInfo]:
    from app.imaging import list_series

    return list_series(path)


def _open_image(path: Path, uid: str | None) -> _Opened:
    from app.imaging import open_series

    series = open_series(path, uid)
    number = len(series) // 2
    page = _page(series[number], number)
    title = series.info.description or path.name
    return _Opened(page, Scene(task_for(page.image), page.reference), title, series)


def _open_scene(path: Path) -> LongWork[_Opened]:
    from app.composition.backgrounds import loading_background
    from app.composition.scene_file import read_scene

    scene = read_scene(path)
    image, anatomy = yield from loading_background(scene.background, path.parent, scene.task)
    return _Opened(Page(image, scene.background, anatomy), scene, path.name, path=path)


def _generate(task_name: str, seed: int, source: str) -> LongWork[_Opened]:
    from app.composition.backgrounds import reference_to
    from app.simulation import generate

    background = yield from generate(task_name, seed, source=source)
    page = Page(background.image, reference_to(background), background.anatomy)
    return _Opened(page, Scene(task_name, page.reference), f"{task_name}, generated, seed {seed}")


def _page(image: Image, number: int) -> Page:
    source = image.source
    path = None if source.path is None else str(source.path.absolute())
    return Page(image, BackgroundReference("", path, source.index), number=number)


def task_for(image: Image) -> str:
    """The task that an image is most likely opened for: one of its modality, all radiographs being DX."""
    from app.composition.signal import is_section

    modality = (image.modality or "CT") if is_section(image) else "DX"
    names = task_names()
    return next((name for name in names if task(name).modality == modality), names[0])
