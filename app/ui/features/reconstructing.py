"""The open image as the network knows it: beside it, in its place, and what of it is new to the network."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFileDialog

from app.composition.scene import Scene
from app.errors import LithographError
from app.ui.actions import Spec
from app.ui.canvas.known import KNOWN, BesideKnown, KnownOverlay
from app.ui.feature import Feature
from app.ui.features.exporting import Exporting
from app.ui.features.filing import Filing
from app.ui.features.viewing import HELD_S
from app.ui.panels.known import KnownPanel, said_in_short
from app.ui.work.reconstructing import Known, Reconstructor

if TYPE_CHECKING:
    from app.ui.window import Window

_NOTHING = "reconstruct the image first"


class Reconstructing(Feature):
    """Each view asks for the reconstruction when it is first wanted, and ends with the image."""

    SPECS = (
        Spec(
            "reconstruct", "&Reconstruct, side by side", "&Image", 8, "view-split-vertical", ("Shift+K",),
            "The image as the network knows it, on the left, with PSNR and SSIM; both look at the same place",
            checkable=True, needs="image",
        ),
        Spec(
            "known", "Reconstruction in the im&age's place", "&Image", 8, "eye-refresh-outline", ("K",),
            "Hold the key to see the image as the network knows it, or press it once to keep it so",
            checkable=True, needs="image",
        ),
        Spec(
            "unfamiliar", "What the network has ne&ver seen", "&Image", 8, "help-rhombus-outline", ("U",),
            "Projects the image onto what the network knows: shows where they differ, and what is new to it",
            checkable=True, needs="image",
        ),
        Spec(
            "keep_known", "&Go on with the reconstruction…", "&Image", 8, "arrow-right-bold-box-outline",
            ("Ctrl+Shift+K",),
            "Saves the reconstruction as an image of its own, and opens that; this one stays as it is",
        ),
        Spec(
            "neighbours", "Most si&milar training images…", "&Image", 8, "image-search-outline", ("Ctrl+K",),
            "The images that the network learnt from that are most like this one: is it a copy of one?",
            needs="image",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        compose, actions = self.compose, window.actions_
        self.work = Reconstructor(self.document, self.bridge)
        self.side: BesideKnown | None = None
        """The second canvas, made when first asked for."""
        self._overlay: KnownOverlay | None = None
        self._views: tuple[QAction, ...] = tuple(actions[n] for n in ("reconstruct", "known", "unfamiliar"))
        self._beside, self._known, self._unfamiliar = self._views
        for action, text in zip(self._views, ("Side by side", "In its place", "Never seen"), strict=True):
            action.setIconText(text)
        self._known.setAutoRepeat(False)
        self._since = 0.0
        self._told = False
        self._in_place = False
        """Whether the reconstruction is shown in the image's place."""
        further = (actions["keep_known"], actions["neighbours"])
        for action, text in zip(further, ("Go on with it…", "Similar training images…"), strict=True):
            action.setIconText(text)
        self.panel = KnownPanel(self.work, compose.overlays, self._views, further)
        compose.add_card(self.panel)
        self.work.changed.connect(self._show)
        self.work.failed.connect(self._end)
        self.work.made_do.connect(lambda text: compose.messages.show_message("warning", text, seconds=12))
        compose.overlays.changed.connect(self._overlays_changed)
        self.document.page_shown.connect(self._end)
        for name, view in (("beside", self._beside), ("bare", self._known), ("flicker", self._known)):
            actions[name].toggled.connect(lambda on, view=view: view.setChecked(view.isChecked() and not on))
        window.installEventFilter(self)

    def refresh(self) -> None:
        name, there = "keep_known", self.work.known is not None
        self.window.actions_[name].setEnabled(there)
        self.window.actions_.set_tip(name, self.window.actions_.spec(name).tip, "" if there else _NOTHING)

    def close_down(self) -> None:
        self.window.removeEventFilter(self)

    # -- views -----------------------------------------------------------------------------------------

    def reconstruct(self, on: bool) -> None:
        """Shows the reconstruction beside the image."""
        compose = self.compose
        if on:
            self.window.actions_["beside"].setChecked(False)
        if self.side is None:
            self.side = BesideKnown(self.document, compose.canvas, compose.controller.display, self.work)
            self.side.hover.connect(compose.controller.hover)
            self.side.stepped.connect(compose.step)
            compose.pictures.insertWidget(0, self.side.view, 1)
        self._want(on)
        self.side.show(on)
        compose.canvas.pointer.show(crosshair=on or self.window.actions_["crosshair"].isChecked())

    def known(self, on: bool) -> None:
        """Shows the reconstruction in the image's place."""
        self._since = time.monotonic()
        if on:
            for name in ("bare", "flicker"):
                self.window.actions_[name].setChecked(False)
        self._want(on)

    def unfamiliar(self, on: bool) -> None:
        """Shows the residual map, in the place of other colours, and what is new to the network."""
        overlays = self.compose.overlays
        if on:
            overlays.set(visible=True)
            overlays.lend("heat", "zones")
        else:
            overlays.give_back()
        self._told = False
        self._want(on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Shows the image again when the key is let go of, where it was held."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease:
            key = QKeySequence(event.keyCombination())
            held = time.monotonic() - self._since > HELD_S
            if held and not event.isAutoRepeat() and key in self._known.shortcuts():
                self._known.setChecked(False)
        return super().eventFilter(watched, event)

    def _want(self, on: bool) -> None:
        """A view has been switched on or off: what it needs is begun, or what there is is shown."""
        if on:
            if self.panel.folded:
                self.panel.set_folded(False)
                self.compose.side.bring(self.panel)
            self.work.ask()
        self._show()

    def _show(self) -> None:
        """Brings the views up to date with what is known."""
        known = self.work.known
        in_place = known is not None and self._known.isChecked()
        if in_place != self._in_place:
            self._in_place = in_place
            self.compose.overlays.set_aside(in_place)
            pixels = known.pixels if known is not None and in_place else None
            self.compose.controller.showing.show_instead(pixels, KNOWN)
        over = known if self._unfamiliar.isChecked() else None
        if over is not None or self._overlay is not None:
            self._overlay = self._overlay or KnownOverlay(self.compose.canvas, self.compose.overlays)
            self._overlay.show(over)
        if over is not None and not self._told:
            self._told = True
            self.compose.side.bring(self.panel)
            self.compose.messages.show_message(*said_in_short(over), seconds=12)
        self.refresh()

    def _overlays_changed(self) -> None:
        """Whoever asks for the heatmap wants to see that."""
        if self.compose.overlays.heat and self._unfamiliar.isChecked():
            self._unfamiliar.setChecked(False)

    def _end(self) -> None:
        """Another image is shown, or this one cannot be reconstructed."""
        for view in self._views:
            view.setChecked(False)

    # -- further ---------------------------------------------------------------------------------------

    def keep_known(self) -> None:
        """Asks where to save the reconstruction, and opens it."""
        known = self.work.known
        if known is not None:
            self.window.feature(Filing).unless_unsaved(lambda: self._ask_name(known))

    def _ask_name(self, known: Known) -> None:
        from app.composition.picture import forms

        image, filing, task_name = known.made.image, self.window.feature(Filing), self.document.scene.task
        form = forms(image)[0]
        dialog = filing.file_dialog(
            "Save the reconstruction", QFileDialog.FileMode.AnyFile, f"{form.title} (*{form.suffix})"
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        source = image.source.path
        stem = task_name if source is None else source.name.removesuffix(form.suffix)
        dialog.selectFile(f"{stem}-reconstruction{form.suffix}")

        def chosen(name: str) -> None:
            path = Path(name)
            if not path.name.lower().endswith(form.suffix):
                path = path.with_name(path.name + form.suffix)
            self.window.feature(Exporting).ask(
                "Save the reconstruction",
                f"Save the reconstruction as {path}?",
                "",
                lambda deidentify: self.keep_as(known, path, deidentify=deidentify),
            )

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def keep_as(self, known: Known, path: Path, *, deidentify: bool) -> None:
        """Saves a reconstruction, and opens it for the same task."""
        task_name = self.document.scene.task
        self.bridge.write(
            "save reconstruction",
            lambda: save(known, path, deidentify=deidentify),
            lambda _: self.compose.opener.open_for(path, task_name),
            title=f"Saving {path.name}",
        )

    def neighbours(self) -> None:
        """Shows the training images that are most like the image."""
        from app.ui.dialogs.neighbours import NeighboursDialog

        page, scene = self.document.page, self.document.scene
        if page is None:
            return
        bare = scene if self.document.at_base else Scene(scene.task, page.reference)
        dialog = NeighboursDialog(page, bare, self.compose.controller.display.grey, self.bridge, self.window)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def save(known: Known, path: Path, *, deidentify: bool) -> None:
    """Saves a reconstruction in the image's own format.

    Raises:
        LithographError: `path` is the image's own file, or cannot be written.
    """
    from app import __version__
    from app.imaging import Provenance, write_image

    image, source = known.made.image, known.image.source.path
    if source is not None and path.resolve() == source.resolve():
        raise LithographError(f"{path} is the image's own file; choose another name for its reconstruction.")
    said = (
        f"Reconstructed by the background network of Lithograph {__version__} "
        f"(weights {known.made.model[:12]}). Not a patient's image; for research only."
    )
    provenance = Provenance.of_reconstruction(said, f"reconstruction {known.made.model} {known.image.digest}")
    write_image(image, path, provenance=provenance, deidentify=deidentify)
