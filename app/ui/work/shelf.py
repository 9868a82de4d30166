"""The lesion models that are at hand for the open scene, and which of them are favourites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.imaging.image import Calibration
from app.ui.document import Document
from app.ui.settings import settings
from app.ui.work.bridge import Bridge
from app.ui.work.thumbnails import Thumbnails

if TYPE_CHECKING:
    from app.lesions.library import Entry

KINDS = ("all", "favourites", "own", "trained", "formulas")
"""What `Filter.kind` may be, beside the kinds of lesions."""


@dataclass(frozen=True)
class Filter:
    """Which lesion models are shown.

    Attributes:
        text: every word of it is in the title or the name.
        kind: one of `KINDS`, or a kind of lesion such as `stone`.
        smallest, largest: of the exemplar's longest diameter in mm; 0 for no limit. A model from formulas has
            no exemplar and fits every size; one whose exemplar's size is unknown fits none.
    """

    text: str = ""
    kind: str = "all"
    smallest: float = 0.0
    largest: float = 0.0

    def holds(self, entry: Entry, favourites: tuple[str, ...]) -> bool:
        """Whether a model is shown."""
        known = f"{entry.title} {entry.name}".casefold()
        if not all(word in known for word in self.text.casefold().split()):
            return False
        kinds = {
            "all": True,
            "favourites": entry.name in favourites,
            "own": entry.own,
            "trained": entry.folder is not None,
            "formulas": entry.folder is None,
        }
        if not kinds.get(self.kind, entry.kind == self.kind):
            return False
        if entry.folder is None or not (self.smallest or self.largest):
            return True
        size = entry.diameter_mm
        return size is not None and self.smallest <= size <= (self.largest or size)


class Shelf(QObject):
    """Keeps the list of lesion models up to date with the task and the library."""

    changed = Signal()
    """Other models, or other favourites."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self.thumbnails = Thumbnails(bridge, self)
        self._document = document
        self._bridge = bridge
        self._task = ""
        self._entries: tuple[Entry, ...] = ()
        document.opened.connect(self._task_may_have_changed)
        document.scene_changed.connect(self._task_may_have_changed)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The models for the task, favourites first."""
        favourites = self.favourites
        return tuple(sorted(self._entries, key=lambda entry: entry.name not in favourites))

    @property
    def favourites(self) -> tuple[str, ...]:
        """The names of the favourites, of all tasks."""
        return settings().remembered.favourites

    def entry(self, name: str) -> Entry | None:
        """The model of that name, where it is for the task."""
        return next((entry for entry in self._entries if entry.name == name), None)

    def title(self, name: str) -> str:
        """What people call a model."""
        entry = self.entry(name)
        return entry.title if entry else name

    def set_favourite(self, name: str, on: bool) -> None:
        """Makes a model a favourite, or no longer."""
        others = tuple(other for other in self.favourites if other != name)
        settings().remember(favourites=(*others, name) if on else others)
        self.changed.emit()

    def refresh(self) -> None:
        """Reads the library again: a lesion model has been added or removed."""
        task = self._task = self._document.scene.task

        def work() -> tuple[Entry, ...]:
            from app.lesions import library

            return tuple(library.entries(task))

        self._bridge.read("shelf", work, self._take, title="Reading the lesion models")

    def _task_may_have_changed(self) -> None:
        if self._document.scene.task != self._task:
            self.refresh()

    def _take(self, entries: tuple[Entry, ...]) -> None:
        if self._task != self._document.scene.task:
            return
        known = {entry.name: entry.card for entry in self._entries}
        for entry in entries:
            if entry.own and known.get(entry.name, entry.card) != entry.card:
                self.thumbnails.forget(entry.name)
        self._entries = entries
        names = [entry.name for entry in entries]
        if names and self._document.brush.lesion not in names:
            self._document.set_brush(lesion=names[0])
        self.changed.emit()


def facts(entry: Entry) -> tuple[str, ...]:
    """What a model's card says of it, for people: one fact a line."""
    lines = [entry.title]
    exemplar, card = entry.card.get("exemplar"), entry.card
    if entry.folder is None:
        lines.append("Drawn by formulas, learnt from no image")
    elif entry.diameter_mm is not None:
        unit = "px, uncalibrated" if _get(exemplar, "calibration") == Calibration.NONE else "mm"
        short = _get(exemplar, "perpendicular_mm")
        size = f"{entry.diameter_mm:.1f} × {short:.1f}" if short else f"{entry.diameter_mm:.1f}"
        lines.append(f"Exemplar: {size} {unit}")
    if _get(exemplar, "source"):
        lines.append(f"From: {_get(exemplar, 'source')}")
    if isinstance(card.get("licence"), str):
        lines.append(f"Licence: {card['licence']}")
    quality = card.get("quality")
    present, samples = _get(quality, "lesion_present"), _get(quality, "samples")
    if present is not None and samples:
        lines.append(f"Quality: {present} of {samples} samples hold the lesion")
    nearest = _get(_get(card.get("memorisation"), "nearest_exemplar"), "min")
    if isinstance(nearest, int | float):
        lines.append(f"Nearest sample to the exemplar: {100 * nearest:.0f} % away from it")
    if entry.own:
        lines.append("Your own: it can reproduce its exemplar, so share it as you would share the image")
    return tuple(lines)


def _get(value: object, key: str) -> object | None:
    return value.get(key) if isinstance(value, dict) else None
