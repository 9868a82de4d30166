"""What to do with work that a window left behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QDate, QLocale, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.composition.recovery import Left
from app.composition.scene import Scene
from app.ui.dialogs.parts import ButtonBox
from app.ui.theme import chosen

PICTURE = 112
_RING = 6.0


class RecoveryDialog(QDialog):
    """Lists what was left behind, the newest first. Closing it decides nothing: it is offered again."""

    recover = Signal(object)
    """A `Left` to open."""
    delete = Signal(object)
    """A `Left` to remove for good."""

    def __init__(self, found: Sequence[Left], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unsaved work")
        self.resize(640, 150 + (PICTURE + 18) * min(len(found), 4))
        self._armed = False
        text = QLabel("Lithograph ended without being closed. This work was not saved; it is all here.")
        text.setProperty("role", "heading")
        text.setWordWrap(True)
        self.list = QListWidget()
        self.list.setAccessibleName("Unsaved work")
        self.list.setIconSize(QSize(PICTURE, PICTURE))
        self.list.setSpacing(2)
        self.list.setWordWrap(True)
        for left in found:
            item = QListWidgetItem(_icon(left), _words(left))
            item.setData(Qt.ItemDataRole.UserRole, left)
            self.list.addItem(item)
        buttons = ButtonBox()
        self.open_button = buttons.addButton("&Recover", QDialogButtonBox.ButtonRole.AcceptRole)
        self.open_button.setToolTip("Open it as it was; it is not saved until you save it")
        self.delete_button: QPushButton = buttons.addButton(
            "&Delete", QDialogButtonBox.ButtonRole.DestructiveRole
        )
        later = buttons.addButton("Decide &later", QDialogButtonBox.ButtonRole.RejectRole)
        later.setToolTip("Keep it; it is offered at the next start, and in the menu File")
        self.open_button.setDefault(True)
        buttons.accepted.connect(self._recover)
        buttons.rejected.connect(self.reject)
        self.delete_button.clicked.connect(self._delete)
        self.list.itemActivated.connect(lambda _: self._recover())
        self.list.currentRowChanged.connect(self._chosen)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(self.list, 1)
        layout.addWidget(buttons)
        self.list.setCurrentRow(0)
        self.list.setFocus()

    @property
    def current(self) -> Left | None:
        """What is selected."""
        item = self.list.currentItem()
        return None if item is None else item.data(Qt.ItemDataRole.UserRole)

    def _chosen(self) -> None:
        left = self.current
        self._armed = False
        self.open_button.setEnabled(left is not None and left.work is not None)
        self.delete_button.setEnabled(left is not None)
        self.delete_button.setText("&Delete")
        self.delete_button.setToolTip("Remove it for good")

    def _recover(self) -> None:
        left = self.current
        if left is not None and left.work is not None:
            self.accept()
            self.recover.emit(left)

    def _delete(self) -> None:
        """The first time it asks, on the button itself; the second time it does it."""
        left = self.current
        if left is None:
            return
        if not self._armed:
            self._armed = True
            self.delete_button.setText("&Delete for good?")
            self.delete_button.setToolTip("Once more removes it; it cannot be brought back")
            return
        self.list.takeItem(self.list.currentRow())
        self.delete.emit(left)
        self._chosen()
        if not self.list.count():
            self.accept()


def _words(left: Left) -> str:
    when = _when(left.when)
    if left.work is None:
        return f"{left.problem}\n{when}"
    work = left.work
    lines = [f"{work.title} – {_contents(work.scene)}", when]
    if work.path is not None:
        lines.append(f"Changes to {work.path}")
    elif work.scene.background.path is not None:
        lines.append(f"On {work.scene.background.path}, never saved")
    else:
        lines.append("On a generated background, never saved")
    return "\n".join(lines)


def _contents(scene: Scene) -> str:
    """What has been done to the background, counted."""
    counts = (
        (len(scene.placements), "lesion", "lesions"),
        (len(scene.removals), "lesion removed", "lesions removed"),
        (len(scene.blackouts), "place blacked out", "places blacked out"),
    )
    said = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    return ", ".join(said) or "as it was opened"


def _when(when: datetime) -> str:
    days = (datetime.now().date() - when.date()).days
    time = f"{when:%H:%M}"
    if days == 0:
        return f"Today, {time}"
    if days == 1:
        return f"Yesterday, {time}"
    return f"{QLocale().toString(QDate(when.year, when.month, when.day))}, {time}"


def _icon(left: Left) -> QIcon:
    picture = _picture(left)
    shown = QIcon(picture)
    shown.addPixmap(picture, QIcon.Mode.Selected)  # else Qt tints it
    return shown


def _picture(left: Left) -> QPixmap:
    """The background, small, with a ring around each lesion, square."""
    whole = QPixmap(PICTURE, PICTURE)
    whole.fill(Qt.GlobalColor.transparent)
    small = QPixmap()
    if not left.preview or not small.loadFromData(left.preview):
        return whole
    small = small.scaled(
        PICTURE, PICTURE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    corner = QPointF((PICTURE - small.width()) / 2, (PICTURE - small.height()) / 2)
    painter = QPainter(whole)
    painter.drawPixmap(corner, small)
    work = left.work
    if work is not None and all(work.size):
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = small.height() / work.size[0]
        for colour, width in (("#000000", 4.0), (chosen().accent, 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            for placement in work.scene.visible:
                at = corner + QPointF(placement.x + 0.5, placement.y + 0.5) * scale
                painter.drawEllipse(at, _RING, _RING)
    painter.end()
    return whole
