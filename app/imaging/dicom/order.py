"""The images of a DICOM series in anatomical order, and in words whatever is amiss with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.imaging.dicom.header import Header, numbers, text
from app.imaging.dicom.layout import frame_count

TAGS = [
    "SOPInstanceUID", "Modality", "InstanceNumber", "AcquisitionNumber", "TemporalPositionIdentifier",
    "ImagePositionPatient", "ImageOrientationPatient", "NumberOfFrames",
]  # fmt: skip
"""What a header has to hold for this."""
_SAME_DIRECTION = 1e-2
_SAME_PLACE_MM = 1e-3
_STACKED = ("CT", "MR", "PT", "NM")
"""Modalities whose images lie in a place; radiographs do not."""
_PLANES = ("sagittal", "coronal", "axial")


@dataclass(frozen=True, eq=False)
class Stack:
    """Images that belong together, in order.

    Attributes:
        headers: of the files.
        notes: one sentence for each thing that is amiss.
        plane: `axial`, `coronal`, `sagittal`, `oblique`; empty where unknown.
    """

    headers: tuple[Header, ...]
    notes: tuple[str, ...]
    plane: str = ""


@dataclass(frozen=True, eq=False)
class _Slice:
    header: Header
    normal: tuple[float, ...] = ()
    """Of its plane; empty where the header does not say."""
    origin: tuple[float, ...] = ()

    def number(self, keyword: str) -> int:
        found = numbers(self.header.dataset, keyword)
        return int(found[0]) if found else 0

    @property
    def turn(self) -> tuple[int, int]:
        """Which pass over the same places it is of."""
        return self.number("TemporalPositionIdentifier"), self.number("AcquisitionNumber")


def stacks(headers: Sequence[Header]) -> list[Stack]:
    """Sorts the files of one series; the stack with the most images comes first.

    Parallel slices are sorted by Image Position (Patient) along their normal (PS3.3 §C.7.6.2.1.1), others by
    Instance Number. Copies of one instance are left out. Where a series holds several orientations, as
    localizers do, or images without a place beside those with one, each kind is a stack of its own. What is
    left out or seems to be missing is said in the notes.
    """
    slices = [_slice(header) for header in headers]
    unique = _without_copies(slices)
    copies = len(slices) - len(unique)
    notes = [] if copies == 0 else [f"{_images(copies, 'duplicate slice')} left out."]
    groups = _groups(unique)
    many = len(groups) > 3 and 2 * len(groups[0]) < len(unique)
    if many:  # radial planes: no stack, but a series to turn through
        notes.append(f"The images lie in {len(groups)} orientations; {_by_number(unique)}.")
        return [Stack(_numbered(unique), tuple(notes))]
    return [_stack(group, [*notes, *_others(group, groups)]) for group in groups]


def _slice(header: Header) -> _Slice:
    orientation = numbers(header.dataset, "ImageOrientationPatient")
    position = numbers(header.dataset, "ImagePositionPatient")
    if len(orientation) != 6 or len(position) != 3:
        return _Slice(header)
    normal = np.cross(orientation[:3], orientation[3:])
    return _Slice(header, tuple(normal.tolist()), tuple(position))


def _without_copies(slices: list[_Slice]) -> list[_Slice]:
    """Each instance once. Its UID alone does not do: careless software gives all instances the same."""
    unique: dict[tuple[object, ...], _Slice] = {}
    for one in sorted(slices, key=lambda one: one.header.path):
        instance = text(one.header.dataset, "SOPInstanceUID")
        key = (instance or one.header.path, one.number("InstanceNumber"), one.turn, one.normal, one.origin)
        unique.setdefault(key, one)
    return list(unique.values())


def _groups(slices: list[_Slice]) -> list[list[_Slice]]:
    """Those with parallel planes together, those without a place together; the largest group first."""
    groups: list[list[_Slice]] = []
    for one in slices:
        for group in groups:
            if _parallel(one, group[0]):
                group.append(one)
                break
        else:
            groups.append([one])
    return sorted(groups, key=lambda group: -_count(group))


def _parallel(one: _Slice, other: _Slice) -> bool:
    if not one.normal or not other.normal:
        return one.normal == other.normal
    return max(abs(a - b) for a, b in zip(one.normal, other.normal, strict=True)) <= _SAME_DIRECTION


def _stack(group: list[_Slice], notes: list[str]) -> Stack:
    if not group[0].normal:
        stacked = text(group[0].header.dataset, "Modality") in _STACKED
        if len(group) > 1 and stacked and all(frame_count(one.header) == 1 for one in group):
            notes.append(f"The images do not say where they lie; {_by_number(group)}.")
        return Stack(_numbered(group), tuple(notes))
    normal = np.array(group[0].normal)
    positions = [float(np.dot(one.origin, normal)) for one in group]
    places = len({round(position / _SAME_PLACE_MM) for position in positions})
    turns = [one.turn for one in group]
    # Some slices measured twice are no second pass.
    passes = len(set(turns)) if 2 * len(group) >= 3 * places and len(set(turns)) > 1 else 1

    def key(index: int) -> tuple[object, ...]:
        first = turns[index] if passes > 1 else ()
        return first, positions[index], turns[index], group[index].number("InstanceNumber")

    order = sorted(range(len(group)), key=key)
    notes += _spacing_notes([(turns[i] if passes > 1 else (), positions[i]) for i in order])
    if passes > 1:
        notes.append(f"The series holds {passes} passes over the same places; they follow one another.")
    return Stack(tuple(group[i].header for i in order), tuple(notes), _plane(normal))


def _spacing_notes(order: list[tuple[object, float]]) -> list[str]:
    """What the distances between neighbours (pass, position in mm) of an ordered stack tell."""
    gaps = [
        (number, there - here)
        for number, ((one, here), (other, there)) in enumerate(pairwise(order), start=1)
        if one == other
    ]
    notes = []
    same = sum(gap <= _SAME_PLACE_MM for _, gap in gaps)
    if same:
        lie = "image lies" if same == 1 else "images lie"
        notes.append(f"{same} {lie} where another one lies; they follow one another.")
    gaps = [(number, gap) for number, gap in gaps if gap > _SAME_PLACE_MM]
    if len(gaps) < 2:
        return notes
    usual = sorted(gap for _, gap in gaps)[(len(gaps) - 1) // 2]
    wide = [(number, gap) for number, gap in gaps if gap > 1.5 * usual]
    odd = len(wide) + sum(gap < usual / 1.5 for _, gap in gaps)
    if 3 * odd > len(gaps):
        low, high = min(gap for _, gap in gaps), max(gap for _, gap in gaps)
        notes.append(f"The slices are unevenly spaced: {_mm(low)} to {_mm(high)} mm apart.")
    elif wide:
        missing = sum(round(gap / usual) - 1 for _, gap in wide)
        number, gap = wide[0]
        where = f"between image {number} and {number + 1} lie {_mm(gap)} mm instead of {_mm(usual)} mm"
        more = f", in {len(wide)} places; the first:" if len(wide) > 1 else ":"
        notes.append(f"{missing} {'slice is' if missing == 1 else 'slices are'} missing{more} {where}.")
    return notes


def _others(group: list[_Slice], groups: list[list[_Slice]]) -> list[str]:
    others = [other for other in groups if other is not group]
    turned = sum(_count(other) for other in others if other[0].normal)
    without = sum(_count(other) for other in others if not other[0].normal)
    notes = []
    if turned:
        what = "image of another orientation" if group[0].normal else "image with a place"
        notes.append(_left_out(turned, what))
    if without:
        notes.append(_left_out(without, "image without a place"))
    return notes


def _left_out(count: int, what: str) -> str:
    own = "it on its own" if count == 1 else "them on their own"
    return f"{_images(count, what)} left out; open {own}."


def _images(count: int, what: str) -> str:
    """`1 duplicate slice is`, `3 duplicate slices are`; the first `image` or the last word gets the s."""
    if count == 1:
        return f"1 {what} is"
    several = what.replace("image", "images", 1) if "image" in what else f"{what}s"
    return f"{count} {several} are"


def _numbered(slices: list[_Slice]) -> tuple[Header, ...]:
    order = sorted(slices, key=lambda one: (one.number("InstanceNumber"), one.header.path))
    return tuple(one.header for one in order)


def _by_number(slices: list[_Slice]) -> str:
    counted = Counter(one.number("InstanceNumber") for one in slices)
    if len(counted) == len(slices):
        return "they are in the order of their numbers"
    return "their numbers are missing or repeat, so they are in the order of their file names"


def _count(slices: list[_Slice]) -> int:
    return sum(frame_count(one.header) for one in slices)


def _plane(normal: np.ndarray) -> str:
    axis = int(np.abs(normal).argmax())
    return _PLANES[axis] if abs(normal[axis]) > 0.9 * float(np.linalg.norm(normal)) else "oblique"


def _mm(value: float) -> str:
    return f"{value:.4g}"
