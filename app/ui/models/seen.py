"""What there is to learn from, in figures and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Seen:
    """What is in a folder or a training set.

    Attributes:
        format: of the labels, in words.
        images, boxes, groups: how many; a group is a patient, a series or an original.
        looked_at: images in which somebody has marked the lesions, or said that there are none.
        structures: how many images each is outlined in.
        learn, held_out: how many images are on either side of the split.
        notes: what is amiss, a sentence each.
        warning: what somebody should know before it is learnt from, in a sentence or two.
        trouble: why nothing can be learnt from it, in a sentence; empty where something can.
    """

    format: str = ""
    images: int = 0
    boxes: int = 0
    groups: int = 0
    looked_at: int = 0
    structures: Mapping[str, int] = field(default_factory=dict)
    learn: int = 0
    held_out: int = 0
    notes: tuple[str, ...] = ()
    warning: str = ""
    trouble: str = ""

    @property
    def words(self) -> str:
        """A line or two that say what is there; nothing where only the notes say it."""
        if not self.images:
            return ""
        parts = [count(self.images, "image")]
        if self.groups and self.groups != self.images:
            parts[0] += f" of {count(self.groups, 'patient or series', 'patients or series')}"
        if self.boxes:
            parts.append(count(self.boxes, "box", "boxes"))
        if self.structures:
            told = ", ".join(f"{name} in {number:,}" for name, number in self.structures.items())
            parts.append(f"structures outlined: {told}")
        text = "; ".join(parts) + (f" ({self.format})" if self.format else "") + "."
        if self.held_out:
            text += f" Of them {self.held_out:,} held out to measure on, {self.learn:,} to learn from."
        return text


def count(number: int, one: str, many: str = "") -> str:
    """`1 image`, `1,204 images`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
