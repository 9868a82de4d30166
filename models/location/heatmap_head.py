"""For fewer than about 50 boxes: a small head that reads places off what the danger zone's U-Net sees.

The U-Net knows the anatomy already, and stays as it is. What is learnt are some thirty thousand numbers: a
map of centres (Zhou et al., Objects as points, arXiv 1904.07850). All boxes have the lesions' mean size.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models import weights
from models.compute import autocast
from models.danger_zone.network import Spec as StructuresSpec
from models.danger_zone.network import State as UNetState
from models.danger_zone.network import UNet
from models.inputs import Kind
from models.learning import Batch, Lesson, Recipe, learn
from models.location import network as detector
from models.location.boxes import Cells, encode
from models.location.confidence import confidence_map
from models.location.losses import place_loss
from models.location.network import BINS, STRIDES, Detector, Level, precisely, rare
from models.location.samples import Sample
from models.location.training import batch_of
from models.progress import LongWork

NETWORK = "heatmap"
"""What the card calls this network."""


@dataclass(frozen=True)
class HeatmapSpec:
    """The U-Net that is read, and what the head adds; it stands in the card of the weights."""

    features: StructuresSpec
    box: tuple[float, float]
    """Width and height of every box, in pixels as the network sees them."""
    middle: int = 32

    @classmethod
    def of(cls, features: UNet, samples: Sequence[Sample]) -> HeatmapSpec:
        """For these features and these samples, whose boxes give the mean size; 12 pixels without any."""
        size = features.spec.size
        sides = [
            (sample.boxes[:, 2:] - sample.boxes[:, :2]) * (size / max(sample.pixels.shape))
            for sample in samples
        ]
        every = np.concatenate(sides) if sides else np.zeros((0, 2))
        width, height = every.mean(0) if len(every) else (12.0, 12.0)
        return cls(features.spec, (round(float(width), 2), round(float(height), 2)))

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> HeatmapSpec:
        """The `spec` of a card; KeyError, TypeError or ValueError where it is malformed."""
        spec = card["spec"]
        width, height = spec["box"]
        features = StructuresSpec.from_card({"spec": spec["features"]})
        return cls(features, (float(width), float(height)), int(spec["middle"]))

    @property
    def kind(self) -> Kind:
        """Which two channels are made of an image."""
        return self.features.kind

    @property
    def size(self) -> int:
        """The long side at which images are seen."""
        return self.features.size

    @property
    def stride(self) -> int:
        """Height and width of an input must be multiples of this."""
        return max(self.features.stride, STRIDES[0])


class State(NamedTuple):
    """Between two stages."""

    unet: UNetState
    kept: tuple[Tensor, ...]
    """What the head will read: (B, C, h, w) each, at stride 8."""
    cells: tuple[int, int]
    """(h, w)."""


class Heatmap(nn.Module):
    """A frozen U-Net and a head on its bottleneck, its decoders and its structures, all at stride 8."""

    def __init__(self, spec: HeatmapSpec) -> None:
        super().__init__()
        self.spec = spec
        self.features = UNet(spec.features).requires_grad_(False)
        kept = sum(spec.features.widths) + 4 * len(spec.features.structures)
        # Group norms: of few images, a batch says too little of their spread.
        self.head = nn.Sequential(
            *_layer(kept, spec.middle, 1, 1),
            *_layer(spec.middle, spec.middle, 3, 2),
            *_layer(spec.middle, spec.middle, 3, 4),
        )
        self.last = rare(nn.Conv2d(spec.middle, 1, 1))

    def train(self, mode: bool = True) -> Heatmap:
        """As in torch, but for the features: their norms learn nothing either."""
        super().train(mode)
        self.features.eval()
        return self

    @property
    def stages(self) -> list[Callable[[State], State]]:
        """The U-Net's; from the bottleneck on, what they find is kept."""
        bottleneck = len(self.spec.features.widths) - 1
        return [partial(_advance, stage, n >= bottleneck) for n, stage in enumerate(self.features.stages)]

    def begin(self, image: Tensor) -> State:
        """(B, 2, H, W) → the state before the first stage."""
        cells = image.shape[2] // STRIDES[0], image.shape[3] // STRIDES[0]
        return State(self.features.begin(image), (), cells)

    def end(self, state: State) -> tuple[Level]:
        """The state after the last stage → what is said at stride 8: scores, and everywhere the same box."""
        structures = _alike(_resampled(self.features.head(state.unet[0]).sigmoid(), state.cells))
        scores = precisely(self.last, self.head(torch.cat((*state.kept, structures), dim=1)))[:, 0]
        width, height = self.spec.box
        box = torch.tensor([[-width, -height, width, height]], device=scores.device) / 2
        cell = Cells(torch.zeros(1, 2, device=scores.device), box.new_tensor([float(STRIDES[0])]))
        nearness = 1 - (encode(box, cell)[0][:, None] - torch.arange(BINS, device=box.device)).abs()
        sides = nearness.clamp(min=1e-9).log()[None, :, :, None, None]  # (1, 4, BINS, 1, 1)
        return (Level(scores, sides.expand(len(scores), -1, -1, *state.cells)),)

    def forward(self, image: Tensor) -> tuple[Level]:
        state = self.begin(image)
        for stage in self.stages:
            state = stage(state)
        return self.end(state)

    def fold(self) -> Heatmap:
        """This network itself, in eval mode, with every batch norm merged into its convolution."""
        self.eval()
        self.features.fold()
        return self


def _layer(inputs: int, outputs: int, kernel: int, dilation: int) -> tuple[nn.Module, ...]:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2 * dilation, dilation=dilation, bias=False)
    return conv, nn.GroupNorm(4, outputs), nn.SiLU()


def _advance(stage: nn.Module, keep: bool, state: State) -> State:
    after = stage(state.unet)
    kept = (*state.kept, _alike(_resampled(after[0], state.cells))) if keep else state.kept
    return State(after, kept, state.cells)


def _resampled(features: Tensor, cells: tuple[int, int]) -> Tensor:
    """(B, C, H, W) → (B, C, h, w): means of finer maps, and coarser ones interpolated."""
    if features.shape[2] >= cells[0]:
        return F.adaptive_avg_pool2d(features, cells)
    return F.interpolate(features, cells, mode="bilinear", align_corners=False)


def _alike(features: Tensor) -> Tensor:
    """Features of mean 0 and spread 1 in each image, so that no level of the U-Net drowns the others."""
    return F.group_norm(features, 1)


def train(
    spec: HeatmapSpec,
    recipe: Recipe,
    draw: Callable[[int], Sample],
    folder: Path,
    *,
    features: UNet,
    mirror: bool = True,
    resume: bool = False,
    start: Heatmap | None = None,
    device: torch.device | str = "cpu",
) -> LongWork[Heatmap]:
    """Learns from `draw(0)`, `draw(1)`, ... and returns the network of averaged weights, on the CPU.

    `features` is a danger-zone network of `spec.features`, not folded. The rest is as in
    `models.location.training.train`.

    Raises:
        models.weights.DamagedWeights: the checkpoint to resume from is damaged or of other settings.
        OSError: `folder` cannot be written.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = Heatmap(spec)
    if start is not None:
        network.load_state_dict(start.state_dict())
    network.features.load_state_dict(features.state_dict())
    # As JSON gives it back, since the settings are compared with what a checkpoint says.
    settings = json.loads(json.dumps({"spec": asdict(spec), "mirror": mirror}))
    lesson = Lesson(partial(batch_of, spec, recipe, draw, mirror), _loss, settings)
    return (yield from learn(network, lesson, recipe, folder, resume=resume, device=device))


def _loss(network: nn.Module, batch: Batch) -> tuple[Tensor, Mapping[str, float]]:
    image, boxes, real = batch
    with autocast(image.device):
        (level,) = network(image.to(memory_format=torch.channels_last))
    centre = focal_loss(level.scores, gaussians(boxes, real, level.scores.shape[1:]))
    place = place_loss(confidence_map([level.scores]), boxes, real)
    return centre + place, {"centre": centre.item(), "place": place.item()}


SPREAD = 1.5
"""Of a target around a lesion's centre, in cells: places are uncertain by about a centimetre."""


def gaussians(boxes: Tensor, real: Tensor, cells: Sequence[int]) -> Tensor:
    """(B, N, 4) boxes, (B, N) bool → targets (B, h, w): 1 in the cell of a centre, falling off around it."""
    middle = ((boxes[..., :2] + boxes[..., 2:]) / 2 / STRIDES[0]).floor()
    rows, columns = (torch.arange(count, device=boxes.device) for count in cells)
    down = (rows - middle[..., 1:]).square()[..., :, None]  # (B, N, h, 1)
    across = (columns - middle[..., :1]).square()[..., None, :]
    each = torch.exp((down + across) / (-2 * SPREAD**2)) * real[..., None, None]
    return each.amax(1) if each.shape[1] else each.new_zeros(len(boxes), *cells)


def focal_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Penalty-reduced focal loss per centre (Law and Deng, CornerNet, ECCV 2018, Eq. 1; α = 2, β = 4).

    Logits and targets (B, h, w); a cell near a centre is punished less for being confident than one far away.
    """
    confidence = scores.sigmoid()
    at = targets == 1
    hit = (1 - confidence).square() * F.logsigmoid(scores)
    miss = (1 - targets).pow(4) * confidence.square() * F.logsigmoid(-scores)
    return -torch.where(at, hit, miss).sum() / at.sum().clamp(min=1)


def save(network: Heatmap, folder: Path | str, card: dict[str, Any]) -> None:
    """Writes the weights, those of the features too, and the card with the network's `spec` in it."""
    tensors = {
        name: tensor.half() if tensor.ndim == 4 else tensor for name, tensor in network.state_dict().items()
    }
    weights.save(tensors, folder, {**card, "network": NETWORK, "spec": asdict(network.spec)})


def load(folder: Path | str) -> tuple[Heatmap, dict[str, Any]]:
    """The network of a folder, on the CPU in float32, and its card.

    Raises:
        models.weights.DamagedWeights: a file is missing, damaged, or not of this network.
    """
    tensors, card = weights.load(folder)
    try:
        network = Heatmap(HeatmapSpec.from_card(card))
        network.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise weights.DamagedWeights(
            f"The weights in {folder} are not those of a heatmap network; {weights.REMEDY}."
        ) from error
    return network, card


Locator = Detector | Heatmap
"""A network that tells places."""


def load_any(folder: Path | str) -> tuple[Locator, dict[str, Any]]:
    """Whichever network of places the folder holds, as its card says, and the card.

    Raises:
        models.weights.DamagedWeights: a file is missing, damaged, or of another network.
    """
    if weights.read_card(folder).get("network") == NETWORK:
        return load(folder)
    return detector.load(folder)
