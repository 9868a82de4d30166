"""Opening and saving as the user asks for it: file dialogs, and the questions before work is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox

from app.composition.scene import Scene
from app.engine import Job
from app.ui.actions import Spec
from app.ui.dialogs.parts import ask
from app.ui.dialogs.waiting import WaitingBox
from app.ui.feature import Feature
from app.ui.settings import settings
from app.ui.work.reading import SCENE_SUFFIX, Missing, Opened, Several

if TYPE_CHECKING:
    from app.ui.window import Window

IMAGES = (
    "Images (*.dcm *.dicom *.ima *.nii *.nii.gz *.mha *.mhd *.nrrd *.nhdr *.png *.tif *.tiff *.jpg *.jpeg)"
)
SCENES = "Scenes (*.json)"
ALL = "All files (*)"
_LOOK_MS = 100


class NewFolderDialog(QFileDialog):
    """Asks for a folder, and takes the name of one that is yet to be made, too; Qt's own does not."""

    def accept(self) -> None:
        chosen = Path(next(iter(self.selectedFiles()), ""))
        if chosen.exists() or not chosen.parent.is_dir():
            super().accept()
            return
        self.fileSelected.emit(str(chosen))
        self.done(QDialog.DialogCode.Accepted)


class Filing(Feature):
    """Every dialog is window-modal and answers by a signal: the window's event loop is the only one."""

    WORKSPACE = ""
    SPECS = (
        Spec("open", "&Open image…", "&File", 0, "folder-open-outline", ("Ctrl+O",), "Open an image file"),
        Spec(
            "open_folder", "Open &folder…", "&File", 0, "folder-outline", ("Ctrl+Shift+O",),
            "Open a folder of DICOM files; of several series you choose one",
        ),
        Spec(
            "open_scene", "Open s&cene…", "&File", 0, "layers-outline", ("Ctrl+Alt+O",),
            "Open a saved scene",
        ),
        Spec(
            "save_scene", "&Save scene", "&File", 2, "content-save-outline", ("Ctrl+S",),
            "Save the placements, to go on later", needs="image", workspace="compose",
        ),
        Spec(
            "save_scene_as", "Save scene &as…", "&File", 2, "content-save-edit-outline", ("Ctrl+Shift+S",),
            "Save the placements under another name", needs="image", workspace="compose",
        ),
        Spec(
            "quit", "&Quit", "&File", 9, "exit-to-app", ("Ctrl+Q",),
            "Close the window; changes that are not saved are asked about",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._question: QMessageBox | None = None
        opener, saver = self.compose.opener, self.compose.saver
        opener.several.connect(self._choose_series)
        opener.missing.connect(self._ask_where)
        opener.opened.connect(self._opened)
        saver.scene_saved.connect(self._scene_saved)
        saver.conflict.connect(self._ask_about_conflict)
        self.bridge.slow.connect(self._slow)
        self.compose.new_scene_wanted.connect(self.new_scene_here)

    def quit(self) -> None:
        """Closes the window."""
        self.window.close()

    # -- opening ---------------------------------------------------------------------------------------

    def open(self) -> None:
        """Asks for an image file."""
        self.ask_file("Open image", f"{IMAGES};;{ALL}", self.open_path)

    def open_scene(self) -> None:
        """Asks for a scene file."""
        self.ask_file("Open scene", SCENES, self.open_path)

    def open_folder(self) -> None:
        """Asks for a folder with DICOM files."""
        self.ask_folder("Open DICOM folder", self.open_path)

    def open_path(self, path: Path) -> None:
        """Opens a file, folder or scene, after asking about unsaved changes."""
        self.unless_unsaved(lambda: self.compose.opener.open(path))

    def new_scene_here(self) -> None:
        """Begins a new scene on the slice that is shown."""
        document = self.document

        def begin() -> None:
            page = document.page
            if page is not None:
                scene = Scene(document.scene.task, page.reference)
                document.open(page, scene, document.title, series=document.series)

        self.unless_unsaved(begin)

    def _opened(self, opened: Opened) -> None:
        if opened.origin is not None:  # it may have been dropped, or named on the command line
            settings().remember(folder=str(opened.origin.parent))
        if opened.notes:
            self.compose.messages.show_message("warning", " ".join(opened.notes))

    def _choose_series(self, found: Several) -> None:
        from app.ui.dialogs.series import SeriesDialog

        dialog = SeriesDialog(found.infos, self.window)
        dialog.accepted.connect(lambda: self.compose.opener.open_series(found.path, dialog.uid))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_where(self, missing: Missing) -> None:
        from app.ui.dialogs.missing import MissingDialog

        dialog = MissingDialog(missing, self.compose.opener, self.window)
        dialog.file_wanted.connect(
            lambda: self.ask_file(dialog.windowTitle(), f"{IMAGES};;{ALL}", dialog.look_at)
        )
        dialog.folder_wanted.connect(lambda: self.ask_folder(dialog.windowTitle(), dialog.look_at))
        self.open_in_turn(dialog)

    def _slow(self, job: Job) -> None:
        """A file or folder has not answered for some seconds."""
        text = f"{job.title}: the disk or network folder has not answered yet; wait for it, or stop it."
        messages = self.compose.messages
        messages.show_message("warning", text, seconds=30, action=("Stop", job.cancel))
        once = Qt.ConnectionType.SingleShotConnection
        self.document.page_shown.connect(lambda: messages.withdraw(text), once)

    # -- saving ----------------------------------------------------------------------------------------

    def save_scene(self, then: Callable[[], None] | None = None) -> None:
        """Saves the scene where it was saved before; asks for a place the first time."""
        if self.document.path is not None:
            self.compose.saver.save_scene(self.document.path, then)
        else:
            self.save_scene_as(then)

    def save_scene_as(self, then: Callable[[], None] | None = None) -> None:
        """Asks for a place, and saves the scene there."""
        dialog = self.file_dialog("Save scene", QFileDialog.FileMode.AnyFile, SCENES)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.selectFile(self.document.path.name if self.document.path else "scene.json")

        def chosen(name: str) -> None:
            # The dialog has asked before it takes the name of a file that is there.
            path = Path(name)
            named = path.suffix.lower() == SCENE_SUFFIX
            path = path if named else path.with_name(path.name + SCENE_SUFFIX)
            self.compose.saver.save_scene(path, then, overwrite=named)

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def _scene_saved(self, path: Path, note: str) -> None:
        if note:
            self.compose.messages.show_message("warning", f"The scene is saved as {path}. {note}")
        else:
            self.compose.messages.show_message("done", f"The scene is saved as {path}.", seconds=5)

    def _ask_about_conflict(self, path: Path, then: Callable[[], None] | None) -> None:
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Save scene")
        same = path == self.document.path
        box.setText(
            f"{path.name} has been changed by another window or program since you opened it."
            if same
            else f"There is a file {path.name} already."
        )
        box.setInformativeText("Overwriting it discards what is in it now.")
        other = box.addButton("Save &as another name…", QMessageBox.ButtonRole.AcceptRole)
        overwrite = box.addButton("&Overwrite", QMessageBox.ButtonRole.DestructiveRole)
        box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setDefaultButton(other)

        def answered(_: int) -> None:
            if box.clickedButton() is overwrite:
                self.compose.saver.save_scene(path, then, overwrite=True)
            elif box.clickedButton() is other:
                self.save_scene_as(then)

        box.finished.connect(answered)
        box.finished.connect(box.deleteLater)
        ask(box)

    # -- before work is lost ---------------------------------------------------------------------------

    def unless_unsaved(self, then: Callable[[], None]) -> None:
        """Does `then`; where there are unsaved changes, only after the user has said what to do with them."""
        if not self.document.modified:
            then()
            return
        if self._question is not None:
            self._question.raise_()
            return
        box = self._question = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Lithograph")
        box.setText(f"The scene “{self.document.title}” has changes that are not saved.")
        box.setInformativeText("Save them first? What is discarded cannot be brought back.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        box.setEscapeButton(buttons.Cancel)
        box.button(buttons.Save).setText("&Save" if self.document.path else "&Save…")
        box.button(buttons.Discard).setText("&Discard")

        def answered(result: int) -> None:
            self._question = None
            box.deleteLater()
            if result == buttons.Save:
                self.save_scene(then)
            elif result == buttons.Discard:
                QTimer.singleShot(0, then)

        box.finished.connect(answered)
        ask(box)

    def holds_the_window(self, close: Callable[[], None]) -> bool:
        """Whether the window may not close yet: it asks, or waits for what is being saved, then closes it."""
        if self.document.modified:
            self.unless_unsaved(lambda: self._when_saved(close))
            return True
        if self.compose.saver.under_way:
            self._when_saved(close)
            return True
        return False

    def _when_saved(self, then: Callable[[], None]) -> None:
        """Does `then` once nothing is being saved any more, unless that fails or the user stays."""
        saver = self.compose.saver
        if not saver.under_way:
            then()
            return
        WaitingBox(saver, self.bridge, then, self.window).open()

    # -- dialogs ---------------------------------------------------------------------------------------

    def ask_file(self, title: str, filters: str, then: Callable[[Path], None]) -> None:
        """Asks for a file."""
        dialog = self.file_dialog(title, QFileDialog.FileMode.ExistingFile, filters)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def ask_folder(self, title: str, then: Callable[[Path], None], *, new: bool = False) -> None:
        """Asks for a folder; where `new`, one that is yet to be made will do."""
        kind = NewFolderDialog if new else QFileDialog
        dialog = self.file_dialog(title, QFileDialog.FileMode.Directory, "", kind)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def open_in_turn(self, dialog: QDialog) -> None:
        """Opens a dialog that comes by itself, once no other waits for an answer."""
        if any(other.isVisible() for other in self.window.findChildren(QDialog)):
            QTimer.singleShot(_LOOK_MS, dialog, lambda: self.open_in_turn(dialog))
            return
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def file_dialog(
        self, title: str, mode: QFileDialog.FileMode, filters: str, kind: type[QFileDialog] = QFileDialog
    ) -> QFileDialog:
        """A file dialog that begins where files were opened or saved last."""
        dialog = kind(self.window, title, settings().remembered.folder, filters)
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(lambda path: settings().remember(folder=str(Path(path).parent)))
        dialog.finished.connect(dialog.deleteLater)
        return dialog
