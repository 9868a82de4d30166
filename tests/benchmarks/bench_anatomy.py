"""Danger zone and heatmap without the network, reasons, choosing, CT rules, and the chest phantom."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from app.anatomy import Anatomy, analyse, choose
from app.anatomy.ct_rules import anatomy_from_ct_slice
from app.imaging.image import Calibration, Image
from app.simulation.chest_phantom import generate_chest
from app.tasks import task
from models.progress import finish


def rows() -> list[tuple[str, str, str]]:
    """One row per figure; medians of seven, after one to warm up."""
    image, anatomy = _kub()
    kub = task("kub-xray")
    where = finish(analyse(image, kub, anatomy))
    chest = finish(generate_chest(0))
    assert chest.image.spacing is not None
    spacing = chest.image.spacing
    lung = task("lung-ct")
    return [
        (
            "danger zone and heatmap of 1,024² from known structures",
            "≤ 150 ms (0.7 s with the network)",
            _ms(lambda: finish(analyse(image, kub, anatomy))),
        ),
        (
            "danger zone and heatmap of a 512² chest CT from known structures",
            "≤ 150 ms",
            _ms(lambda: finish(analyse(chest.image, lung, chest.anatomy))),
        ),
        (
            "why a place is forbidden, under the pointer",
            "≤ 1 ms",
            _ms(lambda: where.danger.reason(520, 500, 30)),
        ),
        ("choosing 20 places in 1,024²", "≤ 0.5 s", _ms(lambda: choose(where, 20, [5.0], 1))),
        (
            "structures of one 512² CT slice by rules",
            "–",
            _ms(lambda: anatomy_from_ct_slice(chest.image.pixels, spacing)),
        ),
        ("axial chest phantom, 512²", "≤ 3 s", _ms(lambda: finish(generate_chest(0)), 3)),
    ]


def _ms(work: Callable[[], object], times: int = 7) -> str:
    work()
    took = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    median = float(np.median(took)) * 1000
    return (
        f"{median / 1000:.2f} s"
        if median >= 1000
        else f"{median:.2f} ms"
        if median < 10
        else f"{median:.0f} ms"
    )


def _kub() -> tuple[Image, Anatomy]:
    """A stylised abdomen of 430 mm at 1,024²."""
    mm = 430 / 1024
    y, x = np.mgrid[:1024, :1024] * mm
    x = x - 215
    masks = {
        "outside": np.abs(x) > 185,
        "spine": (np.abs(x) < 20) & (y < 270),
        "pelvis": (np.hypot(x / 140, (y - 320) / 90) < 1) & (np.hypot(x / 65, (y - 345) / 60) > 1),
        "ribs": (y < 90) & (np.abs(x) > 60) & (np.mod(y, 30) < 8),
        "kidneys": np.hypot((np.abs(x) - 70) / 28, (y - 150) / 55) < 1,
        "ureters": (np.abs(np.abs(x) - 40) < 3) & (y > 150) & (y < 380),
    }
    return Image(np.zeros((1024, 1024), np.uint16), (mm, mm), Calibration.IMAGER), Anatomy(masks, "stylised")
