"""A radiograph projected from a user's CT (method.md §7)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.errors import LithographError
from app.imaging.image import Calibration, Image, Window
from app.simulation.background import Background
from app.simulation.ct_bones import PELVIS, RIBS, SPINE, Bones, find_bones
from app.simulation.ct_volume import AIR, TISSUE, Volume, patient_only, read_volume
from app.simulation.noise import smooth_noise, stream
from app.simulation.plate import process
from app.simulation.projection import BONE_GAIN, SOURCE_MM, WATER, record
from models.progress import LongWork, Progress

SIZE = 1024
_FIELD_MM = 430.0
_TABLE_MM = 55.0
Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Attenuation:
    """Attenuation per mm (z, y, x), with that of spine, ribs and pelvis alone; cubes of `mm`."""

    channels: NDArray[np.float16]
    """(y, z, x, 4): all, spine, ribs, pelvis. Float16 halves the memory; its error is below the noise."""
    body: tuple[int, int]
    """First and last row of the body (front, back)."""
    centre: tuple[float, float]
    """(z, x) in voxels where the central ray goes."""
    mm: float


def generate_from_ct(folder: Path | str, seed: int, size: int | None = None) -> LongWork[Background]:
    """A KUB radiograph of the patient in the CT series of `folder`, varied by `seed`, (size, size).

    Raises:
        LithographError: the folder holds no CT that covers the abdomen in at least 40 axial slices.
    """
    size = size or SIZE
    volume = yield from read_volume(folder)
    yield Progress(5, 10, "removing table and contrast medium")
    attenuation = _attenuation(volume, folder)
    del volume
    yield Progress(8, 10, "projecting")
    rng = stream(seed, "ct radiograph")
    total, shut, pixel_mm = _project(attenuation, size, rng)
    yield Progress(9, 10, "exposure")
    path = np.ascontiguousarray(total[..., 0])
    body = path > 0.15
    log = record(path, body, pixel_mm, stream(seed, "quanta"))
    # 0 is left to the shutter.
    pixels = np.maximum(process(log, body & ~shut, pixel_mm), 1)
    pixels[shut] = 0
    masks = {"outside": ~body | shut}
    for name, channel in (("spine", 1), ("ribs", 2), ("pelvis", 3)):
        masks[name] = _closed(total[..., channel] > 0.02, 0.0 if name == "ribs" else 5.0 / pixel_mm) & ~shut
    image = Image(
        pixels=pixels,
        spacing=(pixel_mm, pixel_mm),
        calibration=Calibration.IMAGER,
        modality="DX",
        value_range=(0.0, 4095.0),
        windows=(Window(2048, 4096, "full"),),
    )
    recipe = (("seed", seed), ("size", size), ("source", f"ct:{folder}"), ("task", "kub-xray"))
    return Background(
        image, Anatomy({k: m for k, m in masks.items() if m.any()}, "known (projected from the CT)"), recipe
    )


def _attenuation(volume: Volume, folder: Path | str) -> Attenuation:
    body = patient_only(volume)
    _check_abdomen(volume, body, folder)
    bones = find_bones(volume, body)
    hu = np.where(body, volume.hu, AIR).astype(np.float32)
    hu[_grown(bones)] = TISSUE
    mu = np.float32(WATER) * np.maximum(1 + hu / 1000, 0)
    bone = bones.labels > 0
    # Only what bone has above soft tissue is raised.
    mu[bone] += np.float32(WATER * (BONE_GAIN - 1)) * np.maximum(hu[bone], 0) / 1000
    channels = np.zeros((hu.shape[1], hu.shape[0], hu.shape[2], 4), np.float16)
    channels[..., 0] = mu.transpose(1, 0, 2)
    for n, name in enumerate((SPINE, RIBS, PELVIS), start=1):
        channels[..., n] = np.where(bones.labels == name, mu, 0).transpose(1, 0, 2)
    rows = np.flatnonzero(body.any((0, 2)))
    columns = np.flatnonzero(body.any((0, 1)))
    length = hu.shape[0]
    # A little below the iliac crests, so that the symphysis is on the film.
    middle = length / 2 if bones.crest is None else bones.crest + 18 / volume.mm
    return Attenuation(
        channels, (int(rows[0]), int(rows[-1])), (middle, (columns[0] + columns[-1]) / 2), volume.mm
    )


def _grown(bones: Bones) -> NDArray[np.bool_]:
    """The contrast medium with its blurred rim, sparing bone."""
    from scipy.ndimage import binary_dilation

    return binary_dilation(bones.contrast, iterations=2) & (bones.labels == 0)


def _check_abdomen(volume: Volume, body: NDArray[np.bool_], folder: Path | str) -> None:
    area = body.sum((1, 2))
    lung = ((volume.hu < -500) & body).sum((1, 2))
    abdomen = (area > 0) & (lung < 0.12 * area)
    if np.count_nonzero(abdomen) * volume.mm < 150:
        raise LithographError(
            f"The CT in {folder} covers less than 15 cm of the abdomen; choose one that covers more."
        )


def _closed(mask: Mask, radius: float) -> Mask:
    """Without the gaps that thin bone leaves where it falls below the threshold for bone."""
    import cv2

    n = 2 * round(radius) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (n, n))
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, disc).astype(bool)


def _project(source: Attenuation, size: int, rng: np.random.Generator) -> tuple[Array, Mask, float]:
    """Line integrals along the diverging rays: each coronal layer magnified by its height, and summed.

    Returns (size, size, 4) integrals as the channels of `source`, where the collimator shuts the beam off
    because its rays would leave the CT, and the detector's pixel in mm.
    """
    import cv2

    depth = source.channels.shape[1]
    mm, (first, last) = source.mm, source.body
    coarse = min(size, 640)
    mid = SOURCE_MM / (SOURCE_MM - _TABLE_MM - (last - first) * mm / 2)
    field = min(_FIELD_MM * rng.normal(1, 0.02), depth * mm * mid * 0.99)
    step = field / coarse
    half = field / mid / mm / 2
    steepest = half * mid * (SOURCE_MM - _TABLE_MM) / SOURCE_MM + 4
    z0 = source.centre[0] + rng.normal(0, 12) / mm
    z0 = np.clip(z0, steepest, depth - steepest) if 2 * steepest < depth else depth / 2
    x0 = source.centre[1] + rng.normal(0, 4) / mm
    roll, nod, stretch = rng.normal(0, 0.02), rng.normal(0, 0.02), rng.normal(1, 0.02, 2)
    scale = coarse / field * 60  # the warps are smooth over about 60 mm
    shape = (coarse, coarse)
    bends = [2.2 / mm * smooth_noise(rng, shape, scale * 1.5) for _ in range(4)]
    line = (np.arange(coarse, dtype=np.float32) - (coarse - 1) / 2) * step / mm
    total = np.zeros((*shape, 4), np.float32)
    for y in range(first, last + 1):
        height = _TABLE_MM + (last - y) * mm
        shrink = (SOURCE_MM - height) / SOURCE_MM
        t = np.float32((y - first) / max(last - first, 1))
        lift = (t - 0.5) * (last - first)
        columns = line[None] * shrink * stretch[0] + x0 + roll * lift + (1 - t) * bends[0] + t * bends[1]
        rows = line[:, None] * shrink * stretch[1] + z0 + nod * lift + (1 - t) * bends[2] + t * bends[3]
        total += cv2.remap(
            source.channels[y].astype(np.float32),
            columns.astype(np.float32),
            rows.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
    total *= mm
    if coarse != size:
        total = np.maximum(cv2.resize(total, (size, size), interpolation=cv2.INTER_CUBIC), 0)
    # Where rays leave the CT its last full row goes on behind the shutter, lest the edge glare.
    edge = np.linspace(-1, 1, size)
    shut = (edge < -(z0 - 4) / steepest) | (edge > (depth - z0 - 4) / steepest)
    seen = np.flatnonzero(~shut)
    total = total[np.clip(np.arange(size), seen[0], seen[-1])]
    return total, np.repeat(shut[:, None], size, 1), field / size
