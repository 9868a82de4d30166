"""The structures of an image as the danger-zone network sees them (Eq. 15)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.errors import LithographError
from app.imaging.image import Image
from app.paths import MODELS, user_data
from app.tasks import Task
from models.budget import WHOLE, Budget
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.danger_zone.network import UNet

Mask = NDArray[np.bool_]

OUTSIDE = "outside"
AIR_AND_WHITE = (-1000.0, 150.0)
"""HU of the darkest and the brightest parts of a CT image without HU: air, and the top of a lung window."""

SPECK = 30
"""Parts and holes smaller than this, in pixels as the network sees them, are mistakes, ..."""
SMALL = frozenset({"vessels", "airway", "ureters"})
"""... except in structures that are small themselves."""
ONE_BODY = frozenset({"spine", "bladder"})
"""Structures in one piece: parts below a fifth of the largest are mistakes."""


def weights_folder(task_name: str) -> Path | None:
    """Where the network of a task is: the user's own, else the shipped one, else None."""
    for home in (user_data() / "models", MODELS):
        folder = home / "danger_zone" / task_name
        if folder.is_dir():
            return folder
    return None


def predict_anatomy(image: Image, task: Task, budget: Budget = WHOLE) -> LongWork[Anatomy]:
    """The structures of any image of the task, at its own size; yields between short steps.

    The grey scale does not matter for a radiograph, nor whether it is a negative. A CT slice counts in HU;
    without HU it is taken to be shown in a lung window.

    Raises:
        LithographError: there is no network for the task, or its weights are damaged.
    """
    network = _network(task, budget.device)
    yield Progress(0, 1, "Looking for structures")
    masks = yield from find_structures(network, image, task, budget.tile)
    return Anatomy(masks, f"network danger-zone/{task.name}")


def find_structures(network: UNet, image: Image, task: Task, tile: int = 0) -> LongWork[dict[str, Mask]]:
    """The masks, (height, width) each, that a network of the task (ready for inference) finds in an image.

    `tile` is the side of what is computed at once, as in `segment`.
    """
    from models.danger_zone.inference import resample_logits, segment

    pixels, negative = _as_seen(image, network)
    logits = yield from segment(network, pixels, image.pixel_mm, negative=negative, tile=tile)
    names = network.spec.structures
    yield Progress(0, len(names), "Drawing structures")
    logits = clean(logits, names)
    if network.spec.covering:
        cover(logits, [task.structure(name).forbidden for name in names])
    masks: dict[str, Mask] = {}
    for n, name in enumerate(names):
        masks[name] = resample_logits(logits[n], (image.height, image.width))
        yield Progress(n + 1, len(names), "Drawing structures")
    if OUTSIDE in masks:
        inside = ~masks[OUTSIDE]
        for name in masks.keys() - {OUTSIDE}:
            masks[name] &= inside
    return masks


def clean(logits: NDArray[np.float32], structures: tuple[str, ...]) -> NDArray[np.float32]:
    """Logits (structures, h, w) without specks and pinholes, and with one body that has no holes.

    They are smoothed a little first, since the network draws in blocks of 2×2. What is then removed or filled
    gets a logit far from zero; every other edge stays where it was, to a fraction of a pixel.
    """
    import cv2

    cleaned = np.stack([cv2.blur(plane, (3, 3)) for plane in logits])
    for n, name in enumerate(structures):
        before = cleaned[n] > 0
        if name == OUTSIDE:
            after = ~_filled(_parts(~before, share=0.2))
        elif name in SMALL:
            after = _parts(before, least=4)
        else:
            after = _parts(before, least=SPECK, share=0.2 if name in ONE_BODY else 0.0)
            after = ~_parts(~after, least=SPECK)
        cleaned[n][before & ~after] = -4
        cleaned[n][after & ~before] = 4
    return cleaned


def cover(logits: NDArray[np.float32], forbidden: list[bool]) -> None:
    """Gives every pixel that no structure claims to the likeliest forbidden one, in place."""
    unclaimed = (logits <= 0).all(axis=0)
    likeliest = np.where(np.array(forbidden)[:, None, None], logits, -np.inf).argmax(axis=0)
    logits[likeliest[unclaimed], *np.nonzero(unclaimed)] = 0.5


def _parts(mask: Mask, *, least: int = 0, share: float = 0.0) -> Mask:
    """The connected parts of at least `least` pixels and `share` of the largest one."""
    import cv2

    count, labels, statistics, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    areas = statistics[:, cv2.CC_STAT_AREA]
    kept = np.zeros(count, bool)
    if count > 1:
        kept[1:] = areas[1:] >= max(least, share * areas[1:].max())
    return kept[labels]


def _filled(mask: Mask) -> Mask:
    """With its holes filled: what does not reach the border of the image belongs to it."""
    import cv2

    background = np.pad(~mask, 1, constant_values=True).astype(np.uint8)
    cv2.floodFill(background, None, (0, 0), 2)
    return background[1:-1, 1:-1] != 2


def _as_seen(image: Image, network: UNet) -> tuple[NDArray[Any], bool]:
    """The pixels in the network's unit, and whether they are a negative."""
    from models.inputs import Kind, percentile_window

    if network.spec.kind is Kind.RADIOGRAPH:
        return image.pixels, image.inverted
    if image.unit == "HU":
        return image.pixels, False
    share = percentile_window(image.pixels.astype(np.float32))
    low, high = AIR_AND_WHITE
    return low + (1 - share if image.inverted else share) * np.float32(high - low), False


def _network(task: Task, device: str) -> UNet:
    folder = weights_folder(task.name)
    if folder is None:
        raise LithographError(
            f"There is no danger-zone network for the task {task.name!r}; train one from your own images "
            f"with `main.py train danger-zone --task {task.name} --data DIR`."
        )
    from models.weights import WEIGHTS, DamagedWeights

    try:
        changed = (folder / WEIGHTS).stat().st_mtime_ns if (folder / WEIGHTS).is_file() else 0
        return _loaded(folder, changed, tuple(structure.name for structure in task.structures), device)
    except DamagedWeights as error:
        raise LithographError(str(error)) from error


@lru_cache(maxsize=2)
def _loaded(folder: Path, _changed: int, structures: tuple[str, ...], device: str) -> UNet:
    """The network ready for use, loaded once; when its file was changed makes a replaced one load anew."""
    from models.danger_zone.inference import prepare_network
    from models.danger_zone.network import load

    network, _ = load(folder)
    unknown = sorted(set(network.spec.structures) - set(structures))
    if unknown:
        raise LithographError(
            f"The network in {folder} segments {', '.join(unknown)}, which the task does not know; "
            "train it again for this task."
        )
    return prepare_network(network, device)
