"""How a network is trained: its size, for how long, and on what processor."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.engine import Device
from app.engine.device import cpu
from app.ui.models.kinds import LENGTHS, Kind, Preset, about, seconds_for
from app.ui.models.train_fields import TrainFields
from app.ui.settings import settings


class TrainHow(QObject):
    """Fills the lower fields of *Train* and says what is chosen in them.

    Args:
        best: the processor that the networks run on here.
        known: whether there is a model of a preset to go on from.
    """

    changed = Signal()
    resized = Signal()
    """Another size is chosen."""

    def __init__(
        self, fields: TrainFields, best: Callable[[], Device], known: Callable[[str], bool], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._fields, self._best, self._known = fields, best, known
        self._kind: Kind | None = None
        fields.preset.activated.connect(self._preset_changed)
        fields.preset.activated.connect(self.resized)
        fields.length.activated.connect(self._length_changed)
        fields.device.activated.connect(self.show_lengths)
        fields.steps.entered.connect(self._say_time)
        fields.batch.entered.connect(self._say_time)
        fields.more.toggled.connect(fields.rest.setVisible)
        self.show_devices()

    @property
    def steps(self) -> int:
        """Of the optimiser, in all."""
        return int(self._fields.steps.value())

    @property
    def preset(self) -> Preset | None:
        """The size that is chosen; None where the kind comes in one."""
        return self._kind.preset(str(self._fields.preset.currentData())) if self._kind is not None else None

    @property
    def batch(self) -> int:
        """Images in a step; 0 for the usual number."""
        chosen, preset = int(self._fields.batch.value()), self.preset
        return 0 if preset is None or chosen == preset.batch else chosen

    @property
    def device(self) -> str:
        """`cpu` where the GPU is to be spared; empty for the best that there is."""
        return str(self._fields.device.currentData() or "")

    def show_kind(self, kind: Kind) -> None:
        """Offers what there is for a kind; the size that was chosen stays so."""
        before = self.preset
        self._kind = kind
        choice = self._fields.preset
        choice.clear()
        for preset in kind.presets:
            choice.addItem(preset.title, preset.name)
        if kind.presets:
            choice.setCurrentIndex(max(0, choice.findData(before.name) if before is not None else 0))
        self._fields.show_sizes(bool(kind.presets))
        self._preset_changed()

    def show_devices(self) -> None:
        """Offers the processors; where there is no GPU, says so."""
        best, fields = self._best(), self._fields
        gpu, before = best.kind != "cpu", self.device
        fields.device.clear()
        fields.device.addItem(best.name, "")
        if gpu:
            fields.device.addItem(cpu().name, "cpu")
        fields.device.setCurrentIndex(max(0, fields.device.findData(before)))
        fields.device.setVisible(gpu)
        fields.no_gpu.setHidden(gpu)
        fields.no_gpu.setText(f"{best.name}. There is no GPU here that it could run on.")
        self.show_lengths()

    def show_lengths(self, *_: object) -> None:
        """Says how long each length takes."""
        if self._kind is None:
            return
        choice = self._fields.length
        row = 1 if choice.count() == 0 else choice.currentIndex()
        choice.clear()
        for name, title, share in LENGTHS:
            choice.addItem(f"{title}: {about(self._seconds(round(self._usual * share)))}", name)
        choice.setCurrentIndex(row)
        self._length_changed()

    @property
    def _usual(self) -> int:
        """Steps of the usual training."""
        assert self._kind is not None
        preset = self.preset
        if preset is None:
            return self._kind.steps
        return preset.steps(onwards=self._known(preset.name))

    def _seconds(self, steps: int) -> float:
        assert self._kind is not None
        device = cpu() if self.device == "cpu" else self._best()
        paces = settings().remembered.training_pace
        return seconds_for(self._kind, steps, device, paces, self.preset, self.batch)

    def _preset_changed(self) -> None:
        preset = self.preset
        if preset is not None:
            self._fields.costs.setText(preset.what)
            self._fields.batch.set_number(preset.batch)
        self.show_lengths()

    def _length_changed(self) -> None:
        share = {name: share for name, _, share in LENGTHS}[str(self._fields.length.currentData())]
        self._fields.steps.set_number(round(self._usual * share))
        self._say_time()

    def _say_time(self, *_: object) -> None:
        words = about(self._seconds(self.steps))
        self._fields.takes.setText(words[:1].upper() + words[1:])
        self.changed.emit()
