"""Networks: looking at their scores, choosing versions, training new ones, deciding between old and new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.features.filing import Filing
from app.ui.features.training_sets import TrainingSets
from app.ui.features.workspaces import Workspaces
from app.ui.models.library import ModelLibrary
from app.ui.models.list import TRAINING
from app.ui.models.questions import ask_before
from app.ui.models.training import NetworkTrainer, title_of

if TYPE_CHECKING:
    from app.training.orders import Order
    from app.ui.models.picture_dialog import Named
    from app.ui.models.train_dialog import TrainDialog
    from app.ui.models.workspace import ModelsWorkspace
    from app.ui.window import Window

NAME = "models"


class Models(Feature):
    """The trainer lives as long as the window, whichever workspace is shown."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "train_network", "&Train a network…", "&Models", 0, "school-outline", ("Ctrl+Shift+T",),
            "Danger zone, location or backgrounds, on your own images; runs while you go on working",
        ),
        Spec(
            "show_training", "&Show the training", "&Models", 0, "chart-line",
            tip="How far it is, its curves, and the trainings that wait for you",
        ),
        Spec(
            "pause_training", "&Pause the training", "&Models", 0, "pause-circle-outline",
            tip="Everything that was learnt is kept", why_not="nothing is being trained",
        ),
        Spec(
            "resume_training", "&Resume the training", "&Models", 0, "play-circle-outline",
            tip="Goes on with a training that was paused, or that ended with the window",
            why_not="no training is paused",
        ),
        Spec(
            "open_sheet", "&Open the samples", "&Models", 0, "arrow-expand",
            tip="What a network of backgrounds draws, at full size: in its training, or the chosen version",
            why_not="choose a network of backgrounds that has drawn something", workspace=NAME,
        ),
        Spec(
            "use_version", "&Use the chosen version", "&Models", 1, "check-circle-outline",
            tip="Open images are looked at anew with it", why_not="choose a version that is not in use",
            workspace=NAME,
        ),
        Spec(
            "import_model", "&Import a model…", "&Models", 1, "import",
            tip="Takes in a model that a colleague has trained, as a version of the chosen network",
            why_not="choose a network in the list", workspace=NAME,
        ),
        Spec(
            "export_model", "&Export the chosen version…", "&Models", 1, "export",
            tip="Copies it into a folder, for a colleague", why_not="choose a version in the list",
            workspace=NAME,
        ),
        Spec(
            "remove_version", "Re&move the chosen version…", "&Models", 1, "trash-can-outline",
            tip="Deletes a version of your own for good",
            why_not="choose a version of your own that is not in use", workspace=NAME,
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.trainer = NetworkTrainer(self.bridge, self)
        self.library = ModelLibrary(self.bridge, self)
        self.dialog: TrainDialog | None = None
        self.question: QMessageBox | None = None
        self._looked = False
        window.status.looked.connect(self._follow)
        self.trainer.changed.connect(self._changed)
        self.trainer.finished.connect(self._finished)
        self.trainer.failed.connect(self._failed)
        self.trainer.adopted.connect(self._adopted)
        self.trainer.versions_changed.connect(lambda *_: self._look_again())
        self.library.adopted.connect(self._adopted)
        self.library.done.connect(self._done)

    def begin(self) -> None:
        self.trainer.look()

    def make(self) -> ModelsWorkspace:
        """The workspace, at its first visit."""
        from app.ui.models.workspace import ModelsWorkspace

        made = ModelsWorkspace(self, self.window.feature(TrainingSets))
        made.network_page.train_wanted.connect(self.train_network)
        made.network_page.import_wanted.connect(self.import_model)
        made.network_page.export_wanted.connect(self.export_model)
        made.network_page.remove_wanted.connect(self.remove_version)
        made.network_page.chosen.connect(self.refresh)
        made.network_page.opened.connect(self._open_pictures)
        made.training_page.opened.connect(self._open_pictures)
        made.training_page.train_wanted.connect(self.train_network)
        made.training_page.discard_wanted.connect(self._ask_to_discard)
        self.window.feature(TrainingSets).fill(made)
        return made

    @property
    def shown(self) -> ModelsWorkspace:
        """The workspace, shown now."""
        workspaces = self.window.feature(Workspaces)
        workspaces.show(NAME)
        return workspaces.get(NAME)  # type: ignore[return-value]

    @property
    def made(self) -> ModelsWorkspace | None:
        """The workspace, where it has been visited."""
        return self.window.feature(Workspaces).visited(NAME)  # type: ignore[return-value]

    def refresh(self) -> None:
        actions, page = self.window.actions_, self.made.network_page if self.made is not None else None
        actions["pause_training"].setEnabled(self.trainer.busy)
        actions["resume_training"].setEnabled(not self.trainer.busy and self._unfinished is not None)
        looked_at = page is not None and page.isVisibleTo(self.window)
        version = page.version if page is not None and looked_at else None
        actions["import_model"].setEnabled(looked_at)
        self._refresh_samples()
        for name in ("use", "export", "remove"):
            button = getattr(page, name) if page is not None else None
            usable = version is not None and button is not None and button.isEnabled()
            actions[f"{name}_{'model' if name == 'export' else 'version'}"].setEnabled(usable)

    def _refresh_samples(self) -> None:
        there = self.made is not None and self.made.samples is not None
        if self.window.actions_["open_sheet"].isEnabled() != there:
            self.window.actions_["open_sheet"].setEnabled(there)

    # -- training --------------------------------------------------------------------------------------

    def train_network(self, data: Path | None = None) -> None:
        """Asks what is to be trained on what."""
        from app.ui.models.train_dialog import TrainDialog

        workspace, sets = self.shown, self.window.feature(TrainingSets).shelf
        kind, _, task = workspace.list.key.partition("/")
        chosen = workspace.sets_page.current if data is not None else None
        if chosen is not None:
            kind, task = ("location" if self._boxed(data) else "danger-zone"), chosen.task
        tasks = sets.tasks or tuple({n.task.name: n.task for n in self.library.networks}.values())
        if not tasks or self.dialog is not None:
            return  # they are being read at this very moment, or the dialog is open
        dialog = TrainDialog(
            self.trainer,
            self.bridge,
            tasks,
            sets.sets,
            kind,
            task or self.document.scene.task,
            self.library.presets,
            self.window,
        )
        dialog.folder_wanted.connect(
            lambda: self.window.feature(Filing).ask_folder("Images to learn from", self._set_folder)
        )
        dialog.chosen.connect(self._begin)
        dialog.finished.connect(self._forget)
        if data is not None:
            dialog.set_training_set(data)
        self.dialog = dialog
        dialog.open()

    def show_training(self) -> None:
        """Shows how far the training is, and what waits."""
        self.shown.choose(TRAINING)

    def open_sheet(self) -> None:
        """Shows what a network of backgrounds draws at full size."""
        opens = self.shown.samples
        if opens is not None:
            opens()

    def pause_training(self) -> None:
        """Stops for now."""
        self.trainer.pause()

    def resume_training(self) -> None:
        """Goes on with the training that waits."""
        order = self._unfinished
        if order is not None:
            self.show_training()
            self.trainer.go_on(order)

    def short_state(self) -> str:
        """How far the training is, or how many wait, in a word or two."""
        job, trainer = self.trainer.job, self.trainer
        if trainer.busy and job is not None:
            return f"{100 * job.progress.fraction:.0f} %" if job.progress is not None else "…"
        if any(one.finished for one in trainer.orders):
            return "finished"
        return "paused" if trainer.orders else ""

    @property
    def _unfinished(self) -> Order | None:
        return next((one for one in self.trainer.orders if not one.finished), None)

    def _open_pictures(self, pictures: Sequence[Named], at: int) -> None:
        from app.ui.models.picture_dialog import PictureDialog

        PictureDialog(self.bridge, pictures, at, self.window).open()

    def _boxed(self, data: Path | None) -> bool:
        lines = self.window.feature(TrainingSets).shelf.lines
        return any(line.boxes and line.set.folder == data for line in lines)

    def _begin(self, order: Order) -> None:
        self.trainer.begin(order)
        self.show_training()

    def _set_folder(self, folder: Path) -> None:
        if self.dialog is not None:  # it may have been closed meanwhile
            self.dialog.set_folder(folder)

    def _forget(self) -> None:
        self.dialog = None

    def _ask_to_discard(self, order: Order) -> None:
        running = self.trainer.busy and self.trainer.order == order
        self.question = ask_before(
            self.window,
            "Delete the training",
            f"{'Stop' if running else 'Delete'} the training of the {title_of(order)}?",
            "What it has learnt so far is deleted. The model in use stays as it is.",
            ("Stop and delete" if running else "Delete", lambda: self.trainer.stop(order)),
            ("Pause instead", self.trainer.pause) if running else None,
        )

    # -- versions --------------------------------------------------------------------------------------

    def use_version(self) -> None:
        """Puts the chosen version to work."""
        self.shown.network_page.use_chosen()

    def import_model(self) -> None:
        """Takes in a colleague's model."""
        network = self.shown.network_page.network
        if network is not None:
            self.window.feature(Filing).ask_folder(
                "Folder of the model", lambda folder: self.library.bring_in(network, folder)
            )

    def export_model(self) -> None:
        """Copies the chosen version into a folder."""
        page = self.shown.network_page
        network, version = page.network, page.version
        if network is not None and version is not None:
            self.window.feature(Filing).ask_folder(
                "Folder for the copy", lambda folder: self.library.export(network, version, folder), new=True
            )

    def remove_version(self) -> None:
        """Deletes the chosen version, after a question."""
        page = self.shown.network_page
        network, version = page.network, page.version
        if network is None or version is None:
            return
        what = f"{network.kind.title.lower()} model, {version.title}, of {network.task.title}"
        self.question = ask_before(
            self.window,
            "Remove a version",
            f"Remove the {what}?",
            "It cannot be brought back. Export it first if you may need it again.",
            ("Remove", lambda: self.library.remove(network, version)),
        )

    # -- what happens ----------------------------------------------------------------------------------

    def _follow(self) -> None:
        self.trainer.follow()
        self.window.feature(Workspaces).rail.set_note(NAME, self.short_state())
        if self.made is not None:
            self.made.follow()
            self._refresh_samples()

    def _changed(self) -> None:
        self.refresh()
        if not self._looked:
            self._looked = True
            self._say_what_waits()
            if self.document.base is None:  # the first image wipes away what is said before it
                self.document.opened.connect(self._say_what_waits, Qt.ConnectionType.SingleShotConnection)

    def _say_what_waits(self) -> None:
        if self.trainer.busy or not self.trainer.orders:
            return
        order = self.trainer.orders[0]
        waits = "waits for your decision" if order.finished else "is paused, and can be gone on with"
        self.compose.messages.show_message(
            "hint", f"The training of the {title_of(order)} {waits}.", seconds=20,
            action=("Show it", self.show_training),
        )  # fmt: skip

    def _finished(self, order: Order) -> None:
        self.compose.messages.show_message(
            "done", f"The {title_of(order)} is trained. The old one stays in use until you decide.",
            seconds=20, action=("Compare them", self.show_training),
        )  # fmt: skip

    def _failed(self, sentence: str, details: str) -> None:
        """The page says the sentence itself, where it is shown."""
        if details or self.made is None or not self.made.training_page.isVisible():
            self.bridge.failed.emit(sentence, details)

    def _look_again(self) -> None:
        if self.made is not None:
            self.library.look()

    def _adopted(self, _: str, task: str) -> None:
        """Another network answers from now on: what it says of the open image is found anew."""
        if self.document.base is not None and self.document.scene.task == task:
            self.compose.finder.find()

    def _done(self, sentence: str) -> None:
        self.compose.messages.show_message("done", sentence, seconds=8)
