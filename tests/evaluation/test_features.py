"""The user's VGG16 takes the place of the program's own features, and a bad file of theirs is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from app.errors import LithographError
from app.evaluation.features import comparing_features, vgg16_folder
from models.features import FeatureNetwork, Vgg16
from models.features.vgg16 import FILE, PLACES


def test_the_users_network_goes_before_the_programs_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITHOGRAPH_HOME", str(tmp_path))
    assert isinstance(comparing_features(), FeatureNetwork)

    folder = vgg16_folder()
    assert folder.is_relative_to(tmp_path)
    folder.mkdir(parents=True)
    (folder / "vgg16.pth").write_bytes(b"\x80\x02")
    with pytest.raises(LithographError, match="pickled"):
        comparing_features()

    names = (f"features.{place}.{part}" for place in PLACES for part in ("weight", "bias"))
    tensors = (tensor.half() for name, tensor in Vgg16().state_dict().items() if name.startswith("stages."))
    save_file(dict(zip(names, tensors, strict=True)), folder / FILE)
    network = comparing_features()
    assert isinstance(network, Vgg16)
    assert "not verified" in network.name
    assert network.maps(torch.zeros(1, 1, 16, 16))[-1].shape == (1, 512, 1, 1)
