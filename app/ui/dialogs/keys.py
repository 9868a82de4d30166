"""What the mouse and the keys do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

KEYS = (
    ("Image", (
        ("Wheel", "next or previous image of the series; zoom, where there is one only"),
        ("Ctrl+wheel", "zoom at the cursor"),
        ("Middle drag, or Space and drag", "move the image"),
        ("Right drag", "window: across its width, up and down its centre"),
        ("0, 1 … 8", "window presets: automatic, the file's, the task's"),
        ("I    R    O", "invert    reset view and window    one to one"),
        ("Home    End    PgUp    PgDown", "first, last, previous, next image"),
    )),
    ("Lesions", (
        ("Click on a free place", "place the chosen lesion"),
        ("Click on a lesion, drag", "select it, move it"),
        ("Drag its handle, or Shift+wheel", "change its size"),
        ("Arrow keys", "move it by a pixel"),
        ("N    Delete    Esc", "another shape    remove    deselect, or take back the drag"),
        ("Right click", "place in the danger zone on purpose, and more"),
    )),
    ("Overlays", (
        ("S", "show or hide all of them"),
        ("A    D", "fainter    stronger"),
    )),
)  # fmt: skip


class KeysDialog(QDialog):
    """A table to look at, not to learn by heart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Mouse and keys")
        table = QGridLayout()
        table.setHorizontalSpacing(24)
        table.setVerticalSpacing(6)
        row = 0
        for title, lines in KEYS:
            heading = QLabel(title)
            heading.setProperty("role", "heading")
            table.addWidget(heading, row, 0, 1, 2)
            table.setRowMinimumHeight(row, 30 if row else 20)
            table.setAlignment(heading, Qt.AlignmentFlag.AlignBottom)
            row += 1
            for keys, meaning in lines:
                table.addWidget(QLabel(keys), row, 0)
                text = QLabel(meaning)
                text.setProperty("role", "muted")
                table.addWidget(text, row, 1)
                row += 1
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 14)
        layout.addLayout(table)
        layout.addSpacing(10)
        layout.addWidget(buttons)
