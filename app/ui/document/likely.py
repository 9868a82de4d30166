"""What is said of a candidate: how likely it is, what that number means, and whether it is safe."""

from __future__ import annotations

from dataclasses import dataclass

from app.anatomy.anatomy import Candidate
from app.ui.document.editing import Document, article

LESIONS = {"stone": "stones", "nodule": "nodules"}
REACH = 1.25
"""The radius of a candidate's neighbourhood, in the task's usual diameters; see `Candidate.score`."""


@dataclass(frozen=True)
class Said:
    """The words on a candidate.

    Attributes:
        probability: `14 %`.
        meaning: what that is a share of.
        safety: that it is safe, or why it is not.
        trouble: the last in few words; empty where there is none.
    """

    probability: str
    meaning: str
    safety: str
    trouble: str

    @property
    def safe(self) -> bool:
        """Whether a lesion of the present size may be there."""
        return not self.trouble

    def lines(self, rank: int) -> tuple[str, str]:
        """In two lines; `rank` is counted from 1."""
        return f"Candidate {rank}: {self.probability} {self.meaning}", self.safety


def say(document: Document, place: Candidate) -> Said:
    """The words on a candidate of the open image."""
    diameter = document.brush.diameter
    reason = document.reason(place.x, place.y, diameter if place.safe else 0.0)
    if not place.safe:
        trouble = reason or "danger zone"
        safety = f"Not safe: {trouble}"
    elif reason is not None:
        size = f"{diameter:.1f} {document.unit}"
        trouble = f"no room for {size}"
        safety = f"Safe, but {size} would touch {article(reason)}"
    else:
        trouble, safety = "", "Safe: outside the danger zone"
    meaning = f"of {LESIONS[document.task.kind]} lie within {_radius(document)}"
    return Said(percent(place.score), meaning, safety, trouble)


def explained(document: Document) -> str:
    """What the probability of a candidate means, in a sentence."""
    lesions = LESIONS[document.task.kind]
    return f"Of all {lesions} in images like this one, the share that lies within {_radius(document)}."


def _radius(document: Document) -> str:
    return f"{REACH * document.task.diameter_mm.usual:g} {document.unit}"


def percent(share: float) -> str:
    """`14 %`; below ten with a digit more."""
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.1f} %"
