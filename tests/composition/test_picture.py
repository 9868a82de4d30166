"""The composite's image alone, in several formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from app.composition import Composite, Renderer
from app.composition.picture import forms, save_picture
from app.errors import LithographError
from app.imaging import read_image, write_image
from app.imaging.image import Image, Window
from tests.composition import examples

WINDOW = Window(1500, 2000)


def _save(image: Image, path: Path, form: str, **more: bool) -> tuple[Composite, str]:
    scene = examples.scene(examples.place(60, 50))
    composite = Renderer(image, examples.draw).render(scene)
    assert not np.array_equal(composite.image.pixels, image.pixels)
    options = {"inverted": False} | more
    return composite, save_picture(scene, composite, path, form, window=WINDOW, **options)


def test_every_form_on_offer_keeps_what_it_promises(tmp_path: Path) -> None:
    write_image(examples.radiograph(), tmp_path / "kub.dcm")
    image = read_image(tmp_path / "kub.dcm")
    assert [form.name for form in forms(image)] == ["native", "png16", "png8", "tiff"]
    for form in forms(image):
        path = tmp_path / f"{form.name}{form.suffix}"
        composite, note = _save(image, path, form.name)
        assert note == ""
        if form.name != "png8":
            assert np.array_equal(read_image(path).pixels, composite.image.pixels)
            assert read_image(path).spacing == image.spacing or form.name == "png16"
    seen = np.asarray(Pillow.open(tmp_path / "png8.png"))
    assert seen.dtype == np.uint8
    expected = np.clip((composite.image.pixels - WINDOW.low) * 255 / WINDOW.width, 0, 255)
    assert np.abs(seen - expected).max() <= 0.51
    _save(image, tmp_path / "negative.png", "png8", inverted=True)
    assert np.array_equal(np.asarray(Pillow.open(tmp_path / "negative.png")), 255 - seen)


def test_negative_values_are_lifted_and_that_is_said(tmp_path: Path) -> None:
    composite, note = _save(examples.lung(), tmp_path / "lung.png", "png16")
    assert "plus 1,024" in note
    stored = read_image(tmp_path / "lung.png").pixels.astype(int)
    assert np.array_equal(stored - 1024, composite.image.pixels)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    write_image(examples.radiograph(), tmp_path / "kub.dcm")
    image = read_image(tmp_path / "kub.dcm")
    before = (tmp_path / "kub.dcm").read_bytes()
    with pytest.raises(LithographError, match="background's own file"):
        _save(image, tmp_path / "kub.dcm", "native")
    assert (tmp_path / "kub.dcm").read_bytes() == before
    floats = Image(examples.radiograph().pixels.astype(np.float32) / 7, (0.5, 0.4))
    with pytest.raises(LithographError, match="choose TIFF"):
        _save(floats, tmp_path / "floats.png", "png16")
    assert not (tmp_path / "floats.png").exists()
    _save(floats, tmp_path / "floats.tif", "tiff")
    assert read_image(tmp_path / "floats.tif").pixels.dtype == np.float32
