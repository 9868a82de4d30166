"""What was measured on drawn lesions, in words: how well it is seen, and whether its edge gives it away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.composition.composite import RenderedLesion

_CNR = ((1.0, "hard to see"), (3.0, "subtle"))
"""Below the noise, and below what is found with certainty (Rose, J. Opt. Soc. Am. 38, 1948: 3 to 5)."""
_PLAIN = "plain to see"
_SEAM = ((0.7, "edge too soft"), (1.3, "none to be seen"), (2.0, "edge too hard"))
"""0.75 to 1 is what the physical blend modes reach: a scanner softens the edge of a small lesion."""
_HARD = "a visible edge"


def cnr_in_words(cnr: float) -> str:
    """How well a lesion of that contrast-to-noise ratio is seen: its sign does not matter for that."""
    return next((words for limit, words in _CNR if round(abs(cnr), 1) < limit), _PLAIN)


def seam_in_words(seam: float) -> str:
    """What the seam score says of the edge: 1 is what physics asks for."""
    return next((words for limit, words in _SEAM if round(seam, 2) < limit), _HARD)


def describe(lesions: Sequence[RenderedLesion], size_unit: str, value_unit: str) -> str:
    """Three lines on one lesion or several: `Drawn 8.1 × 6.4 mm, contrast +212 HU`, CNR and seam."""
    there = [lesion for lesion in lesions if lesion.area_px]
    if not there:
        return "Nothing of it lies on the image." if lesions else ""
    longest = _range([lesion.diameter_mm for lesion in there], ".1f")
    across = _range([lesion.perpendicular_mm for lesion in there], ".1f")
    contrast = _range([lesion.contrast for lesion in there], "+.0f")
    joint = ", " if len(there) == 1 else ",\n"
    lines = [f"Drawn {longest} × {across} {size_unit}{joint}contrast {contrast} {value_unit}".rstrip()]
    cnrs = [lesion.cnr for lesion in there if lesion.cnr is not None]
    if cnrs:
        lines.append(f"CNR {_range(cnrs, '.1f')}: {_words(cnrs, cnr_in_words)}")
    seams = [lesion.seam for lesion in there if lesion.seam is not None]
    if seams:
        lines.append(f"Seam {_range(seams, '.2f')}: {_words(seams, seam_in_words)}")
    return "\n".join(lines)


def short(lesion: RenderedLesion) -> str:
    """`CNR 5.1`, or nothing."""
    return "" if lesion.cnr is None or not lesion.area_px else f"CNR {_plain(f'{lesion.cnr:.1f}')}"


def _range(values: Sequence[float], how: str) -> str:
    low, high = (_plain(format(value, how)) for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def _plain(number: str) -> str:
    return number.replace("-", "−")


def _words(values: Sequence[float], words: Callable[[float], str]) -> str:
    found = list(dict.fromkeys(words(value) for value in sorted(values)))
    return found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"
