"""Opening and saving as the user asks for it: file dialogs, and the question before work is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QCheckBox, QFileDialog, QMainWindow, QMessageBox

from app.composition.scene import Scene
from app.imaging.series import SeriesInfo
from app.ui.compose import ComposeWorkspace
from app.ui.document import new_seed
from app.ui.settings import settings

_IMAGES = (
    "Images (*.dcm *.dicom *.ima *.nii *.nii.gz *.mha *.mhd *.nrrd *.nhdr *.png *.tif *.tiff *.jpg *.jpeg)"
)
_SCENES = "Scenes (*.json)"
_ALL = "All files (*)"


class Filing(QObject):
    """Every dialog is window-modal and answers by a signal: the window's event loop is the only one."""

    def __init__(self, window: QMainWindow, compose: ComposeWorkspace) -> None:
        super().__init__(window)
        self._window = window
        self._compose = compose
        self._document = compose.document
        compose.opener.several.connect(self._choose_series)
        compose.saver.scene_saved.connect(self._scene_saved)
        compose.saver.composite_saved.connect(self._composite_saved)
        compose.new_scene_wanted.connect(self.new_scene_here)

    def open_image(self) -> None:
        """Asks for an image file."""
        self._ask_file("Open image", f"{_IMAGES};;{_ALL}", self.open)

    def open_scene(self) -> None:
        """Asks for a scene file."""
        self._ask_file("Open scene", _SCENES, self.open)

    def open_folder(self) -> None:
        """Asks for a folder with DICOM files."""
        self._ask_folder("Open DICOM folder", self.open)

    def open(self, path: Path) -> None:
        """Opens a file, folder or scene, after asking about unsaved changes."""
        self.unless_unsaved(lambda: self._compose.opener.open(path))

    def generate(self, task_name: str) -> None:
        """Generates a phantom of a seed that nobody has seen."""
        self.unless_unsaved(lambda: self._compose.opener.generate(task_name, new_seed()))

    def generate_from_ct(self, task_name: str) -> None:
        """Asks for a folder with a CT, and generates a background from it."""

        def chosen(folder: Path) -> None:
            self.unless_unsaved(lambda: self._compose.opener.generate(task_name, new_seed(), f"ct:{folder}"))

        self._ask_folder("Generate from a CT: choose its folder", chosen)

    def new_scene_here(self) -> None:
        """Begins a new scene on the slice that is shown."""
        document = self._document

        def begin() -> None:
            page = document.page
            if page is not None:
                scene = Scene(document.scene.task, page.reference)
                document.open(page, scene, document.title, series=document.series)

        self.unless_unsaved(begin)

    def save_scene(self, then: Callable[[], None] | None = None) -> None:
        """Saves the scene where it was saved before; asks for a place the first time."""
        if self._document.path is not None:
            self._compose.saver.save_scene(self._document.path, then)
        else:
            self.save_scene_as(then)

    def save_scene_as(self, then: Callable[[], None] | None = None) -> None:
        """Asks for a place, and saves the scene there."""
        dialog = self._dialog("Save scene", QFileDialog.FileMode.AnyFile, _SCENES)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("json")
        dialog.selectFile("scene.json")
        dialog.fileSelected.connect(lambda path: self._compose.saver.save_scene(Path(path), then))
        dialog.open()

    def save_composite(self) -> None:
        """Asks for a folder, and whether the patient's data is to be removed."""
        if not self._document.at_base:
            self._document.elsewhere.emit()
            return
        self._ask_folder("Save the composite: choose a folder for its files", self._save_composite_into)

    def unless_unsaved(self, then: Callable[[], None]) -> None:
        """Does `then`; where there are unsaved changes, only after the user has said what to do with them."""
        if not self._document.modified:
            then()
            return
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Lithograph")
        box.setText(f"The scene “{self._document.title}” has changes that are not saved.")
        box.setInformativeText("Save them first?")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)

        def answered(result: int) -> None:
            if result == buttons.Save:
                self.save_scene(then)
            elif result == buttons.Discard:
                QTimer.singleShot(0, then)

        box.finished.connect(answered)
        box.open()

    def _save_composite_into(self, folder: Path) -> None:
        image = self._document.base.image if self._document.base else None
        if image is None or image.source.format != "dicom":
            self._compose.saver.save_composite(folder, deidentify=True)
            return
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Save composite")
        box.setText(f"Save the composite into {folder}?")
        keep = QCheckBox("Remove the patient's data from the new DICOM file")
        keep.setChecked(True)
        box.setCheckBox(keep)
        box.setStandardButtons(QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Cancel)

        def answered(result: int) -> None:
            if result == QMessageBox.StandardButton.Save:
                self._compose.saver.save_composite(folder, deidentify=keep.isChecked())

        box.finished.connect(answered)
        box.open()

    def _choose_series(self, path: Path, found: Sequence[SeriesInfo]) -> None:
        from app.ui.dialogs.series import SeriesDialog

        dialog = SeriesDialog(found, self._window)
        dialog.accepted.connect(lambda: self._compose.opener.open_series(path, dialog.uid))
        dialog.open()

    def _scene_saved(self, path: Path) -> None:
        self._compose.messages.show_message("done", f"The scene is saved as {path}.", seconds=5)

    def _composite_saved(self, folder: Path, count: int) -> None:
        lesions = "1 lesion" if count == 1 else f"{count} lesions"
        self._compose.messages.show_message(
            "done", f"The composite with {lesions} and its labels is saved in {folder}.", seconds=8
        )

    def _ask_file(self, title: str, filters: str, then: Callable[[Path], None]) -> None:
        dialog = self._dialog(title, QFileDialog.FileMode.ExistingFile, filters)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def _ask_folder(self, title: str, then: Callable[[Path], None]) -> None:
        dialog = self._dialog(title, QFileDialog.FileMode.Directory, "")
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def _dialog(self, title: str, mode: QFileDialog.FileMode, filters: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, str(settings().value("folder", "")), filters)
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(lambda path: settings().setValue("folder", str(Path(path).parent)))
        dialog.finished.connect(dialog.deleteLater)
        return dialog
