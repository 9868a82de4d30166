"""Familiarity: what is like the training images, what is foreign, and how an image lies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.danger_zone import familiarity
from models.danger_zone.familiarity import MIRRORED, NOTHING, TURNS, UPRIGHT, Statistics, fit
from models.danger_zone.foreign import foreign
from models.danger_zone.inference import features, prepare_network, segment
from models.danger_zone.network import Spec, UNet, load, save
from models.inputs import Kind
from models.progress import finish
from models.weights import DamagedWeights

POSES = (UPRIGHT, *TURNS, MIRRORED, NOTHING)


def groups(seed: int, count: int = 60) -> dict[str, np.ndarray]:
    """Features of which each pose has a direction of its own."""
    random = np.random.default_rng(seed)
    return {
        pose: (random.normal(0, 1, (count, 40)) + 6 * np.eye(40)[n]).astype(np.float32)
        for n, pose in enumerate(POSES)
    }


@pytest.fixture(scope="module")
def statistics() -> Statistics:
    return fit(groups(1), groups(2)[UPRIGHT])


def test_familiar_images_score_low_and_others_beyond_the_limit(statistics: Statistics) -> None:
    seen = groups(3)
    assert np.median(statistics.scores(seen[UPRIGHT])) < 0.5
    assert (statistics.scores(seen[UPRIGHT]) > 1).mean() <= 0.05
    for pose in POSES[1:]:
        assert (statistics.scores(seen[pose]) > 1).mean() > 0.9
    told = [statistics.judge(features)[1] for features in seen["upside down"]]
    assert told.count("upside down") > 50
    assert {statistics.judge(features)[1] for features in seen[NOTHING]} == {UPRIGHT}
    np.testing.assert_allclose(statistics.lies(seen[UPRIGHT]).sum(-1), 1, rtol=1e-5)


def test_statistics_lie_beside_the_weights(tmp_path: Path) -> None:
    network = UNet(Spec(("spine",), Kind.RADIOGRAPH, size=64, widths=(8, 12, 16))).eval()
    save(network, tmp_path / "none", {})
    assert load(tmp_path / "none")[0].familiarity is None  # as in models from before there were any

    pixels = np.random.default_rng(0).random((64, 48)).astype(np.float32)
    own = features(network, pixels)
    random = np.random.default_rng(1)
    network.familiarity = fit(
        {pose: random.normal(n, 1, (20, len(own))).astype(np.float32) for n, pose in enumerate(POSES)},
        random.normal(0, 1, (20, len(own))).astype(np.float32),
    )
    save(network, tmp_path, {})
    found, card = load(tmp_path)
    assert found.familiarity is not None
    assert found.familiarity.poses == POSES == tuple(card["poses"])
    seen = finish(segment(prepare_network(found), pixels))
    assert seen.features is not None
    assert found.familiarity.judge(seen.features)[0] == pytest.approx(
        network.familiarity.judge(own)[0], abs=0.1
    )
    assert finish(segment(found, np.ones((64, 64), np.float32), tile=16)).features is None  # seen in parts

    tensors = network.familiarity.tensors()
    del tensors["familiarity.limits"]
    with pytest.raises(KeyError):
        Statistics.read(tensors, POSES)
    network.familiarity = None
    from models import weights

    weights.save({**network.state_dict(), **tensors}, tmp_path / "part", card)
    with pytest.raises(DamagedWeights, match="not those of a danger-zone network"):
        load(tmp_path / "part")


def test_features_do_not_depend_on_the_size_of_the_map() -> None:
    sizes = {familiarity.features_of(torch.rand(1, 16, *shape)).shape for shape in ((7, 7), (1, 1), (2, 5))}
    assert sizes == {(16 * (familiarity.GRID**2 + 1),)}


def test_foreign_images_keep_size_and_greys_and_repeat() -> None:
    pixels = np.linspace(-1000, 800, 90 * 70, dtype=np.float32).reshape(90, 70)
    kinds = set()
    for seed in range(30):
        one, other = (foreign(pixels, np.random.default_rng(seed)) for _ in range(2))
        assert one.shape == pixels.shape
        assert one.dtype == np.float32
        assert np.isfinite(one).all()
        assert np.array_equal(one, other)
        assert not np.array_equal(one, pixels)
        assert -3000 < one.min() <= one.max() < 3000
        kinds.add(round(float(one.std()), -2))
    assert len(kinds) > 1
