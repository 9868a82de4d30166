"""The workspace *Compose*: the image, the panels beside it, and the parts that work for them."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QScrollArea, QVBoxLayout, QWidget

from app.ui.bridge import Bridge
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.controller import CanvasController
from app.ui.canvas.overlay_state import OverlayState
from app.ui.document import Document
from app.ui.finding import Finder
from app.ui.messages import MessageStrip
from app.ui.opening import Opener
from app.ui.panels.gallery import GalleryPanel
from app.ui.panels.lesion import LesionPanel
from app.ui.panels.overlays import OverlaysPanel
from app.ui.panels.placements import PlacementsPanel
from app.ui.panels.slices import SliceBar
from app.ui.panels.task import TaskPanel
from app.ui.rendering import LiveRenderer
from app.ui.saving import Saver
from app.ui.theme import icon
from app.ui.training import Trainer

SIDE_WIDTH = 336


class ComposeWorkspace(QWidget):
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
        self.controller = CanvasController(self.document, self.finder, self.canvas, self.overlays)
        self.messages = MessageStrip(self.canvas)
        self.task_panel = TaskPanel(self.document)
        self.gallery = GalleryPanel(self.document, bridge)
        self.lesion_panel = LesionPanel(self.document)
        self.placements = PlacementsPanel(self.document)
        self.overlays_panel = OverlaysPanel(self.document, self.overlays)
        self.menu: QMenu | None = None
        """The context menu that was opened last."""
        self.slices = SliceBar(self.document, self.opener)

        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.canvas, 1)
        middle.addWidget(self.slices)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addWidget(self._side())

        self.document.refused.connect(self._refused)
        bridge.failed.connect(self.messages.error)
        self.document.opened.connect(self.messages.clear)
        self.canvas.menu_wanted.connect(self._menu)
        self.canvas.stepped.connect(self.step)
        self.canvas.nudged.connect(self.controller.nudge)
        self.document.elsewhere.connect(self._elsewhere)
        self.trainer.trained.connect(lambda _: self.gallery.refresh())

    def step(self, by: int) -> None:
        """Goes on by so many slices."""
        self.opener.show_slice(self.opener.slice_wanted + by)

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.lesion_panel.set_icons()
        self.messages.set_icons()

    def set_drawing(self, on: bool) -> None:
        """Whether a left drag draws the ellipse around an exemplar."""
        self.canvas.drawing = on
        if on:
            self.document.select(None)
            self.canvas.ring.hide()
            self.messages.show_message(
                "hint",
                "Draw an ellipse around the lesion, from corner to corner, a little larger than it is.",
            )
        else:
            self.messages.clear("hint")

    def cancel(self) -> bool:
        """Esc: ends a gesture, else drawing, else the selection; False where there is nothing to end."""
        if self.canvas.cancel_gesture():
            return True
        if self.document.selection is not None:
            self.document.select(None)
            return True
        return False

    def _side(self) -> QWidget:
        panels = QWidget()
        panels.setObjectName("panels")
        column = QVBoxLayout(panels)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for panel in (self.task_panel, self.gallery, self.lesion_panel, self.placements, self.overlays_panel):
            column.addWidget(panel)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("side")
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(panels)
        area.setFixedWidth(SIDE_WIDTH)
        return area

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
            document.select(item.placement_id)
            menu.addAction(
                icon("trash-can-outline"), "Remove lesion", lambda: document.remove(item.placement_id)
            )
            menu.addAction(icon("dice-5-outline"), "Draw another shape", self.lesion_panel.new_shape)
        elif document.at_base:
            reason = document.reason(place.x(), place.y(), document.brush.diameter)
            text = f"Place here all the same (danger zone: {reason})" if reason else "Place lesion here"
            allow = menu.addAction(
                icon("map-marker-plus-outline"),
                text,
                lambda: document.place(place.x(), place.y(), override=True),
            )
            inside = self.canvas.image.value_at(place.x(), place.y()) is not None
            allow.setEnabled(inside and not document.finding)
        else:
            menu.addAction(icon("layers-plus"), "Start a new scene on this image", self.new_scene_wanted.emit)
        self.menu = menu
        menu.popup(self.canvas.viewport().mapToGlobal(at))
