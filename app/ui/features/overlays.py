"""What lies over the image: shown or not, and how strong."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker

from app.ui.actions import Spec
from app.ui.canvas.overlay_state import KINDS
from app.ui.feature import Feature


class Overlays(Feature):
    """One key hides all overlays, two change how strong they are."""

    SPECS = (
        Spec(
            "overlays", "Show &overlays", "&View", 3, "layers-triple-outline", ("S",),
            "Danger zone, heatmap, candidates and outlines, all at once", checkable=True,
        ),
        Spec("zones", "&Danger zone", "&View", 3, checkable=True, tip="Where the anatomy forbids a lesion"),
        Spec(
            "names", "&Names of structures", "&View", 3, checkable=True,
            tip="Written on the image, with the danger zone",
        ),
        Spec("heat", "&Heatmap", "&View", 3, checkable=True, tip="How likely a lesion is"),
        Spec("candidates", "Ca&ndidates", "&View", 3, checkable=True, tip="The likeliest places, ranked"),
        Spec(
            "find_zone", "&Find the danger zone again", "&View", 3, needs="image",
            tip="Looks for the structures of this image anew, after it was stopped or has failed",
        ),
        Spec(
            "more_candidates", "More candidates", "&View", 3, "", ("Shift+D",), "Shows one more",
            needs="image",
        ),
        Spec(
            "fewer_candidates", "Fewer candidates", "&View", 3, "", ("Shift+A",), "Shows one fewer",
            needs="image",
        ),
        Spec("fainter", "Overlays &fainter", "&View", 3, "", ("A",)),
        Spec("stronger", "Overlays &stronger", "&View", 3, "", ("D",)),
    )  # fmt: skip

    def refresh(self) -> None:
        state, actions = self.compose.overlays, self.window.actions_
        actions["overlays"].setChecked(state.visible)
        for name in KINDS:
            with QSignalBlocker(actions[name]):
                actions[name].setChecked(getattr(state, name))

    def overlays(self, on: bool) -> None:
        """Shows or hides all of them."""
        self.compose.overlays.set(visible=on)

    def zones(self, on: bool) -> None:
        """Shows or hides the danger zone."""
        self._show(zones=on)

    def names(self, on: bool) -> None:
        """Shows or hides the names of the structures, which go with the danger zone."""
        self._show(names=on, zones=self.compose.overlays.zones or on)

    def heat(self, on: bool) -> None:
        """Shows or hides the heatmap."""
        self._show(heat=on)

    def candidates(self, on: bool) -> None:
        """Shows or hides the candidates."""
        self._show(candidates=on)

    def more_candidates(self) -> None:
        """Shows one candidate more."""
        self.compose.overlays.show_more(1)

    def fewer_candidates(self) -> None:
        """Shows one candidate fewer."""
        self.compose.overlays.show_more(-1)

    def find_zone(self) -> None:
        """Looks for the structures anew, and asks anew where the image is foreign."""
        self.document.ask_again()
        self.compose.finder.find()

    def _show(self, **what: bool) -> None:
        """Whoever asks for one of them wants to see it, though all may be hidden."""
        self.compose.overlays.set(**what, visible=True)

    def fainter(self) -> None:
        """A little fainter."""
        self.compose.overlays.strengthen(-0.1)

    def stronger(self) -> None:
        """A little stronger."""
        self.compose.overlays.strengthen(0.1)
