"""Opening and generating: everything that puts another background before the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.composition.recovery import Unsaved
from app.engine import Job, Urgency
from app.engine.job import Work
from app.engine.memory import Frugal
from app.ui.document import Document, Page
from app.ui.work import reading
from app.ui.work.bridge import Bridge
from app.ui.work.reading import Missing, Opened, Result, Several
from app.ui.work.slice_pages import SlicePages


class Opener(QObject):
    """Opens files, folders and scenes, generates backgrounds, and turns pages.

    What is open stays untouched until the new image has been read whole.
    """

    several = Signal(object)
    """A folder with several series: `Several`."""
    missing = Signal(object)
    """A scene whose background is not where it was: `Missing`."""
    opened = Signal(object)
    """`Opened`, once the document shows it."""
    made_do = Signal(str)
    """Memory ran out, and a background was drawn with less: how, in a sentence."""
    not_turned = Signal()
    """The image of the series that was asked for cannot be read; the one that was shown still is."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self._document = document
        self._bridge = bridge
        self._slice_wanted: int | None = None
        self._turning: Job | None = None
        self._pages: SlicePages | None = None
        self._shown_last = 0
        self._job: Job | None = None
        self._then: Callable[[Opened], object] | None = None
        self._frugal = Frugal(
            "the background was drawn", lambda sentence: bridge.tell(self.made_do.emit, sentence)
        )
        document.opened.connect(self._forget_slices)
        document.page_shown.connect(self._read_ahead)

    def open(self, path: Path) -> None:
        """Opens an image file, a scene, or a folder of images."""
        self._read(lambda: reading.opening(path), path)

    def open_for(self, path: Path, task_name: str) -> None:
        """Opens an image file for a task."""
        self._read(lambda: reading.open_images(path, task_name=task_name), path)

    def open_several(self, paths: Sequence[Path]) -> None:
        """Opens the series that several files are of; where they are not of one, the first of them."""
        if len(paths) == 1:
            self.open(paths[0])
        else:
            self._read(lambda: reading.opening_dropped(paths), paths[0])

    def open_series(self, path: Path, uid: str) -> None:
        """Opens one series of a folder."""
        self._read(lambda: reading.open_images(path, uid), path)

    def recover(self, work: Unsaved, then: Callable[[Opened], object]) -> None:
        """Opens what a window left behind; `then` once it is open, be it after a search for its image."""
        job = self._bridge.read(
            "open",
            lambda: reading.opening_work(work, unsaved=True),
            self._arrived,
            title=f"Opening {work.title}",
        )
        self._begun(job, then)

    def relocate(
        self, missing: Missing, place: Path, done: Callable[[], object], failed: Callable[[str, str], None]
    ) -> Job:
        """Opens a scene with its background where the user has found it."""

        def found(opened: Opened) -> None:
            self._arrived(opened)
            done()

        job = self._bridge.read(
            "open",
            lambda: reading.relocating(missing, place),
            found,
            failed,
            title=f"Looking at {place.name or place}",
        )
        self._begun(job, self._then)
        return job

    def generate(self, task_name: str, seed: int, source: str = "phantom") -> None:
        """Generates a background for a task."""
        work = self._bridge.submit(
            "generate",
            lambda: reading.generating(task_name, seed, source),
            self._arrived,
            title="Generating a background",
        )
        self._begun(work)

    def draw(self, task_name: str, seed: int, temperature: float, steps: int) -> None:
        """Draws a background for a task with the network."""

        def work() -> Work:
            return self._frugal(
                lambda budget: reading.drawing(task_name, seed, temperature, steps, budget),
                self._bridge.engine.device,
            )

        title = "Drawing a background"
        self._begun(self._bridge.submit("generate", work, self._arrived, title=title))

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

    def _read(self, work: Work, path: Path) -> None:
        title = f"Opening {path.name or path}"
        self._begun(self._bridge.read("open", work, self._arrived, title=title))

    def _begun(self, job: Job, then: Callable[[Opened], object] | None = None) -> None:
        """What was being opened or generated before is no longer wanted."""
        if self._job is not None:
            self._job.cancel()
        self._job, self._then = job, then

    def _arrived(self, result: Result) -> None:
        if isinstance(result, Several):
            self.several.emit(result)
        elif isinstance(result, Missing):
            self.missing.emit(result)
        else:
            self._document.open(
                result.page,
                result.scene,
                result.title,
                series=result.series,
                path=result.path,
                file_digest=result.file_digest,
            )
            if result.unsaved:
                self._document.mark_unsaved()
            self.opened.emit(result)
            then, self._then = self._then, None
            if then is not None:
                then(result)

    def _forget_slices(self) -> None:
        self._slice_wanted, self._turning = None, None
        series, page = self._document.series, self._document.page
        self._pages = SlicePages(series) if series is not None and len(series) > 1 else None
        if self._pages is not None and page is not None:
            self._pages.keep(page)
            self._shown_last = page.number

    def _read_ahead(self) -> None:
        """Decodes the neighbours of the image that is shown, as long as nothing else is to be read."""
        page, pages = self._document.page, self._pages
        if page is None or pages is None or pages.series is not self._document.series:
            return
        way, self._shown_last = page.number - self._shown_last, page.number
        self._bridge.read(
            "ahead",
            lambda: pages.reading_ahead(page.number, (way > 0) - (way < 0)),
            failed=lambda *_: None,  # whoever goes there will be told
            title="Reading ahead",
            urgency=Urgency.BACKGROUND,
        )

    def _turn(self) -> None:
        series, number, shown = self._document.series, self._slice_wanted, self._document.page
        under_way = self._turning is not None and self._turning.wanted
        pages = self._pages
        if under_way or series is None or number is None or pages is None:
            return
        if shown is not None and shown.number == number:
            self._slice_wanted = None
            return
        kept = pages.kept(number)
        if kept is not None:
            self._slice_wanted = None
            self._document.show_page(kept)
            return

        def turned(page: Page) -> None:
            if self._document.series is not series:
                return  # another background has been opened meanwhile
            self._turning = None
            self._document.show_page(page)
            self._turn()

        def failed(message: str, details: str) -> None:
            if self._document.series is not series:
                return
            self._turning, self._slice_wanted = None, None
            self.not_turned.emit()
            self._bridge.failed.emit(message, details)

        self._turning = self._bridge.read(
            "slice",
            lambda: pages.page(number),
            turned,
            failed,
            title=f"Image {number + 1}",
            urgency=Urgency.INTERACTIVE,
        )
