"""A training that waits: unfinished and to be gone on with, or finished and to be decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout

from app.ui.models.comparison_view import ComparisonView
from app.ui.models.kinds import kind_of
from app.ui.models.library import Network
from app.ui.models.parts import button, buttons
from app.ui.models.picture_pair import PicturePair
from app.ui.theme import icon
from app.ui.work.bridge import Bridge

if TYPE_CHECKING:
    from app.training.orders import Order


class OrderRow(QFrame):
    """One order, and what can be done with it."""

    go_on_wanted = Signal(object)
    discard_wanted = Signal(object)
    use_wanted = Signal(object)
    keep_wanted = Signal(object)

    def __init__(self, order: Order, steps_done: int, bridge: Bridge) -> None:
        super().__init__()
        self.order = order
        self.setProperty("role", "framed")
        self.title, self.says = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self.title.setProperty("role", "heading")
        self.says.setProperty("role", "muted")
        self.comparison, self.pair = ComparisonView(), PicturePair(bridge)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 14)
        column.setSpacing(8)
        for widget in (self.title, self.says, self.comparison, self.pair):
            column.addWidget(widget)
        if order.finished:
            self.go_on = button("Use the new one", "Put the new model to work; the old one stays a version")
            self.discard = button(
                "Keep the old one" if order.old else "Not now",
                "Nothing changes; the new one stays among the versions",
            )
            self.go_on.clicked.connect(lambda: self.use_wanted.emit(order))
            self.discard.clicked.connect(lambda: self.keep_wanted.emit(order))
            self.says.setText(_finished_words(order))
        else:
            self.go_on = button("Resume", "Go on training where it was paused")
            self.discard = button("Delete…", "Delete what it has learnt so far")
            self.go_on.clicked.connect(lambda: self.go_on_wanted.emit(order))
            self.discard.clicked.connect(lambda: self.discard_wanted.emit(order))
            done = f"after {steps_done:,} of {order.steps:,} steps" if steps_done else "before its first step"
            self.says.setText(f"Paused {done}; nothing is lost, and it goes on exactly from there.")
        column.addLayout(buttons(self.go_on, self.discard))
        self.comparison.setVisible(order.comparison is not None)
        if order.comparison is not None:
            self.comparison.show_comparison(order.comparison)
        self.show_task(order.task)
        self.set_icons()

    def show_task(self, title: str) -> None:
        """Names the task as people do."""
        what = f"{kind_of(self.order.kind).title}, {title}"
        self.title.setText(what)
        for each in (self.go_on, self.discard):
            each.setAccessibleName(f"{each.text().rstrip('…')}: {what}")

    def show_network(self, network: Network) -> None:
        """Shows what the old and the new version draw, where they draw."""
        if not self.order.finished or not self.order.old or network.kind.labelled:
            return
        found = {one.name: one for one in network.versions}
        old, new = found.get(self.order.old), found.get(self.order.version)
        if old is not None and new is not None:
            titles = f"Old: {old.title}", f"New: {new.title}"
            self.pair.show_models(titles, (old.folder, new.folder), self.order.task)

    def close_down(self) -> None:
        """It is about to be deleted."""
        self.pair.close_down()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        finished = self.order.finished
        self.go_on.setIcon(icon("check-circle-outline" if finished else "play-circle-outline"))
        self.discard.setIcon(icon("history" if finished else "trash-can-outline"))


def _finished_words(order: Order) -> str:
    number = int(order.version[1:]) if order.version[1:].isdigit() else order.version
    text = f"The training is finished; the new model is kept as version {number}. "
    if not order.old:
        return f"{text}There was none in use to compare it with."
    if order.trouble:
        return f"{text}It could not be compared with the one in use: {order.trouble}"
    return f"{text}The one in use stays in use until you decide."
