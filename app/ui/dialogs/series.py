"""Which series of a folder to open."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.imaging.series import SeriesInfo
from app.ui.dialogs.parts import ButtonBox


class SeriesDialog(QDialog):
    """Lists the series of a folder, the largest first."""

    def __init__(self, found: Sequence[SeriesInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Choose a series")
        self.resize(620, 360)
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setHeaderLabels(["No.", "Series", "Modality", "Images", "Size"])
        for info in found:
            item = QTreeWidgetItem(
                [
                    "" if info.number is None else str(info.number),
                    info.description or "without a description",
                    info.modality,
                    str(info.count),
                    f"{info.size[1]} × {info.size[0]}",
                ]
            )
            item.setData(0, Qt.ItemDataRole.UserRole, info.uid)
            self.list.addTopLevelItem(item)
        self.list.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.list.header().setStretchLastSection(False)
        self.list.setCurrentIndex(self.list.model().index(0, 0))
        self.list.itemDoubleClicked.connect(self.accept)
        buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton("Open", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(f"The folder holds {len(found)} series."))
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)

    @property
    def uid(self) -> str:
        """The chosen series."""
        return str(self.list.currentIndex().siblingAtColumn(0).data(Qt.ItemDataRole.UserRole))
