"""Training the danger-zone network: it learns, it resumes exactly, and augmentation keeps masks true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models import inputs, weights
from models.danger_zone.augmentation import augment
from models.danger_zone.inference import prepare_network, segment
from models.danger_zone.network import Spec, UNet
from models.danger_zone.samples import Sample
from models.danger_zone.training import loss_of, train
from models.inputs import Kind
from models.learning import CHECKPOINT, CURVES, Recipe
from models.progress import Progress, finish

STRUCTURES = ("outside", "disc", "bar")
SPEC = Spec(STRUCTURES, Kind.CT, size=64, widths=(8, 16, 24))
RECIPE = Recipe(steps=6, batch=2, view=64, checkpoint_every=4)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tensors this small are slower on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def picture(n: int) -> Sample:
    """A body with a dark disc and a bright bar across it, which overlap, in HU."""
    random = np.random.default_rng((99, n))
    masks = {name: np.zeros((80, 80), np.float32) for name in STRUCTURES}
    x, y = (int(v) for v in random.integers(25, 55, 2))
    cv2.rectangle(masks["outside"], (6, 3), (74, 76), 1, -1)
    masks["outside"] = 1 - masks["outside"]
    cv2.circle(masks["disc"], (x, y), int(random.integers(8, 14)), 1, -1)
    cv2.rectangle(masks["bar"], (10, y - 2), (70, y + 3), 1, -1)
    hu = 40 - 700 * masks["disc"] + 900 * masks["bar"] - 1000 * masks["outside"]
    hu = (hu + random.normal(0, 20, hu.shape)).astype(np.float32)
    return Sample.of(hu, {name: mask == 1 for name, mask in masks.items()}, STRUCTURES, size=80)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


def parameters(network: UNet) -> dict[str, torch.Tensor]:
    return network.state_dict()


def test_it_learns_a_toy_anatomy_and_finds_it_in_unseen_images(tmp_path: Path) -> None:
    recipe = Recipe(steps=100, batch=4, view=64, rate=1e-2, memory=0.95)
    losses: list[Progress] = []
    work = train(SPEC, recipe, picture, tmp_path)
    while True:
        try:
            losses.append(next(work))
        except StopIteration as end:
            network = end.value
            break
    assert losses[-1].done == losses[-1].total == 100
    assert np.mean([p.figures["loss"] for p in losses[-10:]]) < 0.5 * losses[0].figures["loss"]
    ready = prepare_network(network)
    scores = []
    for n in range(10_000, 10_008):
        sample = picture(n)
        logits = finish(segment(ready, sample.pixels)).logits
        truth = [inputs.resample(mask.astype(np.uint8), (64, 64)) > 0.5 for mask in sample.masks()]
        scores.append([dice(found > 0, mask) for found, mask in zip(logits, truth, strict=True)])
    outside, disc, bar = np.mean(scores, axis=0)
    assert outside > 0.85
    assert disc > 0.85
    assert bar > 0.7


def test_training_that_was_stopped_and_resumed_is_the_same_to_the_bit(tmp_path: Path) -> None:
    whole = finish(train(SPEC, RECIPE, picture, tmp_path / "whole"))
    work = train(SPEC, RECIPE, picture, tmp_path / "parts")
    for _ in range(3):
        next(work)
    work.close()
    rest = list(train(SPEC, RECIPE, picture, tmp_path / "parts", resume=True))
    assert [progress.done for progress in rest] == [4, 5, 6]
    parts = finish(train(SPEC, RECIPE, picture, tmp_path / "parts", resume=True))  # nothing is left to do
    for name, tensor in parameters(whole).items():
        assert torch.equal(tensor, parameters(parts)[name]), name
    assert (tmp_path / "whole" / CURVES).read_text() == (tmp_path / "parts" / CURVES).read_text()
    assert len((tmp_path / "whole" / CURVES).read_text().splitlines()) == 7


def test_without_resume_training_starts_afresh(tmp_path: Path) -> None:
    finish(train(SPEC, RECIPE, picture, tmp_path))
    assert next(train(SPEC, RECIPE, picture, tmp_path)).done == 1


def test_a_checkpoint_of_other_settings_is_refused(tmp_path: Path) -> None:
    finish(train(SPEC, RECIPE, picture, tmp_path))
    with pytest.raises(weights.DamagedWeights, match="other settings"):
        next(train(SPEC, replace(RECIPE, rate=1e-4), picture, tmp_path, resume=True))
    with pytest.raises(weights.DamagedWeights, match="other settings"):
        next(train(replace(SPEC, size=128), RECIPE, picture, tmp_path, resume=True))


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    finish(train(SPEC, RECIPE, picture, tmp_path))
    file = tmp_path / CHECKPOINT / weights.WEIGHTS
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(weights.DamagedWeights, match="damaged"):
        next(train(SPEC, RECIPE, picture, tmp_path, resume=True))


def test_fine_tuning_starts_from_the_given_network(tmp_path: Path) -> None:
    first = finish(train(SPEC, RECIPE, picture, tmp_path / "first"))
    slow = replace(RECIPE, steps=1, rate=1e-9, weight_decay=0.0)
    second = finish(train(SPEC, slow, picture, tmp_path / "second", start=first))
    for name, tensor in first.named_parameters():
        torch.testing.assert_close(dict(second.named_parameters())[name], tensor)


def test_what_is_not_annotated_teaches_nothing() -> None:
    logits = torch.randn(2, 3, 8, 8, requires_grad=True)
    masks = torch.rand(2, 3, 8, 8) > 0.5
    known = torch.tensor([[True, True, False], [True, False, False]])[:, :, None, None].repeat(1, 1, 8, 8)
    known[0, 0, :4] = False  # nor where a structure is not annotated
    loss_of(logits, masks, known).backward()
    assert logits.grad is not None
    assert torch.equal(logits.grad.abs() > 0, known)


def test_the_loss_is_small_only_for_the_right_masks() -> None:
    masks = torch.zeros(1, 2, 32, 32, dtype=torch.bool)
    masks[:, :, 8:24, 8:24] = True
    known = torch.ones(1, 2, 32, 32, dtype=torch.bool)
    right = torch.where(masks, 9.0, -9.0)
    assert loss_of(right, masks, known) < 0.01
    assert loss_of(-right, masks, known) > 5


def test_samples_survive_resampling_and_packing() -> None:
    mask = np.zeros((100, 60), bool)
    mask[20:70, 10:50] = True
    sample = Sample.of(np.ones((100, 60), np.float32), {"disc": mask, "outside": ~mask}, STRUCTURES, size=50)
    assert sample.pixels.shape == (50, 30)
    assert sample.known == (True, True, False)
    outside, disc, bar = sample.masks()
    assert disc.sum() == mask.sum() / 4
    assert np.array_equal(outside, ~disc)
    assert not bar.any()


@pytest.mark.parametrize("kind", list(Kind))
def test_augmentation_follows_from_its_seed_and_keeps_values_in_range(kind: Kind) -> None:
    spec = replace(SPEC, kind=kind)
    for n in range(40):
        one = augment(picture(n), spec, 48, np.random.default_rng(n))
        other = augment(picture(n), spec, 48, np.random.default_rng(n))
        assert one.pixels.shape == one.bits.shape == (48, 48)
        assert one.pixels.dtype == np.float32
        assert np.array_equal(one.pixels, other.pixels)
        assert np.array_equal(one.bits, other.bits)
        assert np.isfinite(inputs.channels(one.pixels, kind)).all()


def test_augmented_masks_stay_on_their_structures() -> None:
    """The bar is the brightest thing in the picture: after augmentation its mask must still cover it."""
    inverted = right = 0
    spec = replace(SPEC, kind=Kind.RADIOGRAPH)
    for n in range(60):
        sample = augment(picture(n), spec, 64, np.random.default_rng(n))
        outside, disc, bar = sample.masks()
        rest = ~(outside | disc | bar)
        if bar.sum() < 40 or rest.sum() < 40:
            continue
        brighter = np.median(sample.pixels[bar]) - np.median(sample.pixels[rest])
        right += brighter > 0.05
        inverted += brighter < -0.05
    assert right > 30
    assert inverted > 0  # now and then a negative
    assert right + inverted > 45


def test_an_image_cut_out_of_a_larger_one_is_mirrored_at_its_border() -> None:
    bits = np.full((24, 24), 2, np.uint16)  # disc everywhere ...
    unknown = np.zeros((24, 24), np.uint16)
    unknown[:, :6] = 4  # ... and on the left it is not known whether there is a bar
    crop = Sample(np.full((24, 24), 50, np.float32), bits, (True, True, True), unknown)
    open_shares, whole = [], 0
    for n in range(30):
        seen = augment(crop, replace(SPEC, size=24), 64, np.random.default_rng(n))
        outside, disc, bar = seen.masks()
        whole += bool(disc.all())
        assert np.array_equal(outside, ~disc)
        assert not bar.any()
        known = seen.teaches()
        assert known[:2].all()
        open_shares.append(1 - known[2].mean())
    assert 0.1 < np.mean(open_shares) < 0.5
    assert whole > 15  # beyond the border of all but those in a scanner's round field


def test_mirroring_can_be_left_out() -> None:
    spec = replace(SPEC, size=80)
    half = np.zeros((80, 80), bool)
    half[:, :40] = True
    sample = Sample.of(np.where(half, 50, -800).astype(np.float32), {"disc": half}, STRUCTURES, 80)
    for mirrors, expected in ((True, {True, False}), (False, {True})):
        left = set()
        for n in range(30):
            disc = augment(sample, spec, 64, np.random.default_rng(n), mirrors=mirrors).masks()[1]
            if disc[:, :20].mean() != disc[:, -20:].mean():
                left.add(bool(disc[:, :20].mean() > disc[:, -20:].mean()))
        assert left == expected


def test_beyond_the_field_of_view_is_outside() -> None:
    sample = replace(picture(0), bits=np.full((80, 80), 2, np.uint16))  # disc everywhere, outside nowhere
    shares = []
    for n in range(60):
        spec = replace(SPEC, kind=list(Kind)[n % 2])
        outside, disc, _ = augment(sample, spec, 64, np.random.default_rng(n)).masks()
        assert np.array_equal(outside, ~disc)
        shares.append(outside.mean())
    assert max(shares) > 0.3
    assert min(shares) == 0
