"""The files, folders and scenes that were open last."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from app.engine import Job
from app.ui.actions import Spec
from app.ui.feature import Feature
from app.ui.features.filing import Filing
from app.ui.settings import settings
from app.ui.work.reading import Opened

if TYPE_CHECKING:
    from app.ui.window import Window

MOST = 10


class Recent(Feature):
    """The submenu *Open recent*, the newest first; what is gone is there in grey, and says why."""

    WORKSPACE = ""
    SPECS = (
        Spec("clear_recent", "&Clear list", "", tip="Forget the recent files; the files themselves stay"),
        Spec(
            "reopen", "Open the &last one again", "", 0, "history", ("Ctrl+Shift+R",),
            "Open the newest of the recent files that is not open",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.menu = QMenu("Open &recent", window)
        self.menu.setObjectName("recent")
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._look)
        self.menu.aboutToHide.connect(self._stop)
        self._gone: dict[str, str] = {}
        """Why a path cannot be opened, as found out last."""
        self._job: Job | None = None
        self._open_now = ""
        self.compose.opener.opened.connect(self._opened)
        self.compose.saver.scene_saved.connect(lambda path, _: self.add(path))
        self._show()

    def menus(self) -> dict[tuple[str, int], list[QMenu]]:
        return {("&File", 1): [self.menu]}

    def add(self, path: Path) -> None:
        """Puts a path on top."""
        text = str(path.absolute())
        self._open_now = text
        rest = [one for one in settings().remembered.recent if one != text]
        settings().remember(recent=(text, *rest)[:MOST])
        self._gone.pop(text, None)
        self._show()

    def clear_recent(self) -> None:
        """Forgets them."""
        settings().remember(recent=())
        self._show()

    def reopen(self) -> None:
        """Opens the newest one that is not open."""
        rest = [one for one in settings().remembered.recent if one != self._open_now]
        if rest:
            self._open(rest[0])
        else:
            self.compose.messages.show_message("hint", "No other file was open here yet.", seconds=5)

    def _look(self) -> None:
        """Has a look at whether they are still there, while the menu opens."""
        self._show()
        recent = settings().remembered.recent
        if recent:
            self._job = self.bridge.read(
                "recent", lambda: {one: _why_gone(one) for one in recent}, self._looked, title="Recent files"
            )

    def _opened(self, opened: Opened) -> None:
        if opened.origin is not None:
            self.add(opened.origin)
        else:
            self._open_now = ""

    def _looked(self, gone: dict[str, str]) -> None:
        self._gone = gone
        self._show()

    def _show(self) -> None:
        menu, recent = self.menu, settings().remembered.recent
        menu.clear()
        for number, path in enumerate(recent, start=1):
            reason = self._gone.get(path, "")
            folder, name = os.path.split(path)
            key = f"&{number}" if number < 10 else "1&0"
            what = f"{name}  –  {reason or _short(folder)}".replace("&", "&&").replace("\t", " ")
            text = f"{key}  {what}"
            action = menu.addAction(text, partial(self._open, path))
            action.setEnabled(not reason)
            action.setToolTip(f"{path}: {reason}" if reason else path)
        if not recent:
            menu.addAction("No file was open here yet").setEnabled(False)
        menu.addSeparator()
        menu.addAction(self.window.actions_["reopen"])
        menu.addAction(self.window.actions_["clear_recent"])

    def _open(self, path: str) -> None:
        self._stop()
        self.window.feature(Filing).open_path(Path(path))

    def _stop(self) -> None:
        """A folder that does not answer must not hold up what is opened next."""
        if self._job is not None:
            self._job.cancel()
            self._job = None


def _why_gone(path: str) -> str:
    """Why it cannot be opened; empty where it can."""
    try:
        Path(path).stat()
    except FileNotFoundError:
        return "no longer there" if Path(path).parent.is_dir() else "its folder is no longer there"
    except PermissionError:
        return "you may not read it"
    except OSError as error:
        return (error.strerror or "cannot be reached").lower()
    return ""


def _short(folder: str) -> str:
    """A folder's name, of a length that a menu bears: its beginning and its end."""
    home = str(Path.home())
    if folder.startswith(home + os.sep):
        folder = "~" + folder[len(home) :]
    return folder if len(folder) <= 60 else f"{folder[:20]}…{folder[-38:]}"
