"""The kinds of networks that are trained here. A new one is an entry of `KINDS`."""

from __future__ import annotations

import os
from dataclasses import dataclass

from app.engine import Device


@dataclass(frozen=True)
class Kind:
    """A kind of network, and what the window has to know of its training.

    Attributes:
        name: as in folders and cards.
        title: what people call it.
        what: it does, in a sentence.
        icon: of the Material Design set.
        learns: what it learns from, in a sentence.
        marks: what has to be marked in the images.
        alone: tasks that can be learnt from simulated images alone.
        steps: of the usual training.
        pace: seconds of a step on one core, until a training on this computer has shown it.
    """

    name: str
    title: str
    what: str
    icon: str
    learns: str
    marks: str
    alone: tuple[str, ...]
    steps: int
    pace: float


KINDS: tuple[Kind, ...] = (
    Kind(
        "danger-zone",
        "Danger zone",
        "Finds the structures where no lesion may lie.",
        "shield-alert-outline",
        "Learns from images in which structures are outlined; simulated ones are added where there are some.",
        "outlined structures",
        ("kub-xray", "lung-ct"),
        1500,
        3.0,
    ),
    Kind(
        "location",
        "Location",
        "Knows where lesions are likely: the heatmap and the candidates.",
        "crosshairs-gps",
        "Learns from images whose lesions have a box each; they are removed from the image first.",
        "boxes around lesions",
        ("kub-xray", "lung-ct"),
        1200,
        6.0,
    ),
)

LENGTHS = (("quick", "Quick", 0.2), ("usual", "Usual", 1.0), ("long", "Long", 3.0))
"""Name, title, and times the usual steps."""


def kind_of(name: str) -> Kind:
    """The kind of that name; KeyError where there is none."""
    return next(kind for kind in KINDS if kind.name == name)


def seconds_for(kind: Kind, steps: int, device: Device, known: dict[str, float]) -> float:
    """How long so many steps will take on the device, by its last training where there was one.

    Args:
        known: seconds of a step, by `pace_key`.
    """
    guess = kind.pace / max(1, (os.cpu_count() or 1)) if device.kind == "cpu" else kind.pace / 40
    return steps * known.get(pace_key(kind.name, device), guess)


def pace_key(kind: str, device: Device) -> str:
    """Under which the pace of a kind on a device is remembered."""
    return f"{kind} on {device.name}"


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
