"""How large a screen is."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.settings import settings

LIKELY_DPI = (50.0, 800.0)
"""Screens that claim something else (projectors, virtual machines) do not know."""


def pixels_per_mm(widget: QWidget) -> float | None:
    """The own pixels of the screen that a widget is on, to a mm; None where the screen does not know.

    The resolution in the settings comes before what the screen says.
    """
    dpi = settings().preferences.screen_dpi
    if not dpi:
        screen = widget.screen()
        width_mm = screen.physicalSize().width()
        if width_mm <= 0:
            return None
        dpi = screen.size().width() * screen.devicePixelRatio() / width_mm * 25.4
        if not LIKELY_DPI[0] <= dpi <= LIKELY_DPI[1]:
            return None
    return dpi / 25.4
