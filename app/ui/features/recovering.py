"""Nothing that was on the screen is lost: the recovery file, and what earlier windows left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel

from app.composition.recovery import Left, SeriesPlace, Session, Unsaved, forget, left_behind
from app.paths import user_data
from app.ui.actions import Spec
from app.ui.document import Page
from app.ui.feature import Feature
from app.ui.features.filing import Filing
from app.ui.work.reading import Opened

if TYPE_CHECKING:
    from app.ui.window import Window

DELAY_MS = 400
"""Changes that follow each other faster are written together; the first of them waits no longer than this."""
AGAIN_MS = 10_000
"""After a failure it is tried again so much later, and at the next change."""


class Recovering(Feature):
    """Writes the recovery file while there are unsaved changes, and offers those of windows that are gone."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "recover", "Recover &unsaved work…", "&File", 1, "backup-restore",
            tip="What was not saved when Lithograph ended without being closed",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._root = user_data() / "recovery"
        self._session = Session(self._root)
        self._written: Unsaved | None = None
        self._problem = ""
        self._replaces: Left | None = None
        """What has been recovered, and is still in the other window's folder."""
        self._leave = False
        self.sign = QLabel("No recovery file")
        self.sign.setProperty("role", "warning")
        window.status.addPermanentWidget(self.sign)
        self.sign.hide()
        self._soon = QTimer(self, singleShot=True)
        self._soon.timeout.connect(self._keep)
        self.document.scene_changed.connect(self._note)
        self.document.stack.cleanChanged.connect(self._note)

    def begin(self) -> None:
        self._look(self._offer)

    def recover(self) -> None:
        """Lists what can be recovered."""
        self._look(lambda found: self._offer(found) if found else self._nothing())

    def leave(self) -> None:
        """Leaves unsaved changes to the next start, instead of forgetting them when the window closes."""
        self._leave = True

    def close_down(self) -> None:
        self._soon.stop()
        session = self._session
        if self._leave and self.document.modified:
            self._keep()
            self.bridge.keep("leave", session.leave, title="Keeping a recovery file")
        else:
            self.bridge.keep("recovery", session.close, title="Removing the recovery file")

    # -- writing ---------------------------------------------------------------------------------------

    def _note(self, *_: object) -> None:
        if not self._soon.isActive() or self._soon.remainingTime() > DELAY_MS:
            self._soon.start(DELAY_MS)

    def _keep(self) -> None:
        page, session = self.document.base, self._session
        if page is None or not self.document.modified:
            if self._written is not None:
                self._written = None
                self.bridge.keep("recovery", session.clear, title="Removing the recovery file")
            return
        work = self._unsaved(page)
        if work == self._written:
            return
        self._written, replaces = work, self._replaces

        def write() -> None:
            image = page.image
            reference = replace(page.reference, digest=image.digest)
            session.write(replace(work, scene=replace(work.scene, background=reference)), image)
            if replaces is not None:
                forget(replaces)

        self.bridge.keep("recovery", write, self._kept, self._failed, title="Keeping a recovery file")

    def _unsaved(self, page: Page) -> Unsaved:
        document, series = self.document, self.document.series
        place = None
        if series is not None and series.folder is not None:
            place = SeriesPlace(series.folder, series.info.uid, page.number)
        path = document.path
        digest = self.compose.saver.known(path) if path is not None else ""
        size = (page.image.height, page.image.width)
        return Unsaved(document.scene, document.title, path, digest, place, size)

    def _kept(self, _: object) -> None:
        self._replaces = None
        if self._problem:
            self.compose.messages.withdraw(self._problem)
            self._problem = ""
            self.sign.hide()
            self.compose.messages.show_message("done", "The recovery file is being written again.", seconds=5)

    def _failed(self, sentence: str, details: str) -> None:
        """Says it once; work goes on, and it is tried again."""
        self._written = None
        self._soon.start(AGAIN_MS)
        if self._problem:
            return
        self._problem = (
            "No recovery file can be kept, so a crash would lose what is not saved: "
            f"save the scene. {sentence}"
        )
        self.sign.setToolTip(self._problem)
        self.sign.show()
        self.compose.messages.error(self._problem, details)

    # -- recovering ------------------------------------------------------------------------------------

    def _look(self, then: Callable[[list[Left]], None]) -> None:
        root, open_here = self._root, self._replaces

        def work() -> list[Left]:
            found = left_behind(root)
            return [left for left in found if open_here is None or left.folder != open_here.folder]

        self.bridge.keep("look", work, then, title="Looking for unsaved work")

    def _nothing(self) -> None:
        self.compose.messages.show_message("hint", "There is no unsaved work to recover.", seconds=5)

    def _offer(self, found: list[Left]) -> None:
        from app.ui.dialogs.recovery import RecoveryDialog

        if not found:
            return
        dialog = RecoveryDialog(found, self.window)
        dialog.recover.connect(self._recover)
        dialog.delete.connect(self._delete)
        self.window.feature(Filing).open_in_turn(dialog)

    def _recover(self, left: Left) -> None:
        work = left.work
        if work is None:
            return

        def opened(result: Opened) -> None:
            self._replaces = left
            self._written = None
            self._note()
            sentence = f"“{work.title}” is as it was before Lithograph ended; save it to keep it."
            self.compose.messages.show_message("warning", " ".join((sentence, *result.notes)))

        opener = self.compose.opener
        self.window.feature(Filing).unless_unsaved(lambda: opener.recover(work, opened))

    def _delete(self, left: Left) -> None:
        self.bridge.keep(f"forget {left.folder.name}", lambda: forget(left), title="Removing a recovery file")
