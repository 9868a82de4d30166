"""The structures of an image as the danger-zone network sees them (Eq. 15)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy, Familiarity
from app.anatomy.grey_scale import as_seen
from app.anatomy.versions import in_use
from app.errors import LithographError
from app.imaging.image import Image
from app.tasks import Task
from models.budget import WHOLE, Budget
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.danger_zone.network import UNet

Mask = NDArray[np.bool_]

OUTSIDE = "outside"
SPECK = 30
"""Parts and holes smaller than this, in pixels as the network sees them, are mistakes, ..."""
ISLAND = 1500
"""Islands of walls in a lung up to this size, some 3 cm across, are nodules."""
BAY = 8
"""Bays of walls in a lung narrower than twice this, some 6 mm to either side, are nodules at the pleura."""
BONES = frozenset({"bone"})
"""What stays in such a bay."""
SMALL = frozenset({"vessels", "airway", "ureters"})
"""... except in structures that are small themselves."""
CUT_ACROSS = frozenset({"ribs", "spine", "pelvis"})
"""Bones of which a slice may show a small piece."""
ONE_BODY = frozenset({"spine", "bladder"})
"""Structures in one piece on a radiograph: parts below a fifth of the largest are mistakes."""


def weights_folder(task_name: str) -> Path | None:
    """Where the network of a task is: the version in use (`versions.in_use`); None where there is none."""
    return in_use("danger-zone", task_name)


def predict_anatomy(image: Image, task: Task, budget: Budget = WHOLE) -> LongWork[Anatomy]:
    """The structures of any image of the task, at its own size; yields between short steps.

    The grey scale does not matter for a radiograph, nor whether it is a negative. A CT slice counts in HU;
    without HU it is taken to be shown in a lung window.

    Raises:
        LithographError: there is no network for the task, or its weights are damaged.
    """
    network = _network(task, budget.device)
    yield Progress(0, 1, "Looking for structures")
    return (yield from find_structures(network, image, task, budget.tile))


def find_structures(network: UNet, image: Image, task: Task, tile: int = 0) -> LongWork[Anatomy]:
    """What a network of the task (ready for inference) finds in an image, and whether it knows such images.

    `tile` is the side of what is computed at once, as in `segment`.
    """
    from models.danger_zone.inference import resample_logits, segment
    from models.inputs import Kind

    pixels, negative = as_seen(image, task, network.spec.kind)
    sized = image.spacing is not None
    seen = yield from segment(network, pixels, image.pixel_mm, sized=sized, negative=negative, tile=tile)
    names = network.spec.structures
    yield Progress(0, len(names), "Drawing structures")
    logits = clean(seen.logits, names, sliced=network.spec.kind is Kind.CT)
    if network.spec.covering:
        forbidden = [task.structure(name).forbidden for name in names]
        cover(logits, forbidden)
        free_bays(logits, names, forbidden)
        free_islands(logits, names, forbidden)
    masks: dict[str, Mask] = {}
    for n, name in enumerate(names):
        masks[name] = resample_logits(logits[n], (image.height, image.width))
        yield Progress(n + 1, len(names), "Drawing structures")
    if OUTSIDE in masks:
        inside = ~masks[OUTSIDE]
        for name in masks.keys() - {OUTSIDE}:
            masks[name] &= inside
    familiarity = None
    if network.familiarity is not None and seen.features is not None:
        familiarity = Familiarity(*network.familiarity.judge(seen.features))
    return Anatomy(masks, f"network danger-zone/{task.name}", familiarity)


def clean(
    logits: NDArray[np.float32], structures: tuple[str, ...], *, sliced: bool = False
) -> NDArray[np.float32]:
    """Logits (structures, h, w) without specks and pinholes, and with one body that has no holes.

    They are smoothed a little first, since the network draws in blocks of 2×2. What is then removed or filled
    gets a logit far from zero; every other edge stays where it was, to a fraction of a pixel. A slice
    (`sliced`) may cut a structure into parts that is in one piece on a radiograph.
    """
    import cv2

    cleaned = np.stack([cv2.blur(plane, (3, 3)) for plane in logits])
    for n, name in enumerate(structures):
        before = cleaned[n] > 0
        if name == OUTSIDE:
            after = ~_filled(_parts(~before, share=0.2))
        elif name in SMALL or (sliced and name in CUT_ACROSS):
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


def free_islands(logits: NDArray[np.float32], names: tuple[str, ...], forbidden: list[bool]) -> None:
    """Gives small islands of solid structures within a permissible one to it, in place.

    No wall lies free in a lung: what looks like one is a nodule. Vessels and airway stay, and so does what
    touches the border of the image.
    """
    import cv2

    permissible = [n for n, no in enumerate(forbidden) if not no]
    if not permissible:
        return
    passing = [n for n, name in enumerate(names) if not forbidden[n] or name in SMALL]
    solid = np.logical_not((logits[passing] > 0).any(axis=0)).astype(np.uint8)
    count, parts, statistics, _ = cv2.connectedComponentsWithStats(solid, connectivity=4)
    left, top, width, height, area = statistics.T
    at_border = (left == 0) | (top == 0) | (left + width == solid.shape[1]) | (top + height == solid.shape[0])
    islands = (np.arange(count) > 0) & ~at_border & (area <= ISLAND)
    island = islands[parts]
    logits[:, island] = -4
    logits[permissible[0], island] = 4


def free_bays(logits: NDArray[np.float32], names: tuple[str, ...], forbidden: list[bool]) -> None:
    """Closes a permissible structure by `BAY`, in place: a nodule at the wall of a lung dents its outline.

    Lungs are so closed in the rules that the network learnt from, too. Bone, vessels and airway stay.
    """
    import cv2

    permissible = [n for n, no in enumerate(forbidden) if not no]
    if not permissible:
        return
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BAY + 1, 2 * BAY + 1))
    mask = np.pad((logits[permissible] > 0).any(axis=0).astype(np.uint8), 2 * BAY, mode="symmetric")
    inner = (slice(2 * BAY, -2 * BAY),) * 2
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, disc)[inner] == 1
    kept = [n for n, name in enumerate(names) if not forbidden[n] or name in SMALL or name in BONES]
    bay = closed & ~(logits[kept] > 0).any(axis=0)
    logits[:, bay] = -4
    logits[permissible[0], bay] = 4


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
