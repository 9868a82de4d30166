"""Small pictures of lesions, drawn by their models on the engine."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPixmap

from app.engine import Job, Urgency
from app.lesions.lesion import Lesion
from app.ui.work.bridge import Bridge
from models.progress import LongWork, Progress

SIDE = 128
"""Pixels of a picture; it is shown at half of that or smaller, so that it is sharp on a dense screen, too."""
USUAL_SEED = 7
"""Draws the models that are not chosen."""
_GROUND = 34
_KEPT = 256
_SOFTNESS = 1.1


@dataclass(frozen=True)
class Look:
    """What a picture shows: the lesion of a model and a seed, at a contrast, turned clockwise by degrees.

    `fill` is the share of the picture that its longest diameter takes.
    """

    lesion: str
    seed: int = USUAL_SEED
    contrast: float = 1.0
    rotation_deg: float = 0.0
    fill: float = 0.8


class Thumbnails(QObject):
    """Draws what is wanted when nothing more urgent is to be done, and keeps the latest."""

    drawn = Signal(object)
    """A `Look` whose picture is there now."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._kept: OrderedDict[Look, QPixmap] = OrderedDict()
        self._jobs: dict[str, tuple[Job, list[Look]]] = {}

    def get(self, look: Look) -> QPixmap | None:
        """The picture, where it has been drawn."""
        if look in self._kept:
            self._kept.move_to_end(look)
        return self._kept.get(look)

    def want(self, who: str, looks: Sequence[Look]) -> None:
        """Has them drawn, in this order; what the same one asked for before and is not drawn yet is not."""
        missing = [look for look in looks if look not in self._kept]
        job, asked = self._jobs.get(who, (None, []))
        if job is not None and job.wanted and not job.state.ended and set(missing) <= set(asked):
            return
        if not missing:
            return

        def work() -> LongWork[None]:
            from app.lesions import library

            for number, look in enumerate(missing):
                yield Progress(number, len(missing))
                grey = thumbnail(library.draw(look.lesion, look.seed), SIDE, look)
                self._bridge.tell(self._take, look, grey)

        job = self._bridge.submit(
            f"thumbnails of {who}",
            work,
            failed=lambda *_: None,  # a damaged model says so when it is used
            title="Drawing small pictures of lesions",
            urgency=Urgency.BACKGROUND,
        )
        self._jobs[who] = job, missing

    def forget(self, lesion: str) -> None:
        """Drops the pictures of a model, which may have been trained anew."""
        for look in [look for look in self._kept if look.lesion == lesion]:
            del self._kept[look]

    def _take(self, look: Look, grey: NDArray[np.uint8]) -> None:
        image = QImage(grey.data, SIDE, SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._kept[look] = QPixmap.fromImage(image)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        self.drawn.emit(look)


def paint(painter: QPainter, picture: QPixmap | None, into: QRectF) -> None:
    """Paints a picture with round corners; a pale square where there is none yet."""
    path = QPainterPath()
    path.addRoundedRect(into, 6, 6)
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    if picture is None:
        painter.fillPath(path, QColor(127, 127, 127, 40))
    else:
        painter.setClipPath(path)
        painter.drawPixmap(into, picture, QRectF(picture.rect()))
    painter.restore()


def rounded(picture: QPixmap, side: int) -> QPixmap:
    """A picture of `side` pixels of the screen with round corners, as an icon."""
    result = QPixmap(2 * side, 2 * side)
    result.setDevicePixelRatio(2)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    paint(painter, picture, QRectF(0, 0, side, side))
    painter.end()
    return result


def thumbnail(lesion: Lesion, side: int, look: Look) -> NDArray[np.uint8]:
    """(side, side): the lesion on dark ground.

    Brightness grows with contrast and never quite reaches white, so that the texture stays in sight:
    1 − exp(−1.1·c·r), with r the residual over its own highest and c the contrast of `look`.
    """
    import cv2

    grey = np.full((side, side), _GROUND, np.uint8)
    rows, columns = np.nonzero(lesion.alpha > 0.05)
    if rows.size == 0:
        return grey
    centre = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
    span = max(np.ptp(rows), np.ptp(columns)) + 1
    step = span / (look.fill * side)
    angle = math.radians(look.rotation_deg)
    cosine, sine, middle = step * math.cos(angle), step * math.sin(angle), (side - 1) / 2
    matrix = np.array(  # from the picture to the drawing
        [
            [cosine, sine, centre[1] - middle * (cosine + sine)],
            [-sine, cosine, centre[0] - middle * (cosine - sine)],
        ]
    )
    drawn = cv2.warpAffine(
        lesion.residual,
        matrix,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    peak = max(float(np.percentile(lesion.residual, 99.5)), 1e-6)
    lit = -np.expm1(np.minimum(-_SOFTNESS * look.contrast * drawn / peak, 0))
    return (_GROUND + (255 - _GROUND) * lit).astype(np.uint8)
