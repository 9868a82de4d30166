"""A finished model on disk: autoencoder, prior, and the features of what they learnt from, in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models import weights
from models.hiresmed_vqgan.grain import NO_GRAIN, Grain
from models.hiresmed_vqgan.grey import GreyScale
from models.hiresmed_vqgan.network import Vqgan
from models.hiresmed_vqgan.prior import Prior, PriorSpec
from models.hiresmed_vqgan.spec import Spec

VQGAN, PRIOR, NEIGHBOURS = "vqgan", "prior", "neighbours"
"""The first parts of the tensors' names."""


@dataclass(frozen=True)
class TaskPart:
    """What a model knows of one task.

    Attributes:
        number: the class of the task in the prior.
        shape: (height, width) of the images that it draws.
        pixel_mm: the side of their pixels; None where it is not known.
        unit: of their pixels, `HU` or empty.
        grain: that drawn images get.
    """

    number: int
    grey: GreyScale
    shape: tuple[int, int]
    pixel_mm: float | None
    unit: str
    grain: Grain = NO_GRAIN

    def as_card(self) -> dict[str, Any]:
        """In JSON's types."""
        return {
            "class": self.number,
            "grey": self.grey.as_card(),
            "shape": list(self.shape),
            "pixel_mm": self.pixel_mm,
            "unit": self.unit,
            "grain": self.grain.as_card(),
        }

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> TaskPart:
        """The reverse of `as_card`; KeyError, TypeError or ValueError where it is malformed."""
        height, width = card["shape"]
        mm = card["pixel_mm"]
        return cls(
            number=int(card["class"]),
            grey=GreyScale.from_card(card["grey"]),
            shape=(int(height), int(width)),
            pixel_mm=None if mm is None else float(mm),
            unit=str(card["unit"]),
            grain=Grain.from_card(card["grain"]),
        )


@dataclass(frozen=True)
class BackgroundModel:
    """The networks, and what the card says of them.

    Attributes:
        prior: None in a model that only reconstructs.
        neighbours: by task, float16 (n, d): fingerprints of the images that were learnt from, in the order of
            the names in the card.
    """

    vqgan: Vqgan
    prior: Prior | None
    tasks: dict[str, TaskPart]
    neighbours: dict[str, Tensor]
    card: dict[str, Any]

    def to(self, device: torch.device | str) -> BackgroundModel:
        """Moves the networks there; itself."""
        for network in (self.vqgan, self.prior):
            if network is not None:
                network.to(device)
        return self


def save(model: BackgroundModel, folder: Path) -> None:
    """Writes weights (float16) and card; `models.weights.save` says how.

    Raises:
        OSError: the folder cannot be written.
    """
    tensors = _named(VQGAN, model.vqgan)
    card = {**model.card, "spec": model.vqgan.spec.as_card()}
    card["tasks"] = {
        name: {**card["tasks"].get(name, {}), **part.as_card()} for name, part in model.tasks.items()
    }
    if model.prior is not None:
        tensors |= _named(PRIOR, model.prior)
        card["prior_spec"] = model.prior.spec.as_card()
    tensors |= {f"{NEIGHBOURS}.{task}": features.half() for task, features in model.neighbours.items()}
    weights.save(tensors, folder, card)


def load(folder: Path) -> BackgroundModel:
    """The model in a folder, in eval mode on the CPU.

    Raises:
        models.weights.DamagedWeights: it is damaged, or is not such a model.
    """
    tensors, card = weights.load(folder)
    try:
        vqgan = Vqgan(Spec.from_card(card["spec"]))
        _fill(vqgan, VQGAN, tensors)
        prior = None
        if "prior_spec" in card:
            prior = Prior(PriorSpec.from_card(card["prior_spec"]))
            _fill(prior, PRIOR, tensors)
        tasks = {name: TaskPart.from_card(part) for name, part in card["tasks"].items()}
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise weights.DamagedWeights(
            f"The model {folder} is not one of backgrounds, or of another version of this program "
            f"({type(error).__name__}); {weights.REMEDY}."
        ) from error
    neighbours = {
        name.removeprefix(f"{NEIGHBOURS}."): tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{NEIGHBOURS}.")
    }
    return BackgroundModel(vqgan, prior, tasks, neighbours, card)


def _named(part: str, network: nn.Module) -> dict[str, Tensor]:
    """Its tensors in float16, but what is counted in."""
    return {f"{part}.{name}": tensor.half() for name, tensor in network.state_dict().items()}


def _fill(network: nn.Module, part: str, tensors: dict[str, Tensor]) -> None:
    prefix = f"{part}."
    found = {name.removeprefix(prefix): t.float() for name, t in tensors.items() if name.startswith(prefix)}
    network.load_state_dict(found)
    network.to(memory_format=torch.channels_last).eval().requires_grad_(False)  # type: ignore[call-overload]
