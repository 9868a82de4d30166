"""Saving the scene and the composite, on the engine's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.composition.scene import Scene
from app.ui.bridge import Bridge
from app.ui.document import Document, Page


class Saver(QObject):
    """Writes files; says when they are written."""

    scene_saved = Signal(object)
    """The scene's path."""
    composite_saved = Signal(object, int)
    """The folder, and the number of lesions."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self._document = document
        self._bridge = bridge

    def save_scene(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Writes the scene; the document is clean afterwards, if nothing has been changed meanwhile."""
        page, scene, step = self._document.base, self._document.scene, self._document.stack.index()
        if page is None:
            return

        def work() -> None:
            from app.composition.scene_file import write_scene

            write_scene(_with_digest(scene, page), path)

        def done(_: object) -> None:
            document = self._document
            document.path, document.title = path, path.name
            if document.stack.index() == step:
                document.stack.setClean()
            self.scene_saved.emit(path)
            if then:
                then()

        self._bridge.submit("save", work, done, title=f"Saving {path.name}")

    def save_composite(self, folder: Path, *, deidentify: bool) -> None:
        """Renders the scene and writes composite, labels and scene into `folder`."""
        page, scene = self._document.base, self._document.scene
        if page is None:
            return

        def work() -> None:
            from app.composition import Renderer
            from app.composition.export import save_composite
            from app.lesions import library

            named = _with_digest(scene, page)
            composite = Renderer(page.image, library.draw).render(named)
            save_composite(named, composite, folder, deidentify=deidentify)

        def done(_: object) -> None:
            self.composite_saved.emit(folder, len(scene.placements))

        self._bridge.submit("save composite", work, done, title="Saving the composite")


def _with_digest(scene: Scene, page: Page) -> Scene:
    return replace(scene, background=replace(page.reference, digest=page.image.digest))
