"""Which overlays are shown, in which colours, and how strong; the settings remember it."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from app.tasks import Task
from app.ui.settings import MOST_CANDIDATES, settings

KINDS = ("zones", "names", "heat", "candidates")
"""What is shown or hidden one by one."""
MARGIN_LABEL = 255
"""The label of the margin around forbidden structures in label maps for the canvas."""
MARGIN_COLOUR = "#b9a9a0"
MARGIN = "margin around"
"""What the margin is called where structures are called by name; no structure can have a space in it."""


class OverlayState(QObject):
    """A value that several panels and the canvas share."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        kept = settings().remembered
        self.visible = True
        self._aside = False
        self._lent: set[str] = set()
        """What is hidden until `give_back`."""
        self.zones = "zones" in kept.overlays
        self.names = "names" in kept.overlays
        self.heat = "heat" in kept.overlays
        self.candidates = "candidates" in kept.overlays
        self.opacity = kept.overlay_opacity
        self.most = kept.candidates_shown
        """How many candidates are shown, at most."""

    def set(self, **values: bool | float) -> None:
        """Changes some of them."""
        if any(getattr(self, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(self, name, value)
            self._lent -= values.keys()
            shown = tuple(name for name in KINDS if getattr(self, name) or name in self._lent)
            settings().remember(overlays=shown, overlay_opacity=self.opacity, candidates_shown=self.most)
            self.changed.emit()

    @property
    def seen(self) -> bool:
        """Whether they are shown now: the user has not hidden them, and nothing has set them aside."""
        return self.visible and not self._aside

    def set_aside(self, on: bool) -> None:
        """Hides all of them for a while, whatever the user has chosen, so that only pixels are seen."""
        if on != self._aside:
            self._aside = on
            self.changed.emit()

    def lend(self, *names: str) -> None:
        """Hides some kinds until `give_back`, for something else in their place; the settings keep them."""
        self._lent = {name for name in names if getattr(self, name)}
        for name in self._lent:
            setattr(self, name, False)
        self.changed.emit()

    def give_back(self) -> None:
        """Shows again what `lend` has hidden, but for what the user has switched since."""
        lent, self._lent = self._lent, set()
        for name in lent:
            setattr(self, name, True)
        self.changed.emit()

    def strengthen(self, by: float) -> None:
        """Changes the opacity, and shows the overlays where they were hidden."""
        self.set(opacity=round(min(max(self.opacity + by, 0.05), 1.0), 2), visible=True)

    def show_more(self, by: int) -> None:
        """Shows so many candidates more, or fewer; and shows them where they were hidden."""
        most = min(max(self.most + by, 0), MOST_CANDIDATES)
        self.set(most=most, candidates=True, visible=True)

    # -- by structure ----------------------------------------------------------------------------------

    def shows(self, task: Task, structure: str) -> bool:
        """Whether a structure (or `MARGIN`) is shown when the danger zone is."""
        return structure not in settings().remembered.hidden_structures.get(task.name, ())

    def show_structure(self, task: Task, structure: str, on: bool) -> None:
        """Shows or hides one."""
        every = settings().remembered.hidden_structures
        hidden = set(every.get(task.name, ())) - {structure} | (set() if on else {structure})
        settings().remember(hidden_structures={**every, task.name: tuple(sorted(hidden))})
        self.changed.emit()

    def colour(self, task: Task, structure: str) -> str:
        """`#rrggbb`: the user's own colour of a structure, or the task's."""
        return self._own(task).get(structure) or self.usual_colour(task, structure)

    def usual_colour(self, task: Task, structure: str) -> str:
        """The task's colour of a structure."""
        return MARGIN_COLOUR if structure == MARGIN else task.structure(structure).colour

    def paint(self, task: Task, structure: str, colour: str | None) -> None:
        """Gives a structure another colour (`#rrggbb`); None takes back the usual one."""
        own = {name: kept for name, kept in self._own(task).items() if name != structure}
        if colour is not None and colour != self.usual_colour(task, structure):
            own[structure] = colour
        every = settings().remembered.structure_colours
        settings().remember(structure_colours={**every, task.name: own})
        self.changed.emit()

    def forbidden(self, task: Task) -> dict[int, str]:
        """Colour by label of the forbidden structures that are shown, the margin among them."""
        colours = self._colours(task, forbidden=True)
        if self.shows(task, MARGIN):
            colours[MARGIN_LABEL] = self.colour(task, MARGIN)
        return colours

    def permitted(self, task: Task) -> dict[int, str]:
        """Colour by label of the other structures that are shown."""
        return self._colours(task, forbidden=False)

    def _colours(self, task: Task, *, forbidden: bool) -> dict[int, str]:
        return {
            label: self.colour(task, s.name)
            for label, s in enumerate(task.structures, start=1)
            if s.forbidden is forbidden and self.shows(task, s.name)
        }

    @staticmethod
    def _own(task: Task) -> Mapping[str, str]:
        return settings().remembered.structure_colours.get(task.name, {})
