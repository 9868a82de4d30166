"""Which overlays are shown, and how strong."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

MARGIN_LABEL = 255
"""The label of the margin around forbidden structures in label maps for the canvas."""
MARGIN_COLOUR = "#b9a9a0"


class OverlayState(QObject):
    """A value that several panels and the canvas share."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.visible = True
        self.zones = True
        self.heat = False
        self.candidates = False
        self.opacity = 0.35

    def set(self, **values: bool | float) -> None:
        """Changes some of them."""
        if any(getattr(self, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(self, name, value)
            self.changed.emit()

    def strengthen(self, by: float) -> None:
        """Changes the opacity, and shows the overlays where they were hidden."""
        self.set(opacity=round(min(max(self.opacity + by, 0.05), 1.0), 2), visible=True)
