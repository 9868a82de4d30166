"""An image in the unit in which a network sees it, or learns to draw it."""

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
WHITE = 4095.0
"""The brightest value of a radiograph that is drawn here; the darkest is 0, bones are high."""
_BEYOND = 0.02
"""The share of pixels beyond a window from which on it hides something that is worth learning."""
_NARROW = 0.25
"""The share of a window that the pixels fill at least."""


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


def radiograph_scale(image: Image) -> tuple[float, float]:
    """(slope, offset): slope · pixel + offset is 0 to `WHITE` within the image's window, with bones high.

    That is the file's own window where it fits the pixels, so that what this program wrote stays as it is;
    else from the 0.1st to the 99.9th percentile.
    """
    step = max(1, int((image.pixels.size / 250_000) ** 0.5))
    sample = image.pixels[::step, ::step]
    low, high = (float(value) for value in np.percentile(sample, (0.1, 99.9)))
    if image.windows:
        window = image.windows[0]
        hidden = float(((sample < window.low) | (sample > window.high)).mean())
        if hidden <= _BEYOND and high - low >= _NARROW * window.width:
            low, high = window.low, window.high
    slope = WHITE / max(high - low, 1e-6)
    return (-slope, slope * high) if image.inverted else (slope, -slope * low)


def in_task_unit(image: Image, task: Task) -> NDArray[np.float32]:
    """(height, width) in the unit in which backgrounds of a task are drawn: HU, or 0 to `WHITE`.

    A CT without HU is taken as in `as_seen`.
    """
    from models.inputs import Kind

    if task.modality != "CT":
        slope, offset = radiograph_scale(image)
        return image.pixels.astype(np.float32) * np.float32(slope) + np.float32(offset)
    pixels = image.pixels if image.unit == "HU" else as_seen(image, task, Kind.CT)[0]
    return pixels.astype(np.float32)


def unit_scale(image: Image, task: Task) -> tuple[float, float]:
    """(slope, offset): slope · pixel + offset is what `in_task_unit` gives, before anything is clipped."""
    if task.modality != "CT":
        return radiograph_scale(image)
    if image.unit == "HU":
        return 1.0, 0.0
    low, high = _LUNG if task.kind == "nodule" else _ABDOMEN
    black, white = 0.0, 255.0
    if _whole_range(image.pixels) is None:
        black, white = (float(value) for value in np.percentile(image.pixels, (0.5, 99.5)))
        if white <= black:
            black, white = float(image.pixels.min()), float(image.pixels.max())
    slope = (high - low) / max(white - black, 1e-6)
    return (-slope, high + slope * black) if image.inverted else (slope, low - slope * black)


def _whole_range(pixels: NDArray[Any]) -> NDArray[np.float32] | None:
    """Black to white as 0 to 1 where all of 8 bits is used: a window fills them. None for other images.

    Percentiles will not do for these: where little bone is in view, they would make muscle white.
    """
    if pixels.dtype != np.uint8 or pixels.min() > 2 or pixels.max() < 250:
        return None
    return pixels.astype(np.float32) / np.float32(255)
