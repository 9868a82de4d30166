"""Saving the composite with its labels, its image alone, and copying it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QCheckBox, QFileDialog, QMessageBox

from app.engine import Urgency
from app.ui.actions import Spec
from app.ui.dialogs.parts import ask
from app.ui.feature import Feature
from app.ui.features.filing import Filing
from app.ui.settings import settings

if TYPE_CHECKING:
    from app.ui.window import Window


class Exporting(Feature):
    """What leaves the program."""

    SPECS = (
        Spec(
            "save_composite", "Save co&mposite…", "&File", 3, "image-move", ("Ctrl+E",),
            "Save the image with its lesions, their labels and the scene, into a folder", needs="image",
        ),
        Spec(
            "save_picture", "Save &image as…", "&File", 3, "image-outline", ("Ctrl+Shift+E",),
            "Save the image with its lesions alone: in the background's format, as PNG or TIFF",
            needs="image",
        ),
        Spec(
            "copy_picture", "Copy ima&ge", "&File", 3, "content-copy", ("Ctrl+Shift+C",),
            "Copy the whole image as it is seen, without overlays, to paste it into another program",
            needs="image",
        ),
        Spec(
            "copy_view", "Copy &view with overlays", "&File", 3, "monitor-screenshot", ("Ctrl+Alt+C",),
            "Copy what the canvas shows, with overlays and markers, to paste it into another program",
            needs="image",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.compose.saver.composite_saved.connect(self._composite_saved)
        self.compose.saver.picture_saved.connect(self._picture_saved)

    # -- the composite ---------------------------------------------------------------------------------

    def save_composite(self) -> None:
        """Asks for a folder, and whether the patient's data is to be removed."""
        if not self.document.at_base:
            self.document.elsewhere.emit()
            return
        filing = self.window.feature(Filing)
        filing.ask_folder(
            "Save the composite: choose a folder for its files, or type a new one",
            self._save_composite_into,
            new=True,
        )

    def _save_composite_into(self, folder: Path) -> None:
        base = self.document.base
        if base is None:
            return

        def ask(there: list[str]) -> None:
            self.ask(
                "Save composite",
                f"Save the composite into {folder}?",
                f"What is there already will be replaced: {', '.join(there)}." if there else "",
                lambda deidentify: self.compose.saver.save_composite(folder, deidentify=deidentify),
            )

        def look() -> list[str]:
            from app.composition.export import would_replace

            return would_replace(base.image, folder)

        self.bridge.read("look", look, ask, title=f"Looking into {folder.name}")

    def _composite_saved(self, folder: Path, count: int) -> None:
        lesions = "1 lesion" if count == 1 else f"{count} lesions"
        self.compose.messages.show_message(
            "done", f"The composite with {lesions} and its labels is saved in {folder}.", seconds=8
        )

    def ask(self, title: str, question: str, warning: str, save: Callable[[bool], None]) -> None:
        """Asks where there is something to ask: about the patient's data in a header, or of a warning.

        `save` is told whether to remove what names the patient.
        """
        image = self.document.base.image if self.document.base else None
        header = image is not None and image.source.format == "dicom"
        if not header and not warning:
            save(True)
            return
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Warning if warning else QMessageBox.Icon.Question)
        box.setWindowTitle(title)
        box.setText(question)
        box.setInformativeText(warning)
        remove = QCheckBox("&Remove the patient's data from the new DICOM file")
        remove.setChecked(not header or settings().preferences.deidentify)
        if header:
            box.setCheckBox(remove)
        box.setStandardButtons(QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Save)

        def answered(result: int) -> None:
            box.deleteLater()
            if result == QMessageBox.StandardButton.Save:
                save(remove.isChecked())

        box.finished.connect(answered)
        ask(box)

    # -- the image alone -------------------------------------------------------------------------------

    def save_picture(self) -> None:
        """Asks for a name and a format."""
        from app.composition.picture import forms

        base = self.document.base
        if base is None or not self.document.at_base:
            self.document.elsewhere.emit()
            return
        offered = {f"{form.title} (*{form.suffix})": form for form in forms(base.image)}
        dialog = self.window.feature(Filing).file_dialog(
            "Save image as", QFileDialog.FileMode.AnyFile, ";;".join(offered)
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        first = next(iter(offered.values()))
        dialog.selectFile(f"composite{first.suffix}")
        dialog.filterSelected.connect(lambda chosen: _rename(dialog, offered[chosen].suffix))

        def chosen(name: str) -> None:
            form, path = offered[dialog.selectedNameFilter()], Path(name)
            if not path.name.lower().endswith(form.suffix):
                path = path.with_name(path.name + form.suffix)
            self.save_picture_as(path, form.name)

        dialog.fileSelected.connect(chosen)
        dialog.open()

    def save_picture_as(self, path: Path, form: str) -> None:
        """Saves the image; `form` as in `picture.Form`."""
        grey = self.compose.controller.display.grey

        def save(deidentify: bool) -> None:
            self.compose.saver.save_picture(
                path, form, window=grey.window, inverted=grey.inverted, deidentify=deidentify
            )

        if form == "native":
            self.ask("Save image", f"Save the image as {path}?", "", save)
        else:
            save(True)

    def _picture_saved(self, path: Path, note: str) -> None:
        text = f"The image is saved as {path}. {note}".rstrip()
        self.compose.messages.show_message("done", text, seconds=12 if note else 6)

    # -- the clipboard ---------------------------------------------------------------------------------

    def copy_picture(self) -> None:
        """Puts the whole image on the clipboard, windowed as it is seen."""
        document, grey = self.document, self.compose.controller.display.grey
        if document.page is None:
            return
        image, composite = document.page.image, document.composite if document.at_base else None

        def work() -> NDArray[np.uint8]:
            from app.imaging import as_seen

            shown = composite.image if composite is not None else image
            return as_seen(shown.pixels, grey.window, grey.inverted)

        def done(pixels: NDArray[np.uint8]) -> None:
            height, width = pixels.shape
            copied = QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8)
            QGuiApplication.clipboard().setImage(copied.copy())
            self._copied(f"The image ({width} × {height} pixels, 8 bits as seen)")

        self.bridge.submit("copy", work, done, title="Copying the image", urgency=Urgency.INTERACTIVE)

    def copy_view(self) -> None:
        """Puts what the canvas shows on the clipboard."""
        QGuiApplication.clipboard().setPixmap(self.compose.canvas.viewport().grab())
        self._copied("The view with its overlays")

    def _copied(self, what: str) -> None:
        self.compose.messages.show_message("done", f"{what} is on the clipboard.", seconds=5)


def _rename(dialog: QFileDialog, suffix: str) -> None:
    """Gives the name that is being typed the suffix of the format that was chosen."""
    names = dialog.selectedFiles()
    if names and not Path(names[0]).is_dir():
        stem = Path(names[0]).name
        for known in (".nii.gz", *Path(stem).suffixes[-1:]):
            stem = stem.removesuffix(known)
        dialog.selectFile(stem + suffix)
