"""The models that there are, as the window's thread knows them; files are read and written elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.tasks import Task
from app.ui.models.curves import Curves
from app.ui.models.kinds import BACKGROUND, KINDS, Kind
from app.ui.models.stages import Written, read_stage_curves, read_written
from app.ui.work.bridge import Bridge

if TYPE_CHECKING:
    from app.anatomy.versions import Version
    from app.lesions.library import Entry


@dataclass(frozen=True)
class Network:
    """A kind of network for a task, with all its versions; there may be none yet."""

    kind: Kind
    task: Task
    versions: tuple[Version, ...]

    @property
    def key(self) -> str:
        """`danger-zone/kub-xray`."""
        return f"{self.kind.name}/{self.task.name}"

    @property
    def used(self) -> Version | None:
        """The version in use."""
        return next((version for version in self.versions if version.in_use), None)


class ModelLibrary(QObject):
    """Reads what there is, and does what is asked of versions."""

    changed = Signal()
    """Something is there that was not, or is gone, or another version is in use."""
    adopted = Signal(str, str)
    """Kind and task of which another version is in use now."""
    done = Signal(str)
    """A sentence about something that has succeeded."""

    def __init__(self, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bridge = bridge
        self.networks: tuple[Network, ...] = ()
        self.lesions: tuple[Entry, ...] = ()

    def network(self, key: str) -> Network | None:
        """The network of that key; None where there is none."""
        return next((network for network in self.networks if network.key == key), None)

    @property
    def presets(self) -> frozenset[str]:
        """Of models of backgrounds that a training can go on from: those in use, and the shipped one."""
        versions = [v for n in self.networks if n.kind.name == BACKGROUND for v in n.versions]
        return frozenset(str(v.card.get("preset")) for v in versions if v.in_use or v.name == "shipped")

    def look(self) -> None:
        """Reads which versions there are."""

        def work() -> tuple[tuple[Network, ...], tuple[Entry, ...]]:
            from app.anatomy.versions import versions
            from app.errors import LithographError
            from app.lesions.library import entries
            from app.tasks import task, task_names

            tasks = []
            for name in task_names():
                try:
                    tasks.append(task(name))
                except LithographError:
                    continue  # a malformed task of the user's; Compose says so where it is chosen
            networks = tuple(Network(k, t, versions(k.name, t.name)) for k in KINDS for t in tasks)
            return networks, tuple(entries())

        self.bridge.read("models", work, self._take, title="Looking which models there are")

    def _take(self, found: tuple[tuple[Network, ...], tuple[Entry, ...]]) -> None:
        self.networks, self.lesions = found
        self.changed.emit()

    def read_curves(self, folder: Path, then: Callable[[dict[str, Curves]], None]) -> None:
        """The curves of the training of a version, by stage."""
        self.bridge.read(
            "curves",
            lambda: read_stage_curves(folder),
            then,
            title="Reading the curves of a training",
        )

    def read_written(self, folder: Path, then: Callable[[Written], None]) -> None:
        """What a training of backgrounds has written so far."""
        self.bridge.read("written", lambda: read_written(folder), then, title="Looking for sample sheets")

    # -- versions --------------------------------------------------------------------------------------

    def adopt(self, network: Network, version: Version) -> None:
        """Uses another version from now on."""

        def work() -> None:
            from app.training import versions

            versions.adopt(network.kind.name, network.task.name, version.name)

        def adopted(_: object) -> None:
            self.look()
            self.adopted.emit(network.kind.name, network.task.name)
            self.done.emit(f"The {network.kind.title.lower()} model {version.title} is in use now.")

        self.bridge.write("adopt", work, adopted, title="Using another version")

    def remove(self, network: Network, version: Version) -> None:
        """Deletes a version of the user's own."""

        def work() -> None:
            from app.training import versions

            versions.remove(network.kind.name, network.task.name, version.name)

        def removed(_: object) -> None:
            self.look()
            self.done.emit(f"The {network.kind.title.lower()} model {version.title} is removed.")

        self.bridge.write("remove version", work, removed, title="Removing a version")

    def bring_in(self, network: Network, folder: Path) -> None:
        """Takes in a model that a colleague trained, once it is found to be whole and the right one."""

        def work() -> Version:
            from app.training import versions

            return versions.keep_from_elsewhere(network.kind.name, network.task.name, folder)

        def kept(version: Version) -> None:
            self.look()
            self.done.emit(f"The model in {folder} is here now as {version.title}; “Use” puts it to work.")

        self.bridge.write("bring in", work, kept, title="Importing a model")

    def export(self, network: Network, version: Version, into: Path) -> None:
        """Copies a version into a folder of its own, for a colleague."""
        name = f"{network.kind.name}-{network.task.name}-{version.name}"

        def work() -> Path:
            from app.training.versions import export

            return export(network.kind.name, network.task.name, version.name, into / name)

        self.bridge.write(
            "export model", work, lambda path: self.done.emit(f"The model is copied to {path}."),
            title="Exporting a model",
        )  # fmt: skip
