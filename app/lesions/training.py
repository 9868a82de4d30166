"""Training a lesion model on one lesion of one image."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.files import cannot_write, make_folder
from app.imaging.image import Image
from app.lesions import library, unfinished
from app.lesions.exemplar import Exemplar, prepare
from app.lesions.lesion import Lesion
from app.lesions.parametric import PARAMETRIC
from app.lesions.shape import Shape, cleaned
from models.progress import LongWork, Progress

SAMPLES = 100
"""Drawings that the figures on a card are measured on."""
DRAWN_AGAIN_BELOW = 0.1
"""Distance from the exemplar below which a drawing counts as a copy of it."""

LICENCE, SOURCE = "as the image that the exemplar was cut from", "the user's own image"
"""What a card says where nothing else is known."""

Cut = Callable[[Image, NDArray[Any]], Exemplar]
"""Makes an exemplar of an image and a mask, as `exemplar.prepare` does."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_LIMITS = (
    "Learnt from one lesion: samples vary its outline and texture and are no other patient's lesion. "
    "The network can reproduce its exemplar, so share it as you would share the image."
)


def train_lesion_model(
    image: Image,
    mask: NDArray[Any],
    name: str,
    *,
    title: str | None = None,
    kind: str = "nodule",
    tasks: Sequence[str] = (),
    licence: str = LICENCE,
    source: str = SOURCE,
    limits: str = "",
    preset: str = "lean",
    seed: int = 0,
    folder: Path | None = None,
    cut: Cut = prepare,
) -> LongWork[Path]:
    """Trains a SinGAN (Eq. 13) on a lesion and puts it into the library.

    Everything is checked at once; what is returned does the work. Closed between two steps, or killed, it
    leaves the finished scales in `<folder>/<name>.partial`, and the same call goes on from there; so does
    `go_on`, without the image.

    Args:
        image, mask: the lesion and its surroundings, as in `exemplar.prepare`.
        name: lower-case letters, digits and hyphens.
        title: what it shows; the name without one.
        kind: `nodule` or `stone`.
        tasks: names of the tasks it is for.
        licence, source, limits: for the card.
        preset: `lean`, or `paper` for the published schedule.
        seed: of every random number.
        folder: where the model's own folder is made; the user's library without one.
        cut: makes the exemplar of `image` and `mask`.

    Returns:
        Work whose result is the model's folder.

    Raises:
        LithographError: name, preset, image or mask are no good; later, the folder cannot be written.
    """
    from models.singan.presets import PRESETS

    folder = folder or library.user_folder()
    if not _NAME.fullmatch(name):
        raise LithographError(
            f"{name!r} is no name for a lesion model; use lower-case letters, digits and hyphens."
        )
    if name in PARAMETRIC or (library.shipped_folder() / name).exists() or (folder / name).exists():
        raise LithographError(f"There is a lesion model named {name!r} already; choose another name.")
    if preset not in PRESETS:
        raise LithographError(f"There is no preset {preset!r}; choose one of {', '.join(PRESETS)}.")
    exemplar = cut(image, mask)
    card = {
        "name": name,
        "title": title or name,
        "kind": kind,
        "tasks": list(tasks),
        "unit": exemplar.unit,
        "spacing_mm": exemplar.spacing_mm,
        "exemplar": {
            "source": source,
            "diameter_mm": round(exemplar.diameter_mm, 2),
            "perpendicular_mm": round(exemplar.perpendicular_mm, 2),
            "calibration": str(image.calibration),
        },
        "licence": licence,
        "limits": f"{limits} {_LIMITS}".strip(),
    }
    return _train(exemplar, card, folder / name, preset, seed)


def go_on(name: str, folder: Path | None = None) -> LongWork[Path]:
    """Goes on with a training that was stopped, from the scales that are finished.

    Args:
        name, folder: as `train_lesion_model` was given them.

    Raises:
        LithographError: what was kept of it is gone or damaged.
    """
    folder = folder or library.user_folder()
    kept = unfinished.read(folder / f"{name}{unfinished.PARTIAL}")
    return _train(kept.exemplar, kept.card, folder / name, kept.preset, kept.seed)


def preview(image: Image, mask: NDArray[Any], seed: int, kind: str = "nodule", cut: Cut = prepare) -> Lesion:
    """A first impression of what a model trained on that lesion will draw, in a few hundredths of a second.

    Patches of the exemplar, recombined: for the eye while training runs, not for composites, since it copies.

    Raises:
        LithographError: as in `exemplar.prepare`.
    """
    return impression(cut(image, mask), seed, kind)


def impression(exemplar: Exemplar, seed: int, kind: str) -> Lesion:
    """As `preview`, of an exemplar that has been cut."""
    from models.singan.preview import recombined

    channels, contrast = learnt_channels(exemplar)
    drawn, alpha = cleaned(recombined(channels, np.random.default_rng(seed & (2**64 - 1))))
    return Lesion((drawn * np.float32(contrast)).astype(np.float32), alpha, exemplar.spacing_mm, kind)


def _train(exemplar: Exemplar, card: dict[str, Any], target: Path, preset: str, seed: int) -> LongWork[Path]:
    import torch

    from models import weights
    from models.singan.presets import PRESETS
    from models.singan.training import train

    partial = make_folder(target.with_name(f"{target.name}{unfinished.PARTIAL}"))
    channels, contrast = learnt_channels(exemplar)
    try:
        unfinished.write(partial, unfinished.Kept(exemplar, card, preset, seed))
        trained = yield from train(torch.from_numpy(channels), PRESETS[preset], seed, partial)
        tensors = {name: tensor.half() for name, tensor in trained.tensors.items()}
        network = {"sizes": trained.sizes, "amplitudes": trained.amplitudes, "fixed_noise_seed": seed}
        complete = {
            **card,
            "contrast": contrast,
            "shape": vars(Shape.of(*cleaned(channels))),
            "network": network,
            "training": {
                "preset": preset,
                "seed": seed,
                "seconds": round(sum(f["seconds"] for f in trained.figures), 1),
                "processor_seconds": round(sum(f["processor_seconds"] for f in trained.figures), 1),
                "torch": torch.__version__,
                "scales": [
                    {"size": size, **{key: round(value, 4) for key, value in figures.items()}}
                    for size, figures in zip(trained.sizes, trained.figures, strict=True)
                ],
            },
            **(yield from _measured(tensors, network, channels)),
        }
        finished = partial / "finished"
        weights.save(tensors, finished, complete)
        finished.replace(target)
    except OSError as error:
        raise cannot_write(target, error) from error
    shutil.rmtree(partial, ignore_errors=True)
    return target


def learnt_channels(exemplar: Exemplar) -> tuple[NDArray[np.float32], float]:
    """(2, size, size), contrast and alpha, each about 0..1, and what the contrast is a share of.

    The contrast is divided by that of the denser parts of the lesion; it is negative where the lesion is
    (in an inverted image), so that a lesion is always positive to the network.
    """
    inside = exemplar.residual[exemplar.alpha >= 0.5]
    percentile = 95 if inside.mean() >= 0 else 5
    contrast = float(np.percentile(inside, percentile))
    return np.stack([exemplar.residual / np.float32(contrast), exemplar.alpha]).astype(np.float32), contrast


def _measured(
    tensors: dict[str, Any], network: dict[str, Any], channels: NDArray[np.float32]
) -> LongWork[dict[str, Any]]:
    """The card's figures on how good, how reliable and how new what the network draws is."""
    from models.singan.pyramid import Pyramid
    from models.singan.scores import NearestCopy, patch_distance, quantiles

    pyramid = Pyramid(tensors, network["sizes"], network["amplitudes"])
    exemplar, alpha = cleaned(channels)
    like, nearest = Shape.of(exemplar, alpha), NearestCopy(exemplar)
    shapes, distances, patches, alphas = [], [], [], []
    for seed in range(SAMPLES):
        yield Progress(seed, SAMPLES, "drawing samples for the card")
        sample, mask = cleaned(pyramid.draw(np.random.default_rng([seed, 0])))
        shapes.append(Shape.of(sample, mask))
        distances.append(nearest.distance(sample))
        patches.append(patch_distance(sample, exemplar, seed))
        alphas.append(patch_distance(mask, alpha, seed))
    accepted = [
        shape.resembles(like) and distance >= DRAWN_AGAIN_BELOW
        for shape, distance in zip(shapes, distances, strict=True)
    ]
    return {
        "quality": {
            "samples": SAMPLES,
            "patch_distance": round(float(np.mean(patches)), 4),
            "patch_distance_of_alpha": round(float(np.mean(alphas)), 4),
            "patch_distance_of_exemplar_to_itself": round(patch_distance(exemplar, exemplar), 4),
            "lesion_present": sum(shape.present(like) for shape in shapes),
            "accepted_at_first_drawing": sum(accepted),
        },
        "memorisation": {
            "distance": "root mean square difference from the exemplar, as a share of its own, smallest over "
            "shifts, mirrorings and quarter turns",
            "nearest_exemplar": quantiles(distances),
            "drawn_again_below": DRAWN_AGAIN_BELOW,
        },
    }
