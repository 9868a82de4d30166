"""The trained location model: a calibrated heatmap, candidates where it is hot, and which model answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.anatomy import Anatomy, DangerZone, analyse
from app.anatomy import detector as detector_module
from app.anatomy.detector import DetectorModel, density, load_calibrated, prior_of
from app.anatomy.grey_scale import as_seen
from app.anatomy.location import AtlasModel, answer, location_model
from app.errors import LithographError
from app.imaging.image import Image
from app.tasks import task
from app.training.versions import adopt, keep
from models.inputs import Kind
from models.progress import LongWork, Progress, finish
from models.weights import WEIGHTS

KUB, LUNG, ABDOMEN = task("kub-xray"), task("lung-ct"), task("abdomen-ct")
Save = Callable[[float], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes a small network with a temperature into a folder."""
    import torch

    from models.location.network import Detector, Spec
    from models.location.network import save as save_network

    def save_it(temperature: float) -> Path:
        torch.manual_seed(0)
        network = Detector(Spec(Kind.RADIOGRAPH, 64, width=0.25))
        folder = tmp_path / f"model-{temperature}"
        save_network(network, folder, {"name": "location/kub-xray", "temperature": temperature})
        return folder

    return save_it


def case() -> tuple[Image, Anatomy, DangerZone]:
    """A radiograph whose left third is forbidden."""
    pixels = np.random.default_rng(0).integers(0, 4000, (120, 90)).astype(np.uint16)
    spine = np.zeros(pixels.shape, bool)
    spine[:, :30] = True
    anatomy = Anatomy({"spine": spine, "outside": np.zeros(pixels.shape, bool)}, "test")
    return Image(pixels), anatomy, DangerZone.from_anatomy(anatomy, KUB, (1.0, 1.0))


def test_the_heatmap_is_a_distribution_over_the_permitted(save: Save) -> None:
    image, anatomy, danger = case()
    work = DetectorModel(save(1.0)).predict(image, KUB, anatomy, danger)
    reports = 0
    try:
        while True:
            next(work)
            reports += 1
    except StopIteration as end:
        heatmap, candidates = end.value
    assert reports > 15  # between any two it can pause
    assert heatmap.dtype == np.float32
    assert heatmap.shape == (120, 90)
    assert abs(heatmap.sum(dtype=np.float64) - 1) < 1e-5
    assert (heatmap[~danger.permissible] == 0).all()
    assert (heatmap[danger.permissible] > 0).all()
    scores = [candidate.score for candidate in candidates]
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) < 1.001
    for candidate in candidates:
        assert candidate.safe == danger.permissible[int(candidate.y), int(candidate.x)]


def test_candidates_are_the_likeliest_neighbourhoods_at_their_place() -> None:
    logits = np.full((15, 20), -9.0, np.float32)
    logits[3, 5], logits[10, 14] = 0.0, -1.0
    heat = finish(density(logits, (240, 160)))
    assert heat.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
    free = Anatomy({"spine": np.zeros(heat.shape, bool)}, "test")
    danger = DangerZone.from_anatomy(free, KUB, (1.0, 1.0))
    _, candidates = answer(heat, KUB, danger)
    first, second = candidates[:2]
    assert (first.x, first.y) == (pytest.approx(5.5 * 8, abs=4), pytest.approx(3.5 * 16, abs=6))
    assert (second.x, second.y) == (pytest.approx(14.5 * 8, abs=4), pytest.approx(10.5 * 16, abs=6))
    assert first.score / second.score == pytest.approx(np.e, rel=0.4)


def test_a_higher_temperature_is_less_sure(save: Save) -> None:
    image, anatomy, danger = case()
    sure, unsure = (
        finish(DetectorModel(save(t)).predict(image, KUB, anatomy, danger))[0] for t in (0.1, 10.0)
    )
    assert sure.max() > unsure.max()


def test_the_atlas_is_mixed_in_where_the_card_says_so(save: Save) -> None:
    image, anatomy, _ = case()
    alone = load_calibrated(save(1.0))
    network, atlas, both = (
        finish(prior_of(replace(alone, atlas_share=share), image, KUB, anatomy)) for share in (0, 1, 0.5)
    )
    assert abs(both.sum(dtype=np.float64) - 1) < 1e-4
    assert both == pytest.approx((network + atlas) / 2, abs=1e-7)
    assert atlas.max() > network.max()


def test_the_version_in_use_answers_else_the_atlas(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    image, anatomy, _ = case()
    monkeypatch.setattr("app.anatomy.versions.MODELS", Path("nowhere"))
    assert isinstance(location_model(KUB), AtlasModel)
    version = keep("location", "kub-xray", save(1.0))
    adopt("location", "kub-xray", version.name)
    model = location_model(KUB)
    assert isinstance(model, DetectorModel)
    assert model.folder == version.folder
    assert abs(finish(analyse(image, KUB, anatomy)).heatmap.sum(dtype=np.float64) - 1) < 1e-5
    weights = version.folder / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-9] + b"scribbled")
    with pytest.raises(LithographError, match="are damaged"):
        finish(analyse(image, KUB, anatomy))


def test_memory_that_runs_out_passes_to_who_can_do_with_less(
    save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.engine.device import cpu
    from app.engine.memory import Frugal

    image, anatomy, danger = case()
    tried: list[int] = []

    def short(*_: object) -> LongWork[np.ndarray]:
        yield Progress(0, 1)
        tried.append(1)
        if len(tried) == 1:
            raise MemoryError
        return np.zeros((15, 11), np.float32)

    monkeypatch.setattr(detector_module, "logits_of", short)
    said: list[str] = []
    model = DetectorModel(save(1.0))
    work = Frugal("the danger zone was found", said.append)(
        lambda budget: model.predict(image, KUB, anatomy, danger, budget), cpu()
    )
    assert abs(finish(work)[0].sum(dtype=np.float64) - 1) < 1e-5
    assert len(tried) == 2
    assert said == ["Memory ran out; the danger zone was found in smaller parts."]


def test_a_ct_without_hu_is_taken_to_be_in_the_tasks_window() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
    for setting, ends in ((ABDOMEN, (-160, 240)), (LUNG, (-1000, 150))):
        values, negative = as_seen(Image(ramp), setting, Kind.CT)
        assert (values[0, 0], values[0, -1]) == pytest.approx(ends, abs=6)
        assert not negative
        values, _ = as_seen(Image(ramp, inverted=True), setting, Kind.CT)
        assert (values[0, -1], values[0, 0]) == pytest.approx(ends, abs=6)
    hu = np.array([[-1000, 40, 1500]], np.int16)
    assert as_seen(Image(hu, unit="HU"), ABDOMEN, Kind.CT)[0].tolist() == [[-160, 40, 240]]
    assert as_seen(Image(hu, unit="HU"), LUNG, Kind.CT)[0].tolist() == hu.tolist()
    assert as_seen(Image(ramp, inverted=True), KUB, Kind.RADIOGRAPH) == (pytest.approx(ramp), True)
