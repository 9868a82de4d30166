"""The exemplar: one real lesion, freed of its surroundings, at the scale a lesion model learns it at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.imaging.image import Image
from app.lesions.measure import diameters

DIAMETER = 40
"""Longest diameter in pixels that an exemplar is resampled to: what fits into 64 pixels with its rim."""
ENLARGED_AT_MOST = 4.0
"""A small lesion is enlarged no further than this: more pixels would not hold more of it."""
SMALLEST = 3.0
"""Longest diameter in pixels of the image below which a lesion has no shape to learn."""

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Exemplar:
    """What a lesion model is trained on.

    Attributes:
        residual: (size, size) float32, the lesion above the plane fitted to its surroundings, in the image's
            unit, fading to zero where `alpha` does.
        alpha: (size, size) float32 in 0..1, the mask with the soft edge that the image shows.
        spacing_mm: the size of a pixel (in pixels of the image where that is uncalibrated).
        diameter_mm, perpendicular_mm: measured on the given mask.
        unit: of the residual.
    """

    residual: Array
    alpha: Array
    spacing_mm: float
    diameter_mm: float
    perpendicular_mm: float
    unit: str = "stored values"


def prepare(image: Image, mask: NDArray[Any]) -> Exemplar:
    """Cuts a lesion out of an image.

    The image is resampled to square pixels in which the lesion's longest diameter measures 40 (or to four
    times its resolution), a plane is fitted to the darker tissue in the ring around the mask and subtracted,
    and alpha follows the edge that the image shows within a narrow band along the outline of the mask.

    Args:
        image: any image; the lesion is brighter than its surroundings on the screen.
        mask: the image's shape; everything that is not zero belongs to the lesion.

    Raises:
        LithographError: the mask is empty, of another size, smaller than 3 pixels, or the lesion does not
            stand out; the image holds values that are not finite there.
    """
    lesion = np.asarray(mask) != 0
    _check(image, lesion)
    row_mm, column_mm = image.pixel_mm
    finest = min(row_mm, column_mm)
    longest, perpendicular = _diameters_mm(lesion, row_mm, column_mm)
    spacing = max(longest / DIAMETER, finest / ENLARGED_AT_MOST)
    size = min(64, 4 * int(np.ceil((1.35 * longest / spacing + 8) / 4)))

    pixels, soft, inside = _resample(image, lesion, spacing, size)
    if not np.isfinite(pixels).all():
        raise LithographError(
            "The image holds values that are not numbers near the lesion; mask another lesion."
        )
    if image.inverted:
        pixels = -pixels
    plane, noise = _background(pixels, soft, inside, spacing / finest)
    residual = pixels - plane
    core = float(np.percentile(residual[soft > 0.5], 75)) if (soft > 0.5).any() else float(residual.max())
    if core <= max(noise, 1e-6):
        raise LithographError(
            "The lesion does not stand out from its surroundings; mask one that is brighter than they are."
        )
    alpha, interior = _alpha(residual / core, soft, noise / core)
    # Beyond the edge may lie something brighter, the chest wall: it is no part of the lesion.
    residual = np.minimum(residual, np.percentile(residual[interior], 99))
    residual *= np.clip(4 * alpha, 0, 1)  # the lesion's own edge is in the image; alpha only ends it
    if image.inverted:
        residual = -residual
    middle = slice(size // 2, size // 2 + size)
    return Exemplar(
        np.ascontiguousarray(residual[middle, middle]),
        np.ascontiguousarray(alpha[middle, middle]),
        spacing,
        longest,
        perpendicular,
        image.unit or "stored values",
    )


def _check(image: Image, lesion: NDArray[np.bool_]) -> None:
    if lesion.shape != image.pixels.shape:
        raise LithographError(
            f"The mask is {' × '.join(map(str, lesion.shape))} pixels but the image {image.height} × "
            f"{image.width}; give a mask of the image's size."
        )
    if not lesion.any():
        raise LithographError("The mask is empty; mark the lesion in it with any value other than 0.")
    if not np.isfinite(image.pixels[lesion]).all():
        raise LithographError("The image holds values that are not numbers in the mask; mask another lesion.")
    longest, _ = diameters(lesion)
    if longest < SMALLEST:
        raise LithographError(
            f"The lesion is {longest:.1f} pixels long; mask one of at least {SMALLEST:.0f} pixels."
        )
    if lesion.mean() > 0.9:
        raise LithographError("The mask covers the whole image; leave some of the tissue around the lesion.")


def _diameters_mm(lesion: NDArray[np.bool_], row_mm: float, column_mm: float) -> tuple[float, float]:
    """The diameters of a mask in mm, measured on a grid of the finer of its two spacings."""
    import cv2

    rows, columns = np.nonzero(lesion)
    crop = lesion[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.uint8)
    finest = min(row_mm, column_mm)
    if row_mm != column_mm:
        height, width = crop.shape
        shape = (max(1, round(width * column_mm / finest)), max(1, round(height * row_mm / finest)))
        crop = cv2.resize(crop, shape, interpolation=cv2.INTER_NEAREST).astype(np.uint8)
    longest, perpendicular = diameters(crop > 0)
    return longest * finest, perpendicular * finest


def _resample(
    image: Image, lesion: NDArray[np.bool_], spacing: float, size: int
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Pixels, mask (0..1, its corners rounded) and what lies inside the image, on a grid of twice `size`."""
    import cv2

    rows, columns = np.nonzero(lesion)
    centre = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    row_step, column_step = spacing / image.pixel_mm[0], spacing / image.pixel_mm[1]
    half = size - 0.5
    matrix = np.array(
        [[column_step, 0, centre[0] - half * column_step], [0, row_step, centre[1] - half * row_step]]
    )
    # Only what the grid covers is converted: the image may be large.
    reach_y, reach_x = int(np.ceil(half * row_step)) + 8, int(np.ceil(half * column_step)) + 8
    top, left = max(0, int(centre[1]) - reach_y), max(0, int(centre[0]) - reach_x)
    window = np.s_[top : int(centre[1]) + reach_y, left : int(centre[0]) + reach_x]
    matrix[:, 2] -= (left, top)

    def warp(values: Array, order: int, border: int) -> Array:
        if max(row_step, column_step) > 1:  # enlarging pixels: average first what one of them will cover
            sigma = [0.5 * max(step**2 - 1, 1e-6) ** 0.5 for step in (column_step, row_step)]
            values = cv2.GaussianBlur(values, (0, 0), sigma[0], None, sigma[1]).astype(np.float32)
        grid, flags = (2 * size, 2 * size), order | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(values, matrix, grid, flags=flags, borderMode=border).astype(np.float32)

    pixels = warp(image.pixels[window].astype(np.float32), cv2.INTER_CUBIC, cv2.BORDER_REPLICATE)
    soft = warp(lesion[window].astype(np.float32), cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)
    inside = warp(np.ones_like(lesion[window], np.float32), cv2.INTER_NEAREST, cv2.BORDER_CONSTANT) > 0
    # The corners of the image's pixels are no part of the lesion's outline.
    rounded = cv2.GaussianBlur(soft, (0, 0), max(0.7, 0.6 / max(row_step, column_step)))
    return pixels, rounded.astype(np.float32), inside


def _background(pixels: Array, soft: Array, inside: NDArray[np.bool_], step: float) -> tuple[Array, float]:
    """The plane through the tissue around the lesion, fitted to the darker part of the ring around it, and
    the standard deviation of that tissue about it.

    A nodule at the pleura has lung on one side and chest wall on the other; it lies in the lung, the darker
    of the two. The fit drops what lies off the plane (vessels) and starts again.
    """
    import cv2

    def grown(radius: float) -> NDArray[np.bool_]:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2)
        return cv2.dilate((soft > 0.1).astype(np.uint8), disc) > 0

    gap = max(2.0, 1.5 / step)
    ring = grown(gap + 10) & ~grown(gap) & inside
    if ring.sum() < 30:
        ring = (soft < 0.1) & inside
    core = np.median(pixels[soft > 0.5]) if (soft > 0.5).any() else pixels.max()
    dark = ring & (pixels < core - 0.25 * (core - np.percentile(pixels[ring], 5)))
    use = dark if dark.sum() >= max(30, 0.1 * ring.sum()) else ring
    rows, columns = np.indices(pixels.shape, dtype=np.float32) / pixels.shape[0] - 0.5
    basis = np.stack([np.ones_like(rows), rows, columns], axis=-1)
    plane = np.full_like(pixels, np.median(pixels[use]))
    for _ in range(6):
        off = np.abs(pixels - plane)
        near = use & (off <= 2.5 * 1.4826 * np.median(off[use]) + 1e-6)
        coefficients, *_ = np.linalg.lstsq(basis[near], pixels[near], rcond=None)
        plane = (basis @ coefficients).astype(np.float32)
    return plane, float(1.4826 * np.median(np.abs(pixels - plane)[use]))


def _alpha(relative: Array, soft: Array, noise: float) -> tuple[Array, NDArray[np.bool_]]:
    """Alpha, and the pixels well inside the lesion.

    A mask may be drawn generously, an ellipse around the lesion: the lesion is what stands out within it, in
    one piece, its holes filled. Alpha is 1 well inside that, 0 well outside, and between them follows the
    edge that the image shows.

    Args:
        relative: the residual as a share of the lesion's.
        soft: the mask, its corners rounded, 0..1.
        noise: standard deviation of the tissue's noise, in the same share.
    """
    import cv2

    smooth = cv2.GaussianBlur(relative, (0, 0), float(np.clip(8 * noise, 0.8, 3.0)))
    stands_out = (smooth > 0.25) & (soft > 0.3)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(stands_out.astype(np.uint8))
    if count > 1:
        stands_out = parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    outlines, _ = cv2.findContours(stands_out.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros(soft.shape, np.uint8), outlines, -1, 1, cv2.FILLED)
    lesion = cv2.GaussianBlur(filled.astype(np.float32), (0, 0), 1.5)
    inner = np.clip((lesion - 0.6) / 0.35, 0, 1)
    outer = np.clip((lesion - 0.08) / 0.35, 0, 1)
    edge = np.clip(smooth - 0.05, 0, 0.9) / 0.9
    alpha = inner + (outer - inner) * edge
    return np.where(alpha < 1 / 256, 0, alpha).astype(np.float32), lesion > 0.9
