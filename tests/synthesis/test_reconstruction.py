"""Images of any kind through the network and back: depth and size kept, scores stated, no seams."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import LithographError
from app.evaluation.similarity import psnr, ssim
from app.imaging import Image, Window
from app.synthesis import residual, tiles
from app.synthesis.reconstruction import compared, reconstruct
from app.synthesis.values import Values
from app.tasks import task
from models.hiresmed_vqgan.grey import GREY_SCALES
from models.progress import finish
from tests.synthesis.tiny_model import tiny_model, use


@pytest.fixture
def _model(tmp_path: Path) -> None:
    use(tiny_model(), tmp_path / "model", ("kub-xray", "lung-ct", "abdomen-ct"))


def scene(shape: tuple[int, int], low: float, high: float) -> NDArray[np.float64]:
    """A body with a bone on a dark ground, and grain; low to high."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] / max(shape)
    body = np.exp(-(((rows - 0.4) / 0.3) ** 2 + ((columns - 0.4) / 0.25) ** 2))
    bone = 0.4 * (np.abs(columns - 0.4) < 0.05)
    grain = np.random.default_rng(1).normal(0, 0.01, shape)
    return low + (high - low) * np.clip(0.55 * body + bone + grain, 0, 1)


KINDS = {
    "8-bit negative": ("kub-xray", Image(scene((70, 131), 3, 250).astype(np.uint8), inverted=True)),
    "16-bit radiograph": (
        "kub-xray",
        Image(scene((100, 90), 900, 61000).astype(np.uint16), (0.2, 0.2), value_range=(0, 65535)),
    ),
    "HU": (
        "lung-ct",
        Image(
            scene((96, 96), -1000, 400).astype(np.int16), unit="HU", modality="CT",
            value_range=(-1024, 3071), windows=(Window(-600, 1500),),
        ),
    ),
    "CT as a picture": ("abdomen-ct", Image(scene((64, 64), 0, 255).astype(np.uint8), value_range=(0, 255))),
    "CT as a float picture": ("lung-ct", Image(scene((30, 64), 0, 1).astype(np.float32), inverted=True)),
}  # fmt: skip


@pytest.mark.usefixtures("_model")
@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_back_is_of_the_same_kind_and_its_scores_are_of_the_window(kind: str) -> None:
    name, image = KINDS[kind]
    made = finish(reconstruct(image, task(name)))
    assert made.image.pixels.shape == image.pixels.shape
    assert made.image.pixels.dtype == image.pixels.dtype
    assert (made.image.spacing, made.image.unit, made.image.inverted) == (
        image.spacing, image.unit, image.inverted,
    )  # fmt: skip
    low, high = made.data_range
    assert (low, high) == (image.automatic_window.low, image.automatic_window.high)
    a, b = (np.clip(pixels.astype(np.float64), low, high) for pixels in (image.pixels, made.image.pixels))
    assert made.psnr == pytest.approx(psnr(a, b, high - low))
    assert made.ssim == pytest.approx(ssim(a, b, high - low))
    assert made.residual.shape == made.unfamiliar.shape == image.pixels.shape
    assert made.residual.dtype == np.float32
    if name == "kub-xray":
        assert made.residual.max() > 1, "a network that has learnt nothing knows nothing"
        assert made.unfamiliar.any()
    else:
        assert np.isnan(made.residual).all(), "the card does not say what is usual"
        assert not made.unfamiliar.any()


@pytest.mark.parametrize("kind", KINDS)
def test_stored_values_survive_the_way_to_the_network_and_back(kind: str) -> None:
    name, image = KINDS[kind]
    values = Values.of(image, task(name), GREY_SCALES[name])
    network = values.to_network(image.pixels)
    assert -1 <= network.min() < network.max() <= 1
    body, ground = network[28, 28], network[-1, -1]
    assert (body > ground) is np.bool_(not image.inverted), "bones are high"
    shown = (np.abs(network) < 1) & (network > network.min()) & (network < network.max())
    assert shown.mean() > 0.5
    back = values.to_stored(network, image)
    step = np.abs(back[shown].astype(np.float64) - image.pixels[shown].astype(np.float64)).max()
    assert step <= (1 if image.pixels.dtype.kind in "iu" else 1e-4)


@pytest.mark.parametrize("length", [512, 1024, 1025, 1100, 3141, 3292, 10_007])
def test_tiles_cover_an_image_and_overlap(length: int) -> None:
    found = tiles.spans(length, 1024)
    assert found[0][0] == 0
    assert found[-1][1] == length
    for (begin, end), (following, _) in pairwise(found):
        assert begin % tiles.GRID == following % tiles.GRID == 0
        assert end - following >= tiles.OVERLAP
        assert end - begin <= 1024


def test_tiles_leave_no_seam_and_can_be_stopped() -> None:
    values = scene((700, 1100), -1, 1).astype(np.float32)
    seen: list[tuple[int, ...]] = []

    def through(tile: NDArray[np.float32]) -> NDArray[np.float32]:
        seen.append(tile.shape)
        return tile

    work = tiles.in_tiles(through, values, whole=512, side=512)
    first = next(work)
    assert first.total == 6
    np.testing.assert_allclose(finish(work), values, atol=1e-6)
    assert len(seen) == 6
    assert max(max(shape) for shape in seen) <= 512
    stopped = tiles.in_tiles(through, values, whole=512, side=512)
    next(stopped)
    stopped.close()
    assert len(seen) == 6

    # A network whose answer depends on what else it sees leaves a slope and no step.
    offsets = iter(np.linspace(-0.05, 0.05, 6, dtype=np.float32))
    made = finish(tiles.in_tiles(lambda tile: tile * 0 + next(offsets), values, whole=512, side=512))
    assert np.abs(np.diff(made, axis=0)).max() < 0.002
    assert np.abs(np.diff(made, axis=1)).max() < 0.002


def test_scores_by_strips_are_those_of_the_whole() -> None:
    a = scene((1300, 60), 0, 4000)
    b = a + np.random.default_rng(2).normal(0, 40, a.shape)
    window = Window(2000, 3000)
    one, other = (image.clip(window.low, window.high) for image in (a, b))
    decibels, similarity = finish(compared(a, b, window))
    assert decibels == pytest.approx(psnr(one, other, 3000))
    assert similarity == pytest.approx(ssim(one, other, 3000))
    assert finish(compared(a, a, window)) == (np.inf, pytest.approx(1))


def test_what_training_images_do_not_show_is_unfamiliar() -> None:
    random = np.random.default_rng(3)

    def pair(seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        original = scene((400, 400), -0.9, 0.9).astype(np.float32)
        spread = 0.02 + 0.04 * (original > 0)
        return original, (original + random.normal(0, 1, original.shape) * spread).astype(np.float32)

    level = residual.measured(pair(seed) for seed in range(4))
    assert residual.Level.from_card(level.as_card()) == level
    assert np.interp(0.5, level.grey, level.difference) > 1.5 * np.interp(-0.8, level.grey, level.difference)
    original, made = pair(9)
    usual = residual.relative(original, made, level)
    assert (usual > 1).mean() < 0.01
    assert residual.unfamiliar(usual).mean() < 0.002
    strange = original.copy()
    strange[300:330, 300:340] += 0.5
    found = residual.unfamiliar(residual.relative(strange, made, level))
    assert found[305:325, 305:335].all()
    found[290:340, 290:350] = False
    assert found.mean() < 0.002


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.full((64, 64), 7, np.uint8), "Every pixel of the image is 7"),
        (np.zeros((15, 200), np.uint8), "200 × 15 pixels; the network needs 16 × 16"),
        (np.where(np.eye(40) > 0, np.nan, 1).astype(np.float32), "no numbers"),
    ],
)
def test_images_that_will_not_do_are_refused(pixels: NDArray, words: str) -> None:
    with pytest.raises(LithographError, match=words):
        finish(reconstruct(Image(pixels), task("kub-xray")))
