"""*Train lesion from this image*: the outline of the lesion, a name, and a first impression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.engine import Job
from app.imaging.image import Image
from app.lesions.lesion import Lesion
from app.lesions.outline import Outline, ellipse, propose
from app.tasks import Task
from app.ui.canvas.grey import Grey
from app.ui.dialogs.exemplar_view import ExemplarView
from app.ui.dialogs.parts import ButtonBox, fit_to_screen
from app.ui.panels.fields import CalmSlider
from app.ui.panels.parts import Choice
from app.ui.work.bridge import Bridge
from app.ui.work.thumbnails import SIDE, Look, rounded, thumbnail
from app.ui.work.training import Trainer, Wish, name_refused
from models.progress import LongWork, Progress

_PAUSE_MS = 120
_PREVIEW = 92
_SEEDS = (1, 2, 3)
_GROWTH = 60
"""The slider moves the outline by up to so many percent of the lesion's radius, outwards and inwards."""
_KINDS = (("stone", "Stone"), ("nodule", "Nodule"))


class TrainingDialog(QDialog):
    """Asks; nothing is trained before it is accepted."""

    chosen = Signal(object, object, object)
    """The `Wish`, the image, and the mask of the lesion in it."""

    def __init__(
        self,
        trainer: Trainer,
        bridge: Bridge,
        image: Image,
        rect: QRectF,
        task: Task,
        grey: Grey,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train a lesion model")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._trainer, self._bridge, self._image, self._task = trainer, bridge, image, task
        self._box = (rect.left(), rect.top(), rect.right(), rect.bottom())
        self._outlines: tuple[Outline, Outline] | None = None
        self._job: Job | None = None
        self._ready = False
        self.view = ExemplarView(image, grey)
        self._make_fields()
        self._lay_out()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._preview)
        self.outline.activated.connect(self._outline_changed)
        self.growth.valueChanged.connect(self._outline_changed)
        self.kind.activated.connect(self._outline_changed)
        self.name.textChanged.connect(self._check)
        trainer.changed.connect(self._check)
        trainer.look()
        box = self._box
        self._submit(lambda: (propose(image, box), ellipse(box)), self._outlined)
        fit_to_screen(self, 780, 520)
        self._check()
        self.name.setFocus()

    # -- making ----------------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self.outline = Choice("Outline")
        self.outline.addItem("As found in the image")
        self.outline.addItem("Ellipse in the rectangle")
        self.outline.setToolTip(
            "What belongs to the lesion; the model learns what is inside, faded at its edge"
        )
        self.growth = CalmSlider()
        self.growth.setRange(-_GROWTH, _GROWTH)
        self.growth.setPageStep(10)
        self.growth.setAccessibleName("Grow or shrink the outline")
        self.growth.setToolTip("Moves the outline inwards or outwards")
        self.measured = QLabel(" ")
        self.measured.setProperty("role", "small")
        self.name = QLineEdit()
        self.name.setPlaceholderText("such as “round stone, 6 mm”")
        self.name.setAccessibleName("Name of the lesion model")
        self.name.setMaxLength(80)
        self.kind = Choice("Kind of lesion")
        self.kind.setToolTip("A stone attenuates as calcium does where it is put into a radiograph")
        for kind, title in _KINDS:
            self.kind.addItem(title, kind)
        self.kind.setCurrentIndex(max(self.kind.findData(self._task.kind), 0))
        self.source = QLineEdit()
        self.source.setPlaceholderText("the user's own image")
        self.source.setAccessibleName("Source of the image")
        self.source.setToolTip("Stands on the model's card; name no patient")
        self.licence = QLineEdit()
        self.licence.setPlaceholderText("as the image that the exemplar was cut from")
        self.licence.setAccessibleName("Licence")
        self.licence.setToolTip(
            "Under which the lesion model may be passed on; it can reproduce its exemplar"
        )
        self.previews = tuple(QLabel() for _ in _SEEDS)
        for number, label in enumerate(self.previews, start=1):
            label.setFixedSize(_PREVIEW, _PREVIEW)
            label.setAccessibleName(f"First impression {number}")
            label.setToolTip("Patches of the exemplar, put together anew; the trained model does better")
        self.says = QLabel(wordWrap=True)
        self.buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.train = QPushButton("Train")
        self.train.setDefault(True)
        self.buttons.addButton(self.train, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.view, 1)
        left.addWidget(self.outline)
        slide = QHBoxLayout()
        slide.addWidget(QLabel("Smaller"))
        slide.addWidget(self.growth, 1)
        slide.addWidget(QLabel("Larger"))
        left.addLayout(slide)
        left.addWidget(self.measured)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(9)
        form.addRow("&Name", self.name)
        form.addRow("&Kind", self.kind)
        form.addRow("&Source", self.source)
        form.addRow("&Licence", self.licence)
        heading = QLabel("A first impression, before any training")
        heading.setProperty("role", "heading")
        pictures = QHBoxLayout()
        pictures.setSpacing(8)
        for label in self.previews:
            pictures.addWidget(label)
        pictures.addStretch(1)
        note = QLabel(
            "The training takes about a minute or two on two cores. It runs beside your work and can be "
            "stopped and gone on with.",
            wordWrap=True,
        )
        note.setProperty("role", "small")
        right = QVBoxLayout()
        right.addLayout(form)
        right.addSpacing(8)
        right.addWidget(heading)
        right.addLayout(pictures)
        right.addWidget(note)
        right.addStretch(1)
        right.addWidget(self.says)
        row = QHBoxLayout()
        row.setSpacing(18)
        row.addLayout(left, 1)
        row.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(row, 1)
        layout.addWidget(self.buttons)

    # -- the outline -----------------------------------------------------------------------------------

    def _submit(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._job = self._bridge.submit("exemplar", work, done, self._failed, title="Looking at the exemplar")

    def _outlined(self, outlines: tuple[Outline, Outline]) -> None:
        self._outlines = outlines
        if not outlines[0].found:
            self.outline.setItemText(0, "As found in the image: nothing stands out")
            self.outline.setCurrentIndex(1)
        self._outline_changed()

    @property
    def _chosen(self) -> tuple[Outline, float] | None:
        """The outline, and by how many pixels it is grown."""
        if self._outlines is None:
            return None
        outline = self._outlines[self.outline.currentIndex()]
        return outline, self.growth.value() / 100 * max(outline.radius, 1.0)

    def _outline_changed(self) -> None:
        if self._chosen is None:
            return
        outline, grown = self._chosen
        self.view.show_outline(outline, grown)
        longest, across = outline.diameters_mm(self._image, grown)
        unit = "mm" if self._image.calibrated else "px, uncalibrated"
        self.measured.setText(f"{longest:.1f} × {across:.1f} {unit}")
        self._ready = False
        self._say("Looking at the exemplar…")
        self._pause.start()

    def _preview(self) -> None:
        if self._chosen is None:
            return
        (outline, grown), image, kind = self._chosen, self._image, str(self.kind.currentData())

        def work() -> LongWork[list[Lesion]]:
            from app.composition.learning import exemplar_in_hu
            from app.lesions.training import impression

            exemplar = exemplar_in_hu(kind)(image, outline.mask(image, grown))
            lesions = []
            for number, seed in enumerate(_SEEDS):
                yield Progress(number, len(_SEEDS))
                lesions.append(impression(exemplar, seed, kind))
            return lesions

        self._submit(work, self._previewed)

    def _previewed(self, lesions: list[Lesion]) -> None:
        for label, lesion in zip(self.previews, lesions, strict=True):
            # In an inverted section a lesion lowers the values; on the screen it is bright all the same.
            grey = thumbnail(lesion, SIDE, Look(""))
            picture = QImage(grey.data, SIDE, SIDE, SIDE, QImage.Format.Format_Grayscale8)
            label.setPixmap(rounded(QPixmap.fromImage(picture), _PREVIEW))
        self._ready = True
        self._check()

    def _failed(self, message: str, _: str) -> None:
        for label in self.previews:
            label.clear()
        self._say(message, warning=True)

    # -- the name --------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Says what stands against the training."""
        if not self._ready:
            self.train.setEnabled(False)
            return
        refused = name_refused(self.name.text(), self._trainer.taken)
        self._say(refused, warning=bool(self.name.text().strip()))
        self.train.setEnabled(not refused)

    def _say(self, text: str, *, warning: bool = False) -> None:
        self.says.setText(text)
        self.says.setProperty("role", "warning" if warning else "muted")
        self.says.style().unpolish(self.says)
        self.says.style().polish(self.says)
        self.train.setEnabled(False)

    def accept(self) -> None:
        """Begins the training, unless something stands against it."""
        if self._chosen is None or not self.train.isEnabled():
            return
        outline, grown = self._chosen
        wish = Wish(
            self.name.text().strip(),
            str(self.kind.currentData()),
            (self._task.name,),
            self.source.text().strip(),
            self.licence.text().strip(),
        )
        self.chosen.emit(wish, self._image, outline.mask(self._image, grown))
        super().accept()

    def done(self, result: int) -> None:
        self._pause.stop()
        if self._job is not None:
            self._job.cancel()
        self._trainer.changed.disconnect(self._check)
        super().done(result)
