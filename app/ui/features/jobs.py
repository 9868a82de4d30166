"""What is running: the list of it, and stopping it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.panels.jobs import JobsPanel

if TYPE_CHECKING:
    from app.ui.window import Window


class Jobs(Feature):
    """Shows the jobs of all threads, and stops work."""

    WORKSPACE = ""
    SPECS = (
        Spec(
            "jobs", "&Jobs", "&Tools", 8, "format-list-checks", ("Ctrl+J",),
            "What is at work, how far it is, and how what has ended did", checkable=True,
        ),
        Spec(
            "stop", "&Stop what is running", "&Tools", 8, "stop-circle-outline", ("Ctrl+.",),
            "Stops the work that the status bar shows; what is finished is kept",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.panel = JobsPanel(window.middle)
        self.panel.closed.connect(lambda: window.actions_["jobs"].setChecked(False))
        window.status.jobs.clicked.connect(window.actions_["jobs"].toggle)
        window.status.looked.connect(self._look)

    def jobs(self, on: bool) -> None:
        """Shows the list of jobs, or hides it."""
        if not on:
            inside = self.panel.isAncestorOf(self.window.focusWidget() or self.window)
            self.panel.hide()
            if inside:
                self.window.workspace.arrive()
            return
        self._fill()
        self.panel.show()
        self.panel.raise_()
        row = next((row for job, row in self.panel.rows.items() if not job.state.ended), None)
        (row.stop if row is not None else self.panel.close_button).setFocus()

    def stop(self) -> None:
        """Cancels the work that the status bar shows."""
        self.window.status.stop()

    def set_icons(self) -> None:
        self.panel.set_icons()

    def _look(self) -> None:
        if not self.panel.isHidden():
            self._fill()

    def _fill(self) -> None:
        self.panel.show_jobs(self.window.status.running, tuple(self.bridge.ended))
