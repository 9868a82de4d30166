"""How like real images the drawn ones are, and whether they are copies of what was learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.evaluation.two_sample import Sample, Told, floor, told_apart
from app.tasks import Task
from app.training.background.index import Entry
from app.training.background.pool import Pool
from app.training.scores import Score, mean_score
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.features import FeatureNetwork
    from models.hiresmed_vqgan.model import BackgroundModel
    from models.hiresmed_vqgan.prior_training import Codes

CROP = 256
"""The side of the crops that are told apart, in pixels; smaller where an image is."""
CROPS = 6
"""Of each image."""
PERCENTILES = (1, 5)
"""Of the distances of real images, below which a drawn one counts as near."""

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Nearness:
    """How far images are from the nearest image that was learnt from (1 − the product of fingerprints).

    Attributes:
        real: (n,) of images that were not learnt from; where none were held out, of those that were, from the
            nearest other one.
        drawn: (n,) of new ones.
    """

    real: NDArray[np.float64]
    drawn: NDArray[np.float64]

    def percentiles(self) -> list[float]:
        """The 0th to the 100th percentile of the real ones."""
        return [round(float(value), 6) for value in np.percentile(self.real, range(101))]

    def rows(self) -> list[Score]:
        """The share of drawn images that are nearer than the first and the fifth percentile of real ones."""
        shares = []
        for percentile in PERCENTILES:
            near = self.drawn < np.percentile(self.real, percentile)
            shares.append(
                mean_score(
                    f"drawn images nearer to a training image than the {percentile}. percentile of real ones",
                    [np.array([float(one)]) for one in near],
                    higher_is_better=False,
                )
            )
        return [row for row in shares if row is not None]

    def as_card(self) -> dict[str, Any]:
        """In JSON's types."""
        quarters = {
            name: [round(float(value), 6) for value in np.percentile(values, (0, 25, 50, 75, 100))]
            for name, values in (("real", self.real), ("drawn", self.drawn))
        }
        return {
            "distance": "1 − correlation of 24×24 thumbnails, to the nearest training image",
            "quartiles": quarters,
            "real_images": len(self.real),
            "drawn_images": len(self.drawn),
        }


def draw(model: BackgroundModel, task: Task, count: int) -> LongWork[list[Values]]:
    """New images of the seeds 0, 1, ..., in −1 to 1."""
    from models.hiresmed_vqgan.generation import draw_background

    drawn = []
    grey = model.tasks[task.name].grey
    for seed in range(count):
        drawing = draw_background(model, task.name, seed)
        while True:
            try:
                next(drawing)
            except StopIteration as end:
                drawn.append(grey.to_network(end.value))
                break
            yield Progress(seed, count, "Drawing")
    return drawn


def real_images(pool: Pool, entries: Sequence[Entry], count: int, seed: int = 0) -> list[Entry]:
    """At most `count` images with the sources mixed as they are learnt from, by the root of their sizes.

    A drawn image is told from real ones by which kind it is if the kinds are not as frequent in both.
    """
    random = np.random.default_rng((6, seed))
    kinds: dict[str, list[Entry]] = {}
    for entry in entries:
        kinds.setdefault(entry.source, []).append(entry)
    amounts = {source: len([e for e in pool.learnt(0) if e.source == source]) for source in kinds}
    weights = {source: max(1, amount) ** 0.5 for source, amount in amounts.items()}
    total = sum(weights.values())
    # As many as the scarcest kind allows at these shares.
    possible = min([count, *(int(len(kinds[s]) * total / weights[s]) for s in kinds)])
    chosen = []
    for source, found in kinds.items():
        wanted = min(len(found), max(1, round(possible * weights[source] / total)))
        chosen += [found[int(n)] for n in random.permutation(len(found))[:wanted]]
    return chosen


def telling_apart(
    features: FeatureNetwork, real: Sequence[Values], drawn: Sequence[Values]
) -> LongWork[list[Score]]:
    """The area under the curve of a classifier that tells drawn from real images, and its floor.

    By crops at full resolution, which show grain and detail, and by whole images, which show layout.
    """
    rows = []
    for what, crops in ((f"crops of {CROP} pixels", CROPS), ("whole images", 0)):
        samples = []
        for images in (real, drawn):
            samples.append((yield from _sample(features, images, crops)))
        yield Progress(0, 0, "Telling drawn images from real ones")
        told, least = told_apart(samples[0], samples[1]), floor(samples[0])
        name = f"area under the curve, drawn against real, {what}"
        rows += _area_row(name, told, higher_is_better=False)
        rows += _area_row(f"the same, real against real, {what}", least, higher_is_better=None)
    return rows


def fingerprints(images: Sequence[Values]) -> Values:
    """(n, d) fingerprints of unit length of whole images."""
    from models.features import fingerprint

    return np.stack([fingerprint(image) for image in images])


def nearness(
    learnt: NDArray[np.float32], real: NDArray[np.float32] | None, drawn: NDArray[np.float32]
) -> Nearness:
    """Of fingerprints (n, d): of what was learnt from, of real images that were not, and of drawn ones."""
    if real is None or not len(real):
        likeness = learnt @ learnt.T
        np.fill_diagonal(likeness, -1.0)
        among = 1 - likeness.max(1).astype(np.float64)
    else:
        among = 1 - (real @ learnt.T).max(1).astype(np.float64)
    return Nearness(np.maximum(among, 0), np.maximum(1 - (drawn @ learnt.T).max(1).astype(np.float64), 0))


def bits(model: BackgroundModel, task: Task, codes: Sequence[Codes]) -> LongWork[list[Score]]:
    """How many bits the prior needs for one code of images that were not learnt from."""
    from models.hiresmed_vqgan.prior_training import likelihood

    if model.prior is None:
        return []
    values = []
    for n, image in enumerate(codes):
        found = likelihood(model.vqgan, model.prior, image, model.tasks[task.name].number)
        sizes = [level.size for level in image[: len(found)]]  # the prior's levels are the coarser ones
        values.append(float(np.dot(found, sizes[: len(found)]) / sum(sizes[: len(found)])))
        yield Progress(n + 1, len(codes), "Measuring the prior")
    row = mean_score(
        f"bits per code of held-out images, of {np.log2(model.vqgan.spec.codes):g}",
        [np.array([value]) for value in values],
        higher_is_better=False,
    )
    return [] if row is None else [row]


def _sample(features: FeatureNetwork, images: Sequence[Values], crops: int) -> LongWork[Sample]:
    """Embeddings of `crops` crops of each image, or of the whole images where that is 0."""
    import torch

    from models.features import embedding

    parts, groups = [], []
    for n, image in enumerate(images):
        seen = [image] if crops == 0 else _crops(image, crops, np.random.default_rng((7, n)))
        parts.append(embedding(features, torch.from_numpy(np.stack(seen))[:, None]).float().numpy())
        groups += [n] * len(seen)
        yield Progress(n + 1, len(images), "Describing images")
    return Sample(np.concatenate(parts), np.array(groups, np.int64))


def _crops(image: Values, count: int, random: np.random.Generator) -> list[Values]:
    sides = [min(CROP, length) for length in image.shape]
    corners = [
        [int(random.integers(length - side + 1)) for length, side in zip(image.shape, sides, strict=True)]
        for _ in range(count)
    ]
    return [image[top : top + sides[0], left : left + sides[1]] for top, left in corners]


def _area_row(what: str, told: Told | None, *, higher_is_better: bool | None) -> list[Score]:
    if told is None:
        return []
    return [Score(what, told.area, sum(told.images), told.interval, higher_is_better)]
