"""A lesion on the image's own grid: asked size in mm, rotation, and a centre between pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.composition.region import Rect
from app.composition.scene import Placement
from app.composition.thickness import chord
from app.imaging.image import Image
from app.lesions.lesion import Lesion

_FAINTEST = 1 / 256
_BORDER = 2


@dataclass(frozen=True, eq=False)
class Pattern:
    """A lesion made ready to be drawn at any size and place.

    Attributes:
        channels: (height, width, 3) float32 with an empty border: alpha; residual in HU; residual in HU times
            the chord length in pixels of the pattern.
        centre: (x, y) of the smallest circle around the label, in pixels of the pattern; so the lesion keeps
            as well as it can to the disc that the danger zone is asked about.
        diameter: the label's longest diameter in pixels of the pattern.
        kind: `nodule` or `stone`.
    """

    channels: NDArray[np.float32]
    centre: tuple[float, float]
    diameter: float
    kind: str

    @classmethod
    def of(cls, lesion: Lesion) -> Pattern:
        """Prepares `lesion`; a pattern of no size where its label is empty."""
        import cv2

        alpha = np.where(lesion.alpha >= _FAINTEST, lesion.alpha, 0).astype(np.float32)
        label = alpha >= 0.5
        if not label.any():
            return cls(np.zeros((1, 1, 3), np.float32), (0.0, 0.0), 0.0, lesion.kind)
        residual = np.where(alpha > 0, lesion.residual, 0).astype(np.float32)
        rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
        crop = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        alpha, residual, label = alpha[crop], residual[crop], label[crop]
        channels = np.dstack([alpha, residual, residual * chord(alpha)])
        channels = np.pad(channels, ((_BORDER, _BORDER), (_BORDER, _BORDER), (0, 0)))
        corners = np.argwhere(label)[:, ::-1].astype(np.float32)
        x, y = (float(value) + _BORDER for value in cv2.minEnclosingCircle(corners)[0])
        return cls(np.ascontiguousarray(channels), (x, y), _diameter(channels[..., 0]), lesion.kind)


def _diameter(alpha: NDArray[np.float32]) -> float:
    """The longest diameter of `alpha` >= 0.5 to a quarter of a pixel, so that sizes come out as asked."""
    import cv2

    from app.lesions.measure import diameters

    finer = 4
    fine = cv2.resize(np.ascontiguousarray(alpha), None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC)
    return diameters(fine >= 0.5)[0] / finer


@dataclass(frozen=True, eq=False)
class Drawn:
    """A lesion drawn on the pixels `rect` of an image; all arrays have the shape of `rect`.

    Attributes:
        rect: within the image; empty where the lesion lies outside.
        alpha: float32, 0..1, the share of each pixel that the lesion fills.
        residual: float32, HU, what the lesion adds to a section (CT), its contrast included.
        projected: float32, HU·mm, what it adds along the beam (radiograph), its contrast included.
        label: bool, the lesion's mask.
        kind: `nodule` or `stone`.
        detail_mm: the size of a pixel of the pattern in the image, below which the lesion has no detail.
    """

    rect: Rect
    alpha: NDArray[np.float32]
    residual: NDArray[np.float32]
    projected: NDArray[np.float32]
    label: NDArray[np.bool_]
    kind: str
    detail_mm: float

    @property
    def support(self) -> NDArray[np.bool_]:
        """Where there is any of the lesion."""
        return self.alpha > 0


def draw(pattern: Pattern, placement: Placement, image: Image, margin: tuple[int, int]) -> Drawn:
    """Draws `pattern` where and as large as `placement` asks, averaged over the area of each pixel.

    The drawing is turned and scaled in mm, so that it keeps its shape where pixels are not square, and only
    the part inside the image is made. Its label is where at least half of a pixel is filled; a lesion too
    small for that has the fullest pixel as its label.

    Args:
        pattern: the lesion.
        placement: where, how large, turned by how much.
        image: gives the size of the image and of its pixels.
        margin: (rows, columns) drawn around the lesion, for a mode that blurs.
    """
    if pattern.diameter <= 0 or placement.diameter_mm <= 0:
        return _nothing(pattern.kind)
    row_mm, column_mm = image.pixel_mm
    scale = placement.diameter_mm / pattern.diameter  # mm per pixel of the pattern
    turn = math.radians(placement.rotation_deg)
    cos, sin = math.cos(turn), math.sin(turn)
    rect = _extent(pattern, placement, scale, (cos, sin), image, margin)
    if rect.empty:
        return _nothing(pattern.kind)

    # Two samples to a pixel of the pattern or of the image, whichever is smaller, then averaged.
    per_column, per_row = (
        max(1, min(256, math.ceil(2 * pixel / scale - 1e-9))) for pixel in (column_mm, row_mm)
    )
    # From sample (u, v) to mm from the centre, turned back, to the pattern.
    step_x, step_y = column_mm / per_column, row_mm / per_row
    left = (rect.x0 - 0.5 + 0.5 / per_column - placement.x) * column_mm
    top = (rect.y0 - 0.5 + 0.5 / per_row - placement.y) * row_mm
    to_pattern = (
        np.array(
            [
                [cos * step_x, sin * step_y, cos * left + sin * top],
                [-sin * step_x, cos * step_y, -sin * left + cos * top],
            ]
        )
        / scale
    )
    to_pattern[:, 2] += pattern.centre
    channels = _sample(pattern.channels, to_pattern, rect.shape, per_row, per_column)

    alpha = np.clip(channels[..., 0], 0, 1)
    alpha[alpha < _FAINTEST] = 0
    if not alpha.any():
        return _nothing(pattern.kind)
    outside = alpha == 0
    residual, projected = channels[..., 1] * placement.contrast, channels[..., 2] * placement.contrast
    residual[outside] = 0
    projected[outside] = 0
    projected *= scale  # pixels of the pattern to mm
    return Drawn(rect, alpha, residual, projected, _label(alpha, placement, image), pattern.kind, scale)


def _extent(
    pattern: Pattern,
    placement: Placement,
    scale: float,
    turn: tuple[float, float],
    image: Image,
    margin: tuple[int, int],
) -> Rect:
    """The pixels of the image that the turned pattern covers, and the margin around them."""
    cos, sin = turn
    height, width = pattern.channels.shape[:2]
    row_mm, column_mm = image.pixel_mm
    xs = np.array([_BORDER, width - 1 - _BORDER, _BORDER, width - 1 - _BORDER]) - pattern.centre[0]
    ys = np.array([_BORDER, _BORDER, height - 1 - _BORDER, height - 1 - _BORDER]) - pattern.centre[1]
    xs, ys = xs + np.array([-1, 1, -1, 1]), ys + np.array([-1, -1, 1, 1])
    across = (cos * xs - sin * ys) * scale / column_mm + placement.x
    down = (sin * xs + cos * ys) * scale / row_mm + placement.y
    limits = [
        (float(np.clip(low, -1e9, 1e9)), float(np.clip(high, -1e9, 1e9)))
        for low, high in ((down.min(), down.max()), (across.min(), across.max()))
    ]
    (top, bottom), (left, right) = limits
    rect = Rect(math.floor(top), math.ceil(bottom) + 1, math.floor(left), math.ceil(right) + 1)
    frame = Rect(0, image.height, 0, image.width)
    if (rect & frame).empty:
        return Rect(0, 0, 0, 0)
    return rect.grown(*margin) & frame


def _sample(
    channels: NDArray[np.float32],
    to_pattern: NDArray[np.float64],
    shape: tuple[int, int],
    per_row: int,
    per_column: int,
) -> NDArray[np.float32]:
    """(height, width, 3): samples of the pattern, averaged over `per_row` by `per_column` of them."""
    import cv2

    height, width = shape
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    # In strips, so that a large area at a fine sampling needs little memory.
    strip = max(1, 2_000_000 // (per_row * per_column * width))
    out = np.empty((height, width, channels.shape[2]), np.float32)
    for top in range(0, height, strip):
        rows = min(strip, height - top)
        matrix = to_pattern.copy()
        matrix[:, 2] += matrix[:, 1] * (top * per_row)
        fine = cv2.warpAffine(channels, matrix, (width * per_column, rows * per_row), flags=flags)
        if per_row > 1 or per_column > 1:
            fine = cv2.resize(fine, (width, rows), interpolation=cv2.INTER_AREA)
        out[top : top + rows] = fine
    return out


def _label(alpha: NDArray[np.float32], placement: Placement, image: Image) -> NDArray[np.bool_]:
    label = alpha >= 0.5
    inside = -0.5 <= placement.x < image.width - 0.5 and -0.5 <= placement.y < image.height - 0.5
    if inside and not label.any() and alpha.any():
        label.flat[int(alpha.argmax())] = True
    return label


def _nothing(kind: str) -> Drawn:
    empty = np.zeros((0, 0), np.float32)
    return Drawn(Rect(0, 0, 0, 0), empty, empty, empty, empty.astype(bool), kind, 0.0)
