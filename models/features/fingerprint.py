"""What a whole image looks like from afar: finds near copies of it among many others, for memorisation.

An embedding sees noise and sharpness, as it must; a copy that a network has made of its training image
differs in just these. So neighbours are looked for by fingerprint, and then compared by perceptual distance.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 24


def fingerprint(pixels: NDArray[Any]) -> NDArray[np.float32]:
    """(H, W) of any grey scale → (576,) of unit length: 24×24 pixels without brightness and contrast.

    The product of two is their correlation. Fields of view must be the same; a shift by a few per cent of the
    side still counts as likeness. Zeros for a constant image, which is like no other.
    """
    small = cv2.resize(pixels.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel()
    small -= small.mean()
    length = float(np.linalg.norm(small))
    return (small / length if length > 1e-6 * np.abs(pixels).max() else np.zeros_like(small)).astype(
        np.float32
    )
