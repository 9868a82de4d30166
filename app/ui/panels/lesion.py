"""The properties of the selected lesion, or of the one that the next click places."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSpinBox

from app.composition.composite import RenderedLesion
from app.composition.scene import Placement
from app.ui.document import Document, new_seed
from app.ui.panels.parts import Card, Choice, SliderField
from app.ui.theme import icon


class LesionPanel(Card):
    """Sets size, contrast, rotation, seed and blend mode."""

    def __init__(self, document: Document) -> None:
        super().__init__("Next lesion")
        self._document = document
        self.diameter = SliderField(
            "Size", suffix=" mm", logarithmic=True, tip="The longest diameter (Shift+wheel over the image)"
        )
        self.contrast = SliderField(
            "Contrast", decimals=0, suffix=" %", tip="Times the lesion model's own contrast"
        )
        self.rotation = SliderField("Rotation", decimals=0, suffix="°", tip="Clockwise")
        self.contrast.set_range(20, 300)
        self.rotation.set_range(0, 359)
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setKeyboardTracking(False)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("The same seed draws the same shape")
        self.seed.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.reroll = QPushButton("New shape")
        self.reroll.setToolTip("Take a new seed (N)")
        self.blend = Choice("Blend mode")
        self.blend_note = QLabel(wordWrap=True)
        self.blend_note.setProperty("role", "small")
        self.measured = QLabel(wordWrap=True)
        self.measured.setProperty("role", "small")
        self.measured.setToolTip("Measured on the lesion as it was drawn")
        for widget in (self.diameter, self.contrast, self.rotation):
            self.body.addWidget(widget)
        self.body.addLayout(self._row("Shape", self.seed, self.reroll))
        self.body.addLayout(self._row("Blend", self.blend))
        self.body.addWidget(self.blend_note)
        self.body.addWidget(self.measured)
        self._fill_blends()

        self.diameter.changed.connect(lambda value, n: self._set("Resize lesion", n, diameter=value))
        self.contrast.changed.connect(lambda value, n: self._set("Change contrast", n, contrast=value / 100))
        self.rotation.changed.connect(lambda value, n: self._set("Rotate lesion", n, rotation_deg=value))
        self.seed.valueChanged.connect(lambda value: self._set("Change shape", None, seed=value))
        self.reroll.clicked.connect(self.new_shape)
        self.blend.activated.connect(
            lambda row: self._set("Change blend mode", None, blend=self.blend.itemData(row))
        )
        for signal in (
            document.selection_changed, document.scene_changed, document.brush_changed, document.opened,
            document.rendered,
        ):  # fmt: skip
            signal.connect(self.refresh)
        self.set_icons()
        self.refresh()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.reroll.setIcon(icon("dice-5-outline"))

    def new_shape(self) -> None:
        """Takes a new seed."""
        self._set("Change shape", None, seed=new_seed())

    def refresh(self) -> None:
        """Shows the selected lesion, or the next one."""
        document = self._document
        placement, brush = document.selected, document.brush
        if placement is None:
            self.heading.setText("Next lesion")
            values, diameter = brush, brush.diameter
        else:
            number = document.scene.placements.index(placement) + 1
            self.heading.setText(f"Lesion {number}")
            values, diameter = placement, placement.diameter_mm  # type: ignore[assignment]
        low, high = document.diameter_limits
        self.diameter.set_range(min(low, diameter), max(high, diameter), suffix=f" {document.unit}")
        self.diameter.set_value(diameter)
        self.contrast.set_value(values.contrast * 100)
        self.rotation.set_value(values.rotation_deg)
        with QSignalBlocker(self.seed), QSignalBlocker(self.blend):
            self.seed.setValue(values.seed)
            self.blend.setCurrentIndex(self.blend.findData(values.blend))
        note = self.blend.currentData(Qt.ItemDataRole.ToolTipRole) or ""
        _set_text(self.blend_note, note)
        _set_text(self.measured, self._measured(placement))

    def _measured(self, placement: Placement | None) -> str:
        composite, unit = self._document.composite, self._document.unit
        if placement is None or composite is None:
            return ""
        for lesion in composite.lesions:
            if lesion.placement.id == placement.id:
                return describe(lesion, unit, composite.background.unit)
        return ""

    def _set(self, name: str, gesture: int | None, **fields: Any) -> None:
        document = self._document
        placement = document.selected
        if placement is None:
            document.set_brush(**fields)
            return
        if "diameter" in fields:
            fields["diameter_mm"] = fields.pop("diameter")
        if not document.change(replace(placement, **fields), name, gesture):
            self.refresh()

    def _fill_blends(self) -> None:
        from app.composition.blends import modes

        for mode in modes():
            self.blend.addItem(mode.title, mode.name)
            self.blend.setItemData(self.blend.count() - 1, mode.description, Qt.ItemDataRole.ToolTipRole)

    def _row(self, title: str, *widgets: QComboBox | QSpinBox | QPushButton) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        label = QLabel(title)
        label.setFixedWidth(66)
        label.setBuddy(widgets[0])
        row.addWidget(label)
        for widget in widgets:
            if widget is widgets[0]:
                widget.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            row.addWidget(widget, 1 if widget is widgets[0] else 0)
        return row


def describe(lesion: RenderedLesion, size_unit: str, value_unit: str) -> str:
    """`Drawn 8.1 × 6.4 mm, contrast +212, CNR 5.1, seam 1.0`."""
    if lesion.area_px == 0:
        return "Nothing of it lies on the image."
    value = f"{lesion.contrast:+.0f} {value_unit}".rstrip()
    parts = [
        f"Drawn {lesion.diameter_mm:.1f} × {lesion.perpendicular_mm:.1f} {size_unit}",
        f"contrast {value}",
    ]
    if lesion.cnr is not None:
        parts.append(f"CNR {lesion.cnr:.1f}")
    if lesion.seam is not None:
        parts.append(f"seam {lesion.seam:.2f}")
    return ", ".join(parts)


def _set_text(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
    label.setVisible(bool(text))
