"""A coronal plane of a user's CT, varied: a background for kidney stones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.anatomy.coronal_rules import closed, filled, with_discs
from app.errors import LithographError
from app.imaging.image import Calibration, Image, Window
from app.simulation.background import Background
from app.simulation.ct_bones import PELVIS, RIBS, SPINE, find_bones
from app.simulation.ct_volume import AIR, Volume, patient_only, read_volume
from app.simulation.noise import smooth_noise, stream
from app.tasks import task
from models.progress import LongWork, Progress

SIZE = 384
WINDOWS = (Window(40, 400, "Abdomen"), Window(400, 1500, "Stones"))
_TRIES = 8
_KIDNEYS = 0.012
"""Of the plane's area: less kidney than this leaves no room for stones."""
_LUMBAR_MM = 130
"""How far above the iliac crests the vertebrae beside the kidneys are."""
_DEPTHS_MM = (-26, 8)
"""Where kidneys may be cut, behind the middle of the vertebral bodies beside them."""
_LUNG, _GAS = -500, -930
_LUNG_MM2 = 1500.0
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Trunk:
    """A CT and what rules find in the whole of it.

    Attributes:
        volume: HU.
        body: (z, y, x) bool.
        bones: (z, y, x) uint8, as in `ct_bones.Bones`.
        crest: the slice of the upper iliac crests, or the lowest one: below it lies no kidney.
        column: the y through the middle of the lumbar vertebral bodies.
    """

    volume: Volume
    body: Mask
    bones: NDArray[np.uint8]
    crest: int
    column: int


def generate_coronal(folder: Path | str, seed: int, size: int | None = None) -> LongWork[Background]:
    """A plane through the kidneys in the CT series of `folder`, chosen and varied by `seed`.

    It is tilted, turned and bent a little and given some noise, never mirrored: anatomy keeps its sides.
    (size, size) int16 HU. Bones and air are found by rules in the whole volume, organs by the task's network.

    Raises:
        LithographError: the folder holds no CT, or none of the planes tried shows kidneys.
    """
    from app.anatomy.network import predict_anatomy

    setting, side = task("abdomen-ct"), size or SIZE
    trunk = yield from read_trunk(folder)
    rng = stream(seed, "ct coronal")
    for attempt in range(_TRIES):
        yield Progress(_TRIES + attempt, 2 * _TRIES, "choosing a plane")
        image, known = _varied(trunk, side, rng)
        found = yield from predict_anatomy(image, setting)
        kidneys = found.masks.get("kidneys", np.zeros((side, side), bool))
        if kidneys.mean() >= _KIDNEYS:
            break
    else:
        raise LithographError(
            f"The CT in {folder} shows no kidneys in the planes tried; choose one of the abdomen."
        )
    bony = np.any([known[name] for name in ("outside", "lungs", "ribs", "spine", "pelvis")], axis=0)
    masks = {name: mask & ~bony for name, mask in found.masks.items()} | known
    recipe = (("seed", seed), ("size", side), ("source", f"ct:{folder}"), ("task", "abdomen-ct"))
    return Background(image, Anatomy(masks, "bones and air by rules (CT), organs by the network"), recipe)


def read_trunk(folder: Path | str) -> LongWork[Trunk]:
    """The CT series in `folder` and its bones.

    Raises:
        LithographError: it holds no axial CT of enough slices, or no spine is in it.
    """
    volume = yield from read_volume(folder)
    yield Progress(6, 10, "finding the body")
    body = patient_only(volume)
    yield Progress(7, 10, "finding bones")
    found = find_bones(volume, body)
    crest = len(volume.hu) - 1 if found.crest is None else found.crest
    near, middle = round(25 / volume.mm), volume.hu.shape[2] // 2
    lumbar = found.labels[max(0, crest - round(_LUMBAR_MM / volume.mm)) : crest + 1]
    counts = (lumbar[:, :, middle - near : middle + near] == SPINE).sum(axis=(0, 2)).astype(float)
    if counts.max(initial=0) == 0:
        raise LithographError(f"The CT in {folder} shows no spine; choose one of the abdomen.")
    wide = np.ones(2 * round(12 / volume.mm) + 1)
    return Trunk(volume, body, found.labels, crest, int(np.convolve(counts, wide, "same").argmax()))


def plane(
    trunk: Trunk,
    depth: NDArray[np.float32],
    down: NDArray[np.float32],
    across: NDArray[np.float32],
    mm: float,
) -> tuple[NDArray[np.float32], dict[str, Mask]]:
    """HU, and outside, lungs, ribs, spine and pelvis, at voxels (down, depth, across), all (h, w).

    `mm`: how far apart they are.
    """
    from scipy.ndimage import map_coordinates

    where = np.stack([down, depth, across])
    hu = map_coordinates(trunk.volume.hu, where, np.float32, order=1, mode="constant", cval=AIR)
    bones = map_coordinates(trunk.bones, where, order=0, mode="constant")
    body = map_coordinates(trunk.body.view(np.uint8), where, order=0, mode="constant").astype(bool)
    ribs, pelvis = bones == RIBS, filled(closed(bones == PELVIS, 1.6 / mm))
    spine = with_discs(bones == SPINE, mm) & ~ribs & ~pelvis
    lungs = _lungs(hu, body, mm) & ~spine
    return hu, {"outside": ~body, "lungs": lungs, "ribs": ribs, "spine": spine, "pelvis": pelvis}


def _lungs(hu: NDArray[np.float32], body: Mask, mm: float) -> Mask:
    """Large parts of air within the body that are not as black as gas in stomach and bowel."""
    import cv2

    count, parts, stats, _ = cv2.connectedComponentsWithStats(((hu < _LUNG) & body).astype(np.uint8))
    kept = np.zeros(count, bool)
    for n in range(1, count):
        large = stats[n, cv2.CC_STAT_AREA] * mm**2 > _LUNG_MM2
        kept[n] = large and float(np.median(hu[parts == n])) > _GAS
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(4 / mm) + 1,) * 2)
    lungs = cv2.morphologyEx(kept[parts].astype(np.uint8), cv2.MORPH_CLOSE, disc)
    return lungs.astype(bool) & body & (hu < 200)


def _varied(trunk: Trunk, side: int, rng: np.random.Generator) -> tuple[Image, dict[str, Mask]]:
    """A square field about as wide as the body that ends near the iliac crests, as deep as kidneys may be."""
    import cv2

    volume = trunk.volume
    wide = np.flatnonzero(trunk.body[: trunk.crest + 1].any(axis=(0, 1)))
    low = min(trunk.crest + rng.uniform(-15, 45) / volume.mm, len(volume.hu) - 1.0)
    reach = min(float(wide[-1] - wide[0]) * rng.uniform(0.92, 1.06), low)
    step = reach / side
    line = ((np.arange(side) - (side - 1) / 2) * step).astype(np.float32)
    turn, tilt = np.deg2rad(rng.normal(0, 2.0)), np.deg2rad(rng.normal(0, 4.0))
    wave = 90.0 / volume.mm / step
    bent = [smooth_noise(rng, (side, side), wave) * np.float32(1.5 / volume.mm) for _ in range(2)]
    down = line[:, None] * np.cos(turn) + line[None] * np.sin(turn) + bent[0]
    across = line[None] * np.cos(turn) - line[:, None] * np.sin(turn) + bent[1]
    depth = trunk.column + rng.uniform(*_DEPTHS_MM) / volume.mm + np.tan(tilt) * down
    down = down + np.float32(low - reach / 2)
    across = across + np.float32((wide[0] + wide[-1]) / 2)
    hu, masks = plane(trunk, depth.astype(np.float32), down, across, step * volume.mm)
    # Interpolation smooths the CT's own noise; what is added has the same grain as a reconstruction's.
    grain = cv2.GaussianBlur(rng.standard_normal(hu.shape, np.float32), (0, 0), 0.7)
    hu = hu + rng.uniform(8, 16) * grain / np.float32(0.40) * (hu > AIR)
    image = Image(
        pixels=np.clip(np.round(hu), -1024, 3071).astype(np.int16),
        spacing=(step * volume.mm, step * volume.mm),
        calibration=Calibration.GEOMETRY,
        unit="HU",
        modality="CT",
        value_range=(-1024.0, 3071.0),
        windows=WINDOWS,
    )
    return image, masks
