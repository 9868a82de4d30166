"""Saving the scene, the composite and its image, on threads of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.composition.composite import Composite
from app.composition.scene import Scene
from app.engine import Job
from app.engine.job import Work
from app.errors import LithographError
from app.files import digest_of, stamp_of
from app.imaging.image import Window
from app.ui.document import Document, Page
from app.ui.work.bridge import Bridge


@dataclass(frozen=True)
class _Written:
    """What has become of a scene file: whether it was left alone because somebody else has changed it."""

    conflict: bool = False
    note: str = ""


class Saver(QObject):
    """Writes files; says when they are written."""

    scene_saved = Signal(object, str)
    """The scene's path, and a sentence on what the user should know; mostly nothing."""
    conflict = Signal(object, object)
    """The scene's file is not as this window last saw it, and was left alone: its path, and what to do
    once it is saved after all."""
    composite_saved = Signal(object, int)
    """The folder, and the number of lesions."""
    picture_saved = Signal(object, str)
    """The file, and a sentence on its values; mostly nothing."""

    def __init__(self, document: Document, bridge: Bridge) -> None:
        super().__init__(document)
        self._document = document
        self._bridge = bridge
        self._opened = 0
        self._known: dict[Path, str] = {}
        """What scene files held when they were last read or written here."""
        self._jobs: list[Job] = []
        document.opened.connect(self._another)

    @property
    def under_way(self) -> list[Job]:
        """What is being saved."""
        self._jobs = [job for job in self._jobs if job.wanted and not job.state.ended]
        return self._jobs

    def known(self, path: Path) -> str:
        """What a scene file held when it was last read or written here (`files.digest_of`)."""
        return self._known.get(path, "")

    def save_scene(
        self, path: Path, then: Callable[[], None] | None = None, *, overwrite: bool = False
    ) -> None:
        """Writes the scene; the document is clean afterwards, if nothing has been changed meanwhile.

        Args:
            path: its file.
            then: called once it is written.
            overwrite: whether to replace what somebody else has put there since.
        """
        document, opened = self._document, self._opened
        page, scene = document.base, document.scene
        if page is None:
            return

        def work() -> _Written:
            from app.composition.scene_file import write_scene

            _spare(page, path)
            if not overwrite and digest_of(path) not in ("", self._known.get(path, "")):
                return _Written(conflict=True)
            write_scene(_with_digest(scene, page), path)
            self._known[path] = digest_of(path)
            return _Written(note=_changed(page))

        def done(written: _Written) -> None:
            if written.conflict:
                self.conflict.emit(path, then)
                return
            if opened == self._opened:
                document.path, document.title = path, path.name
                if document.scene == scene:
                    document.stack.setClean()
            self.scene_saved.emit(path, written.note)
            if then:
                then()

        self._jobs.append(self._bridge.write("save", work, done, title=f"Saving {path.name}"))

    def save_composite(self, folder: Path, *, deidentify: bool) -> None:
        """Renders the scene and writes composite, labels and scene into `folder`.

        A scene that has no file of its own is then kept there, and has no unsaved changes any more.
        """
        document, opened = self._document, self._opened
        scene = document.scene

        def work(named: Scene, composite: Composite) -> Work:
            from app.composition.export import saving_composite

            return saving_composite(named, composite, folder, deidentify)

        def done(composite: Composite) -> None:
            if opened == self._opened and document.path is None and document.scene == scene:
                document.stack.setClean()
            self.composite_saved.emit(folder, len(composite.lesions))

        self._render_and_write("save composite", work, done, "Saving the composite")

    def save_picture(
        self, path: Path, form: str, *, window: Window, inverted: bool, deidentify: bool
    ) -> None:
        """Renders the scene and writes its image alone; `form` as in `picture.Form`."""
        notes: list[str] = []

        def work(scene: Scene, composite: Composite) -> None:
            from app.composition.picture import save_picture

            note = save_picture(
                scene, composite, path, form, window=window, inverted=inverted, deidentify=deidentify
            )
            notes.append(note)

        def done(_: Composite) -> None:
            self.picture_saved.emit(path, notes[0])

        self._render_and_write("save picture", work, done, f"Saving {path.name}")

    def _render_and_write(
        self,
        kind: str,
        write: Callable[[Scene, Composite], Work | None],
        done: Callable[[Composite], None],
        title: str,
    ) -> None:
        """Renders on the engine's thread, which has the networks, and writes on the writer's."""
        page, scene = self._document.base, self._document.scene
        if page is None:
            return

        def render() -> tuple[Scene, Composite]:
            from app.composition import Renderer
            from app.lesions import library

            named = _with_digest(scene, page)
            return named, Renderer(page.image, library.draw).render(named)

        def rendered(result: tuple[Scene, Composite]) -> None:
            job = self._bridge.write(kind, lambda: write(*result), lambda _: done(result[1]), title=title)
            self._jobs.append(job)

        self._jobs.append(self._bridge.submit(kind, render, rendered, title=title))

    def _another(self) -> None:
        self._opened += 1
        document = self._document
        self._known = {document.path: document.file_digest} if document.path is not None else {}


def _with_digest(scene: Scene, page: Page) -> Scene:
    return replace(scene, background=replace(page.reference, digest=page.image.digest))


def _spare(page: Page, path: Path) -> None:
    """Refuses to replace the background with its scene."""
    source = page.image.source.path
    if source is not None and path.resolve() == source.resolve():
        raise LithographError(f"{path} is the background's own file; choose another name for the scene.")


def _changed(page: Page) -> str:
    """Says so where the background's file is not what was opened."""
    source = page.reference.path
    if source is None or page.stamp is None:
        return ""
    now = stamp_of(source)
    if now == page.stamp:
        return ""
    what = "is no longer there" if now is None else "has been changed by another program"
    return (
        f"Its background {source} {what}, so the scene will ask for the image when it is opened; "
        "save the composite as well to keep it."
    )
