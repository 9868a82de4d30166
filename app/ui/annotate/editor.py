"""The editor of annotations: the images of a set, one of them large, and what is marked in it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QMenu, QSplitter, QVBoxLayout, QWidget

from app.ui.annotate.actions import ScopedActions
from app.ui.annotate.bar import Bar, button_of
from app.ui.annotate.box_tool import LEAST_PX, box_in_the_middle, moved_inside
from app.ui.annotate.canvas import AnnotationCanvas
from app.ui.annotate.document import AnnotationDocument
from app.ui.annotate.image_list import ImageList
from app.ui.annotate.items import rect_of
from app.ui.annotate.opening import Opener
from app.ui.annotate.panels import DrawingCard, LesionsCard, StructuresCard
from app.ui.annotate.proposing import Proposer
from app.ui.canvas.gesture import next_gesture
from app.ui.frame.messages import MessageStrip
from app.ui.frame.side import Side
from app.ui.work.bridge import Bridge

_FADE = 0.1


class AnnotationEditor(QWidget):
    """Marks lesions and structures in the images of a training set; everything is saved by itself.

    Until it is left, nobody else can change the set.
    """

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document = AnnotationDocument(bridge, self)
        self.canvas = AnnotationCanvas(document)
        self.messages = MessageStrip(self.canvas)
        self.opener = Opener(document, bridge)
        self.proposer = Proposer(document, bridge)
        undo = document.undo_group.createUndoAction(self, "Undo")
        redo = document.undo_group.createRedoAction(self, "Redo")
        self.actions_ = ScopedActions(self, undo, redo)
        self.images = ImageList(document, self.opener)
        self.lesions, self.structures = LesionsCard(document), StructuresCard(document)
        self.drawing = DrawingCard(self.canvas)
        self.menu: QMenu | None = None
        """The context menu that was opened last."""
        self._run = 0
        """The run of arrow keys that is one step to be undone."""
        self.bar = Bar(self.actions_)
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.canvas)
        self.actions_["box"].setChecked(True)
        self.actions_["overlays"].setChecked(True)
        self._refresh()

    def open_set(self, name: str) -> None:
        """Opens a training set, at the first image that nobody has looked at."""
        self.messages.clear()
        self.opener.open_set(name)

    def leave(self) -> None:
        """The user has gone back to the sets: everything is written, and then others may change this one."""
        self.canvas.cancel_gesture()
        self.opener.leave()

    def close_down(self) -> None:
        """The window is closing: what is not on the disk yet is handed to the writer."""
        self.opener.close_set()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.actions_.set_icons()
        self.images.set_icons()
        self.messages.set_icons()
        self.bar.set_icons()
        for card in (self.lesions, self.structures, self.drawing):
            card.set_icons()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.canvas.cancel_gesture()
            self.document.keeper.flush()

    # -- making ----------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        for card, names in (
            (self.lesions, ("nothing_here", "add_box", "delete")),
            (self.structures, ("absent", "clear")),
        ):
            for name in names:
                card.row.addWidget(button_of(self.actions_, name))
            card.row.addStretch(1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(1)
        side = Side((self.lesions, self.structures, self.drawing))
        parts: tuple[QWidget, ...] = (self.images, self.canvas, side)
        for n, part in enumerate(parts):
            splitter.addWidget(part)
            splitter.setStretchFactor(n, int(part is self.canvas))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(splitter, 1)

    def _connect(self) -> None:
        document, canvas = self.document, self.canvas
        self.images.chosen.connect(self._show)
        canvas.stepped.connect(self._step)
        canvas.nudged.connect(lambda right, down: self._nudge(right, down, 0, 0, "Move lesion"))
        canvas.resized.connect(lambda wide, high: self._nudge(0, 0, wide, high, "Resize lesion"))
        canvas.menu_wanted.connect(self._menu)
        self.drawing.opacity_changed.connect(self._set_opacity)
        document.refused.connect(lambda text: self.messages.show_message("warning", text, seconds=6))
        document.failed.connect(self.messages.error)
        self.proposer.proposed.connect(lambda text: self.messages.show_message("done", text, seconds=8))
        self.proposer.doubted.connect(lambda text: self.messages.show_message("warning", text, seconds=20))
        for signal in (document.opened, document.chosen_changed, document.boxes_changed, document.set_opened):
            signal.connect(self._refresh)

    def _refresh(self) -> None:
        page, document = self.document.page, self.document
        there, drawn = page is not None, page is not None and bool(document.names)
        for name in ("nothing_here", "add_box", "reset", "invert"):
            self.actions_[name].setEnabled(there)
        for name in ("absent", "clear", "propose", "brush", "lasso", "erase"):
            self.actions_[name].setEnabled(drawn)
        for name in ("box", "next_image", "previous_image", "next_unseen"):
            self.actions_[name].setEnabled(bool(document.statuses))
        self.actions_["delete"].setEnabled(document.selected is not None)
        self._run = next_gesture()

    # -- tools -----------------------------------------------------------------------------------------

    def box(self, on: bool) -> None:
        """Takes up the box tool."""
        if on:
            self.canvas.set_tool(self.canvas.box_tool)

    def brush(self, on: bool) -> None:
        """Takes up the brush."""
        if on:
            self.document.select(None)
            self.canvas.set_tool(self.canvas.brush)

    def lasso(self, on: bool) -> None:
        """Takes up the lasso."""
        if on:
            self.document.select(None)
            self.canvas.set_tool(self.canvas.lasso)

    def erase(self, on: bool) -> None:
        """Brush and lasso take away, or add again."""
        self.canvas.erase = on

    def smaller(self) -> None:
        """Makes the brush smaller."""
        self.canvas.resize_brush(-2)

    def larger(self) -> None:
        """Makes the brush larger."""
        self.canvas.resize_brush(2)

    def next_structure(self) -> None:
        """Draws in the next structure."""
        self.document.choose_structure(self.document.structure + 1)

    def previous_structure(self) -> None:
        """Draws in the structure before."""
        self.document.choose_structure(self.document.structure - 1)

    # -- lesions ---------------------------------------------------------------------------------------

    def nothing_here(self) -> None:
        """Marks the image as looked at and empty, or takes that back."""
        self.document.turn_nothing_here()

    def add_box(self) -> None:
        """Puts a box into the middle of what is seen."""
        page = self.document.page
        if page is not None:
            self.actions_["box"].setChecked(True)
            boxes = self.document.boxes
            added = box_in_the_middle(self.canvas.box.viewRect(), page.image.size)
            self.document.change_boxes((*boxes, added), "Mark lesion", len(boxes))
            self.canvas.setFocus()

    def delete(self) -> None:
        """Removes the chosen box; an image that loses its last one has been looked at."""
        chosen, boxes = self.document.selected, self.document.boxes
        if chosen is not None:
            self.document.change_boxes((*boxes[:chosen], *boxes[chosen + 1 :]), "Delete mark")

    def _nudge(self, right: int, down: int, wide: int, high: int, name: str) -> None:
        """Moves and resizes the chosen box by pixels; a run of one key is one step."""
        page, chosen = self.document.page, self.document.selected
        if page is None or chosen is None:
            return
        boxes, run = list(self.document.boxes), self._run
        changed = rect_of(boxes[chosen]).translated(right, down).adjusted(0, 0, wide, high)
        if min(changed.width(), changed.height()) >= LEAST_PX:
            boxes[chosen] = moved_inside(changed, page.image.size)
            self.document.change_boxes(tuple(boxes), name, chosen, run)
            self._run = run

    # -- structures ------------------------------------------------------------------------------------

    def absent(self) -> None:
        """Marks the chosen structure as known to be absent, or takes that back."""
        self.document.turn_absent()

    def clear(self) -> None:
        """Removes the outline of the chosen structure."""
        self.proposer.clear(self.document.structure)

    def propose(self) -> None:
        """Outlines what is not outlined yet by the network."""
        self.proposer.propose()

    # -- images ----------------------------------------------------------------------------------------

    def next_image(self) -> None:
        """Shows the next image."""
        self._step(1)

    def previous_image(self) -> None:
        """Shows the image before."""
        self._step(-1)

    def next_unseen(self) -> None:
        """Shows the next image in which nothing is marked."""
        number = self.document.next_unseen(self.opener.wanted)
        if number < 0:
            self.messages.show_message("done", "All images of this set have been looked at.", seconds=5)
        else:
            self._show(number)

    def _step(self, by: int) -> None:
        self.canvas.cancel_gesture()
        self.opener.step(by)

    def _show(self, number: int) -> None:
        self.canvas.cancel_gesture()
        self.opener.show(number)

    # -- what is seen ----------------------------------------------------------------------------------

    def overlays(self, on: bool) -> None:
        """Shows what is marked, or hides it."""
        self.canvas.set_overlays(on, self.canvas.opacity)

    def fainter(self) -> None:
        """Makes the structures fainter."""
        self._set_opacity(self.canvas.opacity - _FADE)

    def stronger(self) -> None:
        """Makes the structures stronger."""
        self._set_opacity(self.canvas.opacity + _FADE)

    def _set_opacity(self, opacity: float) -> None:
        self.canvas.set_overlays(self.actions_["overlays"].isChecked(), min(max(opacity, 0.05), 1.0))
        self.drawing.refresh()

    def invert(self, on: bool) -> None:
        """Swaps black and white, or back."""
        self.canvas.display.set_inverted(on)

    def reset(self) -> None:
        """Fits the image, in its own window."""
        self.canvas.box.fit()
        self.canvas.display.reset()

    def preset(self, number: int) -> None:
        """Takes a window preset."""
        self.canvas.display.choose(number)

    def cancel(self) -> None:
        """Takes back what the hand is doing, else lets go of the chosen box."""
        if not self.canvas.cancel_gesture():
            self.document.select(None)

    def _menu(self, at: QPoint) -> None:
        """What can be done at a place."""
        number = self.canvas.box_tool.box_at(self.canvas, at.toPointF())
        if number is not None:
            self.document.select(number)
        if self.menu is not None:
            self.menu.deleteLater()
        menu = self.menu = QMenu(self)
        names = ["delete"] if number is not None else []
        for name in (*names, "undo", "redo", "nothing_here", "propose", "reset"):
            menu.addAction(self.actions_[name])
        menu.popup(self.canvas.viewport().mapToGlobal(at))
