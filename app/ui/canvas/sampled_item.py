"""Drawing an array of any size: only the part that is exposed, at the pixels of the screen.

pyqtgraph's ImageItem converts a whole image to 8 bit for each change, which takes too long for a radiograph
of ten million pixels under a moving hand.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.pyramid import Pyramid, Rect

SHARP_FROM = 6.0
"""Device pixels to an image pixel from which on single pixels are shown as squares."""


class SampledItem(QGraphicsItem):
    """Shows a `Pyramid` in the coordinates of its pixels: (0, 0) is the centre of the top-left one."""

    smooth = True
    margin = 0
    """How many device pixels beyond the exposed part `picture` needs."""

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._pyramid: Pyramid | None = None
        self._reach = 1.0

    def picture(self, samples: NDArray[Any]) -> QImage:
        """What to paint for (height, width) samples, one to a device pixel, `margin` more all around."""
        raise NotImplementedError

    @property
    def pyramid(self) -> Pyramid | None:
        """What is shown."""
        return self._pyramid

    def show_pyramid(self, pyramid: Pyramid | None) -> None:
        """Shows another array."""
        if pyramid is self._pyramid:
            return
        if pyramid is None or self._pyramid is None or pyramid.shape != self._pyramid.shape:
            self.prepareGeometryChange()
        self._pyramid = pyramid
        self.update()

    def write(self, rect: Rect, values: NDArray[Any]) -> None:
        """Changes the values in `rect`, and repaints no more than that."""
        if self._pyramid is None:
            raise ValueError("there is nothing to write to")
        self._pyramid.write(rect, values)
        y0, y1, x0, x1 = rect
        reach = self._reach
        self.update(QRectF(x0, y0, x1 - x0, y1 - y0).adjusted(-reach, -reach, reach, reach))

    def boundingRect(self) -> QRectF:
        if self._pyramid is None:
            return QRectF()
        height, width = self._pyramid.shape
        return QRectF(-0.5, -0.5, width, height)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._pyramid is None:
            return
        ratio = widget.devicePixelRatioF() if widget is not None else 1.0
        to_device = painter.worldTransform() * QTransform.fromScale(ratio, ratio)
        whole = to_device.mapRect(self.boundingRect())
        exposed = to_device.mapRect(option.exposedRect).toAlignedRect() & whole.toRect()
        if widget is not None:
            size = widget.size() * ratio
            exposed &= QRectF(0, 0, size.width(), size.height()).toAlignedRect()
        if exposed.isEmpty() or to_device.m11() <= 0:
            return
        # Interpolation carries a change into the pixels around it, whose size is that of the level shown.
        self._reach = 2.0 * 2 ** self._pyramid.level_for(to_device.m11())
        margin = self.margin
        samples = sample(
            self._pyramid,
            (to_device.m11(), to_device.m22()),
            (to_device.dx(), to_device.dy()),
            (
                exposed.x() - margin,
                exposed.y() - margin,
                exposed.width() + 2 * margin,
                exposed.height() + 2 * margin,
            ),
            smooth=self.smooth,
        )
        picture = self.picture(samples)
        picture.setDevicePixelRatio(ratio)
        painter.save()
        painter.resetTransform()
        painter.drawImage(QPointF(exposed.x() / ratio, exposed.y() / ratio), picture)
        painter.restore()


def sample(
    pyramid: Pyramid,
    scale: tuple[float, float],
    origin: tuple[float, float],
    rect: tuple[int, int, int, int],
    *,
    smooth: bool,
) -> NDArray[Any]:
    """The values of `pyramid` at the centres of device pixels.

    Args:
        scale: device pixels to an image pixel, (x, y).
        origin: where the centre of the top-left image pixel falls, in device pixels (x, y).
        rect: the device pixels wanted: x, y, width, height.
        smooth: interpolate linearly (while single pixels are small); else take the nearest.

    Returns:
        (height, width) array of the pyramid's type; beyond the image the nearest edge goes on.
    """
    number = pyramid.level_for(max(scale))
    level = pyramid.level(number)
    size = 2.0**number
    x0, y0, width, height = rect
    # Device pixel i, centre i + 0.5  ->  image  ->  level, whose pixel 0 has its centre at (size - 1) / 2.
    steps, starts, crops = [], [], []
    for first, count, per_pixel, at, length in (
        (x0, width, scale[0], origin[0], level.shape[1]),
        (y0, height, scale[1], origin[1], level.shape[0]),
    ):
        step = 1 / (per_pixel * size)
        start = ((first + 0.5 - at) / per_pixel + 0.5) / size - 0.5
        low = min(max(int(np.floor(start)) - 1, 0), length - 1)
        high = max(min(int(np.ceil(start + step * count)) + 2, length), low + 1)
        steps.append(step)
        starts.append(start - low)
        crops.append(slice(low, high))
    matrix = np.array([[steps[0], 0, starts[0]], [0, steps[1], starts[1]]])
    linear = smooth and max(scale) < SHARP_FROM
    return cv2.warpAffine(
        level[crops[1], crops[0]],
        matrix,
        (width, height),
        flags=(cv2.INTER_LINEAR if linear else cv2.INTER_NEAREST) | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
