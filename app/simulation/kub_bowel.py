"""Gas and faeces: the stomach's bubble, the colon's frame with haustra, small bowel; the lung bases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.simulation.kub_canvas import Array, Canvas
from app.simulation.kub_curves import Points, ellipse, open_curve, wobble
from app.simulation.kub_patient import TABLE, Patient
from app.simulation.noise import smooth_noise


def paint_bowel(canvas: Canvas, patient: Patient) -> None:
    """Paints all gas."""
    _stomach(canvas, patient)
    _colon(canvas, patient)
    _small_bowel(canvas, patient)


def _bubble(
    canvas: Canvas, rng: np.random.Generator, points: Points, z: float, depth: float, edge: float
) -> None:
    shape = canvas.shape(points, z)
    if shape is None:
        return
    shape.distance += (1.2 * shape.noise(rng, 16) + 0.5 * shape.noise(rng, 6)).astype(np.float32)
    shape.add(canvas.gas, shape.solid(depth, edge))
    # The wall of the bowel stands out between its gas and the fat around it.
    wall = np.exp(-(((shape.distance + 1.4) / 1.3) ** 2))
    shape.add(canvas.soft, (wall * min(depth, 14.0) * 0.8).astype(np.float32))


def _stomach(canvas: Canvas, patient: Patient) -> None:
    rng, s = patient.stream("stomach"), patient.scale
    size = rng.uniform(0.5, 1.2)
    x, y = (62 + rng.normal(0, 8)) * s, (-283 + rng.normal(0, 10)) * s
    points = wobble(ellipse(x, y, 36 * size, 25 * size, rng.normal(0.3, 0.2)), rng, 2.0)
    _bubble(canvas, rng, points, TABLE + 130, 30 * size, 20)


@dataclass(frozen=True)
class _Part:
    """A part of the colon: height above the table, half its calibre, its gas and stool (0 to 1), its course,
    and how far it narrows towards its ends (0 to 1)."""

    height: float
    half: float
    gas: float
    stool: float
    course: list[tuple[float, float]]
    narrow: float = 0.0


def _colon(canvas: Canvas, patient: Patient) -> None:
    """The frame of the colon: its parts one after the other, each with its course, calibre and content."""
    rng, s = patient.stream("colon"), patient.scale
    w = patient.half_width * 0.74
    ascending, descending, sag = w + rng.normal(0, 4), w * 1.03 + rng.normal(0, 4), rng.normal(-165, 22)
    hepatic, splenic = -215 + rng.normal(0, 8), -262 + rng.normal(0, 8)
    calibre = rng.normal(1, 0.08)
    bend = rng.normal(0, 8, 5)
    # fmt: off
    parts = (
        _Part(85, 25, 0.35, 1.0, [
            (-88, -46), (-97, -78), (-ascending, -125), (-ascending, -175), (-ascending * 0.92, hepatic + 8),
        ]),
        _Part(150, 22, 0.45, 0.5, [
            (-ascending * 0.88, hepatic), (-w * 0.5, sag - 8), (bend[0], sag + 12), (w * 0.5, sag - 28),
            (w * 0.85, splenic),
        ]),
        _Part(75, 16.5, 0.25, 0.7, [
            (w * 0.9, splenic), (descending, splenic + 28), (descending, -185), (descending * 0.98, -130),
            (96, -88),
        ]),
        _Part(100, 16, 0.35, 0.6, [
            (94, -82), (74, -54), (40, -60 + bend[1]), (16, -40 + bend[2]), (-14, -50 + bend[3]),
        ]),
        _Part(60, 20, 0.3, 0.6, [(-8, -46), (4, -28), (bend[4] / 2, -10), (0, 10)], narrow=0.75),
    )
    # fmt: on
    for number, part in enumerate(parts):
        free = np.minimum(np.arange(len(part.course)), 1)[:, None]
        course = (np.array(part.course, float) + free * rng.normal(0, 3.5, (len(part.course), 2))) * s
        _colon_part(canvas, patient, f"colon {number}", open_curve(course, 16), part, calibre)


def _colon_part(
    canvas: Canvas, patient: Patient, name: str, curve: Points, part: _Part, calibre: float
) -> None:
    rng = patient.stream(name)
    half = part.half * patient.scale * calibre
    t = np.linspace(0, 1, len(curve))
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    phase = (
        length / (rng.uniform(24, 32) * patient.scale)
        + np.cumsum(rng.normal(0, 0.018, len(t)))
        + rng.random()
    )
    haustra = 0.80 + 0.20 * np.abs(np.sin(phase * np.pi)) ** 0.6
    uneven = 1 + 0.12 * np.sin(t * rng.uniform(2, 5) + rng.uniform(0, 6))
    uneven *= 1 - part.narrow * (2 * t - 1) ** 2
    tube = canvas.tube(curve, TABLE + part.height, half * haustra * uneven)
    if tube is None:
        return
    # Content ends in curved, uneven surfaces: it is looked up a little before or after its place.
    place = tube.position + (6.0 * tube.noise(rng, 16) + 2.5 * tube.noise(rng, 7)) / length[-1]
    gas_here = np.interp(place, t, _gate(rng, len(t), part.gas - 0.25)).astype(np.float32)
    stool_here = np.interp(place, t, _gate(rng, len(t), part.stool - 0.75)).astype(np.float32)
    ragged = tube.radius + 1.4 * tube.noise(rng, 14) + 0.5 * tube.noise(rng, 6)
    depth = 2 * np.sqrt(np.maximum(ragged**2 - tube.distance**2, 0))
    fill = np.clip(gas_here * 1.6 + 0.25 * tube.noise(rng, 30), 0, 1)
    # Folds between the haustra reach part of the way across.
    turn = np.interp(tube.position, t, phase).astype(np.float32) + 0.06 * tube.noise(rng, 14)
    fold = np.exp(-(((turn - np.round(turn)) / 0.07) ** 2))
    reach = np.clip(
        (tube.distance / np.maximum(tube.radius, 0.1) - 0.25 - 0.25 * tube.noise(rng, 20)) * 3, 0, 1
    )
    fill *= 1 - 0.6 * fold * reach
    tube.add(canvas.gas, (depth * fill * 0.55).astype(np.float32))
    bubbles = (
        0.8 * tube.noise(rng, 5.0)
        + 0.7 * tube.noise(rng, 2.8)
        + 0.4 * tube.noise(rng, 1.5)
        + 0.5 * tube.noise(rng, 10)
    )
    mottle = np.clip(bubbles - 0.35, 0, 1.4)
    tube.add(canvas.gas, (mottle * stool_here * np.minimum(depth, 22) * 0.36).astype(np.float32))
    tube.add(canvas.soft, (stool_here * depth * 0.55).astype(np.float32))
    wall = np.exp(-(((ragged - tube.distance + 1.2) / 1.3) ** 2))
    tube.add(canvas.soft, (wall * (6 + 8 * fill)).astype(np.float32))


def _gate(rng: np.random.Generator, n: int, bias: float) -> Points:
    """How full a stretch of bowel is along its length, 0 to 1: the lower `bias`, the emptier."""
    coarse = rng.normal(bias + rng.normal(0, 0.35), 0.5, 7)
    return np.clip(np.interp(np.linspace(0, 6, n), np.arange(7), coarse), 0, 1)


def _small_bowel(canvas: Canvas, patient: Patient) -> None:
    rng, s = patient.stream("small bowel"), patient.scale
    for _ in range(int(rng.integers(5, 16))):
        start = np.clip([rng.normal(10, 42), rng.normal(-120, 40)], (-75, -195), (90, -50)) * s
        way = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.55, 5))
        reach = rng.uniform(1.5, 9.0)
        course = start + np.cumsum(np.stack([np.cos(way), np.sin(way)], 1) * reach, 0)
        curve = open_curve(course, 10)
        t = np.linspace(0, 1, len(curve))
        girth = rng.uniform(4.5, 9.5) * np.sin(np.pi * np.clip(t * 0.9 + 0.05, 0, 1)) ** 0.35
        girth *= 1 + 0.10 * np.sin(t * rng.uniform(8, 20) + rng.uniform(0, 6))
        tube = canvas.tube(curve, TABLE + 140.0, girth)
        if tube is None:
            continue
        ragged = tube.radius + 0.5 * tube.noise(rng, 7)
        depth = 2 * np.sqrt(np.maximum(ragged**2 - tube.distance**2, 0))
        tube.add(canvas.gas, (depth * rng.uniform(0.4, 1.0)).astype(np.float32))
        tube.add(canvas.soft, (np.exp(-(((ragged - tube.distance + 1.0) / 1.1) ** 2)) * 9).astype(np.float32))


def lung_bases(canvas: Canvas, patient: Patient) -> Array:
    """mm of air in the lungs above the domes of the diaphragm and in the recesses behind them."""
    rng, s = patient.stream("lungs"), patient.scale
    x, y = canvas.view.grid(TABLE + 110)
    total = np.zeros((canvas.view.size,) * 2, np.float32)
    level = rng.normal(-318, 10)
    for side in (-1, 1):
        top = (level - (8 if side < 0 else -4) + rng.normal(0, 4)) * s
        centre, wide = side * 70 * s, 62 * s
        u = (x - centre) / wide
        dome = top + 55 * s * (1 - np.sqrt(np.maximum(1 - np.minimum(np.abs(u), 1) ** 2.2, 0)))
        inside = np.clip((1 - np.abs(u)) * 3, 0, 1) ** 1.5
        front = np.clip((dome - y) / 14, 0, 1)
        recess = np.clip((dome + 62 * s - y) / (80 * s), 0, 1) ** 1.6
        vessels = 1 + 0.06 * smooth_noise(rng, total.shape, 5 / canvas.view.pixel_mm)
        total += inside * (front * 48 + recess * 26) * vessels * s
    return total
