"""Where an image's edges lie in the patient: R and L, A and P, H(ead) and F(oot)."""

from __future__ import annotations

import math
import re

from app.imaging.image import Image

_AXES = (("R", "L"), ("A", "P"), ("H", "F"))
_PLANES = ("sagittal", "coronal", "axial")
"""The plane that each of the axes stands upright on."""
_TOWARDS = ("L", "P", "H")
"""Where x, y and z rise in the patient's system (PS3.3 §C.7.6.2.1.1)."""
_OPPOSITE = {a: b for pair in _AXES for a, b in (pair, pair[::-1])}
_OBLIQUE = math.sin(math.radians(12))
"""How much an edge leans towards a second direction before that is named, too."""

Vector = tuple[float, ...]


def orientation_letters(image: Image) -> tuple[str, str, str, str] | None:
    """The letters at the left, right, top and bottom edge, such as ("R", "L", "A", "P"); None where unknown.

    Two letters, the nearer direction first, where an edge is oblique (PS3.3 §C.7.6.1.1.1). From the direction
    cosines of the slice, else from Patient Orientation (0020,0020), which projections have.
    """
    directions = _directions(image)
    if directions is not None:
        right, bottom = (_letters(direction) for direction in directions)
    elif image.source.format == "generated":
        right, bottom = "L", "P" if image.unit == "HU" else "F"
    else:
        right, bottom = _patient_orientation(image)
    if not right or not bottom:
        return None
    return _opposite(right), right, _opposite(bottom), bottom


def plane_of(image: Image) -> str:
    """`axial`, `coronal` or `sagittal`, whichever the image is nearest to; empty where unknown."""
    letters = orientation_letters(image)
    if letters is None:
        return ""
    across = {number for number, pair in enumerate(_AXES) for edge in letters if edge[0] in pair}
    return _PLANES[min({0, 1, 2} - across)] if len(across) == 2 else ""


def slice_position_mm(image: Image) -> float | None:
    """Where the slice lies along its normal, in mm of the patient's system; None where unknown.

    It rises towards the patient's left, back or head, whichever the normal is nearest to: x of a sagittal
    slice, y of a coronal one, z of an axial one.
    """
    directions = _directions(image)
    origin = None if directions is None else _origin(image)
    if directions is None or origin is None:
        return None
    (a, b, c), (d, e, f) = directions
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    position = sum(along * at for along, at in zip(normal, origin, strict=True))
    return math.copysign(1, max(normal, key=abs)) * position


def _directions(image: Image) -> tuple[Vector, Vector] | None:
    """Unit vectors (x, y, z) of rising column and of rising row."""
    header = image.source.header
    if image.source.format == "dicom":
        from app.imaging.dicom.place import directions_of

        return directions_of(header, image.source.index)
    if image.source.format in ("nifti", "mha", "nrrd") and header is not None and header.oriented:
        return header.direction[0::3], header.direction[1::3]
    return None


def _origin(image: Image) -> Vector | None:
    header = image.source.header
    if image.source.format != "dicom":
        return header.origin if header is not None else None
    from app.imaging.dicom.place import place_of

    place = place_of(header, image.source.index)
    return None if place is None else place.origin


def _patient_orientation(image: Image) -> tuple[str, str]:
    """Patient Orientation (0020,0020): where the columns and where the rows rise to; empty where unknown."""
    if image.source.format != "dicom":
        return "", ""
    from app.imaging.dicom.header import frame_view, text, value

    view = frame_view(image.source.header.header.dataset, image.source.index)
    if text(view, "AnatomicalOrientationType").upper() == "QUADRUPED":  # with letters of its own
        return "", ""
    found = value(view, "PatientOrientation")
    if not isinstance(found, (list, tuple)) and not hasattr(found, "__iter__"):
        return "", ""
    edges = [str(edge).strip().upper() for edge in found]
    if len(edges) != 2 or not all(re.fullmatch("[RLAPHF]{1,3}", edge) for edge in edges):
        return "", ""
    return edges[0][:2], edges[1][:2]


def _letters(direction: Vector) -> str:
    strongest = sorted(range(3), key=lambda axis: -abs(direction[axis]))[:2]
    named = [axis for n, axis in enumerate(strongest) if n == 0 or abs(direction[axis]) > _OBLIQUE]
    return "".join(_TOWARDS[axis] if direction[axis] > 0 else _OPPOSITE[_TOWARDS[axis]] for axis in named)


def _opposite(letters: str) -> str:
    return "".join(_OPPOSITE[letter] for letter in letters)
