"""The U-Net: shapes, folding, weights, and inference in steps."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models import inputs, weights
from models.danger_zone.inference import prepare_network, resample_logits, segment
from models.danger_zone.network import Spec, UNet, load, save
from models.inputs import Kind
from models.progress import finish

SPEC = Spec(("outside", "spine", "ribs"), Kind.RADIOGRAPH, size=64, widths=(8, 12, 16))


@pytest.fixture(scope="module")
def network() -> UNet:
    """A network whose norms have seen some data, so that folding them is not trivial."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = UNet(SPEC).train()
        for _ in range(3):
            net(torch.randn(4, 2, 64, 64) * 2 + 1)
    return net.eval()


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(1000, 300, shape).astype(np.float32)


def test_one_logit_per_structure_and_pixel(network: UNet) -> None:
    assert network(torch.zeros(2, 2, 64, 32)).shape == (2, 3, 64, 32)


def test_folding_norms_changes_nothing_but_the_time(network: UNet) -> None:
    image = torch.randn(1, 2, 64, 64)
    folded = copy.deepcopy(network).fold()
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    with torch.no_grad():
        torch.testing.assert_close(folded(image), network(image), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(folded.fold()(image), network(image), rtol=1e-4, atol=1e-4)


def test_saved_weights_segment_as_before(network: UNet, tmp_path: Path) -> None:
    save(network, tmp_path, {"name": "test"})
    loaded, card = load(tmp_path)
    assert loaded.spec == SPEC
    assert card["name"] == "test"
    image = torch.randn(1, 2, 64, 64)
    with torch.no_grad():
        difference = (loaded.eval()(image) - network(image)).abs().max()
    assert difference < 0.02  # kernels are stored as float16


def test_weights_of_another_network_are_refused(network: UNet, tmp_path: Path) -> None:
    weights.save({"kernel": torch.ones(3)}, tmp_path / "other", {})
    with pytest.raises(weights.DamagedWeights, match="not those of a danger-zone network"):
        load(tmp_path / "other")
    save(network, tmp_path / "spec", {})
    card = json.loads((tmp_path / "spec" / weights.CARD).read_text())
    card["spec"]["widths"] = [8, 12, 20]
    (tmp_path / "spec" / weights.CARD).write_text(json.dumps(card))
    with pytest.raises(weights.DamagedWeights, match="not those of a danger-zone network"):
        load(tmp_path / "spec")


@pytest.mark.parametrize(
    ("shape", "seen"),
    [
        ((64, 64), (64, 64)),
        ((1, 1), (64, 64)),
        ((333, 97), (64, 19)),
        ((7, 900), (1, 64)),
        ((128, 120), (64, 60)),
    ],
)
def test_any_size_of_image(network: UNet, shape: tuple[int, int], seen: tuple[int, int]) -> None:
    logits = finish(segment(prepare_network(copy.deepcopy(network)), noise(*shape))).logits
    assert logits.shape == (3, *seen)
    assert np.isfinite(logits).all()
    assert resample_logits(logits[0], shape).shape == shape


def test_pixels_that_are_not_square_are_seen_square(network: UNet) -> None:
    logits = finish(segment(prepare_network(copy.deepcopy(network)), noise(50, 100), (2.0, 1.0))).logits
    assert logits.shape == (3, 64, 64)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("value", [0, 7, np.nan, np.inf])
def test_empty_images_do_no_harm(kind: Kind, value: float) -> None:
    channels = inputs.channels(inputs.resample(np.full((40, 50), value, np.float32), (32, 40)), kind)
    assert channels.shape == (2, 32, 40)
    assert np.isfinite(channels).all()
    assert np.abs(channels).max() <= 1


def test_a_radiograph_is_seen_the_same_in_any_grey_scale() -> None:
    grey = noise(64, 64)
    one, other = (inputs.channels(g, Kind.RADIOGRAPH) for g in (grey, grey * 13 - 4000))
    np.testing.assert_allclose(one, other, atol=1e-3)
    assert np.abs(one).max() == 1


def test_a_ct_is_seen_in_hounsfield_units() -> None:
    hu = np.array([[-1350, -600, 150, 40, 240]], np.float32)
    lung, soft = inputs.channels(hu, Kind.CT)[:, 0]
    np.testing.assert_allclose(lung, [-1, 0, 1, 0.853, 1], atol=1e-3)
    np.testing.assert_allclose(soft, [-1, -1, 0.55, 0, 1], atol=1e-3)


def test_a_negative_gives_exactly_the_masks_of_its_positive(network: UNet) -> None:
    ready, grey = prepare_network(copy.deepcopy(network)), noise(64, 64)
    positive = finish(segment(ready, grey)).logits
    negative = finish(segment(ready, 4095 - grey, negative=True)).logits
    # The percentiles interpolate, so the two windows differ by rounding alone.
    assert ((positive > 0) == (negative > 0)).mean() > 0.99


def test_inference_pauses_between_stages_and_leaks_no_mode(network: UNet) -> None:
    work = segment(prepare_network(copy.deepcopy(network)), noise(64, 64))
    steps = 0
    for progress in work:
        steps += 1
        assert 0 < progress.fraction <= 1
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
    assert steps >= len(network.stages)


def test_inference_repeats_to_the_bit(network: UNet) -> None:
    ready, grey = prepare_network(copy.deepcopy(network)), noise(64, 60)
    assert np.array_equal(finish(segment(ready, grey)).logits, finish(segment(ready, grey)).logits)
