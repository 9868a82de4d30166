"""The properties of the selected lesions, or of the one that the next click places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.composition.composite import RenderedLesion
from app.composition.scene import Placement
from app.ui.document import Brush, Document, new_seed
from app.ui.panels.fields import Row, SliderField
from app.ui.panels.measured import describe
from app.ui.panels.numbers import VARIOUS, NumberField
from app.ui.panels.parts import Card, Choice
from app.ui.panels.shapes import ShapeStrip
from app.ui.theme import icon
from app.ui.work.shelf import Shelf

CONTRAST_PERCENT = (20, 300)
"""What can be asked for, of the lesion model's own contrast."""


class LesionPanel(Card):
    """Sets model, size, contrast, rotation, seed and blend mode.

    With several lesions selected it shows what they have in common, and a change is one step for all.
    """

    def __init__(self, document: Document, shelf: Shelf) -> None:
        super().__init__("Next lesion", "lesion")
        self._document = document
        self._shelf = shelf
        self._listed: tuple[tuple[str, str], ...] = ()
        self.locked = QLabel(wordWrap=True)
        self.locked.setProperty("role", "warning")
        self.model = Choice("Lesion model")
        self.model.setToolTip("The lesion model that draws it")
        self.diameter = SliderField(
            "Size", suffix=" mm", logarithmic=True, tip="The longest diameter (Shift+wheel over the image)"
        )
        self.contrast = SliderField(
            "Contrast", decimals=0, suffix=" %", tip="Times the lesion model's own contrast"
        )
        self.contrast.set_range(*CONTRAST_PERCENT)
        self.value = NumberField("Contrast in the image's unit", decimals=0)
        self.value.setRange(-99_999, 99_999)
        self.value.setSingleStep(5)
        self.rotation = SliderField("Rotation", decimals=0, suffix="°", tip="Clockwise")
        self.rotation.set_range(0, 359)
        self.rotation.field.setWrapping(True)
        self.seed = NumberField(
            "Seed", decimals=0, tip="The same seed draws the same shape, on every machine of one kind"
        )
        self.seed.setRange(0, 2**31 - 1)
        self.reroll = QPushButton("New shape")
        self.reroll.setToolTip("Take a new seed (N)")
        self.shapes = ShapeStrip(shelf.thumbnails)
        self.blend = Choice("Blend mode")
        self.blend.setToolTip("How the lesion and the image become one")
        self.blend_note = QLabel(wordWrap=True)
        self.measured = QLabel(wordWrap=True)
        self.measured.setToolTip(
            "Measured on the lesion as it was drawn. CNR is its mean contrast over the noise around it: "
            "below 1 it is hard to see, from 3 on plain. Seam is its edge over what physics asks for: 1 is "
            "right."
        )
        for label in (self.blend_note, self.measured):
            label.setProperty("role", "small")
        self._fields = QWidget()
        self._value_row = Row("in HU", QWidget(), self.value)
        column = QVBoxLayout(self._fields)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (
            Row("Model", self.model), self.diameter, self.contrast, self._value_row, self.rotation,
            Row("Shape", self.seed, self.reroll), self.shapes, Row("Blend", self.blend),
        ):  # fmt: skip
            column.addWidget(widget)
        for part in (self.locked, self._fields, self.blend_note, self.measured):
            self.body.addWidget(part)
        self._fill_blends()
        self._connect()
        self.set_icons()
        self.refresh()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        super().set_icons()
        self.reroll.setIcon(icon("dice-5-outline"))
        self.shapes.set_icons()

    def new_shape(self) -> None:
        """Takes a new seed, another one for each of several lesions."""
        selected = self._document.selected_placements
        if selected:
            self._change([replace(p, seed=new_seed()) for p in selected], "Change shape", None)
        else:
            self._document.set_brush(seed=new_seed())

    # -- making ----------------------------------------------------------------------------------------

    def _fill_blends(self) -> None:
        from app.composition.blends import modes

        for mode in modes():
            self.blend.addItem(mode.title, mode.name)
            self.blend.setItemData(self.blend.count() - 1, mode.description, Qt.ItemDataRole.ToolTipRole)

    def _connect(self) -> None:
        self.model.activated.connect(
            lambda row: self._set("Change lesion model", None, lesion=self.model.itemData(row))
        )
        self.diameter.changed.connect(lambda value, n: self._set("Resize lesion", n, diameter=value))
        self.contrast.changed.connect(lambda value, n: self._set("Change contrast", n, contrast=value / 100))
        self.value.entered.connect(self._set_value)
        self.rotation.changed.connect(lambda value, n: self._set("Rotate lesion", n, rotation_deg=value))
        self.seed.entered.connect(lambda value: self._set("Change shape", None, seed=int(value)))
        self.reroll.clicked.connect(self.new_shape)
        self.shapes.picked.connect(lambda seed: self._set("Change shape", None, seed=seed))
        self.blend.activated.connect(
            lambda row: self._set("Change blend mode", None, blend=self.blend.itemData(row))
        )
        fields = self.diameter.field, self.contrast.field, self.rotation.field, self.value, self.seed
        for field in fields:
            field.refused.connect(self._document.refused)
        document = self._document
        for signal in (
            document.selection_changed, document.scene_changed, document.brush_changed, document.opened,
            document.rendered, self._shelf.changed,
        ):  # fmt: skip
            signal.connect(self.refresh)

    # -- showing ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Shows the selected lesions, or the next one."""
        document = self._document
        selected, brush = document.selected_placements, document.brush
        self.set_title(self._name_of(selected))
        self._show_lock(selected)
        shown: Sequence[Placement | Brush] = selected or (brush,)
        first = document.selected or brush
        diameters = [p.diameter_mm for p in selected] or [brush.diameter]
        diameter = document.selected.diameter_mm if document.selected else brush.diameter
        low, high = document.diameter_limits
        self.diameter.set_range(min(low, *diameters), max(high, *diameters), suffix=f" {document.unit}")
        self.diameter.set_value(diameter, various=len(set(diameters)) > 1)
        self.contrast.set_value(first.contrast * 100, various=_differ(shown, "contrast"))
        self.rotation.set_value(first.rotation_deg, various=_differ(shown, "rotation_deg"))
        self.seed.set_number(first.seed, various=_differ(shown, "seed"))
        self._show_models(first.lesion, various=_differ(shown, "lesion"))
        self._show_blend(first.blend, various=_differ(shown, "blend"))
        self.shapes.setVisible(not _differ(shown, "lesion"))
        if document.page is not None:  # not yet at the start, when the networks' library is not loaded
            self.shapes.show_shape(first.lesion, -1 if _differ(shown, "seed") else first.seed)
        self._show_measured(selected)

    def _name_of(self, selected: Sequence[Placement]) -> str:
        if not selected:
            return "Next lesion"
        if len(selected) > 1:
            return f"{len(selected)} lesions"
        return self._document.name_of(selected[0].id).capitalize()

    def _show_lock(self, selected: Sequence[Placement]) -> None:
        locked = [placement for placement in selected if placement.locked]
        if not locked:
            text = ""
        elif len(selected) == 1:
            text = "Locked: nothing of it can be changed until it is unlocked (Ctrl+L)."
        else:
            text = f"{len(locked)} of them locked: unlock them (Ctrl+L) to change all together."
        _set_text(self.locked, text)
        self._fields.setEnabled(not locked)
        self._fields.setToolTip(text)

    def _show_models(self, name: str, *, various: bool) -> None:
        listed = tuple((entry.name, entry.title) for entry in self._shelf.entries)
        with QSignalBlocker(self.model):
            if listed != self._listed:
                self._listed = listed
                self.model.clear()
                for one, title in listed:
                    self.model.addItem(title, one)
            known = self._shelf.title(name) if self._shelf.entries else "…"
            self.model.setPlaceholderText(VARIOUS if various else known)
            self.model.setCurrentIndex(-1 if various else self.model.findData(name))

    def _show_blend(self, name: str, *, various: bool) -> None:
        with QSignalBlocker(self.blend):
            self.blend.setPlaceholderText(VARIOUS)
            self.blend.setCurrentIndex(-1 if various else self.blend.findData(name))
        _set_text(self.blend_note, self.blend.currentData(Qt.ItemDataRole.ToolTipRole) or "")

    def _show_measured(self, selected: Sequence[Placement]) -> None:
        document = self._document
        drawn = self._drawn(selected)
        unit = document.base.image.unit if document.base else ""
        self._value_row.setVisible(bool(selected))  # of the next lesion it is not known yet
        self._value_row.label.setText(f"in {unit}" if unit else "in values")
        self.value.setAccessibleName(f"Contrast in {unit or 'stored values'}")
        self.value.set_unit(f" {unit}" if unit else "")
        self.value.setEnabled(bool(drawn) and len(drawn) == len(selected))
        values = [round(lesion.contrast) for lesion in drawn]
        self.value.set_number(values[-1] if values else 0, various=len(set(values)) > 1)
        self.value.set_tip(
            "What the lesion adds to the image, mean over its inside, as measured"
            if self.value.isEnabled()
            else "Known when the lesion has been drawn"
        )
        text = describe(drawn, document.unit, unit)
        if len(selected) == 1 and selected[0].hidden:
            text = "Hidden: it is neither drawn nor exported."
        _set_text(self.measured, text)

    def _drawn(self, selected: Sequence[Placement]) -> list[RenderedLesion]:
        """The selected lesions as they were drawn last, without those that have not been."""
        composite = self._document.composite
        ids = {placement.id for placement in selected if not placement.hidden}
        return [lesion for lesion in composite.lesions if lesion.placement.id in ids] if composite else []

    # -- changing --------------------------------------------------------------------------------------

    def _set(self, name: str, gesture: int | None, **fields: Any) -> None:
        selected = self._document.selected_placements
        if not selected:
            self._document.set_brush(**fields)
            return
        if "diameter" in fields:
            fields["diameter_mm"] = fields.pop("diameter")
        self._change([replace(placement, **fields) for placement in selected], name, gesture)

    def _change(self, after: Sequence[Placement], name: str, gesture: int | None) -> None:
        if not self._document.change_all(after, name, gesture):
            self.refresh()

    def _set_value(self, wanted: float) -> None:
        """Takes a contrast in the image's unit, of every selected lesion."""
        from app.composition.contrast import factor_for

        low, high = (percent / 100 for percent in CONTRAST_PERCENT)
        after = []
        for lesion in self._drawn(self._document.selected_placements):
            factor = factor_for(lesion, wanted)
            if not low <= factor <= high:
                self._document.refused.emit(
                    f"Contrast: {self.value.textFromNumber(wanted)} would take {100 * factor:.0f} % of the "
                    f"lesion model's own contrast; {100 * low:.0f} % to {100 * high:.0f} % can be set."
                )
                self.refresh()
                return
            placement = self._document.scene.placement(lesion.placement.id)
            after.append(replace(placement, contrast=round(factor, 4)))
        self._change(after, "Change contrast", None)


def _differ(shown: Sequence[Placement | Brush], field: str) -> bool:
    return len({getattr(one, field) for one in shown}) > 1


def _set_text(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
    label.setVisible(bool(text))
