"""The nearest training images: found, shown again, and told from copies."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.errors import LithographError
from app.imaging import Image, read_image
from app.simulation import generate
from app.synthesis.neighbours import Neighbour, memorised, nearest, picture
from app.synthesis.values import Values
from app.tasks import task
from models.hiresmed_vqgan.grey import GREY_SCALES
from models.progress import finish
from tests.synthesis.tiny_model import tiny_model, use

KUB = task("kub-xray")


def seen(image: Image) -> np.ndarray:
    return Values.of(image, KUB, GREY_SCALES["kub-xray"]).to_network(image.pixels)


def test_the_nearest_training_image_is_found_and_shown_again(tmp_path: Path) -> None:
    phantom = finish(generate("kub-xray", 2, size=256)).image
    drawing = (np.indices((200, 160)).sum(0) % 23 * 11).astype(np.uint8)
    assert cv2.imwrite(str(tmp_path / "stripes.png"), drawing)
    stripes = read_image(tmp_path / "stripes.png")
    learnt = [
        ({"name": "stripes", "path": str(tmp_path / "stripes.png")}, seen(stripes)),
        ({"name": "phantom-0000002", "source": "phantom", "number": 2}, seen(phantom)),
        ({"name": "elsewhere"}, seen(phantom)[::-1].copy()),
    ]
    use(tiny_model(learnt), tmp_path / "model")

    found = finish(nearest(phantom, KUB))
    assert [one.name for one in found] == ["phantom-0000002", "elsewhere", "stripes"]
    assert found[0].distance < 1e-3 < found[1].distance < found[2].distance
    assert (found[0].copied, found[2].copied) == (True, False)
    assert found[0].origin == "simulated (phantom, seed 2)"
    assert memorised(found[0].distance, KUB)
    assert not memorised(found[2].distance, KUB)
    assert finish(picture(found[1])) is None

    again = finish(nearest(stripes, KUB, count=1))
    assert [one.name for one in again] == ["stripes"]
    shown = finish(picture(again[0]))
    assert shown is not None
    np.testing.assert_array_equal(shown.pixels, drawing)
    (tmp_path / "stripes.png").unlink()
    assert finish(picture(again[0])) is None


def test_a_simulated_training_image_is_made_again() -> None:
    made = finish(picture(Neighbour("phantom-0000003", 0.1, False, "lung-ct", source="phantom", number=3)))
    assert made is not None
    assert (made.unit, made.pixels.shape) == ("HU", (512, 512))
    gone = Neighbour("ct0-0000001", 0.1, None, "kub-xray", source="ct:/nowhere", number=1)
    assert finish(picture(gone)) is None


def test_a_model_that_does_not_say_what_it_learnt_from_is_named(tmp_path: Path) -> None:
    use(tiny_model(), tmp_path / "model")
    image = Image(np.arange(128 * 128, dtype=np.uint16).reshape(128, 128))
    with pytest.raises(LithographError, match="does not say which images it has learnt from"):
        finish(nearest(image, KUB))
