"""The detector of places: its size and weights, its boxes, which cells answer for which, and its losses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from models import weights
from models.inputs import Kind
from models.location.assigning import Rule, assign
from models.location.boxes import Cells, cells, ciou, decode, encode, in_a_row, suppress
from models.location.confidence import calibrate, confidence_map
from models.location.losses import Shares, distance_loss, loss_of, place_loss
from models.location.network import BINS, Detector, Level, Spec, load, save

SPEC = Spec(Kind.CT, size=64, width=0.25)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tensors this small are slower on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def network() -> Detector:
    """A network whose norms have seen some data, so that folding them is not trivial."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Detector(SPEC).train()
        for _ in range(3):
            net(torch.randn(4, 2, 64, 64) * 2 + 1)
    return net.eval()


def levels_of(size: int, told: float = 0.0) -> list[Level]:
    """What a network would say that knows nothing: the same score everywhere, boxes of all sizes alike."""
    sides = (size // 8, size // 16, size // 32)
    return [Level(torch.full((1, n, n), told), torch.zeros(1, 4, BINS, n, n)) for n in sides]


# --- the network ------------------------------------------------------------------------------------------


def test_the_nano_size_has_the_published_size_and_cost() -> None:
    nano = Detector(Spec(Kind.RADIOGRAPH)).eval()
    products = 0

    def count(conv: torch.nn.Module, _: object, outputs: torch.Tensor) -> None:
        nonlocal products
        products += outputs.numel() * conv.weight[0].numel()

    for module in nano.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.inference_mode():
        levels = nano(torch.zeros(1, 2, 640, 640))
    assert sum(parameter.numel() for parameter in nano.parameters()) == pytest.approx(2.6e6, rel=0.02)
    assert 2 * products == pytest.approx(6.3e9, rel=0.02)
    assert [tuple(level.scores.shape) for level in levels] == [(1, 80, 80), (1, 40, 40), (1, 20, 20)]
    assert [tuple(level.sides.shape) for level in levels] == [(1, 4, 16, n, n) for n in (80, 40, 20)]


def test_folding_norms_changes_nothing_but_the_time(network: Detector) -> None:
    image = torch.randn(1, 2, 64, 96)
    folded = copy.deepcopy(network).fold()
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    with torch.no_grad():
        for before, once, twice in zip(network(image), folded(image), folded.fold()(image), strict=True):
            torch.testing.assert_close(once.scores, before.scores, rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(once.sides, before.sides, rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(twice.sides, once.sides)


def test_saved_weights_say_the_same(network: Detector, tmp_path: Path) -> None:
    save(network, tmp_path, {"name": "test"})
    loaded, card = load(tmp_path)
    assert loaded.spec == SPEC
    assert card["name"] == "test"
    image = torch.randn(1, 2, 64, 64)
    with torch.no_grad():
        for before, after in zip(network(image), loaded.eval()(image), strict=True):
            assert (after.scores - before.scores).abs().max() < 0.02  # kernels are stored as float16


def test_damaged_weights_and_those_of_another_network_are_refused(network: Detector, tmp_path: Path) -> None:
    weights.save({"kernel": torch.ones(3)}, tmp_path / "other", {})
    with pytest.raises(weights.DamagedWeights, match="not those of a location network"):
        load(tmp_path / "other")
    save(network, tmp_path / "spec", {})
    card = json.loads((tmp_path / "spec" / weights.CARD).read_text())
    card["spec"]["width"] = 0.5
    (tmp_path / "spec" / weights.CARD).write_text(json.dumps(card))
    with pytest.raises(weights.DamagedWeights, match="not those of a location network"):
        load(tmp_path / "spec")
    save(network, tmp_path / "cut", {})
    file = tmp_path / "cut" / weights.WEIGHTS
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(weights.DamagedWeights, match="damaged"):
        load(tmp_path / "cut")


# --- boxes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "box", [(10, 20, 50, 44), (30.5, 30.5, 33.5, 33.5), (26, 30, 29, 33), (0, 0, 60, 60)]
)
@pytest.mark.parametrize(("stride", "centre"), [(8.0, 28.0), (16.0, 24.0)])
def test_a_box_survives_being_told_as_distances_even_from_a_cell_beside_it(
    box: tuple[float, ...], stride: float, centre: float
) -> None:
    truth = torch.tensor([box], dtype=torch.float32)
    cell = Cells(torch.tensor([[centre, centre]]), torch.tensor([stride]))
    bins = encode(truth, cell)
    # The distribution that the loss asks for: the two bins beside the distance, by nearness.
    shares = (1 - (bins[..., None] - torch.arange(BINS)).abs()).clamp(min=1e-9)
    torch.testing.assert_close(decode(shares.log(), cell), truth, atol=1e-3, rtol=0)
    assert distance_loss(shares.log(), bins) <= distance_loss(torch.zeros(1, 4, BINS), bins)


def test_cells_stand_where_their_maps_say() -> None:
    grid = cells(levels_of(64))
    assert grid.centres.shape == (64 + 16 + 4, 2)
    assert grid.centres[0].tolist() == [4, 4]
    assert grid.centres[1].tolist() == [12, 4]  # x first
    assert grid.centres[64 + 4].tolist() == [8, 24]
    assert grid.strides[[0, 64, 80]].tolist() == [8, 16, 32]
    level = Level(
        torch.arange(64.0).reshape(1, 8, 8),
        torch.arange(64.0).reshape(1, 1, 1, 8, 8).expand(1, 4, BINS, 8, 8),
    )
    scores, sides = in_a_row([level])
    assert torch.equal(scores[0], sides[0, :, 3, 5])  # cells are in the same order


def test_overlap_orders_boxes_as_one_would() -> None:
    truth = torch.tensor([10.0, 10, 20, 20])
    same, near, far = truth, truth + 3, truth + 40
    stretched = torch.tensor([10.0, 12.5, 20, 17.5])
    found = ciou(torch.stack((same, near, stretched, far)), truth)
    assert found[0] == pytest.approx(1, abs=1e-5)
    assert found[0] > found[2] > found[1] > 0 > found[3]
    assert (found.abs() <= 1.5).all()


def test_suppression_keeps_the_best_of_what_overlaps() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [30, 30, 40, 40], [0, 0, 9, 10]], np.float32)
    scores = np.array([0.5, 0.9, 0.3, 0.4], np.float32)
    assert suppress(boxes, scores).tolist() == [1, 2]
    assert suppress(boxes, scores, overlap=0.95).tolist() == [1, 0, 3, 2]
    assert suppress(boxes, scores, overlap=0.95, most=2).tolist() == [1, 0]
    assert suppress(boxes[:0], scores[:0]).tolist() == []


# --- assignment -------------------------------------------------------------------------------------------


def assigned(boxes: list[list[float]], told: torch.Tensor, confidence: torch.Tensor, **rule: float):  # type: ignore[no-untyped-def]
    truth = torch.tensor([boxes]).reshape(1, -1, 4)
    real = torch.ones(1, truth.shape[1], dtype=torch.bool)
    return assign(confidence, told, truth, real, GRID, Rule(**rule))  # type: ignore[arg-type]


GRID = cells(levels_of(64))
COUNT = len(GRID.strides)
SURE = torch.full((1, COUNT), 0.5)
ALL_TELL = torch.tensor([20.0, 20, 44, 44]).expand(1, COUNT, 4)


def test_the_best_cells_inside_a_box_answer_for_it() -> None:
    found = assigned([[20, 20, 44, 44]], ALL_TELL, SURE, most=5, quality=1.0)
    chosen = found.targets[0] > 0
    assert chosen.sum() == 5
    assert ((GRID.centres[chosen] > 20) & (GRID.centres[chosen] < 44)).all()
    assert found.targets.max() == pytest.approx(1, abs=1e-4)  # all tell the box exactly
    assert (found.boxes[0][chosen] == torch.tensor([20.0, 20, 44, 44])).all()


@pytest.mark.parametrize("centre", [(32.0, 32.0), (4.0, 4.0), (0.5, 63.0), (27.9, 36.2)])
def test_a_box_smaller_than_a_cell_has_cells_of_every_level(centre: tuple[float, float]) -> None:
    x, y = centre
    told = torch.zeros(1, COUNT, 4)  # nobody's box meets the lesion yet
    found = assigned([[x - 1.5, y - 1.5, x + 1.5, y + 1.5]], told, SURE, most=100)
    chosen = found.targets[0] > 0
    assert {8.0, 16.0, 32.0} == set(GRID.strides[chosen].tolist())
    nearest = (GRID.centres - torch.tensor(centre)).norm(dim=1).argmin()
    assert chosen[nearest]


def test_a_confident_cell_with_a_good_box_is_aligned_best() -> None:
    confidence, told = SURE.clone(), ALL_TELL.clone()
    inside = ((GRID.centres > 20) & (GRID.centres < 44)).all(1).nonzero()[:, 0]
    good, unsure, askew = (int(n) for n in inside[:3])
    confidence[0, unsure] = 0.05
    told[0, askew] += 8
    targets = assigned([[20, 20, 44, 44]], told, confidence, most=100).targets[0]
    assert targets[good] > targets[unsure] > 0
    assert targets[good] > targets[askew]


def test_where_a_box_cannot_be_told_exactly_confidence_suffers_only_by_the_share_asked_for() -> None:
    told = ALL_TELL + 8
    strict, lenient = (assigned([[20, 20, 44, 44]], told, SURE, quality=q).targets.max() for q in (1.0, 0.0))
    assert strict < 0.5
    assert lenient == pytest.approx(1)


def test_a_cell_between_two_boxes_answers_for_one_and_both_have_cells() -> None:
    told = ALL_TELL.clone()
    left, right = [8.0, 20, 40, 44], [24.0, 20, 56, 44]
    told[0, ::2], told[0, 1::2] = torch.tensor(left), torch.tensor(right)
    found = assigned([left, right], told, SURE, most=100)
    chosen = found.targets[0] > 0
    x, y = GRID.centres.T
    between = chosen & (x > 24) & (x < 40) & (y > 20) & (y < 44)
    assert between.sum() == 4
    assert torch.equal(found.boxes[0][between], told[0][between])
    assert found.boxes[0][chosen & (x < 24)][:, 0].eq(8).all()
    assert found.boxes[0][chosen & (x > 40)][:, 0].eq(24).all()


def test_filling_and_images_without_lesions_choose_nothing() -> None:
    nothing = assign(SURE, ALL_TELL, torch.zeros(1, 2, 4), torch.zeros(1, 2, dtype=torch.bool), GRID, Rule())
    assert not nothing.targets.any()
    assert not assigned([], ALL_TELL, SURE).targets.any()
    none = torch.zeros(1, 0, 4), torch.zeros(1, 0, dtype=torch.bool)
    levels = levels_of(64, -3.0)
    levels[0].scores.requires_grad_()
    loss, parts = loss_of(levels, *none, Rule(), Shares())
    loss.backward()
    assert parts["box"] == parts["distance"] == parts["place"] == 0
    assert (levels[0].scores.grad > 0).all()  # everywhere it is told to be less confident


# --- the map ----------------------------------------------------------------------------------------------


def test_the_map_is_the_density_that_the_three_levels_add_up_to() -> None:
    scores = [torch.full((1, n, n), -2.0) for n in (8, 4, 2)]
    confidence = torch.sigmoid(torch.tensor(-2.0))
    density = confidence_map(scores).exp()
    assert density.shape == (1, 8, 8)
    torch.testing.assert_close(density, torch.full((1, 8, 8), float(confidence) * (1 + 1 / 4 + 1 / 16)))
    scores[2][0, 1, 0] = 3.0  # a coarse cell at the bottom left
    where = confidence_map(scores)[0]
    assert where[6:, :2].min() > where[:2, 6:].max()


def test_a_place_is_less_surprising_where_the_map_is_high() -> None:
    logits = torch.zeros(1, 8, 8)
    box, real = torch.tensor([[[41.0, 17, 45, 21]]]), torch.ones(1, 1, dtype=torch.bool)
    even = place_loss(logits, box, real)
    assert even == pytest.approx(np.log(64), abs=1e-4)
    logits[0, 2, 5] = 4.0
    assert place_loss(logits, box, real) < even - 1
    logits[0, 5, 2] = 9.0
    assert place_loss(logits, box, real) > even


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_calibration_recovers_the_temperature_that_places_were_drawn_at(temperature: float) -> None:
    random = np.random.default_rng(3)
    maps, centres, masks = [], [], []
    for _ in range(30):
        logits = random.normal(0, 3, (20, 30)).astype(np.float32)
        allowed = random.random(logits.shape) < 0.5
        density = np.where(allowed, np.exp(logits / temperature), 0).ravel()
        drawn = random.choice(density.size, 60, p=density / density.sum())
        maps.append(logits)
        masks.append(allowed)
        centres.append(np.stack((drawn % 30, drawn // 30), axis=1) + random.uniform(-0.4, 0.4, (60, 2)))
    assert calibrate(maps, centres, masks) == pytest.approx(temperature, rel=0.08)
    with pytest.raises(ValueError, match="no lesion lies in a permissible cell"):
        calibrate(maps, centres, [np.zeros_like(mask) for mask in masks])
