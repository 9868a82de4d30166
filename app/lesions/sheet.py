"""Many lesions on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.lesions.lesion import Lesion

_GAP = 4
_ENLARGED = 2
_GROUND = 48.0
_BRIGHTEST = 235.0


def contact_sheet(lesions: Sequence[Lesion], columns: int = 8) -> NDArray[np.uint8]:
    """The lesions in rows, each with its alpha beneath it, all in the same grey scale.

    Args:
        lesions: at least one; they may differ in size.
        columns: lesions in a row.

    Returns:
        (height, width) grey values: dark grey is the tissue around, white the sheet's strongest contrast.
    """
    import cv2

    strongest = max(float(max(np.abs(lesion.residual).max() for lesion in lesions)), 1e-6)
    columns = min(columns, len(lesions))
    side = max(max(lesion.alpha.shape) for lesion in lesions) * _ENLARGED
    rows = -(-len(lesions) // columns)
    sheet = np.zeros((rows * 2 * (side + _GAP) + _GAP, columns * (side + _GAP) + _GAP), np.uint8)
    for number, lesion in enumerate(lesions):
        row, column = divmod(number, columns)
        shown = _GROUND + lesion.residual * ((_BRIGHTEST - _GROUND) / strongest), lesion.alpha * _BRIGHTEST
        for part, values in enumerate(shown):
            tile = cv2.resize(np.clip(values, 0, 255), None, fx=_ENLARGED, fy=_ENLARGED)
            top = _GAP + (2 * row + part) * (side + _GAP)
            left = _GAP + column * (side + _GAP)
            sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = np.rint(tile)
    return sheet
