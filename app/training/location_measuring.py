"""Measuring a location model on held-out images, as the application uses it, and its temperature."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.anatomy.anatomy import Anatomy
from app.anatomy.danger import DangerZone
from app.anatomy.detector import Calibrated, load_calibrated, logits_of, prior_of
from app.anatomy.location import atlas_model, heatmap
from app.errors import LithographError
from app.imaging.image import Calibration, Image
from app.tasks import Task
from app.training.location_gathering import Gathered, gather
from app.training.location_labelled import body_of
from app.training.location_scores import HOTTEST, Judged, MeanPositions, figures, heat_at, ranks
from app.training.location_simulated import draw_boxes
from app.training.location_store import PlaceStore, Prepared
from app.training.scores import Scores
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.location.heatmap_head import Locator

JUDGED_PLACES = 24
"""Places that are drawn in one simulated image to measure with."""


def measure_models(task: Task, folders: Sequence[Path], data: Path | None) -> LongWork[tuple[Scores, ...]]:
    """The figures of several models on the same held-out images of `data`, simulated ones without it.

    Raises:
        LithographError: a model or the data will not do.
    """
    from app.training.location_learners import spec_of

    models = [load_calibrated(folder) for folder in folders]
    with TemporaryDirectory(prefix="lithograph-") as temporary:
        kept = folders[-1] / "samples"  # a training that is not tidied up yet has them ready
        store = PlaceStore(kept if kept.is_dir() else Path(temporary))
        gathered = yield from gather(task, data, store, spec_of(task), only_held_out=True)
        scores = []
        for model in models:
            scores.append((yield from measure(model, gathered, store, task)))
    return tuple(scores)


def measure(model: Calibrated | None, gathered: Gathered, store: PlaceStore, task: Task) -> LongWork[Scores]:
    """The figures of a model, or of the task's atlas where it is None, on the held-out images."""
    names = [name for source in gathered.sources for name in source.held_out]
    baseline = MeanPositions(gathered.places) if gathered.places else None
    judged, simulated = [], False
    for n, name in enumerate(names):
        prepared = store.read(name)
        simulated = simulated or prepared.density.size > 0
        judged.append((yield from judge(model, prepared, task, baseline, seed=n)))
        yield Progress(n + 1, len(names), "Measuring")
    kind = "simulated images" if simulated else "images with their lesions removed"
    return Scores(tuple(figures(judged, simulated=simulated)), f"{len(names)} held-out {kind}")


def judge(
    model: Calibrated | None, prepared: Prepared, task: Task, baseline: MeanPositions | None, seed: int
) -> LongWork[Judged]:
    """What one image says of a heatmap that is made as the application makes it."""
    image = image_of(prepared, task)
    danger, body, anatomy = yield from surroundings(image, task)
    prior = yield from _prior(model, image, task, anatomy)
    heat = heatmap(prior, danger)
    boxes = prepared.boxes
    if prepared.density.size:
        boxes = draw_boxes(prepared, task, np.random.default_rng((3, seed)), JUDGED_PLACES)
    centres = middles(boxes)
    area = ranks(heat, body, centres)
    seen = np.zeros(0)
    if prepared.untouched.size:
        shown = yield from _prior(model, image.with_pixels(prepared.untouched), task, anatomy)
        seen = ranks(shown, body, centres)
    allowed = danger.permissible
    return Judged(
        area,
        ranks(prior, body, centres),
        heat_at(heat, centres) == 0,
        (ranks(heat, allowed, centres) > 1 - HOTTEST) & (heat_at(heat, centres) > 0),
        ranks(baseline.heat(image.pixels.shape), body, centres) if baseline else np.zeros(0),
        seen,
        heat_at(prior, middles(prepared.decoys)),
        heat_at(prior, middles(prepared.controls)),
    )


def image_of(prepared: Prepared, task: Task) -> Image:
    """A prepared image as the application would open it."""
    spacing = (prepared.pixel_mm, prepared.pixel_mm) if prepared.pixel_mm != 1 else None
    unit = "HU" if task.modality == "CT" else ""
    calibration = Calibration.GEOMETRY if spacing else Calibration.NONE
    return Image(prepared.pixels, spacing, calibration, unit=unit, modality=task.modality)


def surroundings(image: Image, task: Task) -> LongWork[tuple[DangerZone, NDArray[np.bool_], Anatomy]]:
    """(danger zone, body, structures) by the task's network; the body by its grey where there is none."""
    from app.anatomy.network import predict_anatomy, weights_folder

    if weights_folder(task.name) is None:
        body = body_of(image)
        anatomy = Anatomy({"outside": np.zeros(body.shape, bool)}, "unknown")  # nothing is forbidden
    else:
        anatomy = yield from predict_anatomy(image, task)
        body = ~anatomy.masks["outside"] if "outside" in anatomy.masks else body_of(image)
    if not body.any():
        body = np.ones(body.shape, bool)
    return DangerZone.from_anatomy(anatomy, task, image.pixel_mm), body, anatomy


def middles(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 4) edges → (n, 2) centres, x and y."""
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2, np.float32)


def fit_temperature(network: Locator, gathered: Gathered, store: PlaceStore, task: Task) -> LongWork[float]:
    """The temperature at which the heatmap fits lesions of images neither learnt from nor held out.

    `network` is ready for use.

    Raises:
        LithographError: there is no lesion in any of them.
    """
    from models.location.confidence import calibrate

    names = [name for source in gathered.sources for name in source.check]
    maps, centres = [], []
    for n, name in enumerate(names):
        prepared = store.read(name)
        logits = yield from logits_of(network, image_of(prepared, task), task)
        boxes = prepared.boxes
        if prepared.density.size:
            boxes = draw_boxes(prepared, task, np.random.default_rng((2, n)), JUDGED_PLACES)
        cells = np.array(logits.shape[::-1]) / np.array(prepared.pixels.shape[::-1])
        maps.append(logits)
        centres.append(((middles(boxes) + 0.5) * cells - 0.5).astype(np.float32))
        yield Progress(n + 1, len(names), "Calibrating")
    try:
        return calibrate(maps, centres)
    except ValueError as error:
        raise LithographError("No lesion is left to calibrate on; label more images.") from error


def _prior(
    model: Calibrated | None, image: Image, task: Task, anatomy: Anatomy
) -> LongWork[NDArray[np.float32]]:
    if model is None:
        return atlas_model(task.kind).atlas.prior(image, task, anatomy)
    return (yield from prior_of(model, image, task, anatomy))
