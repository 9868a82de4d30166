"""The autoencoder learns, resumes exactly, and plays its game by the rules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.hiresmed_vqgan.losses import adversarial_weight, fooled, judged
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.reconstruction import from_codes, reconstruct, to_codes
from models.hiresmed_vqgan.spec import Spec
from models.hiresmed_vqgan.training import Course, Game, Patch, _loss, train
from models.learning import Recipe
from models.progress import finish

TINY = Spec("tiny", widths=(8, 16), blocks=(1, 1), levels=(32, 16, 8, 8), codes=32, code_dim=16)
RECIPE = Recipe(steps=6, batch=2, view=64, rate=2e-3, checkpoint_every=2)


def patch(n: int) -> Patch:
    """A disc on a slope, in grain."""
    random = np.random.default_rng(n)
    y, x = np.mgrid[:64, :64].astype(np.float32) / 32 - 1
    cy, cx, radius = random.uniform(-0.5, 0.5, 3)
    disc = (y - cy) ** 2 + (x - cx) ** 2 < (0.5 + 0.3 * radius) ** 2
    return np.clip(0.3 * x - 0.4 + 0.8 * disc + random.normal(0, 0.03, (64, 64)), -1, 1).astype(np.float32)


def test_training_brings_the_reconstruction_nearer_and_tells_what_is_worth_plotting(tmp_path: Path) -> None:
    recipe = Recipe(steps=60, batch=4, view=64, rate=5e-3, memory=0.9)
    work = train(TINY, recipe, Course(adversarial_from=40), patch, tmp_path, perceptual=blurred)
    figures = []
    while True:
        try:
            figures.append(next(work).figures)
        except StopIteration as end:
            network = end.value
            break

    first, last = np.mean([f["psnr"] for f in figures[:5]]), np.mean([f["psnr"] for f in figures[-10:]])
    assert last > first + 6
    assert all(f["adversarial weight"] == 0 for f in figures[:40])
    assert all(f["adversarial weight"] > 0 for f in figures[40:])
    assert 0.5 < figures[-1]["codes in use"] <= 1
    held_out = patch(10_000)
    assert (
        np.abs(reconstruct(network, held_out) - held_out).mean() < np.abs(held_out - held_out.mean()).mean()
    )


def blurred(made: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """A distance of some other kind than the mean square."""
    return torch.nn.functional.avg_pool2d((made - image).abs(), 4)


@pytest.mark.parametrize("decoder_only", [False, True])
def test_resumed_training_gives_the_same_weights(tmp_path: Path, decoder_only: bool) -> None:
    course = Course(adversarial_from=1, decoder_only=decoder_only)
    whole = finish(train(TINY, RECIPE, course, patch, tmp_path / "whole"))

    stopped = train(TINY, RECIPE, course, patch, tmp_path / "parts")
    for _ in range(3):
        next(stopped)
    stopped.close()
    again = finish(train(TINY, RECIPE, course, patch, tmp_path / "parts", resume=True))

    expected = whole.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in again.state_dict().items())


def test_encoder_and_codes_rest_while_the_decoder_alone_learns(tmp_path: Path) -> None:
    start = Vqgan(TINY)
    course = Course(decoder_only=True)
    trained = finish(train(TINY, RECIPE, course, patch, tmp_path, start=start)).state_dict()

    for name, tensor in start.state_dict().items():
        same = torch.equal(trained[name], tensor)
        assert same == (not name.startswith("decoder")), name


def test_neither_player_s_loss_has_gradients_for_the_other() -> None:
    torch.manual_seed(0)
    game = Game(TINY)
    image = torch.from_numpy(np.stack([patch(0), patch(1)]))[:, None]

    without, _ = _loss(game, image, Course(adversarial=0, levels_dropped=0), 0, None)
    without.backward()
    assert all(p.grad is None for p in game.discriminator.parameters())

    game.zero_grad()
    game.eval()  # without DropPath it is one image each time
    together, _ = _loss(game, image, Course(adversarial=0.5, levels_dropped=0), 0, None)
    together.backward()
    found = torch.cat([p.grad.flatten() for p in game.discriminator.parameters() if p.grad is not None])
    game.zero_grad()
    judged(game.discriminator(image), game.discriminator(game.vqgan(image).detach())).backward()
    alone = torch.cat([p.grad.flatten() for p in game.discriminator.parameters() if p.grad is not None])
    # Its own loss alone; the other player's, which pulls the other way, would turn it round.
    assert torch.cosine_similarity(found, alone, dim=0) > 0.98
    assert found.norm().item() == pytest.approx(alone.norm().item(), rel=0.1)


def test_the_hinge_and_the_weight_of_the_game() -> None:
    real, made = [torch.tensor([2.0, 0.0])], [torch.tensor([-3.0, 0.5])]
    assert judged(real, made).item() == pytest.approx(0.5 * 0.5 + 0.5 * 0.75)
    assert fooled(made).item() == pytest.approx(1.25)
    last = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    assert adversarial_weight((3 * last).sum(), (0.5 * last).sum(), last).item() == pytest.approx(
        6.0, rel=1e-3
    )


def test_codes_of_an_image_of_any_size_give_its_reconstruction() -> None:
    torch.manual_seed(1)
    network = Vqgan(TINY).eval()
    image = np.random.default_rng(0).uniform(-1, 1, (75, 40)).astype(np.float32)

    codes = to_codes(network, image)

    assert [level.shape for level in codes] == [(3, 2), (6, 4), (12, 8), (12, 8)]
    assert all(level.dtype == np.int16 for level in codes)
    whole = from_codes(network, codes, (75, 40))
    np.testing.assert_allclose(whole, reconstruct(network, image), atol=0.02)
    assert whole.shape == from_codes(network, codes[:1], (75, 40)).shape == (75, 40)
    assert np.abs(whole).max() <= 1
