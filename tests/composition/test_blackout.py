"""Black-outs and hidden placements: what is drawn, what is saved, and what the live picture is told."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from app.composition import Blackout, Renderer, Scene
from app.composition.backgrounds import load_background, reference_to
from app.composition.blackout import black_value, blacked_out
from app.composition.export import save_composite
from app.composition.scene_file import read_scene
from app.imaging import Image, Window, read_image, read_label_map, write_image
from tests.composition.examples import draw, flat, lung, place, radiograph, scene

CORNER = Blackout(-5, -3, 25, 13)  # reaches out of the image: 20 × 10 of it are in
TEXT = Blackout(60, 50, 30, 20)


def test_a_black_out_is_clipped_and_one_outside_is_no_black_out() -> None:
    image = radiograph()
    black = blacked_out(image, (CORNER, TEXT))
    inside = np.zeros(image.pixels.shape, bool)
    inside[:10, :20] = inside[50:70, 60:90] = True
    assert (black.pixels[inside] == black_value(image)).all()
    np.testing.assert_array_equal(black.pixels[~inside], image.pixels[~inside])
    assert (black.source, black.windows) == (image.source, image.windows)
    for nothing in ((), (Blackout(-20, 0, 20, 10), Blackout(0, image.height, 5, 5))):
        assert blacked_out(image, nothing) is image


@pytest.mark.parametrize(
    ("image", "value"),
    [
        (replace(lung(), value_range=(-1024.0, 3071.0)), -1024),
        (replace(lung(), value_range=(-32768.0, 32767.0)), -2000),
        (replace(flat(700), value_range=(0.0, 65535.0)), 699),
        (replace(flat(700), windows=(Window(2000, 3000),)), 500),
        (replace(flat(700), windows=(Window(700, 3000),)), 0),
        (replace(flat(700), inverted=True), 701),
        (replace(flat(700), inverted=True, windows=(Window(2000, 9000),)), 4095),
        (replace(flat(), pixels=np.linspace(-1, 1, 100, dtype=np.float32).reshape(10, 10),
                 value_range=(-3e38, 3e38)), -1),
    ],
)  # fmt: skip
def test_black_is_black_in_the_images_own_window(image: Image, value: float) -> None:
    black = black_value(image)
    assert black == value
    window = image.automatic_window
    assert image.value_range[0] <= black <= image.value_range[1]
    if image.unit != "HU":
        assert black >= window.high or black >= image.value_range[1] if image.inverted else (
            black <= window.low or black <= image.value_range[0]
        )  # fmt: skip


STEPS = [
    scene(place(30, 30, blend="attenuation", name="a"), place(80, 60, 10, name="b")),
    scene(place(30, 30, blend="attenuation", name="a"), place(80, 60, 10, name="b", hidden=True)),
]
STEPS += [replace(STEPS[0], blackouts=(TEXT,)), replace(STEPS[0], blackouts=(CORNER, TEXT))]
STEPS += [replace(STEPS[1], blackouts=(CORNER,)), replace(STEPS[0], placements=(), blackouts=(CORNER,))]


@pytest.mark.parametrize("image", [radiograph(), radiograph(inverted=True), lung()])
def test_a_canvas_that_follows_the_changes_shows_what_a_new_renderer_makes(image: Image) -> None:
    """Every step to every other one, with one in between that the canvas never sees."""
    renderer = Renderer(image, draw)
    canvas, shown = image.pixels.copy(), None
    order = [0, 2, 3, 1, 4, 0, 5, 2, 4, 3, 0, 1, 5, 0]
    for number, step in enumerate(order):
        composite = renderer.render(STEPS[step])
        if number % 3 == 1:
            continue
        fresh = Renderer(image, draw).render(STEPS[step])
        for rect in composite.changed_since(shown):
            canvas[rect.slices] = composite.crop(rect)
        shown = composite
        np.testing.assert_array_equal(canvas, fresh.image.pixels)
        np.testing.assert_array_equal(composite.label_map(), fresh.label_map())
        assert composite.original is image
        np.testing.assert_array_equal(
            composite.background.pixels, blacked_out(image, STEPS[step].blackouts).pixels
        )
        assert [lesion.placement for lesion in composite.lesions] == list(STEPS[step].visible)


def test_a_black_out_far_away_repaints_only_itself_and_moves_no_lesion() -> None:
    image = flat(1000, (400, 500))
    renderer = Renderer(image, draw)
    before = renderer.render(scene(place(60, 60, blend="attenuation")))
    after = renderer.render(
        replace(scene(place(60, 60, blend="attenuation")), blackouts=(Blackout(300, 300, 50, 20),))
    )
    assert sum(rect.shape[0] * rect.shape[1] for rect in after.changed) < 5000
    assert after.lesions[0].contrast == before.lesions[0].contrast
    np.testing.assert_array_equal(after.image.pixels[:200, :200], before.image.pixels[:200, :200])


@pytest.mark.parametrize("kind", ["png", "dicom", "hu"])
def test_what_is_saved_is_blacked_out_and_renders_to_the_same_bytes(tmp_path: Path, kind: str) -> None:
    image = lung() if kind == "hu" else radiograph()
    if kind == "png":
        file = tmp_path / "background.png"
        import cv2

        cv2.imwrite(str(file), image.pixels)
    else:
        file = tmp_path / "background.dcm"
        write_image(image, file)
    background = read_image(file)
    blend = "density" if kind == "hu" else "attenuation"
    chosen = (
        place(70, 60, blend=blend, name="first", hidden=True),
        place(40, 40, blend=blend, name="second", overridden=True, override_reason="spine"),
    )
    one = Scene("kub-xray", reference_to(background), chosen, (TEXT,))
    save_composite(one, Renderer(background, draw).render(one), tmp_path / "one")

    suffix = "png" if kind == "png" else "dcm"
    saved = read_image(tmp_path / "one" / f"composite.{suffix}")
    assert (saved.pixels[50:70, 60:90] == black_value(background)).all()
    preview = read_image(tmp_path / "one" / "preview.png")
    assert not preview.pixels[50:70, 60:90].any()
    assert read_label_map(tmp_path / "one" / "lesions.nii.gz").max() == 1
    (entry,) = json.loads((tmp_path / "one" / "labels.json").read_text())
    assert (entry["id"], entry["label"], entry["override_reason"]) == ("second", 1, "spine")
    if suffix == "dcm":
        described = pydicom.dcmread(tmp_path / "one" / "composite.dcm").DerivationDescription
        assert "1 area of the image blacked out" in described

    again = read_scene(tmp_path / "one" / "scene.json")
    assert again == one
    assert again.background.digest == background.digest
    found, _ = load_background(again.background)
    save_composite(again, Renderer(found, draw).render(again), tmp_path / "two")
    for name in (path.name for path in (tmp_path / "one").iterdir()):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_every_override_is_logged_when_it_is_saved(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    image = radiograph()
    chosen = (
        place(30, 30, name="lesion-1"),
        place(80, 60, name="lesion-3", overridden=True, override_reason="spine"),
        place(50, 60, name="lesion-4", overridden=True),
        place(20, 60, name="lesion-5", overridden=True, hidden=True),
    )
    with caplog.at_level(logging.INFO, "app.composition.export"):
        save_composite(scene(*chosen), Renderer(image, draw).render(scene(*chosen)), tmp_path / "out")
    assert caplog.messages == [
        "lesion-3 was placed in the danger zone on purpose (spine)",
        "lesion-4 was placed in the danger zone on purpose",
    ]
    entries = json.loads((tmp_path / "out" / "labels.json").read_text())
    assert ["override_reason" in entry for entry in entries] == [False, True, False]
