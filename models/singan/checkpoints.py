"""Finished scales on disk, so that training that was interrupted goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models import weights
from models.singan.network import Discriminator, Generator
from models.singan.presets import Preset


def fingerprint(exemplar: Tensor, preset: Preset, seed: int) -> str:
    """Tells trainings apart: the same exemplar, preset, seed and torch give the same."""
    recipe = json.dumps([asdict(preset), seed, list(exemplar.shape), torch.__version__])
    return hashlib.sha256(recipe.encode() + exemplar.cpu().contiguous().numpy().tobytes()).hexdigest()


def _states(generator: Generator, discriminator: Discriminator) -> Iterator[tuple[str, Tensor]]:
    for prefix, network in (("generator", generator), ("discriminator", discriminator)):
        for name, tensor in network.state_dict().items():
            yield f"{prefix}.{name}", tensor


def keep(
    folder: Path | None,
    belongs: str,
    generator: Generator,
    discriminator: Discriminator,
    figures: dict[str, float],
) -> None:
    """Writes a finished scale; does nothing without a folder."""
    if folder is not None:
        card = {"belongs": belongs, "figures": figures}
        weights.save(dict(_states(generator, discriminator)), folder, card)


def restore(
    folder: Path | None, belongs: str, generator: Generator, discriminator: Discriminator
) -> dict[str, float] | None:
    """Loads a finished scale and returns its figures; None where it has still to be trained."""
    if folder is None or not folder.is_dir():
        return None
    tensors: dict[str, Tensor] = {}
    card: dict[str, Any] = {}
    # A scale that was cut off while it was written is trained again.
    with suppress(weights.DamagedWeights):
        tensors, card = weights.load(folder)
    wanted = dict(_states(generator, discriminator))
    if card.get("belongs") != belongs or tensors.keys() != wanted.keys():
        shutil.rmtree(folder)
        return None
    for name, tensor in wanted.items():
        tensor.copy_(tensors[name])
    return card["figures"]
