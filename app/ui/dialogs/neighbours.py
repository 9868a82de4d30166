"""*Most similar training images*: the open image, and what the network learnt from that comes nearest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.composition.scene import Scene
from app.engine import Job
from app.imaging.image import Image
from app.ui.canvas.grey import Grey
from app.ui.dialogs.parts import ButtonBox, fit_to_screen
from app.ui.document import Page
from app.ui.work.bridge import Bridge
from app.ui.work.reconstructing import edited
from models.progress import LongWork

if TYPE_CHECKING:
    from app.synthesis.neighbours import Neighbour

COUNT = 3
_MOST = 640
"""Pixels of a picture's longer side."""


class NeighboursDialog(QDialog):
    """Finds them when it opens, then their pictures one by one; closing it ends what is still under way.

    Args:
        page, scene: the image, and how the scene has edited it.
        grey: how the image is seen; the others are seen in their own windows.
    """

    def __init__(
        self, page: Page, scene: Scene, grey: Grey, bridge: Bridge, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Most similar training images")
        self._bridge, self._task = bridge, scene.task
        self._jobs: list[Job] = []
        self.verdict = QLabel("Looking for the most similar training images…", wordWrap=True)
        self.own = Portrait("This image", f"{page.image.width} × {page.image.height} pixels")
        self.others = tuple(Portrait(f"{n}", "") for n in range(1, COUNT + 1))
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        pictures = QHBoxLayout()
        pictures.setSpacing(14)
        for portrait in (self.own, *self.others):
            pictures.addWidget(portrait, 1)
        note = QLabel(
            "Likeness is judged by the program's own feature network: 0 is the same image, 2 the farthest.",
            wordWrap=True,
        )
        note.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(12)
        for widget in (self.verdict, note):
            layout.addWidget(widget)
        layout.insertLayout(1, pictures, 1)
        layout.addWidget(buttons)
        fit_to_screen(self, 1080, 430)
        self._submit("own picture", lambda: seen(edited(page, scene), grey), self.own.show_picture)
        self._begin(page, scene)

    @property
    def done_looking(self) -> bool:
        """Whether nothing is under way any more."""
        return all(job.state.ended for job in self._jobs)

    def done(self, result: int) -> None:
        for job in self._jobs:
            job.cancel()
        super().done(result)

    def _begin(self, page: Page, scene: Scene) -> None:
        def work() -> LongWork[tuple[Neighbour, ...]]:
            from app.synthesis.neighbours import nearest
            from app.tasks import task

            return (yield from nearest(edited(page, scene), task(scene.task), COUNT))

        self._submit("neighbours", work, self._found)

    def _found(self, found: Sequence[Neighbour]) -> None:
        self._say(*verdict(found))
        for portrait, neighbour in zip(self.others, found, strict=False):
            portrait.say(neighbour.name, f"{neighbour.origin}\nDistance {neighbour.distance:.3f}")
            self._read(portrait, neighbour)
        for portrait in self.others[len(found) :]:
            portrait.hide()

    def _read(self, portrait: Portrait, neighbour: Neighbour) -> None:
        def work() -> LongWork[NDArray[np.uint8] | None]:
            from app.synthesis.neighbours import picture

            image = yield from picture(neighbour)
            return None if image is None else seen(image, Grey(image.automatic_window, image.inverted))

        title = f"Fetching {neighbour.name}"
        failed = partial(self._no_picture, portrait)
        # What is simulated again takes long; a reader that is so long at a step is taken for one that waits.
        begin = self._bridge.submit if neighbour.source else self._bridge.read
        kind = f"neighbour {portrait.picture.number}"
        self._jobs.append(begin(kind, work, portrait.show_picture, failed, title=title))

    def _no_picture(self, portrait: Portrait, *_: str) -> None:
        portrait.show_picture(None)

    def _failed(self, message: str, _: str) -> None:
        self._say(message, "warning")
        for portrait in self.others:
            portrait.hide()

    def _say(self, text: str, role: str) -> None:
        self.verdict.setText(text)
        self.verdict.setProperty("role", role)
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)

    def _submit(self, kind: str, work: Callable[[], object], done: Callable[..., None]) -> None:
        title = "Looking for similar training images"
        self._jobs.append(self._bridge.submit(kind, work, done, self._failed, title=title))


class Portrait(QWidget):
    """A picture with its name below, and where it comes from."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.picture = Picture(title)
        self.title, self.text = QLabel(title, wordWrap=True), QLabel(text, wordWrap=True)
        self.text.setProperty("role", "small")
        for label in (self.title, self.text):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.picture, self.title, self.text):
            layout.addWidget(widget)
        layout.addStretch(1)

    def say(self, title: str, text: str) -> None:
        """Says which image it is."""
        self.title.setText(f"{self.picture.number}  {title}")
        self.text.setText(text)
        self.picture.setAccessibleName(title)
        self.picture.setAccessibleDescription(text)

    def show_picture(self, grey: NDArray[np.uint8] | None) -> None:
        """Takes the picture; None where there is none to be had."""
        self.picture.show_picture(grey)


class Picture(QWidget):
    """A grey picture as large as there is room, or why there is none."""

    def __init__(self, number: str) -> None:
        super().__init__()
        self.number = number
        self.words = "Fetching it…"
        self.image: QImage | None = None
        self.setMinimumSize(140, 140)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(number)

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def heightForWidth(self, width: int) -> int:
        return width

    def show_picture(self, grey: NDArray[np.uint8] | None) -> None:
        """Takes (height, width) 8-bit pixels."""
        if grey is None:
            self.words = "The image itself is not on this computer."
        else:
            height, width = grey.shape
            self.image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if self.image is None:
            painter.setPen(self.palette().placeholderText().color())
            centred = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), int(centred), self.words)
        else:
            ratio = self.devicePixelRatioF()
            size = self.image.size().scaled(self.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio) / ratio
            into = self.rect()
            into.setSize(size)
            painter.drawImage(into, self.image)
        painter.end()


def seen(image: Image, grey: Grey) -> NDArray[np.uint8]:
    """A picture of an image as it is seen, its longer side `_MOST` pixels at most."""
    step = max(1, -(-max(image.pixels.shape) // _MOST))
    return np.ascontiguousarray(grey.of(np.ascontiguousarray(image.pixels[::step, ::step])))


def verdict(found: Sequence[Neighbour]) -> tuple[str, str]:
    """Whether an image with these neighbours is a copy of one, in words, and the role of the label."""
    if not found:
        return "The network's card names no training images.", "warning"
    name = found[0].name
    if found[0].copied is None:
        return (
            f"{name} comes nearest. The network's card does not say how near training images are to one "
            "another, so nobody can say whether this image is a copy.",
            "",
        )
    if found[0].copied:
        return (
            f"Memorised: this image is nearer to {name} than 99 of 100 training images are to any other. "
            "Take it for a copy, and share it only where you may share that one.",
            "warning",
        )
    return (
        f"Not memorised: {name} comes nearest, and this image is no nearer to it than training images are to "
        "one another.",
        "",
    )
