"""Poisson's equation inside a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_DAMPING = np.float32(0.8 / -4)
_COARSEST = 4
_SWEEPS = 2
_COARSEST_SWEEPS = 20


def solve_poisson(
    right: Floats, inside: NDArray[np.bool_], start: Floats, tolerance: float = 0.004, steps: int = 30
) -> Floats:
    """Solves ∇²u = `right` where `inside`, u = 0 elsewhere (five-point Laplacian, pixel distance 1).

    Conjugate gradients, preconditioned by one multigrid V-cycle (Briggs, Henson and McCormick, A Multigrid
    Tutorial, 2000), in float32.

    Args:
        right: (height, width).
        inside: the pixels whose value is unknown.
        start: a first guess.
        tolerance: stops when the next correction's root mean square is below this share of that of u.
        steps: at most.
    """
    masks = _masks(_framed(inside.astype(np.float32)))
    mask = masks[0]
    u = _framed(start) * mask
    residual = (_framed(right) - _laplacian(u)) * mask
    direction: Floats = np.zeros_like(u)
    previous = 1.0
    for _ in range(steps):
        correction = _cycle(residual, masks)
        size = float(np.vdot(residual, correction))
        if float(np.linalg.norm(correction)) <= tolerance * float(np.linalg.norm(u)) + 1e-6:
            u += correction
            break
        direction *= np.float32(size / previous)
        direction += correction
        ahead = _laplacian(direction) * mask
        step = np.float32(size / float(np.vdot(direction, ahead)))
        u += step * direction
        residual -= step * ahead
        previous = size
    height, width = inside.shape
    return u[1 : height + 1, 1 : width + 1]


def _framed(array: Floats) -> Floats:
    """With a border of at least one pixel, where u is 0, to an even size."""
    height, width = array.shape
    return np.pad(array, ((1, 1 + height % 2), (1, 1 + width % 2)))


def _masks(mask: Floats) -> list[Floats]:
    """The mask at each level, half as large each time; a coarse pixel is inside where all of it is."""
    masks = [mask]
    while min(mask.shape) > _COARSEST:
        mask = _even(mask)
        mask = np.minimum(
            np.minimum(mask[::2, ::2], mask[1::2, ::2]), np.minimum(mask[::2, 1::2], mask[1::2, 1::2])
        )
        if not mask.any():
            break
        masks.append(mask)
    return masks


def _cycle(right: Floats, masks: list[Floats]) -> Floats:
    """One symmetric V-cycle for ∇²u = `right` from u = 0: damped Jacobi, coarse correction, damped Jacobi."""
    import cv2

    mask, coarser = masks[0], masks[1:]
    sweeps = _SWEEPS if coarser else _COARSEST_SWEEPS
    u = _DAMPING * right * mask
    for _ in range(sweeps - 1):
        u += _DAMPING * (right - _laplacian(u)) * mask
    if coarser:
        height, width = mask.shape
        rest = _even((right - _laplacian(u)) * mask)
        # The mean of four pixels, times the square of the coarse grid's distance.
        coarse = cv2.resize(rest, coarser[0].shape[::-1], interpolation=cv2.INTER_AREA) * coarser[0] * 4
        correction = _cycle(np.asarray(coarse, np.float32), coarser)
        fine = np.asarray(
            cv2.resize(correction, rest.shape[::-1], interpolation=cv2.INTER_NEAREST), np.float32
        )
        u += fine[:height, :width] * mask
    for _ in range(sweeps):
        u += _DAMPING * (right - _laplacian(u)) * mask
    return u


def _even(array: Floats) -> Floats:
    height, width = array.shape
    return np.pad(array, ((0, height % 2), (0, width % 2))) if height % 2 or width % 2 else array


def _laplacian(u: Floats) -> Floats:
    import cv2

    out = np.empty_like(u)
    cv2.Laplacian(u, cv2.CV_32F, out, ksize=1, borderType=cv2.BORDER_CONSTANT)
    return out
