"""An image in the unit in which a network sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.imaging.image import Image
from app.tasks import Task

if TYPE_CHECKING:
    from models.inputs import Kind

_LUNG = (-1000.0, 150.0)
"""HU of the darkest and the brightest parts of a chest CT without HU: air, and the top of a lung window."""
_ABDOMEN = (-160.0, 240.0)
"""The same of an abdominal CT: the usual window for it, centre 40 and width 400."""


def as_seen(image: Image, task: Task, kind: Kind) -> tuple[NDArray[Any], bool]:
    """The pixels, (height, width), in the unit of a network of that kind, and whether they are a negative.

    A radiograph's grey scale does not matter. A CT counts in HU. One without HU is taken to be shown in the
    window that is usual for the task; what lies beyond that of the abdomen is cut off in every image, because
    many come with it burnt in.
    """
    from models.inputs import Kind, percentile_window

    if kind is Kind.RADIOGRAPH:
        return image.pixels, image.inverted
    low, high = _LUNG if task.kind == "nodule" else _ABDOMEN
    if image.unit == "HU":
        return (image.pixels, False) if task.kind == "nodule" else (np.clip(image.pixels, low, high), False)
    share = _whole_range(image.pixels)
    if share is None:
        share = percentile_window(image.pixels.astype(np.float32))
    return low + (1 - share if image.inverted else share) * np.float32(high - low), False


def _whole_range(pixels: NDArray[Any]) -> NDArray[np.float32] | None:
    """Black to white as 0 to 1 where all of 8 bits is used: a window fills them. None for other images.

    Percentiles will not do for these: where little bone is in view, they would make muscle white.
    """
    if pixels.dtype != np.uint8 or pixels.min() > 2 or pixels.max() < 250:
        return None
    return pixels.astype(np.float32) / np.float32(255)
