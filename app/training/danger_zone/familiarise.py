"""What lets a network say of an image that it is foreign, or turned: fitted to samples after training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from app.training.danger_zone.nodule_crops import CROPS
from app.training.samples import HELD_OUT, LEARN, SampleStore, read_sample
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.danger_zone.familiarity import Statistics
    from models.danger_zone.network import UNet

MOST = 200
"""Variations of samples to learn from at most; half as many held-out ones."""
PER_SAMPLE = 12
PLAIN = 0.25
"""The share of samples that are taken as they are."""
LEAST_HELD_OUT = 2
"""Held-out samples without which no limit can be set."""

Pixels = NDArray[np.float32]


def familiarise(network: UNet, store: SampleStore, *, sided: bool) -> LongWork[Statistics | None]:
    """The statistics of a trained network (on the CPU, in eval mode); None with too few held-out samples.

    `sided`: left and right differ in the samples as they are, so that a mirrored image can be told.
    """
    from copy import deepcopy

    from models.danger_zone import familiarity
    from models.danger_zone.foreign import foreign
    from models.danger_zone.inference import features, prepare_network

    learn, held_out = len(store.files(LEARN)), len(store.files(HELD_OUT))
    if held_out < LEAST_HELD_OUT:
        return None
    ready = prepare_network(deepcopy(network))
    random = np.random.default_rng(0)
    poses = [*familiarity.TURNS, *([familiarity.MIRRORED] if sided else [])]
    count, checked = min(MOST, PER_SAMPLE * learn), min(MOST // 2, PER_SAMPLE * held_out)
    groups: dict[str, list[Pixels]] = {pose: [] for pose in (familiarity.UPRIGHT, *poses)}
    nothing: list[Pixels] = []
    for n, pixels in enumerate(_variations(network, store, LEARN, count, sided)):
        groups[familiarity.UPRIGHT].append(features(ready, pixels))
        pose = poses[n % len(poses)]
        groups[pose].append(features(ready, _posed(pixels, pose, random, sided=sided)))
        nothing.append(features(ready, foreign(pixels, random)))
        yield Progress(n + 1, count + checked, "Learning what is familiar")
    known = []
    for n, pixels in enumerate(_variations(network, store, HELD_OUT, checked, sided)):
        known.append(features(ready, pixels))
        yield Progress(count + n + 1, count + checked, "Learning what is familiar")
    stacked = {pose: np.stack(found) for pose, found in groups.items() if found}
    return familiarity.fit({**stacked, familiarity.NOTHING: np.stack(nothing)}, np.stack(known))


def _variations(network: UNet, store: SampleStore, part: str, count: int, sided: bool) -> Iterator[Pixels]:
    """Samples of all groups in turn, most of them augmented; mosaics of cut-outs are no images."""
    from models.danger_zone.augmentation import augment

    groups = [files for name, files in store.groups(part).items() if name != CROPS]
    random = np.random.default_rng((2, part == LEARN))
    for n in range(count):
        files = groups[n % len(groups)]
        sample = read_sample(files[int(random.integers(len(files)))])
        if random.random() >= PLAIN:
            sample = augment(sample, network.spec, network.spec.size, random, mirrors=not sided)
        yield sample.pixels


def _posed(pixels: Pixels, pose: str, random: Generator, *, sided: bool) -> Pixels:
    """The image turned or mirrored so that it lies that way; where no side can be told, mirrored at will."""
    from models.danger_zone.familiarity import MIRRORED, TURNS

    if pose == MIRRORED:
        return np.ascontiguousarray(pixels[:, ::-1])
    turned = np.rot90(pixels, TURNS[pose])
    if not sided and random.random() < 0.5:
        turned = turned[:, ::-1] if TURNS[pose] == 2 else turned[::-1]
    return np.ascontiguousarray(turned)
