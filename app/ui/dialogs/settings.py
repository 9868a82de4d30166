"""The settings, made from the schema `Preferences`: one row to a field, one page to a group.

A change acts at once, so that it is seen while it is chosen; *Restore the usual settings* takes all of them
back, and can itself be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.ui.dialogs.parts import ButtonBox, SearchField, fit_to_screen
from app.ui.help.fuzzy import match
from app.ui.settings import Preferences, settings

_FEW = 4
"""So many choices are all shown at once."""


class SettingsDialog(QDialog):
    """Every preference with its description, by group, with a field to find one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._before: dict[str, Any] | None = None
        self.rows = {name: SettingRow(name, field) for name, field in Preferences.model_fields.items()}
        self.search = SearchField("Find a setting")
        self.search.textChanged.connect(self._find)
        self.groups = QListWidget()
        self.groups.setAccessibleName("Groups of settings")
        self._sections: dict[str, QWidget] = {}
        self._none = QLabel("No setting is called so.")
        self._none.setProperty("role", "muted")
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(18, 12, 18, 12)
        column.addWidget(self._none)
        for group in dict.fromkeys(row.group for row in self.rows.values()):
            self._sections[group] = self._section(group)
            column.addWidget(self._sections[group])
            self.groups.addItem(group)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        self.restore = QPushButton()
        self.restore.setAutoDefault(False)
        self.restore.clicked.connect(self._restore)
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.restore, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.rejected.connect(self.reject)
        left = QVBoxLayout()
        left.addWidget(self.search)
        left.addWidget(self.groups, 1)
        middle = QHBoxLayout()
        middle.addLayout(left)
        middle.addWidget(area, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(middle, 1)
        layout.addWidget(buttons)
        self.groups.currentRowChanged.connect(lambda _: self._find(self.search.text()))
        self.groups.setCurrentRow(0)
        settings().changed.connect(self._changed)
        self.finished.connect(lambda _: settings().changed.disconnect(self._changed))
        self._settle()
        self.groups.setFocus()

    def _section(self, group: str) -> QWidget:
        section = QWidget()
        column = QVBoxLayout(section)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        heading = QLabel(group)
        heading.setProperty("role", "title")
        column.addWidget(heading)
        for row in self.rows.values():
            if row.group == group:
                column.addWidget(row)
        return section

    def _find(self, query: str) -> None:
        """Shows the chosen group; where something is looked for, whatever fits, of every group."""
        chosen = self.groups.currentItem()
        shown = set()
        for row in self.rows.values():
            fits = match(query, row.title, row.words) is not None if query.strip() else True
            row.setHidden(not fits)
            if fits and (query.strip() or (chosen is not None and chosen.text() == row.group)):
                shown.add(row.group)
        for group, section in self._sections.items():
            section.setHidden(group not in shown)
        self._none.setHidden(bool(shown))

    def _changed(self, name: str) -> None:
        self._before = None
        self.rows[name].show_value()
        self._settle()

    def _restore(self) -> None:
        before = settings().preferences.model_dump()
        settings().change(**(self._before or Preferences().model_dump()))
        self._before = None if self._before else before
        self._settle()

    def _settle(self) -> None:
        usual = settings().preferences == Preferences()
        self.restore.setText("Take that back" if self._before else "Restore the usual settings")
        self.restore.setEnabled(bool(self._before) or not usual)
        widest = max(self.groups.sizeHintForColumn(0), 0)
        self.groups.setFixedWidth(max(widest + 28, 150))
        self.search.setFixedWidth(self.groups.width())
        fit_to_screen(self, 760, 560)


class SettingRow(QWidget):
    """One preference: what it is called, what it is set to, and what it does."""

    def __init__(self, name: str, field: FieldInfo) -> None:
        super().__init__()
        extra = field.json_schema_extra
        self._extra: dict[str, Any] = dict(extra) if isinstance(extra, dict) else {}
        self.name = name
        self.title = field.title or name
        self.group = str(self._extra["group"])
        description = field.description or ""
        labels = " ".join(map(str, self._extra.get("labels", {}).values()))
        self.words = f"{description} {labels} {self.group}"
        """What it can be found by besides its title."""
        self._show: Callable[[Any], object] = lambda _: None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.editor = self._make(field)
        if isinstance(self.editor, QCheckBox):
            layout.addWidget(self.editor)
        else:
            label = QLabel(self.title)
            label.setBuddy(self.editor)
            layout.addWidget(label)
            layout.addWidget(self.editor, alignment=Qt.AlignmentFlag.AlignLeft)
        if description:
            text = QLabel(description, wordWrap=True)
            text.setProperty("role", "muted")
            layout.addWidget(text)
        for widget in (self.editor, *self.editor.findChildren(QRadioButton)):
            widget.setAccessibleDescription(description)
            widget.setToolTip(description)
        self.show_value()

    def show_value(self) -> None:
        """Shows what is set."""
        self._show(getattr(settings().preferences, self.name))

    def _change(self, value: Any) -> None:
        settings().change(**{self.name: value})

    def _make(self, field: FieldInfo) -> QWidget:
        kind = field.annotation
        if get_origin(kind) is Literal:
            return self._choice([str(value) for value in get_args(kind)])
        if kind is bool:
            return self._switch()
        if kind is int or kind is float:
            return self._number(field, QSpinBox() if kind is int else QDoubleSpinBox())
        raise TypeError(f"the settings dialog has no widget for {self.name}: {kind}")

    def _switch(self) -> QCheckBox:
        box = QCheckBox(self.title)
        box.toggled.connect(self._change)
        self._show = lambda value: _quietly(box, box.setChecked, value)
        return box

    def _number(self, field: FieldInfo, box: QSpinBox | QDoubleSpinBox) -> QAbstractSpinBox:
        limits = {
            name: getattr(one, name) for one in field.metadata for name in ("ge", "le") if hasattr(one, name)
        }
        kind = int if isinstance(box, QSpinBox) else float
        box.setRange(kind(limits["ge"]), kind(limits["le"]))  # type: ignore[arg-type]
        box.setSingleStep(self._extra.get("step", 1))
        box.setSuffix(str(self._extra.get("suffix", "")))
        box.setSpecialValueText(str(self._extra.get("lowest", "")))
        box.setKeyboardTracking(False)
        box.setAccessibleName(self.title)
        box.valueChanged.connect(self._change)
        self._show = lambda value: _quietly(box, box.setValue, value)
        return box

    def _choice(self, values: list[str]) -> QWidget:
        labels: dict[str, str] = self._extra["labels"]
        if len(values) > _FEW:
            box = QComboBox()
            box.setAccessibleName(self.title)
            for value in values:
                box.addItem(labels[value], value)
            box.currentIndexChanged.connect(lambda _: self._change(box.currentData()))
            self._show = lambda value: _quietly(box, box.setCurrentIndex, box.findData(value))
            return box
        frame = QWidget()
        frame.setAccessibleName(self.title)
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        group = QButtonGroup(frame)
        buttons = {value: QRadioButton(labels[value]) for value in values}
        for value, button in buttons.items():
            group.addButton(button)
            column.addWidget(button)
            button.setAccessibleName(f"{self.title}: {labels[value]}")
            button.clicked.connect(lambda _=False, value=value: self._change(value))
        frame.setFocusProxy(next(iter(buttons.values())))
        self._show = lambda value: buttons[value].setChecked(True)
        return frame


def _quietly(widget: QWidget, show: Callable[[Any], object], value: Any) -> None:
    with QSignalBlocker(widget):
        show(value)
