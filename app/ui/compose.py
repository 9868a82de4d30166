"""The workspace *Compose*: the image, the panels beside it, and the parts that work for them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QVBoxLayout, QWidget

from app.anatomy.doubts import UNCHECKED
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.controller import CanvasController
from app.ui.canvas.overlay_state import OverlayState
from app.ui.document import OUTSIDE, Document
from app.ui.frame.messages import MessageStrip
from app.ui.frame.side import Side
from app.ui.panels.candidates import CandidatesPanel
from app.ui.panels.gallery import GalleryPanel
from app.ui.panels.histogram import HistogramPanel
from app.ui.panels.lesion import LesionPanel
from app.ui.panels.overlays import OverlaysPanel
from app.ui.panels.parts import Card
from app.ui.panels.placements import PlacementsPanel
from app.ui.panels.slices import SliceBar
from app.ui.panels.task import TaskPanel
from app.ui.panels.training import TrainingPanel
from app.ui.theme import icon
from app.ui.work.bridge import Bridge
from app.ui.work.finding import Finder
from app.ui.work.opening import Opener
from app.ui.work.rendering import LiveRenderer
from app.ui.work.saving import Saver
from app.ui.work.shelf import Shelf
from app.ui.work.training import Trainer
from app.ui.workspace import Workspace


class ComposeWorkspace(Workspace):
    """Composes scenes: it puts the parts together and holds no state of its own."""

    new_scene_wanted = Signal()

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self.document = Document(self)
        self.opener = Opener(self.document, bridge)
        self.saver = Saver(self.document, bridge)
        self.renderer = LiveRenderer(self.document, bridge)
        self.finder = Finder(self.document, bridge)
        self.trainer = Trainer(self.document, bridge)
        self.overlays = OverlayState(self)
        self.canvas = Canvas()
        self.controller = CanvasController(self.document, self.finder, self.canvas, self.overlays, bridge)
        self.messages = MessageStrip(self.canvas)
        self.task_panel = TaskPanel(self.document)
        self.shelf = Shelf(self.document, bridge)
        self.gallery = GalleryPanel(self.document, self.shelf)
        self.lesion_panel = LesionPanel(self.document, self.shelf)
        self.placements = PlacementsPanel(self.document, self.shelf)
        self.overlays_panel = OverlaysPanel(self.document, self.finder, self.overlays)
        self.candidates_panel = CandidatesPanel(self.document, self.canvas, self.overlays)
        self.histogram = HistogramPanel(self.document, self.controller.display, bridge)
        self.training_panel = TrainingPanel(self.trainer)
        self.cards: tuple[Card, ...] = (
            self.task_panel,
            self.training_panel,
            self.gallery,
            self.lesion_panel,
            self.placements,
            self.overlays_panel,
            self.candidates_panel,
            self.histogram,
        )
        """The side, from above."""
        self.menu_parts: list[Callable[[QMenu, QPointF], None]] = []
        """Each adds to the context menu what can be done at a place (image pixels)."""
        self.menu: QMenu | None = None
        """The context menu that was opened last."""
        self.slices = SliceBar(self.document, self.opener)

        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.pictures = QHBoxLayout()
        """The canvas, and what is compared with it."""
        self.pictures.setSpacing(2)
        self.pictures.addWidget(self.canvas, 1)
        column.addLayout(self.pictures, 1)
        column.addWidget(self.slices)
        self.side = Side(self.cards)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(middle)
        self.splitter.addWidget(self.side)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.column = QVBoxLayout(self)
        """The window's tool bar, and below it everything else."""
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addWidget(self.splitter, 1)

        self.document.refused.connect(self._refused)
        for frugal in (self.finder, self.opener):
            frugal.made_do.connect(lambda text: self.messages.show_message("warning", text, seconds=12))
        bridge.failed.connect(self.messages.error)
        self.document.opened.connect(self.messages.clear)
        self.canvas.menu_wanted.connect(self._menu)
        self.canvas.stepped.connect(self.step)
        self.canvas.nudged.connect(self.controller.nudge)
        self.document.elsewhere.connect(self._elsewhere)
        self.trainer.trained.connect(lambda _: self.shelf.refresh())

    def add_card(self, card: Card) -> None:
        """Puts a card below the others of the side."""
        self.cards = (*self.cards, card)
        self.side.add(card)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        return (self.canvas, self.side)

    @property
    def message_place(self) -> QWidget:
        return self.canvas

    def arrive(self) -> None:
        self.canvas.setFocus()

    def step(self, by: int) -> None:
        """Goes on by so many slices."""
        self.opener.show_slice(self.opener.slice_wanted + by)

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        for card in self.cards:
            card.set_icons()
        self.messages.set_icons()

    def cancel(self) -> bool:
        """Esc: ends a gesture, else the tool, else the selection; False where there is nothing to end."""
        if self.canvas.cancel_gesture():
            return True
        if self.canvas.tool is not None:
            self.canvas.set_tool(None)
            return True
        if self.document.selection is not None:
            self.document.select(None)
            return True
        return False

    def set_side_width(self, width: int) -> None:
        """Gives the side so many logical pixels; 0 the usual width."""
        self.side.fit()
        width = max(width, self.side.minimumWidth())
        self.splitter.setSizes([1, width])  # the image takes what is left

    def _refused(self, sentence: str) -> None:
        self.messages.show_message("warning", sentence, seconds=5)

    def _elsewhere(self) -> None:
        self.messages.show_message(
            "warning",
            "The lesions of this scene are on another image of the series; go back to it, "
            "or start a new scene here.",
            seconds=10,
            action=("Start a new scene here", self.new_scene_wanted.emit),
        )

    def _menu(self, at: QPoint) -> None:
        """What can be done at a place, or with the lesion there."""
        document = self.document
        if document.page is None:
            return
        place = self.canvas.image_point(at.toPointF())
        item, _ = self.canvas.lesion_at(at.toPointF())
        if self.menu is not None:
            self.menu.deleteLater()
        menu = QMenu(self)
        if item is not None:
            if item.placement_id not in document.selected_ids:
                document.select(item.placement_id)
            chosen = document.selected_ids
            text = "Remove lesions" if len(chosen) > 1 else "Remove lesion"
            menu.addAction(icon("trash-can-outline"), text, lambda: document.remove(*chosen))
            menu.addAction(icon("dice-5-outline"), "Draw another shape", self.lesion_panel.new_shape)
        elif document.at_base:
            reason = document.reason(place.x(), place.y(), document.brush.diameter)
            text = "Place lesion here"
            if reason is not None:
                why = "not checked" if reason.startswith(UNCHECKED) else f"danger zone: {reason}"
                text = f"Place here all the same ({why})"
            if reason == OUTSIDE:
                text = "Too near the edge of the image to place a lesion"
            allow = menu.addAction(
                icon("map-marker-plus-outline"),
                text,
                lambda: document.place(place.x(), place.y(), override=True),
            )
            inside = self.canvas.image.value_at(place.x(), place.y()) is not None
            allow.setEnabled(inside and reason != OUTSIDE and not document.finding)
        else:
            menu.addAction(icon("layers-plus"), "Start a new scene on this image", self.new_scene_wanted.emit)
        for add in self.menu_parts:
            add(menu, place)
        self.menu = menu
        menu.popup(self.canvas.viewport().mapToGlobal(at))
