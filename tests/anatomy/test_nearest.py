"""The nearest place where a lesion may be."""

from __future__ import annotations

import numpy as np

from app.anatomy.anatomy import Anatomy
from app.anatomy.choosing import nearest
from app.anatomy.danger import DangerZone
from app.tasks import task


def _zone(spacing: tuple[float, float]) -> DangerZone:
    """40 × 60 pixels, the left half forbidden."""
    spine = np.zeros((40, 60), bool)
    spine[:, :30] = True
    return DangerZone.from_anatomy(Anatomy({"spine": spine}, "test"), task("kub-xray"), spacing)


def test_the_nearest_place_is_permitted_and_no_other_is_nearer() -> None:
    rng = np.random.default_rng(3)
    for spacing in ((1.0, 1.0), (2.0, 0.5)):
        zone = _zone(spacing)
        taken = [(45.0, 20.0, 4.0)]
        free = zone.safe_set(6.0)
        rows, columns = np.mgrid[:40, :60]
        apart = np.hypot((rows - 20) * spacing[0], (columns - 45) * spacing[1])
        free &= apart > 5 + max(spacing)
        for x, y in rng.uniform((-20, -20), (80, 60), (20, 2)):
            found = nearest(zone, (x, y), 6.0, taken)
            assert found is not None
            assert free[round(found[1]), round(found[0])]
            away = np.hypot((rows - y) * spacing[0], (columns - x) * spacing[1])
            got = np.hypot((found[1] - y) * spacing[0], (found[0] - x) * spacing[1])
            assert got <= away[free].min() + 1e-3


def test_a_permitted_place_stays_and_a_full_image_has_none() -> None:
    zone = _zone((1.0, 1.0))
    assert nearest(zone, (48.3, 20.7), 6.0, []) == (48.3, 20.7)
    assert nearest(zone, (48.0, 20.0), 6.0, [(45.0, 20.0, 200.0)]) is None
    assert nearest(zone, (48.0, 20.0), 35.0, []) is None
