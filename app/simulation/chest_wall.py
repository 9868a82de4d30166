"""The wall of the axial chest phantom: skin, fat, breasts and muscles."""

from __future__ import annotations

import numpy as np

from app.simulation.chest_cage import Cage
from app.simulation.chest_canvas import Canvas, Mask, Plane, Points, ellipse, wobbly
from app.simulation.chest_patient import Patient

FAT, MUSCLE, SKIN = -102.0, 52.0, 15.0
_PHI = np.array([0, 20, 42, 60, 78, 100, 122, 142, 158, 170, 180])
_WALL = {
    "arch": np.array([15, 20, 29, 40, 56, 67, 52, 36, 33, 41, 40]),
    "carina": np.array([14, 18, 25, 35, 48, 58, 47, 32, 30, 40, 39]),
    "heart": np.array([13, 14, 18, 24, 33, 39, 34, 26, 30, 39, 38]),
}
"""Depth of the outer surface of the muscles by phi, without the fat over them."""


def paint_wall(canvas: Canvas, patient: Patient, cage: Cage, blades: list[Points]) -> Mask:
    """Everything outside the ribs but bone; returns the body."""
    rng = patient.stream("wall")
    fatty = canvas.texture(rng, 9.0, 3)
    muscle = canvas.texture(rng, 5.0, 2)
    body = canvas.inside(cage.ring(*_surface(patient, rng)))
    skin = body & ~canvas.grown(body, -1.8)
    canvas.hu[body] = FAT + 5 * fatty[body]
    _septa(canvas, body, rng)
    if patient.breast_mm:
        _glands(canvas, patient, cage, body, rng)
    for outline in _muscles(patient, cage, blades, rng):
        shape = canvas.inside(outline) & body
        streaks = np.clip(muscle[shape] - 1.2, 0, 2) * 35
        canvas.hu[shape] = MUSCLE + 4 * muscle[shape] - streaks
    canvas.hu[skin] = SKIN
    return body


def intercostal(canvas: Canvas, cage: Cage, patient: Patient) -> None:
    """The layer of the ribs, without the ribs: muscle between thin sheets of fat."""
    rng = patient.stream("intercostal")
    wall = canvas.inside(cage.ring(9.6)) & ~canvas.inside(cage.ring(1.2))
    grain = canvas.texture(rng, 6.0, 2)
    canvas.hu[wall] = np.where(grain > 1.0, FAT + 40, MUSCLE - 6)[wall]
    plane = (
        canvas.inside(cage.ring(10.6)) & ~canvas.inside(cage.ring(9.4)) & (canvas.texture(rng, 30.0, 2) > 0)
    )
    canvas.hu[plane] = FAT + 30


def _surface(patient: Patient, rng: np.random.Generator) -> tuple[Plane, Plane]:
    """(depth, phi) of the skin from -180 to 180."""
    wall = _WALL[patient.level] * (0.55 + 0.45 * patient.muscle)
    cover = np.array([0.5, 0.8, 1.0, 1.05, 1.0, 1.0, 1.0, 0.9, 0.75, 0.55, 0.5]) * patient.fat_mm
    breast = {"arch": 0.15, "carina": 0.6, "heart": 1.0}[patient.level] * patient.breast_mm
    phi = np.linspace(-180, 180, 121)
    side = np.abs(phi)
    depth = np.interp(side, _PHI, wall + cover + 3)
    for sign in (-1, 1):
        peak = 50 + rng.normal(0, 3)
        width = np.where(sign * phi < peak, 20, 26)
        depth = depth + breast * rng.uniform(0.88, 1.1) * np.exp(
            -0.5 * ((sign * phi - peak) / width) ** 2
        ) * (sign * phi > 0)
    kernel = np.hanning(9) / np.hanning(9).sum()
    depth = np.convolve(np.concatenate([depth[-5:-1], depth, depth[1:5]]), kernel, "valid")
    for order in range(2, 7):
        depth = depth + rng.normal(0, 1.6 / order) * np.cos(np.deg2rad(order * phi) + rng.uniform(0, 6.3))
    return depth.astype(np.float32), phi.astype(np.float32)


def _septa(canvas: Canvas, body: Mask, rng: np.random.Generator) -> None:
    """Thin strands and small vessels in the fat."""
    field = canvas.texture(rng, 16.0, 3)
    strands = (np.abs(field) < 0.035) & body
    canvas.hu[strands] += 45
    spots = canvas.texture(rng, 2.6) > 3.1
    canvas.hu[spots & body] = 5


def _glands(canvas: Canvas, patient: Patient, cage: Cage, body: Mask, rng: np.random.Generator) -> None:
    """Glandular tissue in the breasts: streaky, denser under the nipple."""
    amount = rng.uniform(0.0, 1.2) * {"arch": 0.0, "carina": 0.7, "heart": 1.0}[patient.level]
    field = canvas.texture(rng, 13.0, 4)
    wall = np.interp(45, _PHI, _WALL[patient.level]) + 4
    for side in (-1, 1):
        depth = wall + 0.5 * (patient.breast_mm + patient.fat_mm)
        centre = cage.at(side * 47, depth)
        half = 0.42 * (patient.breast_mm + patient.fat_mm) + 2
        region = canvas.inside(ellipse(centre, 1.9 * half, half, side * 32))
        soft = region & canvas.grown(body, -6.0) & (field > 1.3 - amount)
        canvas.hu[soft] = np.minimum(38, -40 + 90 * (field[soft] - 1.3 + amount))


def _muscles(patient: Patient, cage: Cage, blades: list[Points], rng: np.random.Generator) -> list[Points]:
    """Outlines of the muscles, deeper ones first."""
    level, k = patient.level, 0.55 + 0.45 * patient.muscle
    outlines = []
    for side in (-1, 1):

        def band(start: float, stop: float, inner: list[float], outer: list[float], taper: float = 2.2,
                 side: int = side) -> None:  # fmt: skip
            shift = rng.normal(0, 1.5)
            middle = (np.array(inner) + np.array(outer)) / 2
            half = (np.array(outer) - np.array(inner)) / 2 * k * rng.uniform(0.9, 1.1)
            outlines.append(
                cage.band(side * (start + shift), side * (stop + shift), middle - half, middle + half, taper)
            )

        for knot in (0, 1):
            outlines.append(ellipse((side * (22 + 11 * knot), 47 - 2 * knot), 15, 10.5 * k, side * -16))
        if level == "heart":
            band(52, 122, [9, 10, 9], [15, 17, 15])
            band(84, 146, [14, 17, 12], [25, 34, 20])
            band(16, 54, [9, 10], [12, 15])
            band(138, 176, [15, 25], [22, 31])
            continue
        high = level == "arch"
        band(46, 112, [9, 10], [15, 16])
        band(22, 66, [10, 11, 18], [13, 21, 28] if high else [12, 17, 23])
        band(8, 76, [11, 20, 34], [22, 36, 50] if high else [16, 28, 42], 4.0)
        band(150, 176, [12, 22], [18, 31])
        band(138, 178, [22, 34], [26, 38])
        blade = blades[(side + 1) // 2]
        along = blade[-1] - blade[0]
        length = float(np.hypot(*along))
        tilt = float(np.rad2deg(np.arctan2(along[1], along[0])))
        out = np.array([-along[1], along[0]]) / length * -side
        middle = blade[len(blade) // 2]
        outlines.append(wobbly(rng, middle - 7.5 * out, 0.50 * length, 8.5 * k, tilt))
        outlines.append(wobbly(rng, middle + 8.5 * out - 0.06 * along, 0.50 * length, 8.5 * k, tilt))
        front = np.array([side * rng.uniform(-3, 2), -rng.uniform(9, 14)])
        outlines.append(wobbly(rng, blade[-1] + front, 12.5 * k, 15 * k, -side * 20, 0.12))
        outlines.append(wobbly(rng, blade[-1] + 8 * out + 0.3 * front, 11 * k, 13 * k, -side * 30, 0.1))
        band(100, 146, [40, 33, 24], [46, 39, 28])
        for _ in range(int(rng.integers(3, 8))):
            spot = cage.at(side * rng.uniform(58, 84), rng.uniform(22, 36))
            outlines.append(
                wobbly(rng, spot, rng.uniform(1.2, 3.2), rng.uniform(1.2, 2.4), rng.uniform(0, 90), 0.2)
            )
    return outlines


def scapular_blades(patient: Patient, cage: Cage) -> list[Points]:
    """The line of the left and the right scapula, from its inner border to the joint; none at the heart."""
    rng = patient.stream("scapulae")
    if patient.level == "heart":
        return []
    high = patient.level == "arch"
    blades = []
    for side in (-1, 1):
        start = cage.at(side * ((131 if high else 127) + rng.normal(0, 3)), 18.0)
        joint = cage.at(
            side * ((89 if high else 98) + rng.normal(0, 3)), (38 if high else 30) + rng.normal(0, 2)
        )
        bow = cage.at(side * ((110 if high else 112) + rng.normal(0, 2)), 25.0 if high else 22.0)
        t = np.linspace(0, 1, 41)[:, None]
        blades.append((1 - t) ** 2 * start + 2 * t * (1 - t) * (2 * bow - (start + joint) / 2) + t**2 * joint)
    return blades
