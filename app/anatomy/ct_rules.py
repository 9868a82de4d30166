"""The structures of an axial chest CT by thresholding and morphology: the task `lung-ct`'s training targets.

A whole volume gives better structures than a single slice, because what is connected (airway, lungs) is
found in three dimensions; both go through the same rules. Every voxel gets exactly one label. Thresholds are
the usual ones: air below −400 HU inside the body, bone above 200 HU (Hu et al., IEEE Trans Med Imaging
2001;20:490 for the lungs, airway and their order).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.anatomy.slicewise import Mask, Slicewise
from app.tasks import task

Volume = NDArray[np.int16]

AIR = -400
BONE = 200
DENSE_BONE = 300
AIRWAY_THRESHOLDS = (-980, -970, -960, -950, -940, -930, -920, -900, -880)
PLEURAL_MARGIN_MM = 2.0
VESSEL_MM = 4.0


def anatomy_from_ct_slice(hu: NDArray[np.integer], pixel_mm: tuple[float, float]) -> Anatomy:
    """The structures of one axial slice, (height, width) in HU, with (row, column) spacing in mm."""
    volume = np.asarray(hu)[None].astype(np.int16)
    labels = anatomy_from_ct_volume(volume, (1.0, *pixel_mm))
    return Anatomy.from_labels(labels[0], task("lung-ct"), "found by rules (CT)")


def anatomy_from_ct_volume(
    volume: NDArray[np.integer], spacing_mm: tuple[float, float, float]
) -> NDArray[np.uint8]:
    """The structures of an axial CT, (slices, height, width) in HU, first slice lowest or highest.

    Args:
        spacing_mm: (slice, row, column); an inclined series may be given with its slice distance.

    Returns:
        (slices, height, width) uint8: the labels of the task `lung-ct`.
    """
    rules = _Rules(spacing_mm, np.asarray(volume, np.int16))
    body = rules.body()
    air = (rules.volume < AIR) & body
    airway = rules.airway(air, body)
    raw = rules.lungs(air, airway)
    lungs = rules.closed(raw, 6.0) & body & ~airway
    soft = lungs & (rules.volume > AIR)
    vessels = rules.opened(soft, VESSEL_MM / 2)
    inner = rules.eroded(lungs | airway, PLEURAL_MARGIN_MM) & lungs
    bone = rules.bone(body & ~lungs & ~airway)
    thorax = rules.thorax(lungs | airway, bone)
    # What is as bright as bone between the lungs, but not the spine, is contrast medium.
    bone &= thorax.vertebra | thorax.behind | ~rules.eroded(thorax.hull, 4.0)
    between = thorax.cavity & body & ~lungs & ~airway & ~bone & ~thorax.behind
    mediastinum = rules.mediastinum(between, lungs | airway)

    structures = task("lung-ct")
    labels = np.full(rules.volume.shape, structures.label("chest-wall"), np.uint8)
    labels[mediastinum] = structures.label("mediastinum")
    rim = lungs & ~inner
    labels[rim & rules.grown(mediastinum, PLEURAL_MARGIN_MM + 1.5)] = structures.label("mediastinum")
    labels[inner] = structures.label("lungs")
    labels[vessels & inner] = structures.label("vessels")
    labels[bone] = structures.label("bone")
    labels[airway] = structures.label("airway")
    labels[~body] = structures.label("outside")
    return labels


@dataclass(frozen=True, eq=False)
class _Thorax:
    """Regions of the chest, slice by slice.

    Attributes:
        hull: the convex hull of lungs and airway.
        cavity: the same, but where the mirrored lungs reach at least 24 mm farther theirs counts, so that an
            effusion or the higher dome of the liver on one side leaves it whole.
        vertebra: within 26 mm of the middle of a vertebral body.
        behind: the wedge of muscles behind it, 44 mm wide at its middle.
    """

    hull: Mask
    cavity: Mask
    vertebra: Mask
    behind: Mask


@dataclass(frozen=True, eq=False)
class _Rules(Slicewise):
    """The rules for one volume."""

    volume: Volume

    @property
    def _voxel_ml(self) -> float:
        return float(np.prod(self.spacing)) / 1000

    @property
    def _single(self) -> bool:
        return len(self.volume) == 1

    def body(self) -> Mask:
        """The patient, lungs included, without table, clothes and blankets, which are thin or far away."""
        solid = self.opened(self.volume > AIR, 5.0)
        solid &= self.large(solid, 2000)
        return self.filled(self.grown(solid, 2.5) & (self.volume > AIR) | solid)

    def airway(self, air: Mask, body: Mask) -> Mask:
        """Trachea and the larger bronchi with their inner wall.

        Grown from the trachea at rising thresholds until it leaks, that is, until it more than doubles or
        passes 150 ml. In a single slice: compact, dark and in the middle.
        """
        if self._single:
            seeds = [self._tracheal(air[0] & (self.volume[0] < -850), body[0], 1500.0)]
            return self.grown(np.stack(seeds), 1.5) & body
        from scipy.ndimage import find_objects, label

        seeds = [
            self._tracheal(a & (v < -850), b, 700.0) for a, v, b in zip(air, self.volume, body, strict=True)
        ]
        seed = np.stack(seeds)
        parts, _ = label(seed)
        tallest = (
            max((b[0].stop - b[0].start, n) for n, b in enumerate(find_objects(parts), start=1))
            if seed.any()
            else (0, 0)
        )
        if tallest[0] * self.spacing[0] < 20:
            return np.zeros_like(air)
        seed = parts == tallest[1]
        grown, previous = seed, float(seed.sum()) * self._voxel_ml
        for threshold in AIRWAY_THRESHOLDS:
            candidate = _connected(air & (self.volume < threshold) | seed, seed)
            size = float(candidate.sum()) * self._voxel_ml
            if size > 150 or size > 2 * previous + 15:
                break
            grown, previous = candidate, max(size, previous)
        return self.grown(self.closed(grown, 1.5), 1.5) & body

    def lungs(self, air: Mask, airway: Mask) -> Mask:
        """The air-filled lungs: large, and inside not as dark as gas in stomach and bowel."""
        from scipy.ndimage import label

        parts, count = label(self.opened(air & ~airway, 1.0))
        least_ml = 0.4 if self._single else 40.0
        large = np.bincount(parts.ravel(), minlength=count + 1) * self._voxel_ml > least_ml
        inner = self.eroded(parts > 0, 3.0)
        kept = np.zeros(count + 1, bool)
        for part in np.flatnonzero(large[1:]) + 1:
            of_part = parts == part
            values = self.volume[of_part & inner]
            if len(values) < 50:
                kept[part] = self.volume[of_part].std() < 130
            else:
                kept[part] = -960 < np.median(values) < -550
        return kept[parts] & ~self._gas(air)

    def bone(self, where: Mask) -> Mask:
        """Cortex with what it encloses; what is small (calcified plaques, nodes) is left out."""
        dense = where & (self.volume > BONE)
        solid = self.filled_small(self.closed(dense, 2.5), 1500.0)
        solid = self.opened(solid, 1.2)
        from scipy.ndimage import label

        parts, count = label(solid)
        sizes = np.bincount(parts.ravel(), minlength=count + 1) * self._voxel_ml
        hard = np.bincount(parts.ravel(), weights=(self.volume > DENSE_BONE).ravel(), minlength=count + 1)
        kept = (sizes > (0.03 if self._single else 1.0)) & (hard * self._voxel_ml > 0.01)
        kept[0] = False
        return kept[parts]

    def thorax(self, inside: Mask, bone: Mask) -> _Thorax:
        """The regions that follow from lungs and airway and a first guess of bone."""
        hull, mirrored, vertebra, behind = (np.zeros_like(inside) for _ in range(4))
        rows, columns = np.ogrid[: inside.shape[1], : inside.shape[2]]
        for index in np.flatnonzero(inside.any(axis=(1, 2))):
            points = np.argwhere(inside[index])[:, ::-1].astype(np.int32)
            row, column = _spine(bone[index])
            image = np.stack([2 * column - points[:, 0], points[:, 1]], axis=1)
            hull[index] = _hull(points, inside.shape[1:])
            mirrored[index] = _hull(np.concatenate([points, image]), inside.shape[1:])
            down, aside = (rows - row) * self.spacing[1], np.abs(columns - column) * self.spacing[2]
            behind[index] = down >= 2.0 * np.maximum(aside - 22, 0)
            vertebra[index] = down**2 + aside**2 < 26**2
        cavity = hull | self.grown(self.opened(mirrored & ~hull, 12.0), 8.0) & mirrored
        return _Thorax(hull, cavity, vertebra, behind)

    def mediastinum(self, between: Mask, inside: Mask) -> Mask:
        """Of what lies between the lungs: all but slivers along the ribs."""
        core = self.opened(between, 3.0)
        core &= self.large(core, 300)
        core = self.grown(core, 8.0) & between
        return core | (self.filled(inside | core) & between)

    def _tracheal(self, dark: Mask, body: Mask, most_mm2: float) -> Mask:
        """The compact dark parts of one slice near the middle of the body."""
        import cv2

        count, parts, stats, centres = cv2.connectedComponentsWithStats(dark.view(np.uint8), connectivity=4)
        found = np.zeros(count, bool)
        columns = np.flatnonzero(body.any(axis=0))
        rows = np.flatnonzero(body.any(axis=1))
        if len(columns) == 0:
            return np.zeros_like(dark)
        middle, half = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2
        area_mm2 = self.spacing[1] * self.spacing[2]
        for part in range(1, count):
            width, height, area = stats[part, 2], stats[part, 3], stats[part, 4]
            deep = (centres[part, 1] - rows[0]) / max(rows[-1] - rows[0], 1)
            found[part] = (
                20 < area * area_mm2 < most_mm2
                and area > 0.5 * width * height
                and 0.4 < width * self.spacing[2] / (height * self.spacing[1]) < 2.5
                and abs(centres[part, 0] - middle) < 0.2 * half + 8
                and 0.25 < deep < 0.75
            )
        return found[parts]

    def _gas(self, air: Mask) -> Mask:
        """Free gas: black over at least a centimetre, as no lung is."""
        import cv2

        size = [max(3, round(7 / s) | 1) for s in self.spacing[:0:-1]]
        dark = [cv2.blur(slice_.astype(np.float32), size) < -985 for slice_ in self.volume]
        return self.grown(np.stack(dark) & air, 5.0)


def _connected(mask: Mask, seed: Mask) -> Mask:
    """The parts of `mask` that hold a voxel of `seed`."""
    from scipy.ndimage import label

    parts, count = label(mask)
    kept = np.zeros(count + 1, bool)
    kept[parts[seed]] = True
    kept[0] = False
    return kept[parts]


def _hull(points: NDArray[np.int32], shape: tuple[int, ...]) -> Mask:
    """The convex hull of (column, row) points as a mask."""
    import cv2

    hull = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(np.ascontiguousarray(points)[:, None]), 1)
    return hull.view(bool)


def _spine(bone: Mask) -> tuple[int, int]:
    """(row, column) of the middle of the vertebral body in one slice, where there is bone.

    Of the lower half of all bone: the middle column, and in its middle fifth the third of the bone that lies
    in front. Without bone the last row, which cuts nothing off, and the middle column.
    """
    rows, columns = np.nonzero(bone)
    if len(rows) == 0:
        return bone.shape[0], bone.shape[1] // 2
    middle, half = (columns.min() + columns.max()) / 2, (columns.max() - columns.min()) / 2
    central = (np.abs(columns - middle) < 0.2 * half + 1) & (rows > (rows.min() + rows.max()) / 2)
    if not central.any():
        return bone.shape[0], round(middle)
    return int(np.percentile(rows[central], 35)), round(float(np.median(columns[central])))
