"""A background network that is small enough for tests: random weights, made in code, and put into use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from app.anatomy.versions import BACKGROUND
from app.synthesis.neighbours import seen_as
from app.synthesis.residual import Level
from app.training.versions import adopt, keep
from models.hiresmed_vqgan.grey import GREY_SCALES
from models.hiresmed_vqgan.model import BackgroundModel, TaskPart, save
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.prior import Prior, PriorSpec, TrunkSpec
from models.hiresmed_vqgan.spec import Spec

SPEC = Spec("tiny", widths=(8, 16), blocks=(1, 1), levels=(32, 16, 8), codes=32, code_dim=16)
PRIOR = PriorSpec(
    (32, 16, 8), 3, (TrunkSpec(1, 16, 1, attention=True), TrunkSpec(2, 16, 1)), (2, 2, 1), 32, 16
)
SIDE = 128
"""Pixels a side of what it draws."""
TASKS = {"kub-xray": "", "lung-ct": "HU", "abdomen-ct": "HU"}
"""The tasks that it knows, and the units of their pixels."""

Learnt = Sequence[tuple[Mapping[str, Any], NDArray[np.float32]]]
"""Entries of the card on training images, each with its pixels, (H, W) of −1 to 1."""


def tiny_model(learnt: Learnt = (), *, prior: bool = True, limit: float | None = 0.05) -> BackgroundModel:
    """The model, as it would have been trained on `learnt` for kub-xray.

    Args:
        prior: whether it draws new backgrounds, too.
        limit: what is usual for the residual at every grey level; None where the card does not say.
    """
    torch.manual_seed(7)
    parts = {
        name: TaskPart(number, GREY_SCALES[name], (SIDE, SIDE), 1.0, unit)
        for number, (name, unit) in enumerate(TASKS.items())
    }
    kub: dict[str, Any] = {"nearest": [n / 1000 for n in range(101)]}
    if limit is not None:
        kub["residual"] = Level((-1.0, 1.0), (limit, limit)).as_card()
    card = {
        "name": "background",
        "preset": "tiny",
        "tasks": {"kub-xray": kub, "lung-ct": {}, "abdomen-ct": {}},
        "neighbours": {"kub-xray": [dict(entry) for entry, _ in learnt]},
    }
    shape = (SIDE, SIDE)
    neighbours = (
        {"kub-xray": torch.from_numpy(np.stack([seen_as(v, shape) for _, v in learnt]))} if learnt else {}
    )
    network = Vqgan(SPEC).eval()
    return BackgroundModel(network, Prior(PRIOR).eval() if prior else None, parts, neighbours, card)


def use(model: BackgroundModel, folder: Path, tasks: Sequence[str] = ("kub-xray",)) -> None:
    """Saves it in `folder`, and makes it the version in use for tasks."""
    save(model, folder)
    for task in tasks:
        adopt(BACKGROUND, task, keep(BACKGROUND, task, folder).name)
