"""Outlines and courses: smooth curves through template points, made irregular."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Template = Sequence[tuple[float, float]] | Points


def closed_curve(points: Template, per_span: int = 8) -> Points:
    """A smooth closed curve through `points` (Catmull-Rom)."""
    p = np.asarray(points, np.float64)
    return _spline(np.roll(p, 1, 0), p, np.roll(p, -1, 0), np.roll(p, -2, 0), per_span)


def open_curve(points: Template, per_span: int = 12) -> Points:
    """A smooth curve from the first of `points` to the last (Catmull-Rom), of any dimension."""
    p = np.asarray(points, np.float64)
    padded = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    inner = _spline(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], per_span)
    return np.vstack([inner, p[-1:]])


def _spline(a: Points, b: Points, c: Points, d: Points, n: int) -> Points:
    t = np.linspace(0, 1, n, endpoint=False)[None, :, None]
    a, b, c, d = (q[:, None, :] for q in (a, b, c, d))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return curve.reshape(-1, curve.shape[-1])


def wobble(points: Points, rng: np.random.Generator, mm: float, waves: int = 9) -> Points:
    """A closed outline, made irregular by about `mm` along its normals."""
    p = np.asarray(points, np.float64)
    tangent = np.roll(p, -1, 0) - np.roll(p, 1, 0)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], 1) / (
        np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    )
    turn = np.linspace(0, 2 * np.pi, len(p), endpoint=False)
    shift = np.zeros(len(p))
    for k in range(2, waves + 2):
        shift += rng.normal() / k**0.7 * np.cos(k * turn + rng.uniform(0, 2 * np.pi))
    return p + normal * (mm * shift / 1.5)[:, None]


def ellipse(x: float, y: float, a: float, b: float, turn: float = 0.0, n: int = 48) -> Points:
    """The outline of an ellipse with half axes `a`, `b`, turned by `turn` radians."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    u, v = a * np.cos(t), b * np.sin(t)
    return np.stack([x + u * np.cos(turn) - v * np.sin(turn), y + u * np.sin(turn) + v * np.cos(turn)], 1)
