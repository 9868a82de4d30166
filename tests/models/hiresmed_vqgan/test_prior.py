"""The prior: it learns which codes belong together, resumes exactly, and draws what it has learnt."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from models.hiresmed_vqgan import prior_training
from models.hiresmed_vqgan.generation import draw_background
from models.hiresmed_vqgan.grey import GreyScale
from models.hiresmed_vqgan.model import BackgroundModel, TaskPart, load, save
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.prior import (
    Prior,
    PriorSpec,
    TrunkSpec,
    known_after,
    order,
    standardised,
)
from models.hiresmed_vqgan.prior_blocks import UNKNOWN
from models.hiresmed_vqgan.prior_training import ask, likelihood, practised, train_prior
from models.hiresmed_vqgan.sampling import sample
from models.hiresmed_vqgan.spec import PRESETS, Spec
from models.learning import Recipe
from models.progress import finish

TINY = Spec("tiny", widths=(8, 16), blocks=(1, 1), levels=(32, 16, 8, 8), codes=16, code_dim=16)
TRUNKS = (TrunkSpec(1, 32, 2, attention=True), TrunkSpec(1, 32, 2), TrunkSpec(2, 32, 2))
SPEC = PriorSpec(TINY.levels, 2, TRUNKS, (4, 3, 2, 1), codes=16, code_dim=16)
SHAPE = (128, 96)
RECIPE = Recipe(steps=6, batch=4, view=64, rate=3e-3, checkpoint_every=100)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tensors this small are slower on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def vqgan() -> Vqgan:
    torch.manual_seed(3)
    network = Vqgan(TINY).eval()
    torch.nn.init.normal_(network.quantiser.codebooks)
    return network


def image(n: int) -> tuple[list[np.ndarray], int]:
    """Codes of an image: 0 to 7 on the left and 8 to 15 on the right of one class, the reverse in the other.

    Then each level says on a finer grid what the coarser one said, one code on; the last one is noise.
    """
    random = np.random.default_rng((5, n))
    kind = int(random.integers(2))
    right = np.arange(3) >= 2
    first = random.integers(0, 8, (4, 3)) + 8 * (right != bool(kind))
    second = (np.kron(first, np.ones((2, 2), int)) + 1) % 16
    third = (np.kron(second, np.ones((2, 2), int)) + 1) % 16
    return [
        level.astype(np.int16) for level in (first, second, third, random.integers(0, 16, (16, 12)))
    ], kind


def test_it_learns_what_belongs_together_and_draws_it(vqgan: Vqgan, tmp_path: Path) -> None:
    recipe = Recipe(steps=130, batch=8, view=64, rate=1e-2, memory=0.95, checkpoint_every=1000)
    reports = list(train_prior(vqgan, SPEC, recipe, image, tmp_path / "whole"))
    prior = finish(train_prior(vqgan, SPEC, recipe, image, tmp_path / "whole", resume=True))
    assert set(reports[0].figures) >= {"loss", "bits per code, 32 px", "bits per code, 16 px"}

    # 3 bits are free on the first level, none on those that follow from it, all 4 of the last one.
    bits = np.mean([likelihood(vqgan, prior, *image(n)) for n in range(10_000, 10_008)], axis=0)
    assert bits[0] == pytest.approx(3.0, abs=0.4)
    assert bits[1] < 0.6
    assert bits[2] < 0.6
    assert bits[3] == pytest.approx(4.0, abs=0.3)

    for kind in (0, 1):
        drawn = finish(sample(vqgan, prior, kind, SHAPE, seed=kind))
        first, second, third = (level[0].numpy() for level in drawn.codes)
        assert first.shape == (4, 3)
        assert ((first >= 8) == ((np.arange(3) >= 2) != bool(kind))).mean() > 0.7
        assert (second == (np.kron(first, np.ones((2, 2), int)) + 1) % 16).mean() > 0.6
        assert (third == (np.kron(second, np.ones((2, 2), int)) + 1) % 16).mean() > 0.6
        # Of the last level, where any code is as likely, the mean of all is taken.
        with torch.inference_mode():
            rest = drawn.features - vqgan.quantiser.features(drawn.codes, (16, 12))
            book = vqgan.quantiser.codebooks[3]
            assert (rest[0] - book.mean(0)[:, None, None]).abs().mean() < 0.5 * book.std()


def test_training_that_was_stopped_goes_on_as_if_it_had_not_been(vqgan: Vqgan, tmp_path: Path) -> None:
    whole = finish(train_prior(vqgan, SPEC, RECIPE, image, tmp_path / "whole"))
    work = train_prior(vqgan, SPEC, RECIPE, image, tmp_path / "parts")
    for _ in range(3):
        next(work)
    work.close()
    parts = finish(train_prior(vqgan, SPEC, RECIPE, image, tmp_path / "parts", resume=True))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, parts.state_dict()[name]), name
    begun, still = Prior(SPEC), Recipe(steps=1, batch=2, view=64, rate=0.0)
    tuned = finish(train_prior(vqgan, SPEC, still, image, tmp_path / "tuned", start=begun))
    assert all(torch.equal(a, b) for a, b in zip(tuned.parameters(), begun.parameters(), strict=True))


def test_drawing_follows_the_seed_and_may_be_left_at_any_report(vqgan: Vqgan) -> None:
    prior = _untrained()
    work = sample(vqgan, prior, 0, (100, 90), seed=1)
    reports = [next(work), next(work)]
    work.close()
    assert [r.done for r in reports] == [1, 2]
    assert reports[0].total == 4 + 3 + 2

    one, again, other = (finish(sample(vqgan, prior, 0, (100, 90), seed)) for seed in (1, 1, 2))
    assert [tuple(level.shape) for level in one.codes] == [(1, 4, 3), (1, 8, 6), (1, 16, 12)]
    assert one.features.shape == (1, 16, 16, 12)
    assert torch.equal(one.features, again.features)
    assert not torch.equal(one.codes[0], other.codes[0])
    assert all((level >= 0).all() and (level < 16).all() for level in one.codes)

    more = list(sample(vqgan, prior, 0, SHAPE, 1, steps=16))
    assert more[-1].done == more[-1].total == 8 + 6 + 4
    usual = finish(sample(vqgan, prior, 0, SHAPE, 1, temperature=0.02))
    assert len(usual.codes[2].unique()) < len(one.codes[2].unique())


def test_a_region_is_drawn_anew_and_the_rest_stays(vqgan: Vqgan) -> None:
    prior = _untrained()
    grids = vqgan.quantiser.grids(TINY.grid(SHAPE))
    random = torch.Generator().manual_seed(2)
    start = [torch.randint(16, (1, *grid), generator=random) for grid in grids]
    before = vqgan.quantiser.features(start, TINY.grid(SHAPE))
    redraw = np.zeros(SHAPE, bool)
    redraw[40:60, 70:96] = True

    changed = finish(sample(vqgan, prior, 0, SHAPE, 7, start=start, redraw=redraw))

    where = (before != changed.features).any(1)[0].numpy()
    rows, columns = slice(40 // 8, -(-60 // 8)), slice(70 // 8, None)
    assert where[rows, columns].all()
    where[rows, columns] = False
    assert not where.any()
    nothing = finish(sample(vqgan, prior, 0, SHAPE, 7, start=start, redraw=np.zeros(SHAPE, bool)))
    assert torch.equal(before, nothing.features)


@pytest.mark.parametrize(
    "wrong",
    [{"temperature": 0.0}, {"steps": 0}, {"redraw": np.ones(SHAPE, bool)}],
    ids=lambda w: next(iter(w)),
)
def test_what_cannot_be_drawn_is_refused(vqgan: Vqgan, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"positive|together"):
        finish(sample(vqgan, _untrained(), 0, SHAPE, 1, **wrong))  # type: ignore[arg-type]


def test_a_window_shows_what_the_whole_image_does(vqgan: Vqgan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Learning from windows must not differ from drawing whole images by how coarse levels are brought up."""
    monkeypatch.setattr(prior_training, "SWAPPED", 0.0)
    books = standardised(vqgan.quantiser.codebooks)
    codes, kind = image(0)
    trunk = _untrained().trunk(3)
    batch = [torch.from_numpy(level.astype(np.int64))[None] for level in codes]
    whole = trunk.coarser(3, batch, books, (16, 12))
    corners = set()
    for seed in range(8):
        question = ask(SPEC, 64, codes, kind, 3, np.random.default_rng(seed))
        window = trunk.coarser(3, question.coarser, books, (8, 8), margin=1)
        row, column = (question.place[0, 0, 0] * torch.tensor([16, 12]) - 0.5).round().int().tolist()
        assert torch.equal(question.answer[0], batch[3][0, row : row + 8, column : column + 8])
        torch.testing.assert_close(window[0], whole[0, row : row + 8, column : column + 8])
        corners.add((row, column))
    assert len(corners) > 2


def test_each_pass_is_practised_and_turns_are_spread_evenly() -> None:
    turns = order((8, 6), 0.3)
    assert sorted(turns.flatten().tolist()) == list(range(48))
    first = (turns < 12).float()  # a quarter of all: a quarter of each half, too
    assert first[:4].sum() == pytest.approx(6, abs=1)
    assert first[:, :3].sum() == pytest.approx(6, abs=1)
    assert [known_after(4, done, 100) for done in (0, 4)] == [0, 100]
    shares = [known_after(4, done, 100) for done in range(5)]
    assert all(b - a > d - c for (c, d), (a, b) in pairwise(list(pairwise(shares))))

    hidden = {
        int((ask(SPEC, 64, *image(n), 0, np.random.default_rng(n)).known == UNKNOWN).sum()) for n in range(40)
    }
    assert hidden == {12 - known_after(4, done, 12) for done in range(4)}
    assert {level for step in range(4) for level in practised(SPEC.trunks, step)} == {0, 1, 2, 3}


def test_a_spec_suits_every_preset_and_survives_its_card() -> None:
    for preset in PRESETS.values():
        spec = PriorSpec.of(preset, classes=3)
        assert sum(trunk.levels for trunk in spec.trunks) == len(spec.passes) == len(spec.levels)
        assert spec.levels == preset.levels[: len(spec.levels)]
        assert PriorSpec.from_card(spec.as_card()) == spec
        assert sum(p.numel() for p in Prior(spec).parameters()) <= 5_200_000
    with pytest.raises(ValueError, match="levels"):
        Prior(PriorSpec(TINY.levels, 1, TRUNKS[:2], (1, 1, 1, 1)))


def test_a_model_draws_a_background_in_the_unit_of_its_task(vqgan: Vqgan, tmp_path: Path) -> None:
    part = TaskPart(1, GreyScale((-1000, 400), (-1, 1)), (100, 90), 0.7, "HU")
    card = {"name": "background", "preset": "tiny", "tasks": {}}
    save(BackgroundModel(vqgan, _untrained(), {"lung-ct": part}, {}, card), tmp_path)
    model = load(tmp_path)
    drawn, again = (finish(draw_background(model, "lung-ct", 4)) for _ in range(2))
    assert drawn.shape == (100, 90)
    assert drawn.dtype == np.float32
    assert -1000 <= drawn.min() < drawn.max() <= 400
    np.testing.assert_array_equal(drawn, again)
    with pytest.raises(ValueError, match="kub-xray"):
        finish(draw_background(model, "kub-xray", 4))
    with pytest.raises(ValueError, match="no prior"):
        finish(draw_background(BackgroundModel(vqgan, None, model.tasks, {}, card), "lung-ct", 4))


def _untrained() -> Prior:
    torch.manual_seed(4)
    prior = Prior(SPEC).eval()
    for trunk in prior.parts():
        torch.nn.init.normal_(trunk.told, std=0.1)
        torch.nn.init.normal_(trunk.usual)
    return prior
