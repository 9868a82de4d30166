"""SinGAN: networks, losses, training that can be interrupted, drawing, scores."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.progress import finish
from models.singan.deformation import deformed
from models.singan.network import Generator, folded, initialise, resize, scale_sizes
from models.singan.presets import LEAN, PAPER
from models.singan.preview import recombined
from models.singan.pyramid import Pyramid
from models.singan.scores import NearestCopy, patch_distance, quantiles
from models.singan.training import fixed_noise, train

TINY = replace(LEAN, iterations=(12, 6), width=8)


def exemplar(size: int = 24) -> torch.Tensor:
    """(2, size, size): a soft ellipse with a texture, and its alpha."""
    rows, columns = np.indices((size, size)) - (size - 1) / 2
    alpha = 1 / (1 + np.exp(2 * (np.hypot(rows, 1.4 * columns) - size / 3.2)))
    texture = 0.85 + 0.1 * np.sin(rows) * np.cos(1.3 * columns)
    return torch.from_numpy(np.stack([alpha * texture, alpha]).astype(np.float32))


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of weights are equal, bit by bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_the_pyramid_starts_where_a_network_sees_all_of_it():
    assert scale_sizes(64, LEAN.coarsest, LEAN.ratio) == [10, 14, 21, 30, 44, 64]
    assert scale_sizes(64, PAPER.coarsest, PAPER.ratio) == [25, 30, 36, 44, 53, 64]
    assert scale_sizes(12, 10, 0.7) == [10, 12]
    assert scale_sizes(9, 10, 0.7) == [9]


def test_the_paper_preset_widens_every_four_scales():
    assert PAPER.widths(0, 5) == PAPER.widths(3, 5) == [32, 32, 32, 32]
    assert PAPER.widths(4, 5) == [64, 32, 32, 32]
    assert LEAN.widths(4, 6) == [32] * 4
    assert LEAN.widths(5, 6) == [16] * 4
    assert [PAPER.iterations_at(scale, 5) for scale in range(5)] == [2000] * 5
    assert [LEAN.iterations_at(scale, 6) for scale in range(6)] == [1000, 850, 700, 550, 400, 250]


def test_folded_convolutions_do_what_the_generator_does():
    random = torch.Generator().manual_seed(0)
    generator = Generator([8, 8, 8, 8], norm=True)
    initialise(generator, random)
    for _ in range(3):  # gives the norms statistics of their own
        generator(torch.randn((4, 2, 16, 16), generator=random), torch.zeros(4, 2, 16, 16))
    generator.eval()
    tensors = {f"0.{name}": tensor for name, tensor in folded(generator).items()}
    pyramid = Pyramid(tensors, [16], [1.0])
    noise = torch.randn((1, 2, 16, 16), generator=random)
    with torch.no_grad():
        expected = generator(noise, torch.zeros(1, 2, 16, 16))[0].numpy()
    np.testing.assert_allclose(pyramid.reconstruct(noise), expected, atol=1e-5)


def test_training_learns_the_exemplar():
    real = exemplar(10)
    trained = finish(train(real, replace(LEAN, iterations=(400, 400)), 0))
    pyramid = Pyramid(trained.tensors, trained.sizes, trained.amplitudes)
    error = pyramid.reconstruct(fixed_noise(0, trained.sizes[0])) - real.numpy()
    assert np.sqrt((error**2).mean()) < 0.12
    drawings = np.stack([pyramid.draw(np.random.default_rng(seed)) for seed in range(8)])
    assert np.isfinite(drawings).all()
    assert drawings[:, 1, 4:6, 4:6].mean() > 0.8
    assert drawings[:, 1, 0].mean() < 0.3


def test_training_depends_on_its_seed_alone():
    torch.manual_seed(1)
    first = finish(train(exemplar(), TINY, 3))
    torch.manual_seed(2)
    again = finish(train(exemplar(), TINY, 3))
    other = finish(train(exemplar(), TINY, 4))
    assert same(first.tensors, again.tensors)
    assert not same(first.tensors, other.tensors)


def test_closed_training_goes_on_to_the_same_weights(tmp_path):
    straight = finish(train(exemplar(), TINY, 0))
    work = train(exemplar(), TINY, 0, tmp_path)
    for progress in work:
        if progress.note.startswith("scale 2"):
            break
    work.close()
    assert [folder.name for folder in tmp_path.iterdir()] == ["scale0"]
    notes = []
    resumed = train(exemplar(), TINY, 0, tmp_path)
    while True:
        try:
            notes.append(next(resumed).note)
        except StopIteration as end:
            result = end.value
            break
    assert not any(note.startswith("scale 1") for note in notes)
    assert same(result.tensors, straight.tensors)
    assert result.amplitudes == straight.amplitudes


_KILLED = """
import sys
from pathlib import Path
from models.singan.training import train
from tests.models.test_singan import TINY, exemplar
for progress in train(exemplar(), TINY, 0, Path(sys.argv[1])):
    if progress.note.startswith("scale 3"):
        print("here", flush=True)
        sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_killed_training_goes_on_to_the_same_weights(tmp_path):
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "here"
        os.kill(process.pid, signal.SIGKILL)
    assert {folder.name for folder in tmp_path.iterdir()} == {"scale0", "scale1"}
    resumed = finish(train(exemplar(), TINY, 0, tmp_path))
    assert same(resumed.tensors, finish(train(exemplar(), TINY, 0)).tensors)


def test_a_damaged_checkpoint_or_one_of_another_exemplar_is_trained_again(tmp_path):
    straight = finish(train(exemplar(), TINY, 0, tmp_path))
    file = tmp_path / "scale1" / "weights.safetensors"
    data = bytearray(file.read_bytes())
    data[-5] ^= 255
    file.write_bytes(data)
    assert same(finish(train(exemplar(), TINY, 0, tmp_path)).tensors, straight.tensors)
    other = exemplar() * 0.9
    assert same(finish(train(other, TINY, 0, tmp_path)).tensors, finish(train(other, TINY, 0)).tensors)


def test_progress_rises_to_its_total_and_plots_the_losses():
    reports = list(train(exemplar(), TINY, 0))
    done = [report.fraction for report in reports]
    assert done == sorted(done)
    assert done[0] == 0
    assert 0.5 < done[-1] <= 1
    assert {"discriminator", "generator", "reconstruction"} <= reports[-1].figures.keys()


def test_the_paper_preset_trains():
    small = replace(PAPER, iterations=(2, 2), coarsest=18)
    trained = finish(train(exemplar(), small, 0))
    assert trained.sizes == [18, 21, 24]
    pyramid = Pyramid(trained.tensors, trained.sizes, trained.amplitudes)
    assert np.isfinite(pyramid.draw(np.random.default_rng(0))).all()


def test_deformations_differ_and_stay_near():
    real = exemplar()[None]
    views = deformed(real, 6, 3.0, torch.Generator().manual_seed(0))
    assert views.shape == (6, 2, 24, 24)
    differences = (views - real).square().mean(dim=(1, 2, 3)).sqrt()
    assert (differences > 0.01).all()
    assert (differences < 0.45).all()
    assert torch.equal(deformed(real, 6, 0.0, torch.Generator()), real)


def test_resizing_averages_where_it_shrinks():
    stripes = torch.zeros(1, 2, 32, 32)
    stripes[..., ::2] = 1
    assert resize(stripes, 8)[..., 2:-2, 2:-2].sub(0.5).abs().max() < 0.1
    assert resize(stripes, 32) is stripes


def test_the_drawing_does_not_depend_on_the_number_of_threads():
    trained = finish(train(exemplar(), TINY, 0))
    pyramid = Pyramid(trained.tensors, trained.sizes, trained.amplitudes)
    before = torch.get_num_threads()
    drawings = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            drawings.append(pyramid.draw(np.random.default_rng(5)).tobytes())
    finally:
        torch.set_num_threads(before)
    assert drawings[0] == drawings[1]


def test_tensors_of_another_network_are_refused():
    trained = finish(train(exemplar(), TINY, 0))
    few = {name: t for name, t in trained.tensors.items() if name != "0.4.weight"}
    for tensors, sizes in ((few, trained.sizes), (trained.tensors, trained.sizes[:1]), ({}, [])):
        with pytest.raises(ValueError, match=r"scale|sizes|pyramid"):
            Pyramid(tensors, sizes, trained.amplitudes[: len(sizes)])


def test_patch_distance_is_small_to_itself_and_grows_with_difference():
    crop = exemplar(64)[0].numpy()
    blurred = resize(resize(exemplar(64)[None], 20), 64)[0, 0].numpy()
    itself = patch_distance(crop, crop)
    assert 0 < itself < 0.01
    assert itself < patch_distance(blurred, crop) < patch_distance(crop * 0.5, crop)
    assert patch_distance(crop * 900 - 40, crop * 900 - 40) == pytest.approx(itself, rel=1e-3)


def test_nearest_copy_sees_through_shifts_and_turns():
    random = np.random.default_rng(0)
    crop = np.zeros((32, 32))
    crop[8:20, 9:18] = random.random((12, 9))
    nearest = NearestCopy(crop)
    assert nearest.distance(crop) == pytest.approx(0, abs=1e-6)
    assert nearest.distance(np.roll(np.rot90(crop[:, ::-1]), (3, -2), (0, 1))) == pytest.approx(0, abs=1e-6)
    assert nearest.distance(np.zeros((32, 32))) == pytest.approx(1)
    assert nearest.distance(0.9 * crop) == pytest.approx(0.1, abs=1e-6)


def test_quantiles_are_in_order():
    values = list(quantiles(list(np.random.default_rng(0).random(50))).values())
    assert values == sorted(values)


def test_the_preview_recombines_patches_into_another_lesion():
    real = exemplar(48).numpy()
    drawn = [recombined(real, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert drawn[0].shape == real.shape
    assert drawn[0].tobytes() == drawn[1].tobytes()
    assert not np.array_equal(drawn[0], drawn[2])
    assert patch_distance(drawn[0][0], real[0]) < 0.08
    assert NearestCopy(real[0]).distance(drawn[0][0]) > 0.02
