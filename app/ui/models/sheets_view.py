"""The sample sheets of a training: the newest one, and the earlier ones to go back to."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.ui.models.parts import button, heading, small
from app.ui.models.picture import Picture
from app.ui.models.picture_dialog import Named
from app.ui.models.reading_pictures import read_picture
from app.ui.models.stages import NOTHING, SHEETS, Sheet, Written
from app.ui.theme import icon
from app.ui.work.bridge import Bridge


class SheetsView(QWidget):
    """Follows the newest sheet, until somebody goes back to an earlier one."""

    opened = Signal(object, int)
    """The `Named` pictures that are to be seen large, and which of them first."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._written = NOTHING
        self._at: Sheet | None = None
        """The sheet that is looked at."""
        self.says, self.what = QLabel(), small()
        self.says.setProperty("role", "muted")
        self.picture = Picture("Sample sheet")
        self.picture.setToolTip("What the network makes of it just now; a click opens it at full size")
        self.earlier = button("Earlier", "The sheet before this one, to see what has changed (Left)")
        self.later = button("Later", "The sheet after this one (Right)")
        self.newest = button("Newest", "The newest sheet, and then each one that follows")
        self.open_it = button(
            "Open", "At full size, in a window of its own (Return)", "Open the sample sheet"
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(heading("Samples"))
        row.addWidget(self.says, 1)
        for each in (self.earlier, self.later, self.newest, self.open_it):
            row.addWidget(each)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.picture)
        column.addWidget(self.what)
        self.earlier.clicked.connect(lambda: self.step(-1))
        self.later.clicked.connect(lambda: self.step(1))
        self.newest.clicked.connect(self.follow_newest)
        self.open_it.clicked.connect(self.open)
        self.picture.opened.connect(self.open)
        self.picture.stepped.connect(self.step)
        self.hide()

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Those that there are, the oldest first."""
        return self._written.sheets

    @property
    def shown(self) -> Sheet | None:
        """The sheet that is looked at."""
        return self._at

    def show_written(self, written: Written) -> None:
        """Takes what a training has written; stays at an earlier sheet where somebody has gone to one."""
        newest = self._at is None or not self.sheets or self._at == self.sheets[-1]
        self._written = written
        self.setVisible(bool(written.sheets))
        if not written.sheets:
            self._at = None
            self.picture.show_image(QImage())
        elif newest or self._at not in written.sheets:
            self._show(written.sheets[-1])
        else:
            self._say()

    def step(self, by: int) -> None:
        """Goes to an earlier or a later sheet."""
        if self._at in self.sheets:
            at = self.sheets.index(self._at) + by
            self._show(self.sheets[min(max(at, 0), len(self.sheets) - 1)])

    def follow_newest(self) -> None:
        """Shows the newest one, and those that follow."""
        if self.sheets:
            self._show(self.sheets[-1])

    def open(self) -> None:
        """Asks for it to be seen large; the other sheets are beside it."""
        if self._at in self.sheets:
            pictures: list[Named] = [(self._title(sheet), sheet.file) for sheet in self.sheets]
            self.opened.emit(pictures, self.sheets.index(self._at))

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.earlier.setIcon(icon("chevron-left"))
        self.later.setIcon(icon("chevron-right"))
        self.newest.setIcon(icon("page-last"))
        self.open_it.setIcon(icon("arrow-expand"))

    def _show(self, sheet: Sheet) -> None:
        changed = sheet != self._at
        self._at = sheet
        self._say()
        if changed:
            read_picture(self._bridge, "sample sheet", sheet.file, self._take)

    def _take(self, image: QImage) -> None:
        if not image.isNull():
            self.picture.show_image(image)

    def _say(self) -> None:
        assert self._at is not None
        at, count = self.sheets.index(self._at), len(self.sheets)
        self.says.setText(f"{self._title(self._at)}  ·  {at + 1} of {count}")
        self.earlier.setEnabled(at > 0)
        self.later.setEnabled(at < count - 1)
        self.newest.setEnabled(at < count - 1)
        stage = self._written.stage_at(self._at.step)
        self.what.setText(SHEETS.get(stage.name, "") if stage is not None else "")
        self.what.setHidden(not self.what.text())
        self.picture.setAccessibleName(f"Sample sheet {self._title(self._at)}. {self.what.text()}")

    def _title(self, sheet: Sheet) -> str:
        stage = self._written.stage_at(sheet.step)
        after = f"after step {sheet.step:,}"
        return f"{stage.title}, {after}" if stage is not None else after.capitalize()
