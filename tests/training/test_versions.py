"""Versions of networks: kept beside each other, chosen, removed, never overwritten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.anatomy.network import weights_folder
from app.errors import LithographError
from app.paths import MODELS
from app.training.versions import (
    EARLIER,
    SHIPPED,
    adopt,
    in_use,
    keep,
    keep_from_elsewhere,
    remove,
    versions,
)

KIND, TASK = "danger-zone", "kub-xray"
WHERE = MODELS / "danger_zone" / TASK


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A finished model as a training leaves it, with what it learnt from in a subfolder."""
    folder = tmp_path / "trained"
    shutil.copytree(WHERE, folder)
    (folder / "samples").mkdir()
    (folder / "samples" / "learn-0.npz").write_bytes(b"x")
    return folder


def _names(kind: str = KIND, task: str = TASK) -> dict[str, bool]:
    return {version.name: version.in_use for version in versions(kind, task)}


def test_a_kept_model_waits_until_it_is_adopted(model: Path) -> None:
    assert _names() == {SHIPPED: True}
    first, second = keep(KIND, TASK, model), keep(KIND, TASK, model)
    assert (first.name, second.name, second.in_use) == ("v001", "v002", False)
    assert not (first.folder / "samples").exists()
    assert first.card["name"] == f"{KIND}/{TASK}"
    assert in_use(KIND, TASK) == WHERE == weights_folder(TASK)

    adopt(KIND, TASK, "v002")
    assert in_use(KIND, TASK) == second.folder == weights_folder(TASK)
    with pytest.raises(LithographError, match="in use"):
        remove(KIND, TASK, "v002")
    remove(KIND, TASK, "v001")
    assert _names() == {SHIPPED: False, "v002": True}
    assert keep(KIND, TASK, model).name == "v003"

    adopt(KIND, TASK, SHIPPED)
    assert in_use(KIND, TASK) == WHERE
    with pytest.raises(LithographError, match="cannot be removed"):
        remove(KIND, TASK, SHIPPED)


def test_weights_of_earlier_programs_are_a_version(home: Path, model: Path) -> None:
    earlier = home / "models" / "danger_zone" / TASK
    shutil.copytree(WHERE, earlier)
    assert _names() == {SHIPPED: False, EARLIER: True}
    keep(KIND, TASK, model)
    assert _names() == {SHIPPED: False, EARLIER: True, "v001": False}
    adopt(KIND, TASK, "v001")
    remove(KIND, TASK, EARLIER)
    assert _names() == {SHIPPED: False, "v001": True}


def test_damage_is_named_and_takes_no_working_network_away(home: Path, model: Path) -> None:
    kept = keep(KIND, TASK, model)
    adopt(KIND, TASK, kept.name)
    pointer = home / "models" / "danger_zone" / TASK / "in-use.json"
    for damage in ("", "{", "[]", '{"version": 7}', '{"version": "../../../etc"}', '{"version": "v099"}'):
        pointer.write_text(damage)
        assert in_use(KIND, TASK) == WHERE
    adopt(KIND, TASK, kept.name)
    (kept.folder / "weights.safetensors").unlink()
    assert in_use(KIND, TASK) == kept.folder, "another network would answer otherwise, unnoticed"
    assert "missing" in versions(KIND, TASK)[1].trouble
    with pytest.raises(LithographError, match="missing"):
        adopt(KIND, TASK, kept.name)

    (model / "weights.safetensors").write_bytes(b"not these")
    with pytest.raises(LithographError, match="checksum"):
        keep(KIND, TASK, model)
    assert len(versions(KIND, TASK)) == 2
    assert not [entry for entry in pointer.parent.iterdir() if entry.name.startswith(".")]


def test_a_colleagues_model_has_to_be_of_that_kind_and_task(model: Path) -> None:
    assert keep_from_elsewhere(KIND, TASK, model).name == "v001"
    with pytest.raises(
        LithographError, match="is the model danger-zone/kub-xray, and not danger-zone/lung-ct"
    ):
        keep_from_elsewhere(KIND, "lung-ct", model)
    card = json.loads((model / "card.json").read_text())
    del card["name"]
    (model / "card.json").write_text(json.dumps(card))
    with pytest.raises(LithographError, match="does not say which model"):
        keep_from_elsewhere(KIND, TASK, model)
    assert _names() == {SHIPPED: True, "v001": False}


@pytest.mark.parametrize(
    ("kind", "task", "name"),
    [("danger-zone", "../kub", "v001"), ("faces", TASK, "v001"), (KIND, TASK, "../v001"), (KIND, TASK, "v1")],
)
def test_names_lead_nowhere_else(kind: str, task: str, name: str, model: Path) -> None:
    with pytest.raises(LithographError):
        adopt(kind, task, name)
    with pytest.raises(LithographError):
        remove(kind, task, name)
