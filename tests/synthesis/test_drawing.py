"""New backgrounds by the network: always the same for a seed, ready for lesions, found again by a scene."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.composition.backgrounds import load_background, reference_to
from app.composition.scene import Scene
from app.composition.scene_file import read_scene, write_scene
from app.errors import LithographError
from app.imaging import Image, read_image, write_image
from app.simulation import Background, generate
from app.synthesis.drawing import draw
from app.synthesis.models import background_model, can_draw, has_model
from app.tasks import task
from models.progress import finish
from tests.synthesis.tiny_model import SIDE, TASKS, tiny_model, use


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The folder of the tiny model, which is in use for all of its tasks."""
    use(tiny_model(), tmp_path / "model", tuple(TASKS))
    return tmp_path / "model"


def _check_of_task(made: Background, name: str, dtype: type) -> None:
    """It is such an image as the simulators make, and a lesion can be placed into it at once."""
    image = made.image
    assert (image.pixels.shape, image.pixels.dtype, image.unit) == ((SIDE, SIDE), dtype, TASKS[name])
    assert image.spacing == (1.0, 1.0)
    assert image.value_range[0] <= image.pixels.min() < image.pixels.max() <= image.value_range[1]
    assert image.windows
    assert made.anatomy.origin == f"network danger-zone/{name}"
    assert made.anatomy.labels(task(name)).shape == (SIDE, SIDE)


@pytest.mark.usefixtures("model")
def test_a_seed_draws_the_same_background_and_another_seed_another_one() -> None:
    first = finish(draw("kub-xray", 3, temperature=0.9, steps=4))
    _check_of_task(first, "kub-xray", np.uint16)
    again = finish(generate("kub-xray", 3, source="vqgan", temperature=0.9, steps=4))
    other = finish(draw("kub-xray", 4, temperature=0.9, steps=4))
    assert first.image.digest == again.image.digest
    assert first.recipe == again.recipe
    assert first.image.digest != other.image.digest
    recipe = dict(first.recipe)
    assert re.fullmatch("[0-9a-f]{64}", str(recipe.pop("model")))
    assert recipe == {
        "device": "cpu", "seed": 3, "source": "vqgan", "steps": 4, "task": "kub-xray", "temperature": 0.9,
    }  # fmt: skip
    assert list(dict(first.recipe)) == sorted(dict(first.recipe))


@pytest.mark.usefixtures("model")
def test_a_ct_is_drawn_in_hu() -> None:
    made = finish(draw("lung-ct", 0))
    _check_of_task(made, "lung-ct", np.int16)


def test_no_spacing_is_invented_where_the_network_knows_none(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(-160, 240, (64, 48)).astype(np.int16)
    image = Image(pixels, unit="HU", modality="CT", value_range=(-1024, 3071))
    write_image(image, tmp_path / "drawn.dcm")
    back = read_image(tmp_path / "drawn.dcm")
    np.testing.assert_array_equal(back.pixels, pixels)
    assert (back.unit, back.spacing) == ("HU", None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seed": -1}, "0 or above"),
        ({"temperature": 0.0}, "temperature is 0.1 to 3, not 0"),
        ({"temperature": float("nan")}, "temperature is 0.1 to 3, not nan"),
        ({"steps": 0}, "decoding steps is 1 to 64, not 0"),
        ({"steps": 65}, "decoding steps is 1 to 64"),
        ({"size": 256}, f"draws {SIDE} × {SIDE} pixels for the task 'kub-xray', not 256"),
    ],
)
@pytest.mark.usefixtures("model")
def test_what_cannot_be_drawn_is_said_in_a_sentence(arguments: dict, words: str) -> None:
    with pytest.raises(LithographError, match=words) as error:
        finish(draw("kub-xray", **{"seed": 0, **arguments}))
    assert str(error.value).endswith(".")


def test_models_that_will_not_do_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as nothing_shipped:
        nothing_shipped.setattr("app.anatomy.versions.MODELS", tmp_path / "nothing")
        assert not has_model("kub-xray")
        with pytest.raises(LithographError, match="no background network for the task 'kub-xray'"):
            finish(draw("kub-xray", 0))
    use(tiny_model(prior=False), tmp_path / "reconstructs")
    assert has_model("kub-xray")
    assert not can_draw("kub-xray")
    with pytest.raises(LithographError, match="only reconstructs"):
        finish(draw("kub-xray", 0))
    model = tiny_model()
    del model.tasks["lung-ct"], model.card["tasks"]["lung-ct"]
    use(model, tmp_path / "without", ["lung-ct"])
    assert not has_model("lung-ct")
    with pytest.raises(LithographError, match="does not know the task 'lung-ct'"):
        finish(draw("lung-ct", 0))


def test_damaged_weights_are_named(home: Path, model: Path) -> None:
    weights = home / "models/hiresmed_vqgan/kub-xray/v001/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(LithographError, match=r"v001/weights\.safetensors are damaged"):
        finish(draw("kub-xray", 0))
    weights.unlink()
    with pytest.raises(LithographError, match="missing"):
        finish(draw("kub-xray", 0))


def test_a_scene_finds_a_drawn_background_again_whatever_is_in_use(
    home: Path, model: Path, tmp_path: Path
) -> None:
    drawn = finish(draw("kub-xray", 5, temperature=1.0))
    write_scene(Scene("kub-xray", reference_to(drawn)), tmp_path / "scene.json")
    scene = read_scene(tmp_path / "scene.json")
    assert scene.background == reference_to(drawn)
    newer = tiny_model()
    newer.vqgan.decoder[0].weight.data += 0.1
    use(newer, tmp_path / "newer")
    assert background_model(task("kub-xray")).card["sha256"] != dict(drawn.recipe)["model"]

    image, anatomy = load_background(scene.background)
    np.testing.assert_array_equal(image.pixels, drawn.image.pixels)
    assert anatomy is not None
    recipe = dict(scene.background.recipe or ())
    for key, value in (("temperature", "hot"), ("steps", 1.5), ("size", 128)):
        wrong = replace(scene.background, recipe=tuple(sorted({**recipe, key: value}.items())))
        with pytest.raises(LithographError, match="complete recipe"):
            load_background(wrong)
    elsewhere = replace(scene.background, recipe=tuple(sorted({**recipe, "device": "cuda"}.items())))
    with pytest.raises(LithographError, match="a GPU"):
        load_background(elsewhere)
    shutil.rmtree(home / "models/hiresmed_vqgan/kub-xray/v001")
    with pytest.raises(LithographError, match="network that is not here"):
        load_background(scene.background)
