"""Weights on disk: what is written is read, and damage of any kind is named instead of used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from models import weights


@pytest.fixture
def tensors() -> dict[str, torch.Tensor]:
    values = torch.Generator().manual_seed(1)
    return {
        "kernel": torch.randn(3, 2, 3, 3, generator=values).half(),
        "count": torch.tensor(7),
        "transposed": torch.randn(4, 5, generator=values).T,
    }


def test_what_is_saved_is_loaded(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    weights.save(tensors, tmp_path / "model", {"name": "mödel", "scores": {"spine": 0.97}})
    loaded, card = weights.load(tmp_path / "model")
    assert loaded.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype
        assert torch.equal(loaded[name], tensor)
    assert card["name"] == "mödel"
    assert card["scores"] == {"spine": 0.97}
    assert len(card["sha256"]) == 64
    assert weights.read_card(tmp_path / "model") == card


def test_saving_again_replaces_and_leaves_nothing_else(
    tmp_path: Path, tensors: dict[str, torch.Tensor]
) -> None:
    weights.save(tensors, tmp_path, {"n": 1})
    weights.save({"other": torch.ones(2)}, tmp_path, {"n": 2})
    loaded, card = weights.load(tmp_path)
    assert list(loaded) == ["other"]
    assert card["n"] == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == [weights.CARD, weights.WEIGHTS]


@pytest.mark.parametrize("place", [0, 200, -1])
def test_a_single_changed_byte_is_noticed(
    tmp_path: Path, tensors: dict[str, torch.Tensor], place: int
) -> None:
    weights.save(tensors, tmp_path, {})
    data = bytearray((tmp_path / weights.WEIGHTS).read_bytes())
    data[place] ^= 1
    (tmp_path / weights.WEIGHTS).write_bytes(data)
    with pytest.raises(weights.DamagedWeights, match=r"weights\.safetensors are damaged.*checksum.*restore"):
        weights.load(tmp_path)


@pytest.mark.parametrize("name", [weights.WEIGHTS, weights.CARD])
def test_missing_and_empty_files_are_named(
    tmp_path: Path, tensors: dict[str, torch.Tensor], name: str
) -> None:
    weights.save(tensors, tmp_path, {})
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(weights.DamagedWeights, match="damaged"):
        weights.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(weights.DamagedWeights, match=f"{name} is missing; restore"):
        weights.load(tmp_path)


def test_a_card_that_vouches_for_something_else_than_tensors(tmp_path: Path) -> None:
    import hashlib

    (tmp_path / weights.WEIGHTS).write_bytes(b"no tensors at all")
    checksum = hashlib.sha256(b"no tensors at all").hexdigest()
    (tmp_path / weights.CARD).write_text(json.dumps({"format": weights.VERSION, "sha256": checksum}))
    with pytest.raises(weights.DamagedWeights, match="damaged"):
        weights.load(tmp_path)


@pytest.mark.parametrize("text", [b"{", b"[]", b"\xff\xfe{"])
def test_a_malformed_card_is_named(tmp_path: Path, tensors: dict[str, torch.Tensor], text: bytes) -> None:
    weights.save(tensors, tmp_path, {})
    (tmp_path / weights.CARD).write_bytes(text)
    with pytest.raises(weights.DamagedWeights, match=r"card\.json is damaged"):
        weights.load(tmp_path)


def test_weights_of_a_later_format_ask_for_an_update(
    tmp_path: Path, tensors: dict[str, torch.Tensor]
) -> None:
    weights.save(tensors, tmp_path, {})
    card = json.loads((tmp_path / weights.CARD).read_text())
    (tmp_path / weights.CARD).write_text(json.dumps(card | {"format": weights.VERSION + 1}))
    with pytest.raises(weights.DamagedWeights, match="update the program"):
        weights.load(tmp_path)


def test_a_save_cut_off_between_its_two_renames_is_not_lost(
    tmp_path: Path, tensors: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights.save(tensors, tmp_path, {"n": 1})
    rename = Path.replace
    # The next save is cut off, too, before it has renamed anything.
    for n, name in ((2, weights.CARD), (3, weights.WEIGHTS)):

        def cut_off(self: Path, target: Path, name: str = name) -> Path:
            if target.name == name:
                raise KeyboardInterrupt
            return rename(self, target)

        monkeypatch.setattr(Path, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            weights.save({"new": torch.ones(1)}, tmp_path, {"n": n})
        monkeypatch.undo()
        loaded, card = weights.load(tmp_path)
        assert list(loaded) == ["new"]
        assert card["n"] == 2


def test_a_failed_save_leaves_the_old_model(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    weights.save(tensors, tmp_path, {"n": 1})
    (tmp_path / ".card.next").mkdir()  # the new card cannot be written there
    with pytest.raises(OSError, match=r"card\.next"):
        weights.save({"new": torch.ones(1)}, tmp_path, {"n": 2})
    shutil.rmtree(tmp_path / ".card.next")
    loaded, card = weights.load(tmp_path)
    assert loaded.keys() == tensors.keys()
    assert card["n"] == 1
