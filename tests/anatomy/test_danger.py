"""The danger zone against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.anatomy import Anatomy, DangerZone
from app.tasks import task

KUB = task("kub-xray")
SPACINGS = [(1.0, 1.0), (0.7, 0.7), (0.5, 1.3), (2.0, 0.8)]


def random_anatomy(seed: int, shape: tuple[int, int] = (41, 53)) -> Anatomy:
    """A few blobs of each structure, overlapping."""
    rng = np.random.default_rng(seed)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    masks = {}
    for structure in KUB.structures:
        mask = np.zeros(shape, bool)
        for _ in range(rng.integers(0, 3)):
            y, x, r = rng.integers(shape[0]), rng.integers(shape[1]), rng.integers(1, 5)
            mask |= (rows - y) ** 2 + (columns - x) ** 2 <= r * r
        masks[structure.name] = mask
    return Anatomy(masks, "random")


def brute_reasons(
    anatomy: Anatomy, x: float, y: float, diameter: float, pixel_mm: tuple[float, float]
) -> set[str] | None:
    """The titles that may be named at that place, from the definition; None where it is permitted."""
    shape = next(iter(anatomy.masks.values())).shape
    row, column = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
    radius = diameter / 2
    for place, length, size in ((row, shape[0], pixel_mm[0]), (column, shape[1], pixel_mm[1])):
        if place < 0 or place >= length or (min(place, length - 1 - place) + 0.5) * size < radius - 1e-9:
            return {"outside the image"}
    nearest: dict[str, float] = {}
    for structure in KUB.structures:
        rows, columns = np.nonzero(anatomy.masks[structure.name])
        if structure.forbidden and len(rows):
            distances = np.hypot((rows - row) * pixel_mm[0], (columns - column) * pixel_mm[1])
            nearest[structure.title] = float(distances.min())
    if not nearest or min(nearest.values()) > radius + KUB.margin_mm:
        return None
    least = min(nearest.values())
    return {title for title, distance in nearest.items() if distance < least + 1e-6}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    pixel_mm=st.sampled_from(SPACINGS),
    x=st.floats(-3, 56),
    y=st.floats(-3, 44),
    diameter=st.sampled_from([0.37, 2.137, 5.311, 9.173]),
)
def test_reason_is_the_definition(
    seed: int, pixel_mm: tuple[float, float], x: float, y: float, diameter: float
) -> None:
    anatomy = random_anatomy(seed)
    danger = DangerZone.from_anatomy(anatomy, KUB, pixel_mm)
    reason = danger.reason(x, y, diameter)
    expected = brute_reasons(anatomy, x, y, diameter, pixel_mm)
    assert (reason is None) == (expected is None)
    if expected is not None:
        assert reason in expected


@pytest.mark.parametrize("pixel_mm", SPACINGS)
@pytest.mark.parametrize("diameter", [0.0, 3.1, 12.7, 500.0])
def test_safe_set_agrees_with_reason_everywhere(pixel_mm: tuple[float, float], diameter: float) -> None:
    danger = DangerZone.from_anatomy(random_anatomy(5), KUB, pixel_mm)
    safe = danger.safe_set(diameter)
    for y in range(safe.shape[0]):
        for x in range(safe.shape[1]):
            assert safe[y, x] == (danger.reason(x, y, diameter) is None)


def test_permissible_is_grown_by_the_margin_in_mm() -> None:
    spine = np.zeros((60, 60), bool)
    spine[30, 30] = True
    danger = DangerZone.from_anatomy(Anatomy({"spine": spine}, "test"), KUB, (0.5, 1.5))
    forbidden = ~danger.permissible
    assert forbidden[:, 30].sum() == 2 * int(KUB.margin_mm / 0.5) + 1
    assert forbidden[30, :].sum() == 2 * int(KUB.margin_mm / 1.5) + 1
    assert danger.reason(30, 30, 1.0) == "spine"
    assert danger.reason(30, 20, 1.0) is None


def test_the_most_specific_structure_is_named_where_two_overlap() -> None:
    both = np.zeros((40, 40), bool)
    both[15:25, 15:25] = True
    danger = DangerZone.from_anatomy(
        Anatomy({"ribs": both, "spine": both, "kidneys": both}, "test"), KUB, (1, 1)
    )
    assert danger.reason(20, 20, 2.0) == "spine"
    assert danger.reason(13, 20, 2.0) == "spine"


def test_permissible_structures_forbid_nothing() -> None:
    kidney = np.ones((20, 20), bool)
    danger = DangerZone.from_anatomy(Anatomy({"kidneys": kidney}, "test"), KUB, (1, 1))
    assert danger.permissible.all()
    assert danger.reason(10, 10, 5.0) is None


def test_a_lesion_may_not_pass_the_edge_of_the_image() -> None:
    danger = DangerZone.from_anatomy(Anatomy({"spine": np.zeros((50, 50), bool)}, "test"), KUB, (1, 1))
    assert danger.reason(4, 25, 10.0) == "outside the image"
    assert danger.reason(5, 25, 10.0) is None
    assert danger.reason(-400, 25, 1.0) == "outside the image"
