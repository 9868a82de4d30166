"""The images of the open series: those that were shown, and those that soon will be, decoded ahead."""

from __future__ import annotations

import threading
from collections import OrderedDict

from app.imaging.series import Series
from app.ui.document import Page
from models.progress import LongWork, Progress

LIMIT = 256 << 20
"""Bytes of pixels that are kept."""
AHEAD, BEHIND = 16, 4
"""How many images are decoded ahead in the direction of travel, and against it."""


class SlicePages:
    """Pages of one series by their number; the ones not used for longest go first. For any thread."""

    def __init__(self, series: Series, limit: int = LIMIT) -> None:
        self.series = series
        self._limit = limit
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Of the pixels that are kept."""
        return self._bytes

    def kept(self, number: int) -> Page | None:
        """The page of that number, where it has been decoded."""
        with self._lock:
            page = self._pages.get(number)
            if page is not None:
                self._pages.move_to_end(number)
            return page

    def page(self, number: int) -> Page:
        """The page of that number; decodes it where it is not kept.

        Raises:
            LithographError: it cannot be read.
        """
        from app.ui.work.reading import page_of

        page = self.kept(number)
        if page is None:
            page = page_of(self.series, number)
            self.keep(page)
        return page

    def keep(self, page: Page) -> None:
        """Keeps a page, and drops others for it; the newest stays, however large it is."""
        with self._lock:
            old = self._pages.pop(page.number, None)
            self._bytes += page.image.pixels.nbytes - (0 if old is None else old.image.pixels.nbytes)
            self._pages[page.number] = page
            while self._bytes > self._limit and len(self._pages) > 1:
                _, gone = self._pages.popitem(last=False)
                self._bytes -= gone.image.pixels.nbytes

    def reading_ahead(self, number: int, direction: int) -> LongWork[None]:
        """Decodes the neighbours of a page, those in the direction of travel (1, −1, or 0 for both) first."""
        wanted = [number + by for by in _order(direction) if 0 <= number + by < len(self.series)]
        largest = max((page.image.pixels.nbytes for page in list(self._pages.values())), default=1)
        wanted = wanted[: max(self._limit // largest - 1, 0)]
        for done, neighbour in enumerate(wanted):
            yield Progress(done, len(wanted), "Reading ahead")
            self.page(neighbour)


def _order(direction: int) -> list[int]:
    if direction == 0:
        return [by for step in range(1, AHEAD // 2 + 1) for by in (step, -step)]
    onwards = [direction * step for step in range(1, AHEAD + 1)]
    return onwards + [-direction * step for step in range(1, BEHIND + 1)]
