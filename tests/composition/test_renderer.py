"""Rendering after a change is exact, local, and safe to read."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.composition import Composite, Placement, Renderer, Scene
from app.composition.blends import modes
from app.composition.drawing import Pattern
from app.composition.drawing import draw as draw_on
from app.errors import LithographError
from app.imaging.image import Image
from tests.composition.examples import draw, lung, place, radiograph, scene

BACKGROUNDS = {
    "lung": lung(),
    "radiograph": radiograph(),
    "inverted": radiograph(seed=3, inverted=True),
    "float": replace(lung(), pixels=lung().pixels.astype(np.float32)),
    "eight bits": replace(
        radiograph(), pixels=(radiograph().pixels >> 4).astype(np.uint8), value_range=(0, 255)
    ),
}
NAMES = tuple(mode.name for mode in modes())

placements = st.builds(
    Placement,
    id=st.just(""),
    lesion=st.sampled_from(("disc", "bar", "ellipse")),
    x=st.floats(-8, 120),
    y=st.floats(-8, 104),
    diameter_mm=st.floats(0.3, 25),
    seed=st.integers(0, 3),
    blend=st.sampled_from(NAMES),
    rotation_deg=st.sampled_from((0.0, 30.0, 200.0)),
    contrast=st.sampled_from((1.0, 0.5, -0.7)),
)
changes = st.lists(
    st.tuples(
        st.sampled_from(("add", "add", "move", "resize", "delete", "raise", "undo")),
        st.integers(0, 9),
        placements,
    ),
    min_size=1,
    max_size=8,
)


def changed(now: Scene, what: str, which: int, other: Placement, number: int) -> Scene:
    if what == "add" or not now.placements:
        return now.adding(replace(other, id=str(number)))
    chosen = now.placements[which % len(now.placements)]
    if what == "move":
        return now.replacing(replace(chosen, x=other.x, y=other.y))
    if what == "resize":
        return now.replacing(replace(chosen, diameter_mm=other.diameter_mm, rotation_deg=other.rotation_deg))
    if what == "raise":
        return now.removing([chosen.id]).adding(chosen)
    return now.removing([chosen.id])


def assert_same(one: Composite, other: Composite) -> None:
    np.testing.assert_array_equal(one.image.pixels, other.image.pixels)
    np.testing.assert_array_equal(one.label_map(), other.label_map())
    assert len(one.lesions) == len(other.lesions)
    for ours, theirs in zip(one.lesions, other.lesions, strict=True):
        assert (ours.placement, ours.rect, ours.box, ours.centroid) == (
            theirs.placement,
            theirs.rect,
            theirs.box,
            theirs.centroid,
        )
        assert (ours.diameter_mm, ours.perpendicular_mm, ours.area_px) == (
            theirs.diameter_mm,
            theirs.perpendicular_mm,
            theirs.area_px,
        )
        assert (ours.contrast, ours.cnr, ours.seam) == (theirs.contrast, theirs.cnr, theirs.seam)
        np.testing.assert_array_equal(ours.mask, theirs.mask)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(tuple(BACKGROUNDS)), changes)
def test_after_any_changes_the_composite_is_that_of_a_new_renderer(name: str, steps: list) -> None:
    background = BACKGROUNDS[name]
    renderer = Renderer(background, draw)
    canvas = background.pixels.copy()
    shown = renderer.render(scene())
    history = [scene()]
    for number, (what, which, other) in enumerate(steps):
        now = history.pop() if what == "undo" else changed(history[-1], what, which, other, number)
        history.append(now)
        composite = renderer.render(now)
        for rect, pixels in composite.patches:
            canvas[rect.slices] = pixels
        np.testing.assert_array_equal(canvas, composite.image.pixels)
        if number % 2:  # a canvas that was not shown every composite
            late = shown.image.pixels.copy()
            for rect in composite.changed_since(shown):
                late[rect.slices] = composite.crop(rect)
            np.testing.assert_array_equal(late, composite.image.pixels)
            shown = composite
    assert_same(composite, Renderer(background, draw).render(now))


@pytest.mark.parametrize("background", BACKGROUNDS.values(), ids=BACKGROUNDS)
@pytest.mark.parametrize("blend", NAMES)
def test_no_pixel_beyond_the_reach_changes(background: Image, blend: str) -> None:
    """Bit-identical beyond the support and the blur (method.md §4)."""
    chosen = [
        place(40.3, 50.8, 14, blend, "ellipse", "a", seed=2),
        place(48.0, 55.0, 9, blend, "bar", "b", rotation_deg=40),
        place(100, 20, 8, blend, "disc", "c"),
    ]
    mode = next(mode for mode in modes() if mode.name == blend)
    rows, columns = mode.reach(background)
    may_change = np.zeros(background.pixels.shape, bool)
    for one in chosen:
        drawn = draw_on(Pattern.of(draw(one.lesion, one.seed)), one, background, (0, 0))
        corner = np.array([drawn.rect.y0, drawn.rect.x0])
        for y, x in corner + np.argwhere(drawn.support):
            may_change[max(0, y - rows) : y + rows + 1, max(0, x - columns) : x + columns + 1] = True
    after = Renderer(background, draw).render(scene(*chosen)).image.pixels
    np.testing.assert_array_equal(after[~may_change], background.pixels[~may_change])
    assert (after != background.pixels).sum() > 50
    assert after.dtype == background.pixels.dtype


def test_a_drag_needs_no_memory_of_the_size_of_the_image() -> None:
    background = Image(np.full((3000, 3000), 1000, np.uint16), (0.14, 0.14), modality="DX")
    renderer = Renderer(background, draw)
    composite = renderer.render(scene(place(900, 900, 8, "attenuation")))
    tracemalloc.start()
    for step in range(5):
        composite = renderer.render(scene(place(900 + step, 900, 8, "attenuation")))
        assert sum(pixels.nbytes for _, pixels in composite.patches) < 60_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000 < background.pixels.nbytes


def test_a_composite_stays_as_it_was_when_the_next_is_rendered() -> None:
    renderer = Renderer(lung(), draw)
    first = renderer.render(scene(place(30, 30)))
    before = first.crop(first.islands[0].rect)
    second = renderer.render(scene(place(34, 31), place(70, 70, name="b")))
    np.testing.assert_array_equal(first.crop(first.islands[0].rect), before)
    assert not first.image.pixels.flags.writeable
    assert not second.islands[0].pixels.flags.writeable
    assert (second.image.pixels != first.image.pixels).any()


def test_lesions_that_a_change_does_not_touch_are_not_rendered_again() -> None:
    renderer = Renderer(lung(), draw)
    still = place(25, 25, 10, name="still")
    first = renderer.render(scene(still, place(80, 70, 10, name="moved")))
    second = renderer.render(scene(still, place(83, 71, 10, name="moved")))
    assert second.lesions[0] is first.lesions[0]
    assert second.lesions[1] is not first.lesions[1]
    assert all(rect.x0 > 45 for rect in second.changed)


def test_the_later_lesion_lies_on_top() -> None:
    below, above = place(40, 40, 14, "paper", name="a"), place(44, 40, 14, "paper", contrast=0.5, name="b")
    renderer = Renderer(lung(), draw)
    one = renderer.render(scene(below, above))
    other = renderer.render(scene(above, below))
    assert one.label_map()[40, 42] == 2
    assert other.label_map()[40, 42] == 2
    assert one.image.pixels[40, 42] < other.image.pixels[40, 42] - 200


def test_a_lesion_outside_the_image_is_listed_without_pixels() -> None:
    background = lung()
    composite = Renderer(background, draw).render(scene(place(-50, 300), place(40, 40, name="b")))
    outside, inside = composite.lesions
    assert (outside.area_px, outside.box, outside.diameter_mm) == (0, (0, 0, 0, 0), 0.0)
    assert inside.area_px > 100
    assert set(np.unique(composite.label_map())) == {0, 2}
    # The second one's bounding box reaches into the image, but no pixel of the lesion does.
    for away in (place(1e6, 1e6), place(115, 0, 3, rotation_deg=30)):
        alone = Renderer(background, draw).render(scene(away))
        assert alone.lesions[0].area_px == 0
        np.testing.assert_array_equal(alone.image.pixels, background.pixels)
        assert alone.changed == ()


@pytest.mark.parametrize("blend", NAMES)
@pytest.mark.parametrize("corner", [(0, 0), (111, 95), (-3.4, 50)])
def test_a_lesion_partly_outside_is_cut_off(blend: str, corner: tuple[float, float]) -> None:
    background = radiograph()
    lesion = Renderer(background, draw).render(scene(place(*corner, 10, blend))).lesions[0]
    whole = Renderer(background, draw).render(scene(place(50, 50, 10, blend))).lesions[0]
    assert 0 < lesion.area_px < 0.6 * whole.area_px
    x, y, width, height = lesion.box
    assert x >= 0
    assert y >= 0
    assert x + width <= 112
    assert y + height <= 96


@pytest.mark.parametrize("blend", NAMES)
@pytest.mark.parametrize("pixels", [0.4, 1, 2, 3])
def test_a_lesion_of_a_pixel_or_two_has_a_label_and_shows(blend: str, pixels: float) -> None:
    background = lung(noise=0)
    composite = Renderer(background, draw).render(scene(place(60.4, 24.3, 0.8 * pixels, blend, "ellipse")))
    lesion = composite.lesions[0]
    if pixels >= 2:
        assert composite.image.pixels[24, 60] > -750
    assert 1 <= lesion.area_px <= 9
    assert lesion.centroid == pytest.approx((60.4, 24.3), abs=0.8)
    assert lesion.diameter_mm == pytest.approx(0.8 * pixels, abs=0.8)


def test_a_scene_that_cannot_be_rendered_leaves_the_last_composite_valid() -> None:
    renderer = Renderer(lung(), draw)
    first = renderer.render(scene(place(30, 30)))
    with pytest.raises(LithographError, match="no blend mode 'glue'"):
        renderer.render(scene(place(32, 30), place(60, 60, blend="glue", name="b")))
    again = renderer.render(scene(place(30, 30)))
    assert again.changed == ()
    assert again.islands == first.islands


def test_a_lesion_without_a_label_is_listed_and_changes_nothing() -> None:
    from app.lesions.lesion import Lesion

    empty = Lesion(np.zeros((8, 8), np.float32), np.zeros((8, 8), np.float32), 1.0, "nodule")
    background = lung()
    composite = Renderer(background, lambda _name, _seed: empty).render(scene(place(30, 30)))
    assert composite.lesions[0].area_px == 0
    np.testing.assert_array_equal(composite.image.pixels, background.pixels)


def test_values_stay_within_what_the_format_can_hold() -> None:
    background = lung()
    for contrast, limit in ((30.0, 3071), (-30.0, -1024)):
        composite = Renderer(background, draw).render(scene(place(40, 40, 12, "paper", contrast=contrast)))
        inside = composite.image.pixels[40, 40]
        assert inside == limit


def test_label_numbers_beyond_255_fit() -> None:
    many = [place(4 * (n % 28), 4 * (n // 28), 1.6, "paper", name=str(n)) for n in range(300)]
    labels = Renderer(lung(), draw).render(scene(*many)).label_map()
    assert labels.dtype == np.uint16
    assert labels.max() == 300
