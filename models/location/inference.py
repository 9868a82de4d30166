"""From an image to a confidence map and boxes, in short steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from models import inputs
from models.compute import fast_bf16
from models.location.boxes import cells, decode, in_a_row, suppress
from models.location.confidence import confidence_map
from models.location.heatmap_head import Locator
from models.location.network import STRIDES, Level
from models.location.samples import Boxes, scaled
from models.progress import LongWork, Progress

FAINTEST = 0.001
"""Boxes of less confidence are not told."""
MOST = 1000
"""Boxes considered at all, the most confident ones."""


@dataclass(frozen=True, eq=False)
class Located:
    """Where lesions may be in an image.

    `logits`: (h, w) float32, the confidence map (`models.location.confidence`), whose cells tile the whole
    image evenly: stretched to the image's size it lies on it. `boxes`: (n, 4), best first, in the image's
    pixels as in `Sample`. `scores`: (n,) float32, 0 to 1.
    """

    logits: NDArray[np.float32]
    boxes: Boxes
    scores: NDArray[np.float32]


N = TypeVar("N", bound=Locator)


def prepare_network(network: N, device: torch.device | str = "cpu") -> N:
    """The network made ready for `locate`: norms folded, channels last, bfloat16 where that is faster."""
    dtype = torch.bfloat16 if fast_bf16(torch.device(device).type) else torch.float32
    network.fold().requires_grad_(False)
    return network.to(device=device, dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]


def locate(
    network: Locator,
    pixels: NDArray[Any],
    pixel_mm: tuple[float, float] = (1.0, 1.0),
    *,
    negative: bool = False,
) -> LongWork[Located]:
    """The confidence map and the boxes of a whole image.

    Args:
        network: as `prepare_network` returns it.
        pixels: (H, W) in HU, or grey values.
        pixel_mm: (row, column) spacing; only its proportion counts.
        negative: bones have low grey values (MONOCHROME1).

    Yields after every stage of the network, some milliseconds each, so that whoever drives it can do
    something else between two.
    """
    shape = (pixels.shape[0], pixels.shape[1])
    seen = as_seen(shape, network.spec.size, pixel_mm)
    values = inputs.resample(pixels, seen)
    image = _padded(inputs.channels(-values if negative else values, network.spec.kind), network.spec.stride)
    parameter = next(network.parameters())
    batch = torch.from_numpy(image)[None].to(parameter.device, parameter.dtype)
    total = len(network.stages) + 2
    yield Progress(1, total, "Looking for places")
    # Inference mode is entered anew for every step: it must not leak to whoever runs between two.
    with torch.inference_mode():
        state: Any = network.begin(batch.to(memory_format=torch.channels_last))
    stages: Iterable[Callable[[Any], Any]] = network.stages
    for n, stage in enumerate(stages, start=2):
        with torch.inference_mode():
            state = stage(state)
        yield Progress(n, total, "Looking for places")
    with torch.inference_mode():
        levels = network.end(state)
    yield Progress(total, total, "Looking for places")
    with torch.inference_mode():
        logits = confidence_map([level.scores for level in levels])[0].cpu().numpy()
        boxes, scores = _boxes(levels)
    rows, columns = (side // STRIDES[0] for side in seen)
    # Boxes that stand in the padding are none of the image's.
    inside = ((boxes[:, :2] + boxes[:, 2:]) / 2 < (seen[1], seen[0])).all(1)
    boxes = np.clip(boxes[inside], 0, np.array([seen[1], seen[0]] * 2, np.float32)) - np.float32(0.5)
    return Located(np.ascontiguousarray(logits[:rows, :columns]), scaled(boxes, seen, shape), scores[inside])


def as_seen(shape: tuple[int, int], size: int, pixel_mm: tuple[float, float] = (1.0, 1.0)) -> tuple[int, int]:
    """The (height, width) at which an image is seen: whole cells of the map, pixels as good as square."""
    cell = STRIDES[0]
    height, width = (max(1, round(side / cell)) * cell for side in inputs.fit(shape, size, pixel_mm))
    return height, width


def _boxes(levels: tuple[Level, ...]) -> tuple[Boxes, NDArray[np.float32]]:
    """Boxes (n, 4) in pixels as the network sees them, and scores (n,), best first, without duplicates.

    Boxes are told by cells that are more confident than their neighbours (Zhou et al., Objects as points,
    2019): tiny boxes of neighbouring cells do not overlap, and suppression alone would keep them all.
    """
    scores, sides = in_a_row([_peaks(level) for level in levels])
    best = scores[0].topk(min(MOST, scores.shape[1]))
    told = best.values.sigmoid() >= FAINTEST
    numbers, confidence = best.indices[told], best.values[told].sigmoid().cpu().numpy()
    found = decode(sides[0, numbers], cells(levels).of(numbers)).cpu().numpy()
    kept = suppress(found, confidence)
    return found[kept], confidence[kept]


def _peaks(level: Level) -> Level:
    """The level with the scores of all cells but its local maxima taken away."""
    highest = F.max_pool2d(level.scores[:, None], 3, stride=1, padding=1)[:, 0]
    return level._replace(scores=torch.where(level.scores < highest, -torch.inf, level.scores))


def _padded(image: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    """(2, h, w) → its border repeated to the right and below up to multiples of `stride`."""
    rows, columns = (-image.shape[1] % stride, -image.shape[2] % stride)
    return np.pad(image, ((0, 0), (0, rows), (0, columns)), mode="edge")
