"""VGG16 from a user's file: what is read, what is refused, and that it is VGG16. Weights here are random."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from models.compute import autocast
from models.features import embedding, load_vgg16, perceptual_distance, vgg16
from models.features.vgg16 import FILE, LPIPS_FILE, STAGES
from models.weights import DamagedWeights


@pytest.fixture(scope="module")
def original() -> nn.Sequential:
    """Torchvision's `vgg16().features`, untrained."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    inputs = 3
    for widths in STAGES:
        for width in widths:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
            inputs = width
        layers.append(nn.MaxPool2d(2))
    network = nn.Sequential(*layers)
    for layer in network:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
    return network.half().float()  # what the file below keeps


@pytest.fixture(scope="module")
def folder(original: nn.Sequential, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as of timm, with a classifier that is not needed."""
    folder = tmp_path_factory.mktemp("vgg16")
    tensors = {f"features.{name}": tensor.half() for name, tensor in original.state_dict().items()}
    save_file({**tensors, "head.fc.weight": torch.zeros(10, 4)}, folder / FILE)
    return folder


def linear() -> list[Tensor]:
    random = torch.Generator().manual_seed(1)
    return [torch.rand(1, widths[-1], 1, 1, generator=random) for widths in STAGES]


def test_its_maps_are_those_of_torchvision(folder: Path, original: nn.Sequential) -> None:
    network = load_vgg16(folder)
    assert network is not None
    image = torch.rand(2, 1, 32, 48) * 2 - 1
    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((image + 1) / 2 - mean.view(1, 3, 1, 1)) / spread.view(1, 3, 1, 1)
    expected = []
    with torch.no_grad(), autocast("cpu"):
        for n, layer in enumerate(original):
            x = layer(x)
            if n in (3, 8, 15, 22, 29):
                expected.append(x.float())
    maps = network.maps(image)
    assert [tuple(part.shape[1:]) for part in maps] == [
        (64, 32, 48), (128, 16, 24), (256, 8, 12), (512, 4, 6), (512, 2, 3),
    ]  # fmt: skip
    for part, truth in zip(maps, expected, strict=True):
        assert (part.float() - truth).norm() < 0.05 * truth.norm()  # bfloat16
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert torch.allclose(embedding(network, image).norm(dim=1), torch.ones(2), atol=1e-4)


def test_with_the_weights_of_lpips_it_is_lpips(folder: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to(folder / FILE)
    for names in ("{}.weight", "lin{}.model.1.weight"):
        save_file({names.format(n): weight for n, weight in enumerate(linear())}, tmp_path / LPIPS_FILE)
        network = load_vgg16(tmp_path)
        assert network is not None
        assert network.name.startswith("LPIPS")
        a, b = torch.rand(2, 1, 1, 32, 32, generator=torch.Generator().manual_seed(2)) * 2 - 1
        expected = 0.0
        for one, other, weight in zip(network.maps(a), network.maps(b), linear(), strict=True):
            units = [part.float() / (part.float().norm(dim=1, keepdim=True) + 1e-10) for part in (one, other)]
            expected += ((units[0] - units[1]) ** 2 * weight).sum(1).mean().item()
        assert perceptual_distance(network, a, b).item() == pytest.approx(expected, rel=1e-3)
        assert perceptual_distance(network, a, a).item() == pytest.approx(0, abs=1e-4)


def test_a_file_is_verified_by_its_checksum(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = load_vgg16(folder)
    assert network is not None
    assert not network.verified
    assert "not verified" in network.name

    checksum = hashlib.sha256((folder / FILE).read_bytes()).hexdigest()
    monkeypatch.setattr(vgg16, "KNOWN", {checksum})
    network = load_vgg16(folder)
    assert network is not None
    assert network.verified
    assert network.name == "VGG16"


def test_other_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    assert load_vgg16(tmp_path) is None
    assert load_vgg16(tmp_path / "nowhere") is None

    (tmp_path / "vgg16-397923af.pth").write_bytes(b"\x80\x02")
    with pytest.raises(DamagedWeights, match=r"pickled.*vgg16\.safetensors"):
        load_vgg16(tmp_path)

    (tmp_path / FILE).write_bytes(b"not safetensors at all")
    with pytest.raises(DamagedWeights, match=r"vgg16\.safetensors does not hold"):
        load_vgg16(tmp_path)
    save_file({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / FILE)
    with pytest.raises(DamagedWeights, match=r"no tensor features\.0\.bias"):
        load_vgg16(tmp_path)


def test_wrong_shapes_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to(folder / FILE)
    save_file(
        {f"{n}.weight": weight[:, :7].contiguous() for n, weight in enumerate(linear())},
        tmp_path / LPIPS_FILE,
    )
    with pytest.raises(DamagedWeights, match="vivym/lpips"):
        load_vgg16(tmp_path)
