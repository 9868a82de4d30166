"""Where urinary stones lie: by organ and along it, in the organs themselves or at their mean positions."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.imaging.distance import distance_px
from app.imaging.image import Image
from app.paths import RESOURCES
from app.tasks import Task

GRID = 256
"""The longer side of the grid on which the prior is computed; it is smooth, so no more is needed."""


@dataclass(frozen=True)
class Frame:
    """The body's own coordinates: x mm from the spine's midline, y mm below the top of the iliac crests.

    All in pixels of the grid: the midline is at column `midline + lean * row`, the crests at row `crest`, and
    one mm of the reference body is `scale` = (rows, columns).
    """

    midline: float
    lean: float
    crest: float
    scale: tuple[float, float]

    def coordinates(self, shape: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
        """(x, y) in mm of the reference body, each broadcastable to `shape`; x is positive to the right."""
        rows = np.arange(shape[0], dtype=np.float32)[:, None]
        columns = np.arange(shape[1], dtype=np.float32)[None, :]
        x = (columns - self.midline - self.lean * rows) / self.scale[1]
        return x, (rows - self.crest) / self.scale[0]


class StoneAtlas:
    """Published shares (`resources/atlas/stone.toml` names the sources) laid over the urinary tract."""

    def __init__(self) -> None:
        self.data = tomllib.loads((RESOURCES / "atlas" / "stone.toml").read_text(encoding="utf-8"))

    def prior(self, image: Image, task: Task, anatomy: Anatomy) -> NDArray[np.float32]:
        """(height, width): the density of stones.

        Kidneys, ureters and bladder are taken from `anatomy` where it knows them, else from the atlas, mapped
        by the spine, the iliac crests and the width of the pelvis.
        """
        import cv2

        step = max(1, round(max(image.pixels.shape) / GRID))
        masks = {name: mask[step // 2 :: step, step // 2 :: step] for name, mask in anatomy.masks.items()}
        pixel_mm = (image.pixel_mm[0] * step, image.pixel_mm[1] * step)
        shape = next(iter(masks.values())).shape
        frame = find_frame(masks, shape, pixel_mm, self.data["position"]["iliac_width"], image.calibrated)
        total = np.zeros(shape, np.float32)
        for organ, density in (
            ("kidneys", self._kidneys),
            ("ureters", self._ureters),
            ("bladder", self._bladder),
        ):
            part = density(masks.get(organ), frame, shape)
            total += part * np.float32(self.data["share"][organ] / max(float(part.sum()), 1e-9))
        blur_mm = 2.0 if "kidneys" in masks else 5.0
        smooth: NDArray[Any] = cv2.GaussianBlur(
            total, (0, 0), sigmaX=blur_mm * frame.scale[1], sigmaY=blur_mm * frame.scale[0]
        )
        if "outside" in masks:
            smooth[masks["outside"]] = 0
        whole: NDArray[Any] = cv2.resize(smooth, (image.width, image.height), interpolation=cv2.INTER_LINEAR)
        return whole

    def _kidneys(
        self, mask: NDArray[np.bool_] | None, frame: Frame, shape: tuple[int, ...]
    ) -> NDArray[np.float32]:
        """More in the lower pole, and towards the middle of the organ, where the calyces are."""
        if mask is not None and mask.any():
            return sum(
                (_along(part, self.data["kidney"]) * _depth(part) for part in _sides(mask, frame)),
                start=np.zeros(shape, np.float32),
            )
        at = self.data["position"]["kidney"]
        x, y = frame.coordinates(shape)
        tilt = np.deg2rad(at["tilt"])
        across, down = np.abs(x) - at["x"], y - at["y"]
        length = (down * np.cos(tilt) + across * np.sin(tilt)) / at["half_length"]
        width = (across * np.cos(tilt) - down * np.sin(tilt)) / at["half_width"]
        inside = np.exp(-0.5 * ((length / 0.75) ** 2 + (width / 0.5) ** 2))
        return (inside * _share((length + 1) / 2, self.data["kidney"])).astype(np.float32)

    def _ureters(
        self, mask: NDArray[np.bool_] | None, frame: Frame, shape: tuple[int, ...]
    ) -> NDArray[np.float32]:
        """By the counts of five segments."""
        if mask is not None and mask.any():
            return sum(
                (_along(part, self.data["ureter"]) for part in _sides(mask, frame)),
                start=np.zeros(shape, np.float32),
            )
        at = self.data["position"]
        course = np.array(at["ureter"], np.float64)
        steps = np.r_[0, np.cumsum(np.hypot(*np.diff(course, axis=0).T))]
        places = np.linspace(0, 1, 61)
        xs = np.interp(places * steps[-1], steps, course[:, 0])
        ys = np.interp(places * steps[-1], steps, course[:, 1])
        x, y = frame.coordinates(shape)
        total = np.zeros(shape, np.float32)
        for place, px, py, weight in zip(places, xs, ys, _share(places, self.data["ureter"]), strict=True):
            near = ((np.abs(x) - px) ** 2 + (y - py) ** 2) / at["ureter_spread"] ** 2
            total += np.float32(weight) * np.exp(-0.5 * near) if place else 0
        return total

    def _bladder(
        self, mask: NDArray[np.bool_] | None, frame: Frame, shape: tuple[int, ...]
    ) -> NDArray[np.float32]:
        """In its middle: stones lie in the deepest part, which a supine radiograph projects there."""
        if mask is not None and mask.any():
            return _depth(mask)
        at = self.data["position"]["bladder"]
        x, y = frame.coordinates(shape)
        return np.exp(
            -0.5
            * (
                ((x - at["x"]) / (0.6 * at["half_width"])) ** 2
                + ((y - at["y"]) / (0.6 * at["half_length"])) ** 2
            )
        ).astype(np.float32)


def find_frame(
    masks: dict[str, NDArray[np.bool_]],
    shape: tuple[int, ...],
    pixel_mm: tuple[float, float],
    iliac_width: float,
    calibrated: bool,
) -> Frame:
    """The body's coordinates from its landmarks; what is not in the picture is guessed from the rest.

    Midline: the spine, else the middle of the body. Size: the width across the iliac crests, else the
    image's own spacing, else the width of the body. Crests: the top of the pelvis, else five ninths down.
    """
    nothing = np.zeros(shape, bool)
    body = ~masks.get("outside", nothing)
    body = body if body.any() else ~nothing
    midline, lean = _midline(masks.get("spine", nothing), body)
    columns = np.arange(shape[1])[None, :]
    rows = np.arange(shape[0])[:, None]
    aside = np.abs(columns - midline - lean * rows)
    body_width = float(np.percentile(body.sum(axis=1)[body.any(axis=1)], 80))
    aspect = pixel_mm[1] / pixel_mm[0]
    scale = 1 / pixel_mm[1] if calibrated else body_width / (1.25 * iliac_width)
    wing = masks.get("pelvis", nothing) & (aside > 0.12 * body_width)
    crest = float(np.flatnonzero(body.any(axis=1))[0] + body.any(axis=1).sum() * 5 / 9)
    if np.count_nonzero(wing) > 0.002 * wing.size:
        tops = [np.flatnonzero(half.any(axis=1))[0] for half in _halves(wing, midline, lean) if half.any()]
        crest = float(np.mean(tops))
        width = float(np.ptp(np.flatnonzero(wing.any(axis=0)))) + 1
        if not (wing[:, 0].any() or wing[:, -1].any()) and len(tops) == 2:
            scale = width / iliac_width
    return Frame(midline, lean, crest, (scale * aspect, scale))


def _midline(spine: NDArray[np.bool_], body: NDArray[np.bool_]) -> tuple[float, float]:
    """(column at row 0, columns per row) of the straight line through the middle of the spine."""
    if spine.sum() < 20:
        return float(np.mean(np.nonzero(body)[1])), 0.0
    rows, columns = np.nonzero(spine)
    lean, midline = np.polyfit(rows, columns, 1) if np.ptp(rows) > 20 else (0.0, columns.mean())
    return float(midline), float(lean)


def _halves(mask: NDArray[np.bool_], midline: float, lean: float) -> list[NDArray[np.bool_]]:
    rows = np.arange(mask.shape[0])[:, None]
    left = np.arange(mask.shape[1])[None, :] < midline + lean * rows
    return [mask & left, mask & ~left]


def _sides(mask: NDArray[np.bool_], frame: Frame) -> list[NDArray[np.bool_]]:
    """The part left and the part right of the midline, as far as there is one."""
    return [half for half in _halves(mask, frame.midline, frame.lean) if half.any()]


def _share(place: NDArray[Any], segments: list[dict[str, float]]) -> NDArray[np.float32]:
    """The density at `place` (0 to 1 along the organ): each segment's share over its length."""
    density = np.zeros(np.shape(place), np.float32)
    for segment in segments:
        inside = (place >= segment["from"]) & (place <= segment["to"])
        density[inside] = segment["share"] / (segment["to"] - segment["from"])
    return density


def _along(mask: NDArray[np.bool_], segments: list[dict[str, float]]) -> NDArray[np.float32]:
    """`_share` by row within the mask, each row holding the same mass however wide it is."""
    rows = np.flatnonzero(mask.any(axis=1))
    place = (np.arange(mask.shape[0]) - rows[0]) / max(rows[-1] - rows[0], 1)
    per_row = _share(place, segments) / np.maximum(mask.sum(axis=1), 1)
    return mask * per_row[:, None].astype(np.float32)


def _depth(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How far inside the mask, 0 at its edge to 1 at its deepest."""
    depth = distance_px(np.pad(mask, 1))[1:-1, 1:-1]
    deepest = max(float(depth.max()), 1e-9)
    return (depth / deepest).astype(np.float32)
