"""The stages of a training of backgrounds, as people see them, and what it has written so far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.ui.models.curves import Curves, read_curves

TITLES = {"autoencoder": "Reconstruct", "decoder": "Detail", "prior": "Draw"}
MEANINGS = {
    "autoencoder": "Encoder, codes and decoder learn together to bring an image into codes and back.",
    "decoder": "The codes rest. The decoder learns detail, until a second network, the discriminator, cannot "
    "tell its images from real ones.",
    "prior": "The prior learns which codes belong together, so that new backgrounds can be drawn.",
}
SHEETS = {
    "autoencoder": "Above: images that nothing is learnt from. Below: what the network rebuilds of them.",
    "decoder": "Above: images that nothing is learnt from. Below: what the network rebuilds of them.",
    "prior": "New backgrounds: drawn from the same seeds each time, so that they can be compared.",
}


@dataclass(frozen=True)
class Stage:
    """A stage of a training: its name, the step that it begins after, and its last one."""

    name: str
    before: int
    last: int

    @property
    def title(self) -> str:
        """A word for it."""
        return TITLES.get(self.name, self.name.capitalize())


@dataclass(frozen=True)
class Sheet:
    """A sample sheet: its file, and the step that it was made after."""

    file: Path
    step: int


def sample_in(folder: Path, task: str) -> Path | None:
    """What a finished model draws, as a picture in its folder; None where there is none."""
    return next((f for f in (folder / f"samples-{task}.png", folder / "samples.png") if f.is_file()), None)


@dataclass(frozen=True)
class Written:
    """What the training in a folder has written: its stages, and its sample sheets, the oldest first."""

    stages: tuple[Stage, ...] = ()
    sheets: tuple[Sheet, ...] = ()

    def stage_at(self, step: int) -> Stage | None:
        """The stage that makes the step; None where that is not known."""
        return next((stage for stage in self.stages if stage.before < step <= stage.last), None)


NOTHING = Written()


def read_stage_curves(folder: Path) -> dict[str, Curves]:
    """The curves of a finished model by stage, each with steps of its own; one without a name of others."""
    stages = {name: read_curves(folder / f"curves-{name}.csv") for name in TITLES}
    found = {name: curves for name, curves in stages.items() if len(curves.steps) > 1}
    return found or {"": read_curves(folder / "curves.csv")}


def read_written(folder: Path) -> Written:
    """What is in the folder of a training that runs; it is written to meanwhile."""
    return Written(_stages(folder), _sheets(folder))


def _stages(folder: Path) -> tuple[Stage, ...]:
    from app.errors import LithographError
    from app.training.background.beginnings import resumed
    from app.training.background.plans import STAGES

    try:
        begun = resumed(folder)
    except LithographError:
        return ()
    if begun is None:
        return ()
    plan = begun.plan
    return tuple(
        Stage(name, plan.before(name), plan.before(name) + steps)
        for name, steps in zip(STAGES, plan.steps, strict=True)
    )


def _sheets(folder: Path) -> tuple[Sheet, ...]:
    from app.training.background.sheets import FOLDER

    try:
        files = sorted((folder / FOLDER).glob("*.png"))
    except OSError:
        return ()
    return tuple(Sheet(file, int(file.stem)) for file in files if file.stem.isdigit())
