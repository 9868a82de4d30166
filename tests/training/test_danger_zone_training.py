"""Training from the application's own parts: samples are gathered and learnt from; a model comes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from app.errors import LithographError
from app.training import danger_zone
from app.training.samples import HELD_OUT, LEARN, SampleStore, read_sample
from models.danger_zone.network import Spec, load
from models.progress import finish

SEED = danger_zone._HELD_OUT_SEED


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work with few samples and a small network."""
    amounts = danger_zone._Amounts(phantoms=2, projections=0, held_out=1)
    monkeypatch.setattr(danger_zone, "_AMOUNTS", {"kub-xray": amounts, "lung-ct": amounts})
    spec_of: Callable[..., Spec] = danger_zone.spec_of

    def small_spec(task: object) -> Spec:
        spec = spec_of(task)
        return Spec(spec.structures, spec.kind, size=128, widths=(8, 12, 16))

    monkeypatch.setattr(danger_zone, "spec_of", small_spec)


@pytest.mark.usefixtures("small")
def test_a_radiograph_network_from_phantoms(tmp_path: Path) -> None:
    assert finish(danger_zone.train("kub-xray", None, tmp_path, steps=2)) == tmp_path
    network, card = load(tmp_path)
    assert "spine" in network.spec.structures
    assert card["samples"] == {LEARN: 2, HELD_OUT: 1}
    assert card["training"]["steps"] == 2
    assert "2 digital phantoms" in card["data"][0]
    assert 0 <= card["scores"]["spine"]["dice"] <= 1
    assert card["scores"]["spine"]["images"] == 1
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == 3


@pytest.mark.usefixtures("small")
def test_an_interrupted_training_keeps_the_old_model_and_resumes(tmp_path: Path) -> None:
    finish(danger_zone.train("kub-xray", None, tmp_path, steps=1))
    old = (tmp_path / "weights.safetensors").read_bytes()
    work = danger_zone.train("kub-xray", None, tmp_path, steps=3)
    assert any(progress.note == "Training" for progress in work)  # stops at the first step ...
    work.close()  # ... and is closed there
    assert (tmp_path / "weights.safetensors").read_bytes() == old
    notes = [
        (progress.note, progress.done)
        for progress in danger_zone.train("kub-xray", None, tmp_path, steps=3, resume=True)
    ]
    assert [done for note, done in notes if note == "Training"] == [2, 3]
    assert (tmp_path / "weights.safetensors").read_bytes() != old


@pytest.mark.usefixtures("small")
def test_slices_of_a_ct_are_split_by_block(tmp_path: Path, chest: Path) -> None:
    finish(danger_zone.train("lung-ct", chest, tmp_path, steps=1))
    store = SampleStore(tmp_path / "samples", load(tmp_path)[0].spec.structures, 128)
    learnt = [int(file.stem[-4:]) for file in store.files(LEARN) if "-ct0-" in file.name]
    held_out = [int(file.stem[-4:]) for file in store.files(HELD_OUT) if "-ct0-" in file.name]
    assert held_out == list(range(min(held_out), max(held_out) + 1))
    assert min(abs(one - other) for one in learnt for other in held_out) > 2
    sample = read_sample(store.folder / f"{HELD_OUT}-ct0-{held_out[0]:04d}.npz")
    lungs = sample.masks()[store.structures.index("lungs")]
    outside = sample.masks()[store.structures.index("outside")]
    assert 0.05 < lungs.mean() < 0.4
    assert outside[0].all()
    assert not (lungs & outside).any()


@pytest.fixture
def chest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a crude chest: a cylinder with two lungs."""
    v, u = np.mgrid[-64:64, -64:64].astype(float)
    hu = np.full((128, 128), -1000.0)
    hu[(u / 58) ** 2 + (v / 40) ** 2 < 1] = 40
    for side in (-1, 1):
        hu[((u - side * 28) / 20) ** 2 + (v / 28) ** 2 < 1] = -820
    volume = np.repeat(hu[None], 24, axis=0) + np.random.default_rng(0).normal(0, 10, (24, 128, 128))
    image = SimpleITK.GetImageFromArray(volume.astype(np.int16))
    image.SetSpacing((3.0, 3.0, 5.0))
    file = tmp_path_factory.mktemp("chest") / "chest.nii.gz"
    SimpleITK.WriteImage(image, str(file))
    return file


def test_bad_questions_are_answered_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LithographError, match="There is no task"):
        finish(danger_zone.train("knee", None, tmp_path / "a"))
    with pytest.raises(LithographError, match="There is no folder"):
        finish(danger_zone.train("lung-ct", tmp_path / "nowhere", tmp_path / "b", steps=1))
    (tmp_path / "empty").mkdir()
    with pytest.raises(LithographError, match="is empty"):
        finish(danger_zone.train("lung-ct", tmp_path / "empty", tmp_path / "c", steps=1))


def test_dice() -> None:
    one, other = np.zeros((2, 4, 4), bool)
    assert danger_zone.dice(one, other) == 1
    one[:2], other[1:3] = True, True
    assert danger_zone.dice(one, other) == 0.5
    assert danger_zone.dice(one, one) == 1
    assert danger_zone.dice(one, ~one) == 0
