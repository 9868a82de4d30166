"""What is measured on each rendered lesion."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.composition.blends import Site
from app.composition.composite import RenderedLesion
from app.composition.region import Rect
from app.composition.scene import Placement


def measure(placement: Placement, site: Site, composite: NDArray[Any]) -> RenderedLesion:
    """Measures one lesion.

    Args:
        placement: what was asked.
        site: where it was put.
        composite: the final pixels over `site.drawn.rect`, other lesions included.
    """
    drawn, surroundings = site.drawn, site.surroundings
    label = drawn.label
    if not label.any():
        return nowhere(placement)
    box, centroid = _place(label, drawn.rect)
    longest, perpendicular = diameters_mm(label, site.image.pixel_mm)
    background = site.image.pixels[drawn.rect.slices]
    contrast = _steady(float((composite[label].astype(np.float64) - background[label]).mean()))
    return RenderedLesion(
        placement,
        drawn.rect,
        label,
        box,
        centroid,
        longest,
        perpendicular,
        int(label.sum()),
        contrast,
        _steady(contrast / surroundings.spread) if surroundings.spread > 0 else None,
        seam(composite.astype(np.float32), site.signal.onto(site.canvas), label),
        _steady(float(site.added[label].mean(dtype=np.float64))),
    )


def visible(
    lesion: RenderedLesion, labels: NDArray[Any], number: int, pixel_mm: tuple[float, float]
) -> RenderedLesion:
    """The lesion as a label map shows it, in which later lesions may lie on top of it."""
    mask = labels[lesion.rect.slices] == number
    area = int(mask.sum())
    if area == lesion.area_px:
        return lesion
    if not area:
        return nowhere(lesion.placement)
    box, centroid = _place(mask, lesion.rect)
    longest, perpendicular = diameters_mm(mask, pixel_mm)
    return replace(
        lesion,
        mask=mask,
        box=box,
        centroid=centroid,
        diameter_mm=longest,
        perpendicular_mm=perpendicular,
        area_px=area,
    )


def _place(mask: NDArray[np.bool_], rect: Rect) -> tuple[tuple[int, int, int, int], tuple[float, float]]:
    """The box (x, y, width, height) and the centroid (x, y) of a mask over `rect`, in pixels of the image."""
    rows, columns = np.nonzero(mask)
    box = (
        int(columns.min()) + rect.x0,
        int(rows.min()) + rect.y0,
        int(np.ptp(columns)) + 1,
        int(np.ptp(rows)) + 1,
    )
    return box, (float(columns.mean()) + rect.x0, float(rows.mean()) + rect.y0)


def diameters_mm(label: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> tuple[float, float]:
    """(longest, perpendicular) diameter of a mask in mm, also where pixels are not square."""
    import cv2

    from app.lesions.measure import diameters

    rows, columns = np.flatnonzero(label.any(axis=1)), np.flatnonzero(label.any(axis=0))
    crop = label[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    row_mm, column_mm = pixel_mm
    pixel = min(pixel_mm)
    if row_mm != column_mm:
        size = (
            max(1, round(crop.shape[1] * column_mm / pixel)),
            max(1, round(crop.shape[0] * row_mm / pixel)),
        )
        crop = cv2.resize(crop.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    longest, perpendicular = diameters(crop)
    return float(longest * pixel), float(perpendicular * pixel)


def seam(
    composite: NDArray[np.float32], ideal: NDArray[np.float32], label: NDArray[np.bool_]
) -> float | None:
    """How hard the lesion's edge is, against how hard it should be.

    The mean gradient magnitude (Sobel) on the contour of the label (the last pixels inside and the first ones
    outside) of the composite, over that of the ideal: what was beneath with the lesion's signal on it, not
    yet blended. 1 is seamless, more is an edge that is too hard, less one that is too soft.
    None where the ideal has no gradient, or the label no contour within the image.
    """
    import cv2

    around = np.ones((3, 3), np.uint8)
    inside = label.astype(np.uint8)
    contour = cv2.dilate(inside, around) != cv2.erode(inside, around)
    expected = _mean_gradient(ideal, contour) if contour.any() else 0.0
    return _steady(_mean_gradient(composite, contour) / expected) if expected > 0 else None


def _mean_gradient(pixels: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    import cv2

    # In double precision: in single, the order of a sum, which is the library's choice, would show.
    across = cv2.Sobel(pixels, cv2.CV_64F, 1, 0, ksize=3)[where]
    down = cv2.Sobel(pixels, cv2.CV_64F, 0, 1, ksize=3)[where]
    return float(np.hypot(across, down).mean())


def _steady(value: float) -> float:
    """Nine digits, so that the same pixels always give the same number."""
    return float(f"{value:.9g}")


def nowhere(placement: Placement) -> RenderedLesion:
    """A lesion that lies outside the image: listed, without pixels."""
    empty = np.zeros((0, 0), bool)
    return RenderedLesion(
        placement,
        Rect(0, 0, 0, 0),
        empty,
        (0, 0, 0, 0),
        (placement.x, placement.y),
        0.0,
        0.0,
        0,
        0.0,
        None,
        None,
    )
