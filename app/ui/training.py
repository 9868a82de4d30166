"""Training a lesion model on a lesion of the open image, while the work goes on."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Signal

from app.engine import Job, Urgency
from app.ui.bridge import Bridge
from app.ui.document import Document


class Trainer(QObject):
    """Runs one training at a time; stopped, it goes on from there when it is started again."""

    trained = Signal(str)
    """The title of the new lesion model."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self._document = document
        self._bridge = bridge
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether a training is under way."""
        return self._job is not None and not self._job.state.ended

    def train(self, ellipse: QRectF, title: str) -> Job | None:
        """Trains on what the ellipse (image pixels) encloses; returns the job, None without an image."""
        page, setting = self._document.page, self._document.task
        if page is None:
            return None
        image, mask = page.image, ellipse_mask(ellipse, page.image.pixels.shape)

        def work() -> object:
            from app.lesions.training import train_lesion_model

            return train_lesion_model(
                image, mask, name_for(title), title=title, kind=setting.kind, tasks=(setting.name,)
            )

        def done(_: Path) -> None:
            self.trained.emit(title)

        self._job = self._bridge.submit(
            "train", work, done, title=f"Training “{title}”", urgency=Urgency.BACKGROUND
        )
        return self._job


def name_for(title: str) -> str:
    """A lesion model's name made of its title: `My stone, left` becomes `my-stone-left`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "lesion"


def ellipse_mask(ellipse: QRectF, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(height, width): the pixels whose centres lie inside the ellipse."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    centre, rx, ry = ellipse.center(), max(ellipse.width() / 2, 0.5), max(ellipse.height() / 2, 0.5)
    return ((columns - centre.x()) / rx) ** 2 + ((rows - centre.y()) / ry) ** 2 <= 1
