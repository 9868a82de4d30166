"""The library: what it lists, loads and draws, and what it says of damage."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.errors import LithographError
from app.lesions import library
from app.tasks import task

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path.parent.name for path in library.shipped_folder().glob("*/card.json"))


@pytest.fixture
def users_toy(home, trained_folder):
    """The folder of the trained toy model in the user's library."""
    target = home / "lesions" / "toy"
    shutil.copytree(trained_folder, target)
    return target


def test_the_shipped_library_is_whole():
    assert len(SHIPPED) >= 12
    assert sum(name.startswith("nodule-") for name in SHIPPED) >= 8
    assert sum(name.startswith("stone-") for name in SHIPPED) >= 4
    for name in ("kub-xray", "lung-ct"):
        assert task(name).lesion in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_model_draws_lesions(name):
    model = library.load(name)
    card = model.card
    drawn = set()
    for seed in range(20):
        lesion = library.draw(name, seed)
        inside = lesion.residual[lesion.alpha >= 0.5]
        assert np.isfinite(lesion.residual).all()
        assert inside.size > 100
        assert 0.6 < inside.mean() / (card["contrast"] * card["shape"]["contrast"]) < 1.5
        assert lesion.alpha.max() > 0.9
        assert not lesion.residual[lesion.alpha == 0].any()
        assert 0.5 < lesion.diameter_mm / card["exemplar"]["diameter_mm"] < 1.7
        drawn.add(lesion.residual.tobytes())
    assert len(drawn) == 20
    assert card["quality"]["lesion_present"] >= 98
    assert card["memorisation"]["nearest_exemplar"]["median"] > card["memorisation"]["drawn_again_below"]
    assert card["licence"].startswith(("LIDC-IDRI", "Kidney stone CT images"))
    folder = library.shipped_folder() / name
    assert sum(file.stat().st_size for file in folder.iterdir()) < 400_000


def test_entries_are_those_of_a_task(users_toy):
    nodules = library.entries("lung-ct")
    assert {entry.kind for entry in nodules} == {"nodule"}
    assert {"toy", "parametric-solid"} <= {entry.name for entry in nodules}
    assert library.entries(task("lung-ct")) == nodules
    stones = [entry.name for entry in library.entries("kub-xray")]
    assert "parametric-stone" in stones
    assert "toy" not in stones
    assert len(library.entries()) == len(nodules) + len(stones)


def test_entries_say_whose_they_are_and_how_large(users_toy):
    known = {entry.name: entry for entry in library.entries()}
    assert [name for name, entry in known.items() if entry.own] == ["toy"]
    assert known["toy"].diameter_mm == pytest.approx(7, abs=1)
    assert known[SHIPPED[0]].diameter_mm == library.load(SHIPPED[0]).card["exemplar"]["diameter_mm"]
    assert known["parametric-solid"].diameter_mm is None


def test_only_the_users_own_models_can_be_removed(users_toy):
    library.draw("toy", 0)
    library.remove("toy")
    assert not users_toy.exists()
    assert list(users_toy.parent.iterdir()) == []
    assert "toy" not in {entry.name for entry in library.entries()}
    with pytest.raises(LithographError, match="no lesion model 'toy'"):
        library.draw("toy", 0)
    for name in (SHIPPED[0], "parametric-solid"):
        with pytest.raises(LithographError, match=r"comes with Lithograph; only models of your own"):
            library.remove(name)
    assert (library.shipped_folder() / SHIPPED[0] / "card.json").exists()
    with pytest.raises(LithographError, match="no lesion model 'toy'"):
        library.remove("toy")


def test_the_users_model_draws_what_its_card_says(users_toy):
    lesion = library.draw("toy", 0)
    assert lesion.spacing_mm == json.loads((users_toy / "card.json").read_text())["spacing_mm"]
    assert library.draw("toy", 0) is lesion
    assert library.draw("toy", 1) is not lesion
    with pytest.raises(ValueError, match="read-only"):
        lesion.residual[0, 0] = 1


_DRAW = """
import hashlib, sys
from app.lesions import library
digest = hashlib.sha256()
for name in sys.argv[1:]:
    for seed in (0, 7, 2**40, -3):
        lesion = library.draw(name, seed)
        digest.update(lesion.residual.tobytes() + lesion.alpha.tobytes())
print(digest.hexdigest())
"""


def test_a_seed_draws_the_same_bytes_in_every_process(users_toy):
    names = ["toy", "parametric-solid", *SHIPPED[:2]]
    digests = {
        subprocess.run(
            [sys.executable, "-c", _DRAW, *names], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(digests) == 1


def test_a_model_trained_anew_is_not_drawn_from_memory(users_toy):
    before = library.draw("toy", 0)
    card = json.loads((users_toy / "card.json").read_text())
    card["contrast"] *= 2
    (users_toy / "card.json").write_text(json.dumps(card))
    np.testing.assert_allclose(library.draw("toy", 0).residual, 2 * before.residual, rtol=1e-6)


def test_an_unknown_name_gets_near_ones():
    with pytest.raises(LithographError, match=r"did you mean parametric-solid"):
        library.load("parametric-solit")
    with pytest.raises(LithographError, match=r"choose one of .*parametric-stone"):
        library.draw("zzz", 0)


def _truncate(folder: Path) -> None:
    file = folder / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def _flip(folder: Path) -> None:
    data = bytearray((folder / "weights.safetensors").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "weights.safetensors").write_bytes(data)


def _remove(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()


def _change(key: str, value: object):
    def change(folder: Path) -> None:
        card = json.loads((folder / "card.json").read_text())
        card[key] = value
        (folder / "card.json").write_text(json.dumps(card))

    return change


@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _flip,
        _remove,
        _change("network", {"sizes": [4], "amplitudes": [1.0], "fixed_noise_seed": 0}),
        _change("network", None),
        _change("contrast", "much"),
        _change("shape", {}),
        _change("format", 99),
    ],
)
def test_damage_is_a_sentence(users_toy, damage):
    damage(users_toy)
    with pytest.raises(LithographError) as raised:
        library.load("toy")
    said = str(raised.value)
    assert str(users_toy) in said
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("text", ["", "[]", "{", '{"title": "x"}'])
def test_a_damaged_card_is_left_out_of_the_list_and_explained_when_asked_for(users_toy, text):
    (users_toy / "card.json").write_text(text)
    assert "toy" not in {entry.name for entry in library.entries()}
    with pytest.raises(LithographError, match="damaged"):
        library.load("toy")
