"""What must be said before a danger zone is believed: a foreign image, and one that permits nothing."""

from __future__ import annotations

import numpy as np

from app.anatomy.anatomy import Familiarity
from app.anatomy.danger import DangerZone
from app.tasks import Task

UNCHECKED = "not checked: "
"""How the reason begins that stands for all of an image whose danger zone is not believed."""
NEAR_LIMIT = 0.8
"""The score from which on a familiar image is called unusual."""


def doubt(familiarity: Familiarity, task: Task) -> str:
    """What is odd about a foreign image, in a clause without a full stop."""
    if familiarity.turned:
        return f"This image seems to be {familiarity.turned}"
    return f"This image looks unlike those that the network for “{task.title}” learnt from"


def remedy(familiarity: Familiarity) -> str:
    """What the user can do about a foreign image, in a sentence."""
    if familiarity.turned:
        return "Turn it the usual way round and open it again, if you can."
    return "Is this the right task for it?"


def unchecked(familiarity: Familiarity) -> str:
    """The reason, as of a forbidden structure, that a place on a foreign image is not checked."""
    if familiarity.turned:
        return f"{UNCHECKED}the image seems to be {familiarity.turned}"
    return f"{UNCHECKED}the image looks unlike the training images"


def likeness(familiarity: Familiarity) -> str:
    """How familiar an image is, in words and with the score: `usual (0.35, the limit is 1)`."""
    if familiarity.turned:
        word = f"seems {familiarity.turned}"
    elif familiarity.foreign:
        word = "foreign"
    else:
        word = "usual" if familiarity.score < NEAR_LIMIT else "unusual"
    return f"{word} ({familiarity.score:.2f}, the limit is 1)"


def nothing_permitted(danger: DangerZone) -> str:
    """A sentence where no place of the image is permitted, with the structures that cover it; else empty."""
    if danger.permissible.any():
        return ""
    areas = np.bincount(danger.labels.ravel(), minlength=len(danger.titles) + 1)[1:]
    largest = [danger.titles[n] for n in np.argsort(-areas)[:2] if areas[n]]
    what = f" ({' and '.join(largest)})" if largest else ""
    return (
        f"No lesion is permitted anywhere on this image: the danger zone{what} covers all of it; "
        "check that the task is the right one."
    )
