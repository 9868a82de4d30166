"""What two models draw of the same, side by side."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.engine import Job
from app.ui.models.parts import small
from app.ui.models.picture import Picture
from app.ui.models.picture_dialog import Named
from app.ui.models.reading_pictures import Sample, read_samples
from app.ui.work.bridge import Bridge


class PicturePair(QWidget):
    """The old model's picture at the left, the new one's at the right; there is none where one is missing."""

    opened = Signal(object, int)
    """The `Named` pictures that are to be seen large, and which of them first."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._job: Job | None = None
        self._named: tuple[Named, ...] = ()
        self.pictures = (Picture("Old model"), Picture("New model"))
        self._titles = (small(), small())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        row.setSpacing(12)
        for n, (title, picture) in enumerate(zip(self._titles, self.pictures, strict=True)):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(title)
            column.addWidget(picture)
            column.addStretch(1)
            row.addLayout(column, 1)
            picture.setToolTip("A click opens it at full size; there Left and Right go to and fro")
            picture.opened.connect(lambda n=n: self.opened.emit(list(self._named), n))
            picture.stepped.connect(lambda by: self.pictures[by > 0].setFocus())
        self.hide()

    def show_models(self, titles: tuple[str, str], folders: tuple[Path, Path], task: str) -> None:
        """Shows what the old and the new model draw, where both have a picture."""

        def take(samples: list[Sample]) -> None:
            there = [(title, file) for title, (file, _) in zip(titles, samples, strict=True) if file]
            self._named = tuple(there)
            self.setVisible(len(there) == 2)
            for (_, image), title, label, picture in zip(
                samples, titles, self._titles, self.pictures, strict=True
            ):
                label.setText(title)
                picture.setAccessibleName(f"{title}: what it draws")
                picture.show_image(image)

        self._job = read_samples(self._bridge, f"pair {folders[1]}", folders, task, take)

    def close_down(self) -> None:
        """It is about to be deleted: what is read comes to nothing."""
        if self._job is not None:
            self._job.cancel()
