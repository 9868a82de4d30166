"""Removing a lesion: what is filled is like what surrounds it, and nothing else changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest

from app.composition import Blackout, Removal, Renderer, Scene
from app.composition.backgrounds import load_background, reference_to
from app.composition.blackout import black_value
from app.composition.export import save_composite
from app.composition.removal import margin_of, reach_of, remove_lesion, remove_lesions
from app.composition.scene_file import read_scene
from app.errors import LithographError
from app.imaging import Image, read_image, write_image
from app.imaging.box import Box
from tests.composition.examples import draw, lung, place, radiograph, scene

LEVEL, SPREAD = 110.0, 12.0


def grained(seed: int, shape: tuple[int, int] = (160, 200)) -> np.ndarray:
    """(height, width) float32 noise whose neighbours go together, on a gentle slope."""
    white = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    noise = cv2.GaussianBlur(white, (0, 0), 0.9, sigmaY=0.6)
    slope = np.linspace(-10, 10, shape[1], dtype=np.float32)
    return LEVEL + slope + SPREAD * noise / noise.std()


def with_stone(
    pixels: np.ndarray, x: float, y: float, radius: float, contrast: float = 120
) -> tuple[np.ndarray, np.ndarray]:
    """`pixels` with a soft disc added, and where it is."""
    rows, columns = np.indices(pixels.shape)
    disc = np.clip(radius - np.hypot(columns - x, rows - y) + 0.5, 0, 1).astype(np.float32)
    disc = cv2.GaussianBlur(disc, (0, 0), 0.8)
    return pixels + contrast * disc, disc > 0.05


def around(x: float, y: float, radius: float) -> Box:
    return Box(x - radius - 1, y - radius - 1, 2 * radius + 2, 2 * radius + 2)


def together(values: np.ndarray, mask: np.ndarray, axis: int) -> float:
    """The correlation of neighbours that both lie in the mask."""
    first = np.take(values, range(values.shape[axis] - 1), axis)
    second = np.take(values, range(1, values.shape[axis]), axis)
    both = np.take(mask, range(values.shape[axis] - 1), axis) & np.take(
        mask, range(1, values.shape[axis]), axis
    )
    return float(np.corrcoef(first[both], second[both])[0, 1])


@pytest.mark.parametrize(
    ("dtype", "scale", "offset"),
    [(np.uint8, 1, 0), (np.uint16, 100, 0), (np.int16, 5, -900), (np.float32, 0.01, 0)],
)
def test_what_is_filled_is_like_its_neighbourhood_and_nothing_else_changes(
    dtype: type, scale: float, offset: float
) -> None:
    rng = np.random.default_rng(1)
    inner, outer, seams, usual, levels = [], [], [], [], []
    for seed in range(14):
        x, y, radius = rng.uniform(30, 170), rng.uniform(30, 130), rng.uniform(4, 12)
        values, stone = with_stone(grained(seed), x, y, radius)
        pixels: np.ndarray = (values * scale + offset).astype(dtype)
        box = around(x, y, radius)
        clean = remove_lesion(pixels, box, seed)
        assert clean.dtype == pixels.dtype
        assert pixels.max() > clean.max()

        changed = clean != pixels
        reach = reach_of(box, pixels.shape)
        assert changed[stone].mean() > 0.9
        changed[reach.slices] = False
        assert not changed.any()

        flat = (clean.astype(np.float64) - offset) / scale - np.linspace(-10, 10, 200)
        ring = np.zeros(stone.shape, bool)
        ring[reach.grown(12, 12).slices] = True
        ring[reach.slices] = False
        levels.append(flat[stone].mean() - flat[ring].mean())
        inner.append((flat[stone].std(), together(flat, stone, 0), together(flat, stone, 1)))
        outer.append((flat[ring].std(), together(flat, ring, 0), together(flat, ring, 1)))
        # Steps from a filled pixel to one that was kept: a seam would make them larger.
        filled = clean != pixels
        across = filled[:, 1:] != filled[:, :-1]
        steps = np.abs(np.diff(flat, axis=1))
        seams.append((steps[across] ** 2).mean())
        usual.append((steps[:20] ** 2).mean())
    spread, down, along = np.mean(inner, axis=0)
    wanted_spread, wanted_down, wanted_along = np.mean(outer, axis=0)
    assert abs(np.mean(levels)) < 0.15 * SPREAD
    assert np.std(levels) < 0.4 * SPREAD
    assert spread == pytest.approx(wanted_spread, rel=0.12)
    assert down == pytest.approx(wanted_down, abs=0.08)
    assert along == pytest.approx(wanted_along, abs=0.08)
    assert np.mean(seams) == pytest.approx(np.mean(usual), rel=0.2)


def test_the_seed_chooses_and_the_same_seed_gives_the_same() -> None:
    pixels, stone = with_stone(grained(3), 90, 70, 8)
    first, again, other = (remove_lesion(pixels, around(90, 70, 8), seed) for seed in (1, 1, 4))
    np.testing.assert_array_equal(first, again)
    assert (first[stone] != other[stone]).mean() > 0.5
    np.testing.assert_array_equal(first, remove_lesion(pixels, (81, 61, 18, 18), 1))


@pytest.mark.parametrize(
    "box",
    [
        Box(-0.5, 50, 14, 16),
        Box(-9, -9, 20, 20),
        Box(190, 60, 40, 12),
        Box(100, 150, 30, 30),
        Box(-3, 140, 203, 40),
        Box(60, 60, 1, 1),
        Box(40, 30, 110, 90),
    ],
)
def test_a_box_at_the_border_and_one_partly_outside_are_filled(box: Box) -> None:
    inside = box.clipped((160, 200))
    assert inside is not None
    x, y = inside.centre
    pixels, stone = with_stone(grained(5), x, y, min(inside.width, inside.height) / 3 + 1, 300)
    clean = remove_lesion(pixels, box, 2)
    assert np.isfinite(clean).all()
    assert pixels[stone].max() > LEVEL + 150
    assert clean[stone].max() < LEVEL + 10 + 5 * SPREAD
    assert clean[stone].mean() == pytest.approx(LEVEL, abs=10 + SPREAD)
    kept = np.ones(pixels.shape, bool)
    kept[reach_of(box, pixels.shape).slices] = False
    np.testing.assert_array_equal(clean[kept], pixels[kept])


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (Box(300, 20, 10, 10), "lies outside the image of 200 × 160 pixels"),
        (Box(-30, 20, 29.5, 10), "lies outside"),
        (Box(10, 10, 170, 140), "covers most of the image"),
    ],
)
def test_what_cannot_be_removed_is_refused_in_one_sentence(box: Box, reason: str) -> None:
    with pytest.raises(LithographError, match=reason) as caught:
        remove_lesion(grained(0), box, 1)
    assert str(caught.value).count(". ") == 0


def test_a_lesion_darker_than_its_surroundings_and_pixels_that_are_no_number() -> None:
    pixels, stone = with_stone(grained(7), 100, 80, 9, contrast=-100)
    pixels[76:80, 60:64] = np.nan
    clean = remove_lesion(pixels, around(100, 80, 9), 1)
    assert clean[stone].mean() == pytest.approx(LEVEL, abs=SPREAD / 2)
    assert clean[stone].min() > 50
    assert np.isnan(clean[76:80, 60:64]).all()


def test_lesions_that_touch_are_filled_as_one_and_none_fills_another() -> None:
    pixels, left = with_stone(grained(8), 80, 80, 9)
    pixels, right = with_stone(pixels, 97, 82, 8)
    pixels, far = with_stone(pixels, 120, 110, 8)
    boxes = [around(80, 80, 9), around(97, 82, 8), around(120, 110, 8)]
    clean = remove_lesions(pixels, boxes, 1)
    for stone in (left, right, far):
        assert clean[stone].mean() == pytest.approx(LEVEL, abs=0.6 * SPREAD)
        assert clean[stone].max() < LEVEL + 60
    alone = remove_lesion(pixels, boxes[2], 1)
    assert alone[far].max() < LEVEL + 60
    np.testing.assert_array_equal(alone[left], pixels[left])


def test_a_nodule_at_the_chest_wall_leaves_lung_and_wall() -> None:
    image = lung(160, 200)  # the wall begins at column 150
    pixels = image.pixels.astype(np.float32)
    pixels, _ = with_stone(pixels, 146, 30, 8, 800)
    pixels[:, 150:] = image.pixels[:, 150:]
    box = Box(136, 19, 18, 22)
    clean = remove_lesion(pixels.astype(np.int16), box, 1)
    rows = slice(24, 36)
    assert np.median(pixels[rows, 140:148]) > -300
    assert np.median(clean[rows, 139:147]) == pytest.approx(-850, abs=40)
    assert np.median(clean[rows, 152:156]) == pytest.approx(45, abs=40)


def test_a_small_image_without_a_place_to_copy_is_still_filled_with_grain() -> None:
    pixels, stone = with_stone(grained(9, (56, 56)), 28, 28, 11, 300)
    clean = remove_lesion(pixels, Box(15, 15, 26, 26), 1)
    assert clean[stone].mean() == pytest.approx(LEVEL, abs=SPREAD)
    assert clean[stone].std() > SPREAD / 3
    assert margin_of(Box(15, 15, 26, 26)) == 5


STONE = Removal(Box(40, 20, 16, 18), 3)
BESIDE = Removal(Box(52, 30, 14, 12), 4)
TEXT = Blackout(66, 20, 20, 30)
BASE = scene(
    place(30, 30, blend="attenuation", name="a"),
    place(80, 60, 10, name="b"),
    place(104, 8, 6, name="c"),
)
STEPS = [
    BASE,
    replace(BASE, removals=(STONE,)),
    replace(BASE, removals=(STONE, BESIDE)),
    replace(BASE, removals=(BESIDE,), blackouts=(TEXT,)),
    replace(BASE, blackouts=(TEXT,)),
    replace(BASE, placements=(), removals=(STONE,)),
]


@pytest.mark.parametrize("image", [radiograph(), lung()])
def test_a_canvas_that_follows_the_changes_shows_what_a_new_renderer_makes(image: Image) -> None:
    renderer = Renderer(image, draw)
    canvas, shown = image.pixels.copy(), None
    for number, step in enumerate([0, 1, 2, 0, 3, 1, 5, 2, 4, 3, 0, 1, 5, 0]):
        composite = renderer.render(STEPS[step])
        if number % 3 == 1:
            continue
        fresh = Renderer(image, draw).render(STEPS[step])
        for rect in composite.changed_since(shown):
            canvas[rect.slices] = composite.crop(rect)
        shown = composite
        np.testing.assert_array_equal(canvas, fresh.image.pixels)
        assert [one.contrast for one in composite.lesions] == [one.contrast for one in fresh.lesions]
        assert composite.original is image


def test_a_removal_touches_only_what_is_near_it() -> None:
    image = Image(np.random.default_rng(0).normal(1000, 20, (400, 500)).astype(np.uint16))
    renderer = Renderer(image, draw)
    chosen = scene(place(60, 60, blend="attenuation"), place(420, 330, blend="attenuation", name="near"))
    before = renderer.render(chosen)
    after = renderer.render(replace(chosen, removals=(Removal(Box(370, 280, 20, 20), 1),)))
    assert after.islands[0] is before.islands[0], "a lesion far away is not rendered again"
    assert sum(rect.shape[0] * rect.shape[1] for rect in after.changed) < 8000
    assert renderer.render(chosen).changed == after.changed
    assert renderer.render(replace(chosen, removals=(Removal(Box(370, 280, 20, 20), 1),))).fillings == (
        after.fillings
    ), "taken back and done again, it is not filled again"


def test_black_stays_black_and_its_text_is_copied_nowhere() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.normal(1000, 20, (120, 160)).astype(np.uint16)
    pixels[20:40, 66:86] = np.where(rng.random((20, 20)) < 0.5, 3500, 200)
    image = Image(pixels)
    chosen = replace(STEPS[3], placements=(), removals=(STONE, Removal(Box(60, 30, 14, 12), 4)))
    background = Renderer(image, draw).render(chosen).background.pixels
    assert (background[20:50, 66:86] == black_value(image)).all()
    outside = np.ones(pixels.shape, bool)
    outside[20:50, 66:86] = False
    assert background[outside].min() > 850
    assert background[outside].max() < 1150
    unread = Renderer(Image(np.where(outside, pixels, 1000).astype(np.uint16)), draw).render(chosen)
    np.testing.assert_array_equal(unread.background.pixels[outside], background[outside])


def test_what_is_saved_says_what_was_removed_and_renders_to_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "background.dcm"
    image = radiograph()
    pixels, stone = with_stone(image.pixels.astype(np.float32), 60, 50, 6, 900)
    write_image(image.with_pixels(pixels.astype(np.uint16)), file)
    background = read_image(file)
    removal = Removal(around(60, 50, 6), 8)
    chosen = (place(60, 50, 5, blend="attenuation", name="over"), place(25, 25, 5, name="beside"))
    one = Scene("kub-xray", reference_to(background), chosen, (Blackout(90, 60, 9, 9),), (removal,))
    composite = Renderer(background, draw).render(one)
    assert (composite.background.pixels[stone] != background.pixels[stone]).mean() > 0.9
    assert composite.lesions[0].contrast > 0
    save_composite(one, composite, tmp_path / "one")

    described = pydicom.dcmread(tmp_path / "one" / "composite.dcm").DerivationDescription
    assert described.startswith(
        "Synthetic lesions placed, 1 lesion of the image removed and filled from around it and 1 area of the "
        "image blacked out by Lithograph"
    )
    first, second = json.loads((tmp_path / "one" / "labels.json").read_text())
    assert first["on_removed"] is True
    assert "on_removed" not in second
    value = json.loads((tmp_path / "one" / "scene.json").read_text())
    assert value["version"] == 3
    assert value["removals"] == [{"x": 53.0, "y": 43.0, "width": 14.0, "height": 14.0, "seed": 8}]

    again = read_scene(tmp_path / "one" / "scene.json")
    assert again == one
    found, _ = load_background(again.background)
    save_composite(again, Renderer(found, draw).render(again), tmp_path / "two")
    for name in (path.name for path in (tmp_path / "one").iterdir()):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name

    value["removals"][0]["width"] = 0
    (tmp_path / "bad.json").write_text(json.dumps(value))
    with pytest.raises(LithographError, match="removals › 1 › width"):
        read_scene(tmp_path / "bad.json")
    beyond = replace(one, removals=(Removal(Box(5000, 5, 9, 9), 1),))
    with pytest.raises(LithographError, match="lies outside the image"):
        Renderer(background, draw).render(beyond)
