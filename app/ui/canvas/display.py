"""How values become grey: the window, its presets, and inversion."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.imaging.image import Image, Window
from app.tasks import Task
from app.ui.canvas.grey import Grey

DRAG_PX = 400.0
"""Screen pixels of a drag that change width or centre by as much as the window is wide at the start."""


class Display(QObject):
    """The display window of the open image; it stays as it is from slice to slice."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.window = Window(0.5, 1.0)
        self.inverted = False
        self.presets: tuple[Window, ...] = (self.window,)
        """As the keys 0 to 8 choose them: automatic, the file's two, the task's."""
        self._image: Image | None = None

    @property
    def grey(self) -> Grey:
        """What the canvas shows."""
        dark_is_high = self._image is not None and self._image.inverted
        return Grey(self.window, self.inverted != dark_is_high)

    def set_image(self, image: Image, task: Task, *, keep: bool) -> None:
        """Takes another image; `keep` where it belongs to the same series, so that the window stays."""
        self._image = image
        automatic = image.automatic_window
        known = [Window(automatic.centre, automatic.width, "automatic")]
        for number, window in enumerate(image.windows[:2], start=1):
            known.append(Window(window.centre, window.width, window.name or f"file {number}"))
        same_unit = not task.unit or task.unit == image.unit
        if same_unit:
            known += [Window(w.centre, w.width, w.name) for w in task.windows]
        self.presets = tuple(known[:9])
        if not keep:
            self.inverted = False
            self.window = self.presets[0]
        self.changed.emit()

    def choose(self, number: int) -> None:
        """Takes preset `number`; nothing where there is none."""
        if number < len(self.presets):
            self.window = self.presets[number]
            self.changed.emit()

    def drag(self, right: float, down: float) -> None:
        """Widens by a drag to the right, and raises the centre (darkens) by one down; in screen pixels."""
        step = max(self.window.width, self._smallest * 20) / DRAG_PX
        width = max(self.window.width + right * step, self._smallest)
        self.window = Window(self.window.centre + down * step, width, "by hand")
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
    def _smallest(self) -> float:
        if self._image is None or self._image.pixels.dtype.kind in "iu":
            return 1.0
        return self.presets[0].width / 1000
