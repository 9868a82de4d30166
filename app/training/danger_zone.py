"""Trains the danger-zone network of a task: gathers samples, learns, measures, and writes the model.

`kub-xray` learns from simulated radiographs, whose structures are known exactly: the digital phantom, and
projections of a CT where one is given. `lung-ct` learns from phantom slices and from the slices of real CT
series, whose structures are found by rules in the whole volume.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.anatomy.network import find_structures
from app.errors import LithographError
from app.files import cannot_write, make_folder
from app.imaging.image import Image
from app.tasks import Task
from app.tasks import task as task_of
from app.training.samples import HELD_OUT, LEARN, SampleStore, image_of, read_sample
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from app.simulation import Background
    from models.danger_zone.network import Spec, UNet
    from models.danger_zone.samples import Sample

STEPS = 1500
_HELD_OUT_SEED = 1_000_000
"""Phantoms and projections from this seed on are held out."""
_WIDE_SEED = 500_000
"""Phantoms in a wide field have seeds from this one on."""
_BLOCK = (0.42, 0.58)
"""Which slices of a CT, as shares of the series, are held out: one block, since neighbours look alike."""


@dataclass(frozen=True)
class _Amounts:
    """How many simulated samples a task learns from."""

    phantoms: int
    projections: int = 0
    """Per CT series."""
    wide: int = 0
    """Phantoms in a wide field, as of a scout."""
    held_out: int = 20


_AMOUNTS = {"kub-xray": _Amounts(phantoms=360, projections=60, wide=120), "lung-ct": _Amounts(phantoms=120)}


def train(
    task_name: str, data: Path | None, out: Path, *, steps: int | None = None, resume: bool = False
) -> LongWork[Path]:
    """Trains the network of a task and returns the folder of the finished model, `out`.

    Args:
        data: a CT series (a folder or a file) or a folder of such folders, to learn from beside the digital
            phantom; None for the phantom alone.
        out: receives `weights.safetensors` and `card.json` at the end; before that the samples, the
            checkpoint and `curves.csv`. A model that is there already stays until the new one is finished.
        resume: go on from the checkpoint in `out`, where there is one.

    Raises:
        LithographError: the task, the data or the folder will not do.
    """
    from models.danger_zone import training
    from models.danger_zone.network import save
    from models.learning import Recipe
    from models.weights import DamagedWeights

    task = task_of(task_name)
    if task_name not in _AMOUNTS:
        raise LithographError(
            f"The task {task_name!r} has no simulator to learn from; choose {' or '.join(_AMOUNTS)}."
        )
    spec, out, started = spec_of(task), make_folder(out), time.monotonic()
    store = SampleStore(out / "samples", spec.structures, sample_size(spec))
    sources = yield from _gather(task, data, store)
    recipe = Recipe(steps=steps or STEPS)
    try:
        network = yield from training.train(spec, recipe, _Draw(store), out, resume=resume)
        scores = yield from evaluate(network, store, task)
        card: dict[str, Any] = {
            "name": f"danger-zone/{task.name}",
            "version": 1,
            "data": sources,
            "samples": {part: len(store.files(part)) for part in (LEARN, HELD_OUT)},
            "training": {
                "steps": recipe.steps,
                "batch": recipe.batch,
                "view": recipe.view,
                "seconds_of_last_run": round(time.monotonic() - started),
            },
            "scores": scores,
        }
        save(network, out, card)
    except DamagedWeights as error:
        raise LithographError(str(error)) from error
    except OSError as error:
        raise cannot_write(out, error) from error
    return out


def spec_of(task: Task) -> Spec:
    """The network of a task: all its structures; a CT is seen in HU at 512 pixels, a radiograph at 448."""
    from models.danger_zone.network import Spec
    from models.inputs import Kind

    names = tuple(structure.name for structure in task.structures)
    if task.modality == "CT":
        return Spec(names, Kind.CT, 512, covering=True)
    return Spec(names, Kind.RADIOGRAPH, 448)


def sample_size(spec: Spec) -> int:
    """The long side at which samples are kept: a CT's own, a radiograph's a little more, for closer views."""
    from models.inputs import Kind

    return spec.size if spec.kind is Kind.CT else spec.size * 5 // 4


def evaluate(network: UNet, store: SampleStore, task: Task) -> LongWork[dict[str, dict[str, float]]]:
    """Dice per structure on the held-out samples, masks as the application would show them.

    Per structure: the mean over the images that show it, the lowest, and their number.
    """
    from copy import deepcopy

    from models.danger_zone.inference import prepare_network

    ready = prepare_network(deepcopy(network))
    found: dict[str, list[float]] = {name: [] for name in store.structures}
    files = store.files(HELD_OUT)
    for n, file in enumerate(files):
        sample = read_sample(file)
        masks = yield from find_structures(ready, image_of(sample, task.unit), task)
        for name, truth, known in zip(store.structures, sample.masks(), sample.known, strict=True):
            if known and truth.any():
                found[name].append(dice(masks[name], truth))
        yield Progress(n + 1, len(files), "Measuring")
    return {
        name: {
            "dice": round(float(np.mean(values)), 4),
            "lowest": round(min(values), 4),
            "images": len(values),
        }
        for name, values in found.items()
        if values
    }


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """2 |A ∩ B| / (|A| + |B|); 1 where both are empty."""
    total = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / total if total else 1.0


class _Draw:
    """`draw(n)`: one of the samples to learn from, chosen by n alone.

    A source is drawn in proportion to the square root of its samples, so that a few of a rare kind count.
    """

    def __init__(self, store: SampleStore) -> None:
        sources: dict[str, list[Path]] = {}
        for file in store.files(LEARN):
            sources.setdefault(file.stem.split("-")[1], []).append(file)
        self._sources = list(sources.values())
        weights = np.sqrt([len(files) for files in self._sources])
        self._shares = weights / weights.sum()

    def __call__(self, n: int) -> Sample:
        random = np.random.default_rng((1, n))
        files = self._sources[int(random.choice(len(self._sources), p=self._shares))]
        return read_sample(files[int(random.integers(len(files)))])


# --- gathering samples --------------------------------------------------------------------------------------


def _gather(task: Task, data: Path | None, store: SampleStore) -> LongWork[list[str]]:
    """Fills the store; returns what it was filled with, a line each."""
    amounts = _AMOUNTS[task.name]
    folders = _series_paths(data) if data else []
    held_out = range(_HELD_OUT_SEED, _HELD_OUT_SEED + amounts.held_out)
    lines = [
        f"{amounts.phantoms} digital phantoms to learn from and {amounts.held_out} of other seeds held out"
    ]
    phantom = _from("phantom", task, store)
    yield from _simulate(phantom, "phantom", range(amounts.phantoms), LEARN, store)
    yield from _simulate(phantom, "phantom", held_out, HELD_OUT, store)
    if amounts.wide:
        seeds = range(_WIDE_SEED, _WIDE_SEED + amounts.wide)
        yield from _simulate(lambda seed: _wide(seed, store.size), "wide", seeds, LEARN, store)
        seeds = range(_HELD_OUT_SEED + _WIDE_SEED, _HELD_OUT_SEED + _WIDE_SEED + 8)
        yield from _simulate(lambda seed: _wide(seed, store.size), "wide", seeds, HELD_OUT, store)
        lines.append(f"{amounts.wide} phantoms in a field of 450 to 580 mm, 8 more held out")
    for n, folder in enumerate(folders):
        if task.modality == "CT":
            lines.append((yield from _slices(task, folder, f"ct{n}", store)))
            continue
        projection = _from(f"ct:{folder}", task, store)
        yield from _simulate(projection, f"ct{n}", range(amounts.projections), LEARN, store)
        yield from _simulate(projection, f"ct{n}", held_out[:4], HELD_OUT, store)
        lines.append(f"{amounts.projections} varied projections of the CT {folder.name}, 4 more held out")
    return lines


_Maker = Callable[[int], "LongWork[Background]"]
"""Makes the background of a seed."""


def _from(source: str, task: Task, store: SampleStore) -> _Maker:
    from app.simulation import generate

    return lambda seed: generate(task.name, seed, source=source, size=store.size)


def _wide(seed: int, size: int) -> LongWork[Background]:
    from app.simulation.kub_phantom import generate_kub

    return generate_kub(seed, size, float(np.random.default_rng(seed).uniform(450, 580)))


def _simulate(make: _Maker, name: str, seeds: Sequence[int], part: str, store: SampleStore) -> LongWork[None]:
    """Backgrounds from the simulator, with the anatomy that it knows."""
    for n, seed in enumerate(seeds):
        sample = f"{name}-{seed:07d}"
        if not store.has(part, sample):
            background = yield from _as_part(
                make(seed), Progress(n, len(seeds), f"Simulating images ({name})")
            )
            store.add(part, sample, background.image.pixels, dict(background.anatomy.masks))
        yield Progress(n + 1, len(seeds), f"Simulating images ({name})")


def _as_part(work: LongWork[Background], whole: Progress) -> LongWork[Background]:
    """Does `work` step by step, but reports how far the whole is that it is a part of."""
    try:
        while True:
            next(work)
            yield whole
    except StopIteration as end:
        return end.value


def _slices(task: Task, folder: Path, name: str, store: SampleStore) -> LongWork[str]:
    """The axial slices of a CT, with the anatomy that rules find in the whole volume."""
    from app.anatomy.anatomy import Anatomy
    from app.anatomy.ct_rules import anatomy_from_ct_volume
    from app.imaging import open_series

    series = open_series(folder)
    images = []
    for image in series:
        images.append(image)
        yield Progress(len(images), len(series), "Reading a CT")
    if any(image.unit != "HU" or image.pixels.shape != images[0].pixels.shape for image in images):
        raise LithographError(f"{folder} is not one CT series in HU; choose a folder with an axial CT.")
    volume = np.stack([image.pixels for image in images])
    labels = anatomy_from_ct_volume(volume, (_slice_distance(images), *images[0].pixel_mm))
    first, last = (round(share * len(images)) for share in _BLOCK)
    for n, (hu, flat) in enumerate(zip(volume, labels, strict=True)):
        part = HELD_OUT if first <= n < last else LEARN
        near = part == LEARN and first - 2 <= n < last + 2  # too like the held-out ones
        if not near and not store.has(part, f"{name}-{n:04d}"):
            store.add(part, f"{name}-{n:04d}", hu, dict(Anatomy.from_labels(flat, task, "").masks))
        yield Progress(n + 1, len(images), "Finding structures in a CT")
    return (
        f"the CT {folder.name}: {len(images)} slices, of which {first} to {last - 1} are held out "
        "(of the same patient) and two on either side are left out"
    )


def _series_paths(data: Path) -> list[Path]:
    """A CT file (NIfTI, MHA, NRRD), a folder with a CT series, or the folders in a folder of nothing else."""
    if data.is_file():
        return [data]
    if not data.is_dir():
        raise LithographError(f"There is no folder {data}; choose the folder of a CT series.")
    if any(entry.is_file() and not entry.name.startswith(".") for entry in data.iterdir()):
        return [data]
    folders = sorted(entry for entry in data.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not folders:
        raise LithographError(f"The folder {data} is empty; choose the folder of a CT series.")
    return folders


def _slice_distance(images: list[Image]) -> float:
    """mm from slice to slice, from where the first and the last one lie; 1 where that is unknown."""
    from app.imaging.dicom.place import place_of
    from app.imaging.dicom.reader import DicomSource

    ends = []
    for image in (images[0], images[-1]):
        header = image.source.header
        place = place_of(header, 0) if isinstance(header, DicomSource) else header
        ends.append(getattr(place, "origin", None))
    if len(images) < 2 or ends[0] is None or ends[1] is None:
        return 1.0
    return float(np.linalg.norm(np.subtract(ends[1], ends[0]))) / (len(images) - 1)
