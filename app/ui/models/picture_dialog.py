"""Pictures at their own size, one after the other at the same place, to be compared by going to and fro."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPixmap, QShowEvent, QWheelEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGraphicsPixmapItem,
    QGraphicsScene,
    QGraphicsView,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from app.engine import Job
from app.ui.dialogs.parts import fit_to_screen
from app.ui.models.parts import button
from app.ui.theme import icon
from app.ui.work.bridge import Bridge

Named = tuple[str, Path]
"""What a picture is, and its file."""
_STEP = 1.25
_LARGEST = 16.0


class PictureDialog(QDialog):
    """Shows one picture of several; the wheel and + and − zoom, the left and right keys go to others."""

    def __init__(self, bridge: Bridge, pictures: Sequence[Named], at: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self._bridge, self._pictures, self._at = bridge, tuple(pictures), at
        self._job: Job | None = None
        self.view = PictureView()
        self.says = QLabel()
        self.says.setProperty("role", "muted")
        self.before = button("Before", "The picture before this one (Left)")
        self.after = button("Next", "The next picture (Right)")
        self.fit = button("Fit", "As large as the window has room for (0)")
        self.full = button("100 %", "A pixel of the picture for each of the screen (1)")
        self.close_it = button("Close", "Back to the page (Esc)")
        self.before.setIcon(icon("chevron-left"))
        self.after.setIcon(icon("chevron-right"))
        row = QHBoxLayout()
        for widget in (self.before, self.after, self.fit, self.full):
            row.addWidget(widget)
        row.addWidget(self.says, 1)
        row.addWidget(self.close_it)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.addWidget(self.view, 1)
        column.addLayout(row)
        self.before.clicked.connect(lambda: self.step(-1))
        self.after.clicked.connect(lambda: self.step(1))
        self.fit.clicked.connect(self.view.fit)
        self.full.clicked.connect(lambda: self.view.zoom_to(1.0))
        self.close_it.clicked.connect(self.reject)
        for each in (self.before, self.after):
            each.setVisible(len(self._pictures) > 1)
        fit_to_screen(self, 1240, 860)
        self.view.setFocus()
        self._read()

    @property
    def shown(self) -> Named:
        """The picture that is looked at."""
        return self._pictures[self._at]

    def step(self, by: int) -> None:
        """Goes to another picture, as far as there are some; place and size stay."""
        at = min(max(self._at + by, 0), len(self._pictures) - 1)
        if at != self._at:
            self._at = at
            self._read()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        if event.key() in (keys.Key_Left, keys.Key_Right):
            self.step(-1 if event.key() == keys.Key_Left else 1)
        elif event.key() in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus):
            self.view.zoom_by(1 / _STEP if event.key() == keys.Key_Minus else _STEP)
        elif event.key() in (keys.Key_0, keys.Key_1):
            self.view.fit() if event.key() == keys.Key_0 else self.view.zoom_to(1.0)
        else:
            super().keyPressEvent(event)

    def _read(self) -> None:
        title, file = self.shown
        self.setWindowTitle(title)
        self.view.setAccessibleName(title)
        self.before.setEnabled(self._at > 0)
        self.after.setEnabled(self._at < len(self._pictures) - 1)
        self._job = self._bridge.read(
            "picture", lambda: QImage(str(file)), self._show, title="Reading a picture"
        )

    def done(self, result: int) -> None:
        if self._job is not None:
            self._job.cancel()
        super().done(result)

    def _show(self, image: QImage) -> None:
        title, file = self.shown
        if image.isNull():
            self.says.setText(f"The picture {file.name} is missing or damaged.")
            return
        self.says.setText(f"{title}  ·  {image.width()} × {image.height()}")
        self.view.show_image(image)


class PictureView(QGraphicsView):
    """A picture that is moved by the hand and zoomed by the wheel, where the cursor is."""

    def __init__(self) -> None:
        super().__init__()
        self._item = QGraphicsPixmapItem()
        self._item.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        scene = QGraphicsScene(self)
        scene.addItem(self._item)
        self.setScene(scene)
        self._fitted = True
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setBackgroundBrush(Qt.GlobalColor.black)
        self.setToolTip("Drag to move, turn the wheel to zoom")

    @property
    def zoom(self) -> float:
        """Pixels of the screen for one of the picture."""
        return self.transform().m11()

    def show_image(self, image: QImage) -> None:
        """Shows another picture; one of the same size at the same place."""
        same = image.size() == self._item.pixmap().size()
        self._item.setPixmap(QPixmap.fromImage(image))
        if not same:
            self.setSceneRect(QRectF(self._item.boundingRect()))
            self.fit()

    def fit(self) -> None:
        """As large as there is room for, and no larger than it is."""
        self._fitted = True
        self.fitInView(self._item, Qt.AspectRatioMode.KeepAspectRatio)
        if self.zoom > 1:
            self.resetTransform()

    def zoom_to(self, zoom: float) -> None:
        """So many pixels of the screen for one of the picture."""
        self._fitted = False
        self.resetTransform()
        self.scale(zoom, zoom)

    def zoom_by(self, factor: float) -> None:
        """Larger or smaller, within limits."""
        least = min(1.0, self.viewport().width() / max(1, self._item.pixmap().width()) / 2)
        factor = min(max(self.zoom * factor, least), _LARGEST) / self.zoom
        self._fitted = False
        self.scale(factor, factor)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(_STEP ** (event.angleDelta().y() / 120))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the dialog's keys; the view would scroll

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        if self._fitted:
            self.fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()
