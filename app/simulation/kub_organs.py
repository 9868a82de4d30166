"""The organs and muscles of the belly, which show by the fat around them."""

from __future__ import annotations

import numpy as np

from app.simulation.kub_canvas import Canvas
from app.simulation.kub_curves import Points, closed_curve, ellipse, open_curve, wobble
from app.simulation.kub_patient import TABLE, Patient

# fmt: off
_PSOAS_OUTER = (
    (24, -238), (33, -205), (42, -170), (51, -135), (60, -100), (66, -70), (70, -45), (80, -10), (90, 25),
)
_PSOAS_INNER = (
    (80, 28), (62, -10), (50, -45), (42, -75), (32, -100), (24, -140), (20, -180), (19, -225), (20, -242),
)
# fmt: on


def paint_organs(canvas: Canvas, patient: Patient) -> None:
    """Paints liver, spleen, kidneys, psoas and bladder, and marks `kidneys`, `ureters` and `bladder`."""
    _liver(canvas, patient)
    _spleen(canvas, patient)
    _psoas(canvas, patient)
    pelves = _kidneys(canvas, patient)
    _bladder(canvas, patient)
    _ureters(canvas, patient, pelves)


def _soft(
    canvas: Canvas,
    patient: Patient,
    name: str,
    points: Points,
    z: float,
    depth: float,
    edge: float,
    mask: str | None = None,
    strength: float = 1.0,
) -> None:
    """Soft tissue in place of fat, `depth` mm deep, its sides rounded off over `edge` mm."""
    shape = canvas.shape(points, z)
    if shape is None:
        return
    path = shape.solid(depth, edge)
    uneven = 1 + 0.06 * shape.noise(patient.stream(name + " texture"), 14)
    shape.add(canvas.soft, (path * uneven * strength).astype(np.float32))
    if mask:
        shape.mark(mask, path)


def _liver(canvas: Canvas, patient: Patient) -> None:
    rng, s = patient.stream("liver"), patient.scale
    low = rng.normal(-165, 14)
    w = patient.half_width * 0.80
    # fmt: off
    points = closed_curve([
        (-w, -250), (-w * 0.98, -205), (-w * 0.88, low - 8), (-w * 0.78, low), (-w * 0.6, low - 12),
        (-w * 0.35, -205), (-10, -228), (30, -250), (50, -275), (30, -300), (-30, -318), (-w * 0.6, -325),
        (-w * 0.9, -300),
    ])
    # fmt: on
    _soft(canvas, patient, "liver", wobble(points * (1, s), rng, 1.8), TABLE + 110, 120, 42)


def _spleen(canvas: Canvas, patient: Patient) -> None:
    rng, s = patient.stream("spleen"), patient.scale
    w = patient.half_width
    points = ellipse(
        w * 0.64 + rng.normal(0, 3), (-278 + rng.normal(0, 8)) * s, 27 * s, 52 * s, -0.35 + rng.normal(0, 0.1)
    )
    _soft(canvas, patient, "spleen", wobble(points, rng, 1.8), TABLE + 60, 55, 24)


def _psoas(canvas: Canvas, patient: Patient) -> None:
    s = patient.scale
    for side in (-1, 1):
        rng = patient.stream(f"psoas {side}")
        spine = patient.spine[:6]
        girth = rng.normal(1.0, 0.1) * (0.92 if patient.female else 1.1)
        points = np.array([(w * girth, y) for w, y in _PSOAS_OUTER] + list(_PSOAS_INNER)) * (side * s, s)
        points[:, 0] += np.interp(points[:, 1], spine[::-1, 1], spine[::-1, 0])
        points = wobble(closed_curve(points), rng, 1.0)
        _soft(canvas, patient, f"psoas {side}", points, TABLE + 80, 48, 15, strength=rng.uniform(0.75, 1.15))


def _kidneys(canvas: Canvas, patient: Patient) -> dict[int, tuple[float, float]]:
    """Paints both kidneys and returns where their pelves lie, by side."""
    s = patient.scale
    pelves: dict[int, tuple[float, float]] = {}
    shared = patient.stream("kidneys").normal(0, 5)
    for side in (-1, 1):
        rng = patient.stream(f"kidney {side}")
        length, width = rng.normal(51, 3.5) * s, rng.normal(25.5, 1.8) * s
        x = side * (68 + 5 * patient.fat + rng.normal(0, 3)) * s
        y = (-222 + shared + (8 if side < 0 else -6) + rng.normal(0, 6)) * s
        turn = -side * rng.normal(0.22, 0.05)
        t = np.linspace(0, 2 * np.pi, 96, endpoint=False)
        u = width * np.cos(t) * (1 - 0.30 * np.exp(-(((np.cos(t) + 1) / 0.22) ** 2)))
        v = length * np.sin(t) * (1 + 0.05 * np.cos(t))
        u = u * side
        points = np.stack(
            [x + u * np.cos(turn) - v * np.sin(turn), y + u * np.sin(turn) + v * np.cos(turn)], 1
        )
        points = wobble(points, rng, 1.0)
        z = TABLE + 62
        halo = canvas.shape(ellipse(x + side * 3, y + 3, width * 1.42, length * 1.3, turn), z)
        if halo is not None:
            fat = -halo.solid(12 + 20 * patient.fat, 18)
            halo.add(canvas.soft, fat)
        _soft(canvas, patient, f"kidney {side}", points, z, 50, 17, "kidneys", 1.0)
        pelves[side] = (x - side * width * 0.55, y + 2)
    return pelves


def _bladder(canvas: Canvas, patient: Patient) -> None:
    s = patient.scale
    rng = patient.stream("bladder")
    fill = rng.beta(1.6, 1.6)
    a, b = (32 + 22 * fill) * s, (18 + 24 * fill) * s
    x, y = rng.normal(0, 3), (18 - b * 0.95 / s) * s
    t = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    points = np.stack([x + a * np.cos(t), y + b * np.sin(t) * (1 - 0.10 * np.cos(t) ** 2)], 1)
    z = TABLE + patient.half_depth * 1.2
    points = wobble(points, rng, 1.2)
    halo = canvas.shape(points + (points - points.mean(0)) * (5 / a), z)
    if halo is not None:
        halo.add(canvas.soft, -halo.solid(14, 6))
    _soft(canvas, patient, "bladder", points, z, 50 + 40 * fill, 20, "bladder", 0.9)


def _ureters(canvas: Canvas, patient: Patient, pelves: dict[int, tuple[float, float]]) -> None:
    s = patient.scale
    for side, (x, y) in pelves.items():
        rng = patient.stream(f"ureter {side}")
        spine = patient.spine
        # Out of the hilum, down along the psoas over the tips of the transverse processes, ...
        start = [(x, y), (x - side * 11 * s, y + 5 * s), (x * 0.62 + side * 14 * s, y + 24 * s)]
        down = [
            (spine[level, 0] + side * (reach + rng.normal(0, 2.5)) * s, spine[level, 1] + 4)
            for level, reach in ((2, 36), (1, 37), (0, 38))
        ]
        # ... over the iliac vessels into the pelvis, along its wall, and forward into the bladder.
        w = patient.pelvis_width
        pelvic = [(41 * w, -76), (52 * w, -48), (55 * w, -22), (42 * w, -2), (17 * s, 4)]
        rest = [p for p in down if p[1] > start[2][1] + 12] + [(side * a, b * s) for a, b in pelvic]
        course = np.vstack([start, np.array(rest) + rng.normal(0, 1.2, (len(rest), 2))])
        curve = open_curve(course)
        z = np.interp(
            np.linspace(0, 1, len(curve)), [0, 0.3, 0.6, 0.8, 1], TABLE + np.array([70, 90, 85, 70, 120])
        )
        tube = canvas.tube(curve, z, 2.0 * np.ones(len(curve)))
        if tube is not None:
            path = tube.solid()
            tube.add(canvas.soft, path * 0.8)
            tube.mark("ureters", path)
