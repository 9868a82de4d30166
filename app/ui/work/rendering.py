"""The live picture: whenever the scene changes, the engine renders it, and the newest scene wins."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.composition import Composite, Renderer
from app.engine import Urgency
from app.ui.canvas.contour import contour
from app.ui.document import Document, Page
from app.ui.work.bridge import Bridge


class LiveRenderer(QObject):
    """Keeps the document's composite up to date.

    One request is under way at a time, and the next asks for the scene as it is then. So a hand that moves
    faster than lesions can be drawn still sees every picture that is finished, and never an old one last.
    """

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self._document = document
        self._bridge = bridge
        self._page: Page | None = None
        self._renderer: Renderer | None = None
        self._busy = False
        self._outdated = False
        document.opened.connect(self._start_anew)
        document.scene_changed.connect(self._render)

    def _start_anew(self) -> None:
        self._page, self._renderer, self._busy = None, None, False

    def _render(self) -> None:
        document, page = self._document, self._document.base
        if page is None:
            return
        if page is not self._page:
            self._start_anew()
            self._page = page
        if self._busy:
            self._outdated = True
            return
        if self._renderer is None:
            if not (document.scene.visible or document.scene.blackouts or document.scene.removals):
                return  # what is on the canvas already is the composite
            from app.lesions import library

            self._renderer = Renderer(page.image, library.draw)
        renderer, scene = self._renderer, document.scene
        self._busy, self._outdated = True, False
        self._bridge.submit(
            "render",
            lambda: _ready(page, renderer.render(scene)),
            self._rendered,
            self._failed,
            title="Rendering",
            urgency=Urgency.INTERACTIVE,
        )

    def _rendered(self, composite: Composite) -> None:
        self._busy = False
        if self._page is None or composite.original is not self._page.image:
            return
        self._document.set_composite(composite)
        if self._outdated:
            self._render()

    def _failed(self, message: str, details: str) -> None:
        self._busy = False
        if self._outdated:
            self._render()
        self._bridge.failed.emit(message, details)


def _ready(page: Page, composite: Composite) -> Composite:
    """Makes here what the canvas would otherwise make on the window's thread."""
    _ = page.drawn
    for lesion in composite.lesions:
        contour(lesion)
    return composite
