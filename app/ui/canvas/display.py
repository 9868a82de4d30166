"""How values become grey: the window, its presets, and inversion."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.imaging.image import Image, Window
from app.tasks import Task
from app.ui.canvas import presets
from app.ui.canvas.grey import Grey

DRAG_PX = 400.0
"""Screen pixels of a drag that change width or centre by as much as the window is wide at the start."""
BY_HAND = "by hand"


class Display(QObject):
    """The display window of the open image; it stays as it is from slice to slice."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.window = Window(0.5, 1.0)
        self.inverted = False
        self.presets: tuple[Window | None, ...] = (self.window,)
        """By number, 0 to 8 being keys as in Weasis: automatic, the file's two, the task's; None for none."""
        self.image: Image | None = None
        self._task: Task | None = None

    @property
    def grey(self) -> Grey:
        """What the canvas shows."""
        dark_is_high = self.image is not None and self.image.inverted
        return Grey(self.window, self.inverted != dark_is_high)

    def set_image(self, image: Image, task: Task, *, keep: bool) -> None:
        """Takes another image; `keep` where it belongs to the same series, so that the window stays."""
        self.image, self._task = image, task
        self._make_presets()
        if not keep:
            self.inverted = False
            self.window = self._automatic
        self.changed.emit()

    def set_task(self, task: Task) -> None:
        """Takes the presets of another task, or of the same one after they were edited."""
        self._task = task
        self._make_presets()
        self.changed.emit()

    def choose(self, number: int) -> None:
        """Takes preset `number`; nothing where there is none."""
        chosen = self.presets[number] if number < len(self.presets) else None
        if chosen is not None:
            self.window = chosen
            self.changed.emit()

    def drag(self, right: float, down: float) -> None:
        """Widens by a drag to the right, and raises the centre (darkens) by one down; in screen pixels."""
        step = max(self.window.width, self.smallest * 20) / DRAG_PX
        self.take(self.window.centre + down * step, self.window.width + right * step)

    def take(self, centre: float, width: float) -> None:
        """Takes a window that was set by hand; it is never narrower than one step of the values."""
        self.window = Window(centre, max(width, self.smallest), BY_HAND)
        self.changed.emit()

    def set_inverted(self, on: bool) -> None:
        """Swaps black and white, or back."""
        if on != self.inverted:
            self.inverted = on
            self.changed.emit()

    def reset(self) -> None:
        """The automatic window, not inverted."""
        self.inverted = False
        self.choose(0)

    @property
    def smallest(self) -> float:
        """The narrowest window that makes sense: one step of integers, a thousandth of other values."""
        if self.image is None or self.image.pixels.dtype.kind in "iu":
            return 1.0
        return self._automatic.width / 1000

    @property
    def _automatic(self) -> Window:
        return self.presets[0] or self.window

    def _make_presets(self) -> None:
        image, task = self.image, self._task
        if image is None or task is None:
            return
        automatic = image.automatic_window
        made: list[Window | None] = [None] * (presets.LAST + 1)
        made[0] = Window(automatic.centre, automatic.width, "automatic")
        for number, window in enumerate(image.windows[:2], start=1):
            made[number] = Window(window.centre, window.width, window.name or f"file {number}")
        if presets.offered(task, image):
            for number, preset in enumerate(presets.presets(task), start=presets.FIRST_KEY):
                made[number] = presets.window(preset, task, image)
        self.presets = tuple(made)
