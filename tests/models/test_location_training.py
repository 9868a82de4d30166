"""Learning and telling places: from the anatomy around them, in any image, and from a dozen boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models import inputs, weights
from models.danger_zone import network as structures
from models.inputs import Kind
from models.learning import CURVES, Recipe
from models.location import heatmap_head
from models.location.augmentation import augment
from models.location.inference import Located, locate, prepare_network
from models.location.network import Detector, Spec, save
from models.location.samples import Sample, scaled
from models.location.training import train
from models.progress import LongWork, finish

SPEC = Spec(Kind.CT, size=96, width=0.25)
RECIPE = Recipe(steps=5, batch=2, view=64, checkpoint_every=3)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tensors this small are slower on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def body(n: int, size: int = 96) -> Sample:
    """A bright disc, and a place two discs to the left of it at which nothing is to be seen."""
    random = np.random.default_rng((7, n))
    hu = random.normal(40, 20, (size, size)).astype(np.float32)
    x, y = random.uniform(0.5, 0.9) * size, random.uniform(0.15, 0.85) * size
    cv2.circle(hu, (round(x), round(y)), size // 14, 600, -1)
    place = x - 0.3 * size
    return Sample(hu, np.array([[place - 2, y - 3, place + 2, y + 3]], np.float32))


def ranks(network: heatmap_head.Locator, samples: list[Sample]) -> float:
    """The mean share of an image that is less likely than where the lesion was: the area under the curve."""
    shares = []
    for sample in samples:
        found = finish(locate(network, sample.pixels))
        heat = cv2.resize(found.logits, sample.pixels.shape[::-1])
        x, y = ((sample.boxes[0, :2] + sample.boxes[0, 2:]) / 2).round().astype(int)
        shares.append((heat < heat[y, x]).mean())
    return float(np.mean(shares))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """A network that has learnt places, made ready."""
    torch.set_num_threads(1)
    recipe = Recipe(steps=70, batch=4, view=96, rate=1e-2, memory=0.9)
    return prepare_network(finish(train(SPEC, recipe, body, tmp_path_factory.mktemp("toy"), mirror=False)))


def test_it_learns_places_from_anatomy_and_tells_them_in_unseen_images(ready: Detector) -> None:
    unseen = [body(n) for n in range(5000, 5012)]
    assert ranks(ready, unseen) > 0.9
    found = [finish(locate(ready, sample.pixels)) for sample in unseen]
    assert all((np.diff(one.scores) <= 0).all() for one in found)
    misses = [
        np.abs((one.boxes[0] - sample.boxes[0]).reshape(2, 2).mean(0)).max()
        for one, sample in zip(found, unseen, strict=True)
    ]
    assert np.median(misses) < 10


def test_training_that_was_stopped_and_resumed_is_the_same_to_the_bit(tmp_path: Path) -> None:
    whole = finish(train(SPEC, RECIPE, body, tmp_path / "whole"))
    work = train(SPEC, RECIPE, body, tmp_path / "parts")
    for _ in range(2):
        next(work)
    work.close()
    rest = list(train(SPEC, RECIPE, body, tmp_path / "parts", resume=True))
    assert [progress.done for progress in rest] == [3, 4, 5]
    parts = finish(train(SPEC, RECIPE, body, tmp_path / "parts", resume=True))  # nothing is left to do
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, parts.state_dict()[name]), name
    assert (tmp_path / "whole" / CURVES).read_text() == (tmp_path / "parts" / CURVES).read_text()
    with pytest.raises(weights.DamagedWeights, match="other settings"):
        next(train(SPEC, RECIPE, body, tmp_path / "parts", mirror=False, resume=True))


def test_images_without_lesions_and_fine_tuning(tmp_path: Path) -> None:
    """Half of the images show no lesion; the first weights are those given."""

    def draw(n: int) -> Sample:
        return body(n) if n % 2 else replace(body(n), boxes=np.zeros((0, 4), np.float32))

    first = finish(train(SPEC, RECIPE, draw, tmp_path / "first"))
    slow = replace(RECIPE, steps=1, rate=1e-9, weight_decay=0.0)
    second = finish(train(SPEC, slow, draw, tmp_path / "second", start=first))
    for name, tensor in first.named_parameters():
        torch.testing.assert_close(dict(second.named_parameters())[name], tensor)


@pytest.mark.parametrize("kind", list(Kind))
def test_augmented_boxes_stay_on_what_they_mark(kind: Kind) -> None:
    """The disc itself is marked here, and nothing is brighter: its box must still be around it."""
    spec, found, mirrored = Spec(kind, size=96), 0, 0
    for n in range(60):
        random = np.random.default_rng(n)
        hu = np.zeros((96, 120), np.float32)
        x, y = random.integers(30, 60, 2)
        cv2.circle(hu, (int(x), int(y)), 7, 2000, -1)
        sample = Sample(hu, np.array([[x - 7.5, y - 7.5, x + 7.5, y + 7.5]], np.float32))
        one, again = (augment(sample, spec, 80, np.random.default_rng(n)) for _ in range(2))
        assert one.pixels.shape == (80, 80)
        assert np.array_equal(one.pixels, again.pixels)
        assert np.array_equal(one.boxes, again.boxes)
        assert np.isfinite(inputs.channels(one.pixels, kind)).all()
        assert len(one.boxes) <= 1
        # A radiograph's grey scale may be any, inverted too; and a CT may have been saved in a lung window.
        if not len(one.boxes) or kind is Kind.RADIOGRAPH or one.pixels.max() < 1500:
            continue
        left, top, right, bottom = one.boxes[0]
        rows, columns = np.nonzero(one.pixels > 1000)
        inside = (rows > top - 2) & (rows < bottom + 2) & (columns > left - 2) & (columns < right + 2)
        assert inside.mean() > 0.8  # the rest is lettering, now and then
        assert 0.55 < inside.sum() / ((right - left) * (bottom - top)) < 1.2  # of a disc, π/4
        found += 1
        mirrored += (left + right) / 2 > 40
    assert kind is Kind.RADIOGRAPH or (found > 40 and 5 < mirrored < found - 5)


def test_what_has_sides_is_not_mirrored() -> None:
    """An arrow's head stays to the right of its tail."""
    hu = np.zeros((96, 96), np.float32)
    hu[40:56, 20:40], hu[40:56, 56:76] = 300, 900
    sample = Sample(hu, np.zeros((0, 4), np.float32))
    sides = []
    for mirror in (False, True):
        turned = 0
        for n in range(30):
            seen = augment(sample, SPEC, 96, np.random.default_rng(n), mirror=mirror).pixels
            tail, head = (np.nonzero(part)[1] for part in ((seen > 200) & (seen < 450), seen > 700))
            turned += bool(tail.size and head.size and head.mean() < tail.mean())
        sides.append(turned)
    assert sides[0] == 0
    assert sides[1] > 5


def test_boxes_follow_their_image_through_a_change_of_size() -> None:
    whole = np.array([[-0.5, -0.5, 99.5, 59.5]], np.float32)
    assert scaled(whole, (60, 100), (30, 20)).tolist() == [[-0.5, -0.5, 19.5, 29.5]]
    sample = Sample.of(np.zeros((60, 100), np.int16), whole, size=50, pixel_mm=(2.0, 1.0))
    assert sample.pixels.shape == (50, 42)
    np.testing.assert_allclose(sample.boxes, [[-0.5, -0.5, 41.5, 49.5]])


# --- inference --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "pixel_mm"), [((96, 96), (1.0, 1.0)), ((300, 200), (1.0, 1.0)), ((70, 192), (2.0, 1.0))]
)
def test_places_are_told_in_the_pixels_of_the_image(
    ready: Detector, shape: tuple[int, int], pixel_mm: tuple[float, float]
) -> None:
    """The disc is round in millimetres, and the place beside it, whatever the image's pixels."""
    long_mm = max(shape[0] * pixel_mm[0], shape[1] * pixel_mm[1])
    far, radius = 0.3 * long_mm / pixel_mm[1], long_mm / 14
    axes = (round(radius / pixel_mm[1]), round(radius / pixel_mm[0]))
    for share in (0.3, 0.7):
        hu = np.random.default_rng(1).normal(40, 20, shape).astype(np.float32)
        y, x = share * shape[0], 0.25 * shape[1]
        cv2.ellipse(hu, (round(x + far), round(y)), axes, 0, 0, 360, 600, -1)
        found = finish(locate(ready, hu, pixel_mm))
        heat = cv2.resize(found.logits, shape[::-1])
        hottest = np.unravel_index(heat.argmax(), heat.shape)
        for row, column in (hottest, found.boxes[0].reshape(2, 2).mean(0)[::-1]):
            assert abs(row - y) * pixel_mm[0] < 0.12 * long_mm
            assert abs(column - x) * pixel_mm[1] < 0.12 * long_mm


@pytest.mark.parametrize("shape", [(1, 1), (333, 97), (7, 900), (64, 61)])
def test_any_size_of_image(ready: Detector, shape: tuple[int, int]) -> None:
    for pixels in (np.random.default_rng(0).normal(0, 300, shape), np.full(shape, np.nan)):
        found = finish(locate(ready, pixels.astype(np.float32)))
        assert max(found.logits.shape) == 12
        assert found.logits.dtype == found.boxes.dtype == found.scores.dtype == np.float32
        assert np.isfinite(found.logits).all()
        assert found.boxes.shape == (len(found.scores), 4)
        assert (found.boxes >= -0.5).all()
        assert (found.boxes <= np.array([shape[1], shape[0]] * 2) - 0.49).all()


def test_inference_pauses_leaks_no_mode_and_repeats_to_the_bit(ready: Detector) -> None:
    pixels, results = body(3).pixels, []
    for _ in range(2):
        work: LongWork[Located] = locate(ready, pixels)
        steps = 0
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                results.append(end.value)
                break
            steps += 1
            assert 0 < progress.fraction <= 1
            assert not torch.is_inference_mode_enabled()
            assert torch.is_grad_enabled()
        assert steps > len(ready.stages)
    assert np.array_equal(results[0].logits, results[1].logits)
    assert np.array_equal(results[0].boxes, results[1].boxes)


def test_a_negative_gives_the_map_of_its_positive() -> None:
    spec = Spec(Kind.RADIOGRAPH, size=64, width=0.25)
    ready = prepare_network(Detector(spec))
    grey = np.random.default_rng(0).normal(1000, 300, (64, 64)).astype(np.float32)
    positive = finish(locate(ready, grey)).logits
    negative = finish(locate(ready, 4095 - grey, negative=True)).logits
    np.testing.assert_allclose(positive, negative, atol=0.05)


# --- the small head ---------------------------------------------------------------------------------------


FEW = [body(n) for n in range(12)]


@pytest.fixture(scope="module")
def unet() -> structures.UNet:
    """A small U-Net that has learnt no structures: even random features show where the disc is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        spec = structures.Spec(("disc",), Kind.CT, size=96, widths=(8, 12, 16, 24, 24))
        net = structures.UNet(spec).train()
        seen = np.stack([inputs.channels(body(n).pixels, Kind.CT) for n in range(100, 108)])
        for _ in range(30):  # so that its norms know what images are like
            net(torch.from_numpy(seen))
        return net.eval()


@pytest.fixture(scope="module")
def small(unet: structures.UNet, tmp_path_factory: pytest.TempPathFactory) -> heatmap_head.Heatmap:
    """A small head that has learnt from twelve boxes."""
    recipe = Recipe(steps=150, batch=4, view=96, rate=1e-2, memory=0.9)
    spec = heatmap_head.HeatmapSpec.of(unet, FEW)
    folder = tmp_path_factory.mktemp("small")
    return finish(
        heatmap_head.train(spec, recipe, lambda n: FEW[n % 12], folder, features=unet, mirror=False)
    )


def test_the_small_head_learns_from_twelve_boxes(
    small: heatmap_head.Heatmap, unet: structures.UNet, tmp_path: Path
) -> None:
    for name, tensor in unet.state_dict().items():
        assert torch.equal(small.features.state_dict()[name], tensor), name  # the features stay as they were
    heatmap_head.save(small, tmp_path / "small", {"name": "few"})
    loaded, card = heatmap_head.load_any(tmp_path / "small")
    assert isinstance(loaded, heatmap_head.Heatmap)
    assert loaded.spec == small.spec
    assert card["name"] == "few"
    ready = prepare_network(loaded)
    assert ranks(ready, [body(n) for n in range(5000, 5012)]) > 0.85
    found = finish(locate(ready, body(5000).pixels))
    assert len(found.boxes)
    inside = ((found.boxes > -0.4) & (found.boxes < 95.4)).all(1)
    sizes = (found.boxes[:, 2:] - found.boxes[:, :2])[inside]
    np.testing.assert_allclose(sizes, np.broadcast_to([4, 6], sizes.shape), atol=0.1)


def test_the_loader_returns_whatever_a_folder_holds(small: heatmap_head.Heatmap, tmp_path: Path) -> None:
    save(Detector(SPEC), tmp_path / "detector", {})
    loaded, _ = heatmap_head.load_any(tmp_path / "detector")
    assert isinstance(loaded, Detector)
    heatmap_head.save(small, tmp_path / "small", {})
    with pytest.raises(weights.DamagedWeights, match="missing"):
        heatmap_head.load_any(tmp_path / "nothing")
    with pytest.raises(weights.DamagedWeights, match="not those of a heatmap network"):
        heatmap_head.load(tmp_path / "detector")
    file = tmp_path / "small" / weights.WEIGHTS
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(weights.DamagedWeights, match="damaged"):
        heatmap_head.load_any(tmp_path / "small")


def test_the_small_heads_training_resumes_exactly(unet: structures.UNet, tmp_path: Path) -> None:
    spec = heatmap_head.HeatmapSpec.of(unet, FEW)

    def work(folder: str, resume: bool = False) -> LongWork[heatmap_head.Heatmap]:
        draw = FEW.__getitem__
        return heatmap_head.train(
            spec, replace(RECIPE, view=96), draw, tmp_path / folder, features=unet, resume=resume
        )

    whole, stopped = finish(work("whole")), work("parts")
    for _ in range(3):
        next(stopped)
    stopped.close()
    parts = finish(work("parts", resume=True))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, parts.state_dict()[name]), name


def test_targets_are_one_at_centres_and_the_loss_is_small_only_there() -> None:
    boxes = torch.tensor([[[16.0, 24, 20, 28], [0, 0, 0, 0]]])
    real = torch.tensor([[True, False]])
    targets = heatmap_head.gaussians(boxes, real, (8, 10))
    assert targets.shape == (1, 8, 10)
    assert targets[0, 3, 2] == targets.max() == 1
    assert 0 < targets[0, 3, 5] < targets[0, 3, 3] < 1
    assert targets[0, 0, 0] < 0.1  # filling is no lesion
    assert not heatmap_head.gaussians(boxes[:, :0], real[:, :0], (8, 10)).any()
    right = torch.where(targets > 0.5, 8.0, -8.0)
    near = right.roll(1, 2)
    far = right.roll(5, 2)
    losses = [float(heatmap_head.focal_loss(scores, targets)) for scores in (right, near, far)]
    assert losses[0] < losses[1] < losses[2]
