"""Labelled images made ready for the location model: every lesion removed, and decoys removed beside them.

A network that is shown where something was removed would learn to find traces of removal. So copies of an
image's own lesions are put elsewhere in it and are removed by the same hands: half of these decoys at places
where other images have lesions, half anywhere in the body. What remains to learn is anatomy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.grey_scale import as_seen
from app.errors import LithographError
from app.imaging.box import Box
from app.imaging.image import Image
from app.tasks import Task
from app.training.location_store import CHECK, HELD_OUT, LEARN, Gathering, Parts, PlaceStore, Prepared
from models.progress import Progress

if TYPE_CHECKING:
    from app.training.labels import LabelledImage
    from models.inputs import Kind

VARIANTS = 3
"""How many times each image is made ready for learning, each time with other decoys."""
_MOST = 12
"""Decoys of each sort in one image."""
_TRIES = 30

Boxes = NDArray[np.float32]


def labelled_places(
    images: Sequence[LabelledImage],
    task: Task,
    kind: Kind,
    store: PlaceStore,
    size: int,
    *,
    only_held_out: bool = False,
) -> Gathering:
    """The images that somebody has looked through, made ready; those without a lesion teach nothing here.

    A fifth of the groups is held out as `split` says, and a fifth of the rest is calibrated on.

    Raises:
        LithographError: there are too few images to learn from and to measure on, or one cannot be read.
    """
    from app.training.labels import split

    marked = [image for image in images if image.boxes]
    learn, held_out = split(marked)
    if not learn or not held_out:
        raise LithographError(
            f"There {'is' if len(marked) == 1 else 'are'} {len(marked)} labelled "
            f"image{'' if len(marked) == 1 else 's'} of one origin; the location model learns from some and "
            "is measured on others, so label images of two patients at least."
        )
    check = [image for image in learn if _number(f"calibration {image.group}") % 5 == 0]
    checked = {image.name for image in check}
    parts = {
        LEARN: [image for image in learn if image.name not in checked] or list(learn),
        CHECK: check or list(learn),
        HELD_OUT: list(held_out),
    }
    usual = usual_places(parts[LEARN])
    jobs = [
        (part, image, variant)
        for part, members in parts.items()
        if part == HELD_OUT or not only_held_out
        for image in members
        for variant in range(VARIANTS if part == LEARN else 1)
    ]
    names: dict[str, list[str]] = {part: [] for part in parts}
    for n, (part, image, variant) in enumerate(jobs):
        name = _name(part, image, variant, size)
        names[part].append(name)
        if not store.has(name):
            store.add(name, _ready(image, usual, task, kind, size, variant, whole=part == HELD_OUT))
        yield Progress(n + 1, len(jobs), "Removing lesions")
    counts = {part: sum(len(image.boxes or ()) for image in members) for part, members in parts.items()}
    lines = (
        f"{len(parts[LEARN])} labelled images with {counts[LEARN]} lesions to learn from, "
        f"{len(parts[CHECK])} with {counts[CHECK]} to calibrate on, and {len(parts[HELD_OUT])} with "
        f"{counts[HELD_OUT]} held out",
    )
    return Parts(tuple(names[LEARN]), tuple(names[CHECK]), tuple(names[HELD_OUT]), lines)


def usual_places(images: Sequence[LabelledImage]) -> NDArray[np.float64]:
    """(n, 2): x and y of the centres of all lesions, as shares of width and height."""
    places = [
        ((box.centre[0] + 0.5) / image.size[1], (box.centre[1] + 0.5) / image.size[0])
        for image in images
        for box in image.boxes or ()
    ]
    return np.array(places, np.float64).reshape(-1, 2)


def _ready(
    image: LabelledImage,
    usual: NDArray[np.float64],
    task: Task,
    kind: Kind,
    size: int,
    variant: int,
    *,
    whole: bool,
) -> Prepared:
    """One image made ready; `whole` keeps what is only asked for when measuring."""
    from app.composition.removal import remove_lesions

    shown = image.image()
    seed = _number(f"{image.name} {variant}")
    random = np.random.default_rng(seed)
    boxes = [part for box in image.boxes or () if (part := box.clipped(shown.pixels.shape)) is not None]
    near, decoys, controls = _spots(shown, boxes, usual, random)
    filled = shown.pixels.copy()
    for source, target in (*near, *decoys):
        _copy(filled, source, target)
    removed = [*boxes, *(target for _, target in (*near, *decoys))]
    shown_without = shown.with_pixels(remove_lesions(filled, removed, seed % 2**31))
    side = min(size, max(shown.height, shown.width))
    pixels, scale = _seen(shown_without, task, kind, side)
    pixel_mm = float(shown.pixel_mm[1] / scale[0]) if shown.calibrated else 1.0
    prepared = Prepared(pixels, _edges(boxes, scale), pixel_mm=pixel_mm)
    if not whole:
        return prepared
    return replace(
        prepared,
        decoys=_edges([target for _, target in near], scale),
        controls=_edges(controls, scale),
        untouched=_seen(shown, task, kind, side)[0],
    )


Copy = tuple[Box, Box]
"""A lesion's box, and where its copy goes."""


def _spots(
    image: Image, boxes: Sequence[Box], usual: NDArray[np.float64], random: np.random.Generator
) -> tuple[list[Copy], list[Copy], list[Box]]:
    """Decoys at usual places, decoys anywhere in the body, and usual places that are left alone.

    No two of them meet, nor a lesion. Where no room is found, there are fewer.
    """
    body = np.flatnonzero(body_of(image))
    taken, found = list(boxes), ([], [], [])  # type: ignore[var-annotated]
    sources = [boxes[n] for n in random.permutation(len(boxes))[:_MOST]]
    for source in sources:
        for number, kind in enumerate(("usual", "anywhere", "usual")):
            for _ in range(_TRIES):
                if kind == "usual":
                    x, y = usual[random.integers(len(usual))] * (image.width, image.height) - 0.5
                else:
                    y, x = divmod(int(body[random.integers(len(body))]), image.width)
                spot = Box(
                    float(np.rint(x - source.centre[0])) + source.x,
                    float(np.rint(y - source.centre[1])) + source.y,
                    source.width,
                    source.height,
                )
                if spot.clipped(image.pixels.shape) == spot and not any(_meet(spot, box) for box in taken):
                    taken.append(spot)
                    found[number].append(spot if number == 2 else (source, spot))
                    break
    return found


def _meet(one: Box, other: Box) -> bool:
    """Whether two boxes, with the margin that removing takes, have a pixel in common."""
    from app.composition.removal import margin_of

    apart = margin_of(one) + margin_of(other) + 1
    return (
        one.x < other.right + apart
        and other.x < one.right + apart
        and one.y < other.bottom + apart
        and other.y < one.bottom + apart
    )


def _copy(pixels: NDArray[Any], source: Box, target: Box) -> None:
    """Adds what the lesion in `source` has above its surroundings at `target`, whole pixels away."""
    across, down = round(target.x - source.x), round(target.y - source.y)
    left, top = int(np.floor(source.x + 0.5)), int(np.floor(source.y + 0.5))
    right, bottom = int(np.ceil(source.right + 0.5)), int(np.ceil(source.bottom + 0.5))
    rows = slice(max(top, 0, -down), min(bottom, pixels.shape[0], pixels.shape[0] - down))
    columns = slice(max(left, 0, -across), min(right, pixels.shape[1], pixels.shape[1] - across))
    crop = pixels[rows, columns].astype(np.float32)
    if not crop.size:
        return
    rim = np.concatenate((crop[0], crop[-1], crop[:, 0], crop[:, -1]))
    y, x = (np.abs(np.linspace(-1, 1, n + 2)[1:-1]) for n in crop.shape)
    shape = np.clip(2 * (1 - np.hypot(y[:, None], x[None])), 0, 1)
    place = pixels[rows.start + down : rows.stop + down, columns.start + across : columns.stop + across]
    changed = place + shape * (crop - np.median(rim))
    if pixels.dtype.kind in "iu":
        limits = np.iinfo(pixels.dtype)
        changed = np.clip(np.rint(changed), limits.min, limits.max)
    place[...] = changed.astype(pixels.dtype)


def body_of(image: Image) -> NDArray[np.bool_]:
    """(height, width): the convex hull of what is not as dark as most images are at their borders."""
    import cv2

    from models.inputs import percentile_window

    grey = percentile_window(image.pixels.astype(np.float32))
    smooth = cv2.GaussianBlur(1 - grey if image.inverted else grey, (0, 0), max(grey.shape) / 200)
    bright = np.asarray(smooth > 0.1, np.uint8)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(bright)
    large = statistics[:, cv2.CC_STAT_AREA] > 0.005 * grey.size
    large[0] = False
    points = np.argwhere(large[labels])[:, ::-1].astype(np.int32)
    body = np.zeros(grey.shape, np.uint8)
    if len(points):
        cv2.fillConvexPoly(body, cv2.convexHull(points), 1)
    return body > 0 if body.any() else ~body.astype(bool)


def _seen(image: Image, task: Task, kind: Kind, size: int) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """The pixels as the network sees them, long side `size`, and (x, y) new pixels per old one."""
    from models import inputs

    values, negative = as_seen(image, task, kind)
    shape = inputs.fit((image.height, image.width), size, image.pixel_mm)
    pixels = inputs.resample(-values.astype(np.float32) if negative else values, shape)
    return pixels, (shape[1] / image.width, shape[0] / image.height)


def _edges(boxes: Sequence[Box], scale: tuple[float, float]) -> Boxes:
    """(n, 4) in pixels of a resampled image."""
    edges = np.array([(box.x, box.y, box.right, box.bottom) for box in boxes], np.float64).reshape(-1, 4)
    return ((edges + 0.5) * (*scale, *scale) - 0.5).astype(np.float32)


def _number(text: str) -> int:
    """A number that follows from the text, the same on every machine."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)


def _name(part: str, image: LabelledImage, variant: int, size: int) -> str:
    """Of the prepared image; another one when its boxes or the size are changed."""
    what = _number(f"{image.path} {image.index} {image.boxes} {size}")
    return f"{part}-{_number(image.name):015x}-{variant}-{what % 16**8:08x}"
