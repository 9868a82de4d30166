"""What the wheel, a touchpad's two fingers and its pinch do over the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, Qt, SignalInstance
from PySide6.QtGui import QNativeGestureEvent, QWheelEvent

from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.canvas.canvas import Canvas

ZOOM_STEP = 1.15
NOTCH = 120
"""What one step of a usual wheel turns (1/8 degrees)."""


_CONTROL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier


class Wheel:
    """Turns of the wheel become slices, zoom or sizes; the parts of a step that fine wheels send add up."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._part = 0

    def turn(self, event: QWheelEvent) -> None:
        """The wheel was turned, or two fingers moved over a touchpad."""
        canvas, modifiers = self._canvas, event.modifiers()
        control, shift, alt = (bool(modifiers & key) for key in (_CONTROL, _SHIFT, _ALT))
        # Some systems turn the wheel sideways while Shift or Alt is held.
        turned = event.angleDelta().y() or event.angleDelta().x()
        if alt:
            # The menu bar takes an Alt that nothing was done with for a wish to open it; it knows keys and
            # buttons, not the wheel. This says that something was done.
            QCoreApplication.sendEvent(canvas.viewport(), QEvent(QEvent.Type.ActivationChange))
        if alt or (shift and control):
            self._step(turned, canvas.turn_wanted)
        elif shift:
            self._step(turned, canvas.resize_wanted)
        elif canvas.scrolls and control == (settings().preferences.wheel == "zoom"):
            if event.phase() != Qt.ScrollPhase.ScrollMomentum:  # fingers that have left choose no image
                self._step(-turned, canvas.stepped)
        elif event.phase() != Qt.ScrollPhase.NoScrollPhase and not control:  # two fingers on a touchpad
            canvas.box.pan(event.pixelDelta().x(), event.pixelDelta().y())
        else:
            canvas.box.zoom_at(canvas.image_point(event.position()), ZOOM_STEP ** (turned / NOTCH))

    def pinch(self, event: QNativeGestureEvent) -> bool:
        """Two fingers moved apart on a touchpad: zooms at the cursor; False for other gestures."""
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        canvas = self._canvas
        canvas.box.zoom_at(canvas.image_point(event.position()), max(1 + event.value(), 0.5))
        return True

    def _step(self, turned: int, wanted: SignalInstance) -> None:
        """Says how many whole steps have been turned."""
        self._part += turned
        steps = int(self._part / NOTCH)
        self._part -= steps * NOTCH
        if steps:
            wanted.emit(steps)
