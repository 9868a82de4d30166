"""The kinds of networks that are trained here. A new one is an entry of `KINDS`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from app.engine import Device
from app.training.background.plans import plan_of


@dataclass(frozen=True)
class Preset:
    """A size of network that a kind comes in.

    Attributes:
        name: as in orders and cards.
        title: what people call it.
        what: it is good for, and what it costs, in a sentence or two.
        pace: seconds of a step on one core.
    """

    name: str
    title: str
    what: str
    pace: float

    def steps(self, *, onwards: bool) -> int:
        """Of the usual training, `onwards` from a model of this size or from nothing."""
        return plan_of(self.name, onwards=onwards).total

    @property
    def batch(self) -> int:
        """Images in a step, as a rule."""
        return plan_of(self.name, onwards=False).batch


@dataclass(frozen=True)
class Kind:
    """A kind of network, and what the window has to know of its training.

    Attributes:
        name: as in folders and cards.
        title: what people call it.
        group: over its tasks, in lists.
        what: it does, in a sentence.
        icon: of the Material Design set.
        learns: what it learns from, in a sentence.
        alone: tasks that can be learnt from simulated images alone.
        steps: of the usual training; where there are presets, they say it.
        pace: seconds of a step on one core, until a training on this computer has shown it; likewise.
        labelled: whether something has to be marked in the images.
        presets: the sizes that it comes in, the usual one first; none where there is one size.
    """

    name: str
    title: str
    group: str
    what: str
    icon: str
    learns: str
    alone: tuple[str, ...]
    steps: int
    pace: float
    labelled: bool = True
    presets: tuple[Preset, ...] = ()

    def preset(self, name: str) -> Preset | None:
        """The preset of that name; None where there is none."""
        return next((one for one in self.presets if one.name == name), None)


BACKGROUND = "background"

KINDS: tuple[Kind, ...] = (
    Kind(
        "danger-zone",
        "Danger zone",
        "Danger zone",
        "Finds the structures where no lesion may lie.",
        "shield-alert-outline",
        "Learns from images in which structures are outlined; simulated ones are added where there are some.",
        ("kub-xray", "lung-ct"),
        1500,
        3.0,
    ),
    Kind(
        "location",
        "Location",
        "Location",
        "Knows where lesions are likely: the heatmap and the candidates.",
        "crosshairs-gps",
        "Learns from images whose lesions have a box each; they are removed from the image first.",
        ("kub-xray", "lung-ct"),
        1200,
        6.0,
    ),
    Kind(
        BACKGROUND,
        "Background",
        "Backgrounds",
        "Draws new backgrounds, and rebuilds real ones from its codes.",
        "image-area",
        "Learns from images as they are; nothing has to be marked. CT is projected or cut as the task needs.",
        ("kub-xray", "lung-ct"),
        0,
        0.0,
        labelled=False,
        presets=(
            Preset(
                "fidelity",
                "Fidelity",
                "What the program itself uses: nine codebooks, which rebuild edges and grain. It goes on "
                "from a model of this size where there is one, which takes far less time.",
                2.0,
            ),
            Preset(
                "small",
                "Small",
                "A quarter of the network, five codebooks: rebuilds less of the grain, and learns in a "
                "fraction of the time. For a first try, or a computer without a GPU.",
                1.2,
            ),
            Preset(
                "paper",
                "As in the paper",
                "To the letter: one code for 64 × 64 pixels, which rebuilds the layout and loses detail. "
                "Tens of thousands of steps on images of 1,024²: days on a GPU with much memory.",
                90.0,
            ),
        ),
    ),
)

LENGTHS = (("quick", "Quick", 0.2), ("usual", "Usual", 1.0), ("long", "Long", 3.0))
"""Name, title, and times the usual steps."""


def kind_of(name: str) -> Kind:
    """The kind of that name; KeyError where there is none."""
    return next(kind for kind in KINDS if kind.name == name)


def seconds_for(
    kind: Kind,
    steps: int,
    device: Device,
    known: Mapping[str, float],
    preset: Preset | None = None,
    batch: int = 0,
) -> float:
    """How long so many steps will take on the device, by its last training where there was one.

    Args:
        known: seconds of a step, by `pace_key`.
        preset, batch: as they are chosen, where the kind has them.
    """
    pace = kind.pace if preset is None else preset.pace
    guess = pace / max(1, (os.cpu_count() or 1)) if device.kind == "cpu" else pace / 40
    share = batch / preset.batch if preset is not None and batch else 1.0
    key = pace_key(kind.name, device, "" if preset is None else preset.name)
    return steps * share * known.get(key, guess)


def pace_key(kind: str, device: Device, preset: str = "") -> str:
    """Under which the pace of a kind on a device is remembered."""
    return f"{kind} {preset} on {device.name}" if preset else f"{kind} on {device.name}"


def about(seconds: float) -> str:
    """A rough time in words: `about 3 min`, `about 2 hours`."""
    if seconds < 90:
        return "about a minute"
    minutes = seconds / 60
    if minutes < 55:
        return f"about {round(minutes / 5) * 5 or 5} min" if minutes > 7 else f"about {round(minutes)} min"
    hours = minutes / 60
    if hours < 1.5:
        return "about an hour"
    return f"about {hours:.0f} hours" if hours < 36 else f"about {hours / 24:.0f} days"
