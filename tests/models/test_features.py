"""The feature network: as it ships, as it learns, and what its distances and embeddings tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import weights
from models.features import embedding, fingerprint, load_features, perceptual_distance
from models.features.network import SHIPPED, STEM, WIDTHS, FeatureNetwork, Halve, load, save
from models.features.training import RECIPE, contrast, train
from models.features.views import DAMAGES, SHIFT, views
from models.progress import finish

SMALL = replace(RECIPE, steps=6, batch=4, view=32, checkpoint_every=2)


def scene(n: int, side: int = 128) -> NDArray[np.float32]:
    """Ellipses of several greys with fine grain, −1 to 1."""
    random = np.random.default_rng((11, n))
    picture = np.full((side, side), random.uniform(-0.6, 0), np.float32)
    for _ in range(6):
        centre = tuple(int(c) for c in random.integers(0, side, 2))
        axes = tuple(int(a) for a in random.integers(side // 16, side // 4, 2))
        cv2.ellipse(picture, centre, axes, random.uniform(0, 180), 0, 360, random.uniform(-0.9, 0.9), -1)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7) + 0.03 * random.standard_normal((side, side))
    return np.clip(picture, -1, 1).astype(np.float32)


def batch(*pictures: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.stack(pictures))[:, None]


@pytest.fixture(scope="module")
def features() -> FeatureNetwork:
    return load_features()


def test_the_shipped_network_is_small_frozen_and_described(features: FeatureNetwork) -> None:
    assert (SHIPPED / weights.WEIGHTS).stat().st_size <= 2_000_000
    assert (SHIPPED / "CARD.md").read_text(encoding="utf-8").startswith("# ")
    card = weights.read_card(SHIPPED)
    assert {"data", "training", "figures", "not", "licences"} <= set(card)
    assert not features.training
    assert not any(parameter.requires_grad for parameter in features.parameters())


def test_maps_have_five_scales_at_any_size(features: FeatureNetwork) -> None:
    for height, width in ((64, 96), (50, 33), (5, 7)):
        rows, columns = -(-height // 16), -(-width // 16)
        maps = features.maps(torch.zeros(2, 1, height, width))
        assert [part.shape for part in maps] == [
            (2, channels, rows * scale, columns * scale)
            for channels, scale in zip((STEM, *WIDTHS), (16, 8, 4, 2, 1), strict=True)
        ]


def test_folding_does_not_change_what_is_seen(features: FeatureNetwork) -> None:
    trained, _ = load()
    picture = batch(scene(0))
    with torch.no_grad():
        for folded, plain in zip(features.maps(picture), trained.eval().maps(picture), strict=True):
            difference = (folded.float() - plain.float()).square().mean().sqrt()
            assert difference < 0.03 * plain.float().square().mean().sqrt()  # bfloat16


@pytest.mark.parametrize("damage", ["blur", "noise", "contrast", "shift", "bend"])
def test_distance_grows_with_damage(features: FeatureNetwork, damage: str) -> None:
    picture = scene(1)
    noise = np.random.default_rng(0).standard_normal(picture.shape).astype(np.float32)
    rows, columns = np.indices(picture.shape, dtype=np.float32)

    def damaged(much: float) -> NDArray[np.float32]:
        if damage == "blur":
            return cv2.GaussianBlur(picture, (0, 0), 0.3 + much)  # type: ignore[return-value]
        if damage == "noise":
            return picture + 0.03 * np.float32(much) * noise
        if damage == "contrast":
            return picture * np.float32(1 - 0.15 * much)
        if damage == "shift":
            return np.roll(picture, round(much * 2), axis=1)
        wave = np.float32(much) * np.sin(rows / 9)
        return cv2.remap(picture, columns + wave, rows, cv2.INTER_CUBIC)  # type: ignore[return-value]

    steps = (0.5, 1, 2, 3)
    pictures = batch(*(damaged(much) for much in steps))
    distances = perceptual_distance(features, batch(*[picture] * len(steps)), pictures).tolist()
    assert distances == sorted(distances)
    assert distances[0] > 0
    assert perceptual_distance(features, batch(picture), batch(picture)).item() == pytest.approx(0, abs=1e-5)


def test_descending_the_distance_restores_an_image(features: FeatureNetwork) -> None:
    """As a loss it is of use: its gradient leads from a blurred image back towards the sharp one."""
    sharp = batch(scene(2, 64))
    image = batch(cv2.GaussianBlur(scene(2, 64), (0, 0), 1.5)).requires_grad_()  # type: ignore[arg-type]
    before = perceptual_distance(features, image, sharp).item()
    error = (image - sharp).square().mean().item()
    optimiser = torch.optim.Adam([image], lr=0.01)
    for _ in range(16):
        optimiser.zero_grad()
        perceptual_distance(features, image, sharp).sum().backward()
        optimiser.step()
    assert perceptual_distance(features, image, sharp).item() < 0.3 * before
    assert (image - sharp).square().mean().item() < 0.8 * error


def test_no_pixel_counts_more_than_its_neighbour() -> None:
    """Otherwise images that follow a gradient become chequered."""
    image = torch.zeros(1, 2, 16, 16, requires_grad=True)
    Halve(2)(image).sum().backward()
    assert image.grad is not None
    assert torch.allclose(image.grad[..., 1:-1, 1:-1], torch.tensor(0.25))


def test_embedding_knows_an_image_again_and_sees_damage(features: FeatureNetwork) -> None:
    random = np.random.default_rng(4)
    drawn = [views(scene(n), 96, random) for n in range(24)]
    one, other, damaged = (embedding(features, batch(*kind)) for kind in zip(*drawn, strict=True))
    assert torch.allclose(one.norm(dim=1), torch.ones(len(one)), atol=1e-5)
    assert one.shape[1] <= 512  # they are kept with models, one per training image
    likeness = one @ other.T
    found = (likeness.argmax(1) == torch.arange(len(one))).float().mean()
    assert found > 0.6  # of 24, one in 24 by chance
    assert (likeness.diagonal() > (one * damaged).sum(1)).float().mean() > 0.75


def test_a_fingerprint_finds_a_copy_that_an_embedding_would_miss() -> None:
    """Softer, noisier, moved, of another size, in other greys and as integers, it is still the same image."""
    random = np.random.default_rng(6)
    originals = np.stack([fingerprint(scene(n)) for n in range(40)])
    for n in range(8):
        copy = cv2.resize(np.roll(scene(n), (1, -2), (0, 1)), (256, 256))
        copy = cv2.GaussianBlur(copy, (0, 0), 2) + 0.1 * random.standard_normal(copy.shape)
        likeness = originals @ fingerprint((copy * 400 + 900).astype(np.int16))
        assert likeness.argmax() == n
        assert likeness[n] > 0.9
    assert not fingerprint(np.full((50, 40), 1000, np.uint16)).any()


def test_views_differ_in_what_does_not_matter() -> None:
    patch = scene(5)
    for n in range(2 * len(DAMAGES)):
        drawn = views(patch, 96, np.random.default_rng(n))
        assert all(view.shape == (96, 96) and view.dtype == np.float32 for view in drawn)
        assert all(np.abs(view).max() <= 1 for view in drawn)
    again = views(patch, 96, np.random.default_rng(7))
    assert all(
        np.array_equal(a, b) for a, b in zip(again, views(patch, 96, np.random.default_rng(7)), strict=True)
    )


def test_contrast_of_known_views() -> None:
    one = torch.eye(4)
    far = torch.zeros(4, 4)
    assert contrast(one, one, far).item() < 0.02
    assert contrast(one, one.roll(1, 0), far).item() > 5
    # A damaged view that looks like the view costs as much as a wrong pair.
    assert contrast(one, one, one).item() == pytest.approx(np.log(2), abs=0.02)


def test_learning_resumes_exactly_and_its_result_is_kept(tmp_path: Path) -> None:
    def draw(n: int, side: int) -> NDArray[np.float32]:
        assert side == SMALL.view + 2 * SHIFT
        return scene(n, side)

    whole = finish(train(SMALL, draw, tmp_path / "whole"))
    begun = train(SMALL, draw, tmp_path / "parts")
    told = [next(begun) for _ in range(3)]
    begun.close()
    assert {"texture 1", "texture 4", "layout"} <= set(told[-1].figures)
    again = finish(train(SMALL, draw, tmp_path / "parts", resume=True))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name

    save(whole, tmp_path / "model", {"data": []})
    picture = batch(scene(0, 64))
    kept = load_features(tmp_path / "model").embed(picture)
    assert torch.allclose(kept, whole.eval().embed(picture), atol=0.02)  # float16 kernels


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    weights.save({"stages.0.1.weight": torch.zeros(3)}, tmp_path, {})
    with pytest.raises(weights.DamagedWeights, match="not those of a feature network"):
        load_features(tmp_path)
