"""What the user has chosen and what the window remembers, in one file of the user's data folder.

`Preferences` is the schema that the settings dialog is made from; `Remembered` is what nobody sets by hand.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import LithographError
from app.files import make_folder, write_json
from app.paths import user_data

_log = logging.getLogger(__name__)

SETTLE_MS = 300
"""Changes that follow each other faster are written together."""


MOST_CANDIDATES = 16
"""As many as a location model proposes."""

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
"""`#rrggbb`."""


def _choice(group: str, **labels: str) -> dict[str, Any]:
    return {"group": group, "labels": labels}


class Preferences(BaseModel):
    """What a user chooses. Title, description, group and limits of each field make the settings dialog."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: Literal["dark", "light", "system"] = Field(
        default="dark",
        title="Theme",
        description="Dark suits a reading room; the system's follows the desktop as it changes.",
        json_schema_extra=_choice("Appearance", dark="Dark", light="Light", system="As the system"),
    )
    text_percent: int = Field(
        default=100,
        ge=80,
        le=200,
        title="Size of text",
        description="Of the size that the system asks for.",
        json_schema_extra={"group": "Appearance", "suffix": " %", "step": 10},
    )
    mouse: Literal["placing", "windowing"] = Field(
        default="placing",
        title="Left drag over the image",
        description="Either way a click places or selects, and a lesion is dragged with the left button.",
        json_schema_extra=_choice(
            "Mouse",
            placing="Moves the image; the right drag windows (3D Slicer, Weasis)",
            windowing="Windows; the right drag zooms, the middle drag moves (OHIF, Horos)",
        ),
    )
    wheel: Literal["slices", "zoom"] = Field(
        default="slices",
        title="Wheel over a series",
        description="The other one is done with Ctrl held.",
        json_schema_extra=_choice("Mouse", slices="Next image", zoom="Zoom at the cursor"),
    )
    corner_text: bool = Field(
        default=True,
        title="Text in the corners",
        description="Series, size, window and zoom over the image.",
        json_schema_extra={"group": "Image"},
    )
    cine_per_s: int = Field(
        default=10,
        ge=1,
        le=60,
        title="Cine",
        description="Images a second.",
        json_schema_extra={"group": "Image", "suffix": " / s"},
    )
    magnifier: int = Field(
        default=3,
        ge=2,
        le=10,
        title="Magnifier",
        description="Times the size on the screen.",
        json_schema_extra={"group": "Image", "suffix": " ×"},
    )
    screen_dpi: float = Field(
        default=0.0,
        ge=0,
        le=1000,
        title="Screen resolution",
        description="For images at their true size in mm. 0 asks the screen, which does not always know.",
        json_schema_extra={"group": "Image", "suffix": " dpi", "lowest": "As the screen says"},
    )
    deidentify: bool = Field(
        default=True,
        title="Remove the patient's data when saving",
        description="From DICOM files, after the basic profile of PS3.15. While this is on, "
        "the patient's name and dates are not on the screen either.",
        json_schema_extra={"group": "Patients' data"},
    )
    hints: bool = Field(
        default=True,
        title="Hints for the first steps",
        description="Three hints over a generated image until each has been followed once.",
        json_schema_extra={"group": "Appearance"},
    )


class Several(BaseModel):
    """What was asked for when several lesions were placed at random; sizes of 0 are the task's usual ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    count: int = Field(default=5, ge=1, le=200)
    models: Literal["chosen", "favourites", "all"] = "chosen"
    smallest: float = Field(default=0, ge=0)
    largest: float = Field(default=0, ge=0)
    spacing: float = Field(default=5, ge=0)
    lowest: float = Field(default=80, gt=0)
    highest: float = Field(default=120, gt=0)
    """Per cent of the lesion model's own contrast."""
    turned: bool = True


class Remembered(BaseModel):
    """What the window remembers by itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    geometry: str = ""
    """QMainWindow.saveGeometry, base64."""
    folded: tuple[str, ...] = ()
    """Cards of the side that are folded."""
    side: bool = True
    """Whether the side is shown."""
    folder: str = ""
    """Where files were opened or saved last."""
    recent: tuple[str, ...] = ()
    """Files and folders, the newest first."""
    favourites: tuple[str, ...] = ()
    """Names of lesion models."""
    workspace: str = "compose"
    """The one that was shown last."""
    training_pace: dict[str, float] = Field(default_factory=dict)
    """Seconds that a step of the last training took, by kind of network and device."""
    several: dict[str, Several] = Field(default_factory=dict)
    """By task."""
    source: Literal["phantom", "vqgan"] = "phantom"
    """What backgrounds were generated from last."""
    temperature: float = Field(default=1.0, ge=0.1, le=2)
    decoding_steps: int = Field(default=8, ge=1, le=32)
    shortcuts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Keys of actions that were bound anew."""
    windows: dict[str, tuple[tuple[str, float, float], ...]] = Field(default_factory=dict)
    """Window presets (name, centre, width) by task, where they were edited."""
    hints_done: tuple[str, ...] = ()
    """Hints of the first steps that were followed or closed."""
    commands: tuple[str, ...] = ()
    """What was done from the command palette, the newest first."""
    side_width: int = 0
    """Of the side, in logical pixels; 0 is the usual one."""
    overlays: tuple[str, ...] = ("zones", "names")
    """Which of `zones`, `names`, `heat` and `candidates` are shown."""
    candidates_shown: int = Field(default=MOST_CANDIDATES, ge=0, le=MOST_CANDIDATES)
    """How many candidates, at most."""
    task: str = ""
    """The task that was chosen last."""
    overlay_opacity: float = Field(default=0.35, ge=0.05, le=1)
    hidden_structures: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Names of the structures that are not shown, by task."""
    structure_colours: dict[str, dict[str, Colour]] = Field(default_factory=dict)
    """The user's own colours of structures, by task and name."""


class Settings(QObject):
    """The one settings file; changes are written by themselves, soon and whole."""

    changed = Signal(str)
    """The name of a preference."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.problem = ""
        """A sentence, where the file was damaged and the usual settings are used."""
        self.write: Callable[[Callable[[], None]], object] = lambda work: work()
        """How the file is written: the window has it done by a thread of its own."""
        self.preferences, self.remembered = self._read()
        self._mine: dict[str, set[str]] = {"preferences": set(), "remembered": set()}
        """What was changed here, and so is written: another window's changes stay in the file."""
        self._soon = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._soon.timeout.connect(self.flush)

    def change(self, **fields: Any) -> None:
        """Changes preferences.

        Raises:
            ValidationError: a value is not allowed; nothing is changed.
        """
        old = self.preferences
        self.preferences = Preferences.model_validate(old.model_dump() | fields)
        names = [name for name in fields if getattr(old, name) != getattr(self.preferences, name)]
        self._mine["preferences"].update(names)
        if names:
            self._soon.start()
        for name in names:
            self.changed.emit(name)

    def remember(self, **fields: Any) -> None:
        """Remembers something."""
        remembered = self.remembered.model_copy(update=fields)
        if remembered != self.remembered:
            self._mine["remembered"].update(fields)
            self.remembered = remembered
            self._soon.start()

    def flush(self) -> None:
        """Writes now what has not been written yet."""
        self._soon.stop()
        if not any(self._mine.values()):
            return
        path, value = self.path, {
            "preferences": self.preferences.model_dump(mode="json"),
            "remembered": self.remembered.model_dump(mode="json"),
        }  # fmt: skip
        mine = {group: frozenset(names) for group, names in self._mine.items()}

        def work() -> None:
            there = _content(path)
            for group, fields in value.items():
                theirs = there.get(group)
                if isinstance(theirs, dict):
                    fields |= {name: kept for name, kept in theirs.items() if name not in mine[group]}
            try:
                make_folder(path.parent)
                write_json(path, value)
            except LithographError as error:
                raise LithographError(
                    f"The settings are not saved. {error} LITHOGRAPH_HOME can name another folder."
                ) from error

        self.write(work)

    def _read(self) -> tuple[Preferences, Remembered]:
        try:
            value = json.loads(self.path.read_text(encoding="utf-8"))
            return Preferences(**value["preferences"]), Remembered(**value["remembered"])
        except FileNotFoundError:
            return Preferences(), Remembered()
        except OSError as error:
            self.problem = f"Cannot read the settings {self.path}: {error.strerror}; the usual ones are used."
        except (ValueError, TypeError, KeyError, ValidationError, RecursionError):
            self.problem = (
                f"The settings {self.path} are damaged; the usual ones are used, and the damaged file "
                f"is kept as {self._kept()}."
            )
        _log.warning("%s", self.problem)
        return Preferences(), Remembered()

    def _kept(self) -> str:
        kept = self.path.with_suffix(".damaged.json")
        try:
            self.path.replace(kept)
        except OSError:
            return self.path.name
        return kept.name


def _content(path: Path) -> dict[str, Any]:
    """What the file holds now; nothing where it cannot be read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def settings() -> Settings:
    """The settings of the user's data folder."""
    return _at(user_data())


@cache
def _at(folder: Path) -> Settings:
    return Settings(folder / "settings.json")
