"""The autoencoder to the letter of method.md §1: its blocks, its presets, and the quantiser."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.hiresmed_vqgan.blocks import HDFB, ChannelAttention, DetailStage, ResidualBlock
from models.hiresmed_vqgan.discriminator import Discriminator
from models.hiresmed_vqgan.network import Short, Vqgan
from models.hiresmed_vqgan.quantiser import ResidualQuantiser, bring_up, perplexity
from models.hiresmed_vqgan.spec import FIDELITY, PAPER, PRESETS, SMALL, Spec

TINY = Spec("tiny", widths=(8, 16), blocks=(1, 1), levels=(32, 16, 8, 8), codes=32, code_dim=16)


def test_an_hdfb_is_what_equations_2_to_8_and_12_say() -> None:
    torch.manual_seed(0)
    block = HDFB(16, 32, drop_path=0.3).eval()
    x = torch.randn(2, 16, 9, 7)

    y = block.conv1(F.silu(block.norm1(x)))
    y = F.silu(block.norm2(y))
    extract = block.extract
    hidden = extract.conv(extract.norm(y))
    gelu = 0.5 * hidden * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (hidden + 0.044715 * hidden**3)))  # Eq. 11
    expected = block.skip(x) + y + extract.pointwise(extract.depthwise(gelu))

    torch.testing.assert_close(block(x), expected)
    assert extract.depthwise.groups == 32
    assert extract.depthwise.kernel_size == (5, 5)


def test_drop_path_leaves_whole_samples_out_while_learning_and_none_afterwards() -> None:
    torch.manual_seed(0)
    extract = HDFB(16, 16, drop_path=0.5).extract
    x = torch.randn(64, 16, 4, 4)

    changed = (extract.train()(x) - x).flatten(1).abs().amax(1) > 0

    assert 10 < int(changed.sum()) < 54
    assert ((extract.eval()(x) - x).flatten(1).abs().amax(1) > 0).all()


def test_the_plain_vqgan_differs_in_its_blocks_alone() -> None:
    ours, plain = Vqgan(TINY), Vqgan(replace(TINY, block="residual"))

    def others(network: Vqgan) -> list[type[nn.Module]]:
        inside = [b for b in network.modules() if isinstance(b, HDFB | ResidualBlock)]
        parts = {id(part) for b in inside for part in b.modules()}
        return [type(part) for part in network.modules() if id(part) not in parts]

    def count(network: Vqgan, kind: type[nn.Module]) -> int:
        return sum(isinstance(part, kind) for part in network.modules())

    assert others(ours) == others(plain)
    assert count(ours, HDFB) == count(plain, ResidualBlock) > 0
    assert count(ours, ResidualBlock) == count(plain, HDFB) == 0


def test_the_paper_s_preset_makes_256_codes_of_1024_pixels_a_side() -> None:
    with torch.device("meta"):
        network = Vqgan(PAPER)
        z = network.encoder(torch.empty(1, 3, 1024, 1024))
        image = network.decoder(torch.empty(1, 256, 16, 16))

    assert z.shape == (1, 256, 16, 16)
    assert image.shape == (1, 3, 1024, 1024)
    assert network.quantiser.codebooks.shape == (1, 1024, 256)
    halvings = [part for part in network.encoder if isinstance(part, nn.Conv2d) and part.stride == (2, 2)]
    assert len(halvings) == 6  # three stages of two
    assert sum(isinstance(part, ChannelAttention) for part in network.decoder.modules()) == 6
    assert sum(isinstance(part, DetailStage) for part in network.decoder.modules()) == 1


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_survives_its_card(name: str) -> None:
    spec = PRESETS[name]
    assert Spec.from_card(spec.as_card()) == spec
    assert spec.codes == 1024
    assert spec.code_dim == 256


def test_an_image_keeps_its_shape_and_weights_begin_as_table_1_says() -> None:
    network = Vqgan(SMALL).eval()
    with torch.inference_mode():
        assert network(torch.rand(1, 1, 128, 192) * 2 - 1).shape == (1, 1, 128, 192)
    with torch.device("cpu"):
        weights = torch.cat(
            [
                m.weight.flatten()
                for part in list(network.encoder)[:-1]
                for m in part.modules()
                if isinstance(m, nn.Conv2d)
            ]
        )
    assert weights.std().item() == pytest.approx(0.02, rel=0.05)
    assert FIDELITY.grid((391, 320)) == (56, 40)  # padded to 448 × 320


def test_the_first_level_takes_the_code_of_the_nearest_direction() -> None:
    torch.manual_seed(1)
    quantiser = ResidualQuantiser(replace(TINY, levels=(8,)))
    z = torch.randn(2, 16, 4, 4)

    found = quantiser(z)

    flat = z.permute(0, 2, 3, 1).reshape(-1, 1, 16)
    cosine = F.cosine_similarity(flat, quantiser.codebooks[0][None], dim=2)
    assert (cosine.argmax(1) == found.codes[0].flatten()).float().mean() > 0.95  # bfloat16 may tie
    torch.testing.assert_close(found.features, quantiser.embed(0, found.codes[0]))


def test_levels_add_up_from_coarse_to_fine_and_each_brings_the_features_nearer() -> None:
    torch.manual_seed(2)
    quantiser = ResidualQuantiser(TINY)
    quantiser.codebooks.data.normal_(0, 0.5)
    quantiser.codebooks.data[:, 0] = 0  # so that no level needs to make it worse
    z = F.interpolate(torch.randn(1, 16, 2, 2), size=(8, 8), mode="bilinear") + 0.3 * torch.randn(1, 16, 8, 8)

    found = quantiser(z)

    assert (
        [tuple(c.shape[1:]) for c in found.codes]
        == quantiser.grids((8, 8))
        == [(2, 2), (4, 4), (8, 8), (8, 8)]
    )
    torch.testing.assert_close(found.features, quantiser.features(found.codes, (8, 8)))
    by_hand = sum(bring_up(quantiser.embed(n, c), (8, 8)) for n, c in enumerate(found.codes[:3]))
    torch.testing.assert_close(quantiser.features(found.codes[:3], (8, 8)), by_hand)
    errors = [F.mse_loss(quantiser.features(found.codes[:n], (8, 8)), z).item() for n in range(2, 5)]
    assert errors == sorted(errors, reverse=True)


def test_gradients_pass_straight_through_and_reach_the_codes_by_their_own_loss() -> None:
    torch.manual_seed(3)
    quantiser = ResidualQuantiser(TINY)
    z = torch.randn(2, 16, 8, 8, requires_grad=True)

    found = quantiser(z)
    found.features.sum().backward()
    torch.testing.assert_close(z.grad, torch.ones_like(z))
    assert quantiser.codebooks.grad is None

    quantiser(z).codebook.backward()
    assert quantiser.codebooks.grad is not None
    assert all(quantiser.codebooks.grad[level].abs().sum() > 0 for level in range(4))
    torch.testing.assert_close(z.grad, torch.ones_like(z))  # it pulls the codes, not the encoder


def test_levels_left_out_leave_the_coarser_ones() -> None:
    torch.manual_seed(4)
    quantiser = ResidualQuantiser(TINY)
    z = torch.randn(2, 16, 8, 8)

    found = quantiser(z, keep=torch.tensor([1, 4]))

    torch.testing.assert_close(found.features[:1], quantiser.features([found.codes[0][:1]], (8, 8)))
    torch.testing.assert_close(found.features[1:], quantiser.features([c[1:] for c in found.codes], (8, 8)))


def test_dead_codes_begin_again_at_features_of_the_batch() -> None:
    torch.manual_seed(5)
    spec = replace(TINY, levels=(8,), codes=64)
    centres = torch.randn(64, 16)
    features = centres[torch.randint(64, (512,))].view(8, 8, 8, 16).permute(0, 3, 1, 2)
    dead, alive = ResidualQuantiser(spec), ResidualQuantiser(spec)
    for quantiser in (dead, alive):  # all in one corner
        quantiser.codebooks.data += 1

    for _ in range(60):
        alive(features + 0.01 * torch.randn_like(features), generator=torch.default_generator)

    def in_use(quantiser: ResidualQuantiser) -> int:
        return len(quantiser(features).codes[0].unique())

    assert in_use(alive) >= 40 > in_use(dead)
    assert F.mse_loss(alive(features).features, features) < 0.7 * F.mse_loss(
        dead(features).features, features
    )


def test_perplexity_counts_codes_used_alike() -> None:
    use = torch.zeros(2, 32)
    use[0, :8], use[1] = 3.0, 1.0
    torch.testing.assert_close(perplexity(use), torch.tensor([8.0, 32.0]))


def test_the_discriminator_judges_patches_at_three_scales() -> None:
    verdicts = Discriminator(1)(torch.randn(2, 1, 64, 64))
    assert [tuple(verdict.shape) for verdict in verdicts] == [(2, 1, 16, 16), (2, 1, 8, 8), (2, 1, 4, 4)]


def test_a_patch_of_pixels_is_a_direction_and_comes_back_from_it() -> None:
    short = Short(FIDELITY)
    image = torch.rand(2, 1, 32, 24) * 2 - 1

    features = F.normalize(short.features(image), dim=1)

    assert features.shape == (2, 256, 4, 3)
    torch.testing.assert_close(short.image(features), image, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="no room"):
        Short(replace(FIDELITY, stem=8))


def test_with_it_a_network_reconstructs_before_its_first_step() -> None:
    torch.manual_seed(6)
    network = Vqgan(replace(TINY, short=True, code_dim=128)).eval()
    images = F.interpolate(torch.rand(8, 1, 8, 8) * 2 - 1, size=(64, 64), mode="bicubic").clamp(-1, 1)

    def error() -> float:
        with torch.inference_mode():
            return F.mse_loss(network(images), images).item()

    unknown = error()
    with torch.no_grad():
        network.quantiser.begin(network.encode(images))

    assert error() < 0.1 * min(unknown, images.var().item())
    assert len(network.quantise(network.encode(images)).codes[3].unique()) > 24
