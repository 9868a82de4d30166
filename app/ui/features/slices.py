"""Going through the images of a series, and through the series of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.imaging.series import SeriesInfo
from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.features.filing import Filing
from app.ui.theme import icon
from app.ui.work.cine import Cine

if TYPE_CHECKING:
    from app.ui.window import Window


class Slices(Feature):
    """First, last, previous, next; cine; the other series of the folder."""

    SPECS = (
        Spec("first", "&First image", "&Image", 4, "skip-previous", ("Home",), needs="series"),
        Spec("previous", "&Previous image", "&Image", 4, "chevron-left", ("PgUp",), needs="series"),
        Spec("next", "&Next image", "&Image", 4, "chevron-right", ("PgDown",), needs="series"),
        Spec("last", "&Last image", "&Image", 4, "skip-next", ("End",), needs="series"),
        Spec(
            "cine", "&Cine", "&Image", 4, "play", ("C",),
            "Run through the images, round and round; the settings say how fast",
            checkable=True, needs="series",
        ),
        Spec(
            "to_lesions", "Image with the l&esions", "&Image", 4, "map-marker-outline", ("G",),
            "Back to the image that the lesions of this scene are on",
        ),
        Spec("previous_series", "Pre&vious series", "&Image", 5, "chevron-double-left", ("Ctrl+PgUp",)),
        Spec("next_series", "Ne&xt series", "&Image", 5, "chevron-double-right", ("Ctrl+PgDown",)),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.cine_ = Cine(self.document, self.compose.opener)
        self.cine_.running_changed.connect(self._ran)
        self.compose.canvas.halted.connect(self.cine_.stop)
        self.compose.slices.slider.sliderPressed.connect(self.cine_.stop)
        self.compose.slices.play.setDefaultAction(window.actions_["cine"])
        self.menu = QMenu("&Series", window)
        self.menu.setObjectName("series")
        self._choices = QActionGroup(self)
        self.document.opened.connect(self._list)
        self._list()

    def menus(self) -> dict[tuple[str, int], list[QMenu]]:
        return {("&Image", 5): [self.menu]}

    def refresh(self) -> None:
        base = self.document.base
        away = base is not None and not self.document.at_base and not self.document.scene.empty
        self.window.actions_["to_lesions"].setEnabled(away)
        for name, by in (("previous_series", -1), ("next_series", 1)):
            action, other = self.window.actions_[name], self._beside(by)
            action.setEnabled(other is not None)

    def set_icons(self) -> None:
        action = self.window.actions_["cine"]
        action.setIcon(icon("pause" if self.cine_.running else "play"))

    def close_down(self) -> None:
        self.cine_.close()

    def first(self) -> None:
        """Shows the first image."""
        self.compose.opener.show_slice(0)

    def previous(self) -> None:
        """Shows the one before."""
        self.compose.step(-1)

    def next(self) -> None:
        """Shows the one after."""
        self.compose.step(1)

    def last(self) -> None:
        """Shows the last image."""
        self.compose.opener.show_slice(10**9)

    def cine(self, on: bool) -> None:
        """Runs through the images, or stops."""
        if on:
            self.cine_.start()
        else:
            self.cine_.stop()

    def to_lesions(self) -> None:
        """Shows the image that the lesions are on."""
        if self.document.base is not None:
            self.compose.opener.show_slice(self.document.base.number)

    def previous_series(self) -> None:
        """Opens the series before this one."""
        self._open(self._beside(-1))

    def next_series(self) -> None:
        """Opens the series after this one."""
        self._open(self._beside(1))

    def _beside(self, by: int) -> SeriesInfo | None:
        """The series that many further in the folder; None where there is none."""
        series = self.document.series
        if series is None or series.folder is None:
            return None
        number = next(n for n, info in enumerate(series.infos) if info.uid == series.info.uid) + by
        return series.infos[number] if 0 <= number < len(series.infos) else None

    def _open(self, info: SeriesInfo | None) -> None:
        series = self.document.series
        folder = series.folder if series is not None else None
        if info is not None and folder is not None:
            opener = self.compose.opener
            self.window.feature(Filing).unless_unsaved(lambda: opener.open_series(folder, info.uid))

    def _list(self) -> None:
        """Fills the menu with the series of the folder."""
        series = self.document.series
        infos = series.infos if series is not None and series.folder is not None else ()
        for action in self._choices.actions():
            self._choices.removeAction(action)
        self.menu.clear()
        for info in infos:
            action = self.menu.addAction(info.title.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(series is not None and info.uid == series.info.uid)
            action.triggered.connect(lambda _=False, chosen=info: self._chosen(chosen))
            self._choices.addAction(action)
        self.menu.setEnabled(len(infos) > 1)

    def _chosen(self, info: SeriesInfo) -> None:
        series = self.document.series
        for action, other in zip(self._choices.actions(), series.infos if series else (), strict=False):
            action.setChecked(series is not None and other.uid == series.info.uid)  # until it is open
        if series is not None and info.uid != series.info.uid:
            self._open(info)

    def _ran(self, running: bool) -> None:
        self.compose.canvas.running = running
        action = self.window.actions_["cine"]
        action.setChecked(running)
        self.set_icons()
