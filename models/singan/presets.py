"""How a SinGAN is trained: the lean form that is the default, and the published code's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Preset:
    """A training recipe.

    Attributes:
        coarsest, ratio: the pyramid starts at `coarsest` pixels and grows by about 1 / `ratio` per scale.
        width, depth: channels and convolutions of a network; `doubling` doubles the first layer's channels
            every so many scales (0: never).
        finest_width: channels at the finest scale (0: as at the others).
        norm: batch norm in both networks.
        iterations: at the coarsest and at the finest scale, linear between them.
        batch: generated crops per step.
        discriminator_steps, generator_steps: per iteration.
        loss: hinge with a lazy gradient penalty on the exemplar (R1), or WGAN-GP.
        penalty: weight of the gradient penalty; `penalty_every` counts the steps between two.
        rate, rate_at_end: Adam's learning rate, and its share that is left at the end.
        schedule: `cosine`, or one `step` down after four fifths of the iterations.
        averaging: decay of the running average of the generator's weights that is kept (0: the last ones).
        reconstruction: weight of the squared error of the fixed noise's image.
        noise: noise above the coarsest scale, times the root mean square error of the reconstruction there.
        deformation: standard deviation, in pixels of a 64-pixel crop, of the smooth random deformations in
            which the discriminator sees the exemplar (0: only as it is).
    """

    name: str
    coarsest: int
    ratio: float
    width: int
    depth: int
    doubling: int
    finest_width: int
    norm: bool
    iterations: tuple[int, int]
    batch: int
    discriminator_steps: int
    generator_steps: int
    loss: Literal["hinge", "wgan-gp"]
    penalty: float
    penalty_every: int
    rate: float
    rate_at_end: float
    schedule: Literal["cosine", "step"]
    averaging: float
    reconstruction: float
    noise: float
    deformation: float

    def widths(self, scale: int, scales: int) -> list[int]:
        """Channels after each convolution but the last, at a scale counted from the coarsest, 0."""
        if self.finest_width and scale == scales - 1 > 0:
            return [self.finest_width] * (self.depth - 1)
        first = self.width * 2 ** (scale // self.doubling) if self.doubling else self.width
        return [first] + [max(first // 2**layer, self.width) for layer in range(1, self.depth - 1)]

    def iterations_at(self, scale: int, scales: int) -> int:
        """Iterations at a scale counted from the coarsest, 0."""
        first, last = self.iterations
        return round(first + (last - first) * scale / max(1, scales - 1))


LEAN = Preset(
    name="lean",
    # A network sees 11 pixels; on a coarsest scale hardly wider than that it sees the lesion as a whole.
    coarsest=10,
    ratio=0.7,
    width=32,
    depth=5,
    doubling=0,
    # Half of all pixels are on the finest scale, and all that it adds is fine: 16 channels do as well as 32.
    finest_width=16,
    norm=False,
    iterations=(1000, 250),
    batch=4,
    discriminator_steps=1,
    generator_steps=1,
    loss="hinge",
    penalty=0.0125,
    penalty_every=8,
    rate=1e-3,
    rate_at_end=0.05,
    schedule="cosine",
    averaging=0.98,
    reconstruction=10.0,
    noise=0.5,
    deformation=2.5,
)
"""About a minute for a 64×64 crop on two cores."""

PAPER = Preset(
    name="paper",
    coarsest=25,
    # The published 0.75 becomes this for a crop of 64: its number of scales is rounded up, plus one.
    ratio=0.83,
    width=32,
    depth=5,
    doubling=4,
    finest_width=0,
    norm=True,
    iterations=(2000, 2000),
    batch=1,
    discriminator_steps=3,
    generator_steps=3,
    loss="wgan-gp",
    penalty=0.1,
    penalty_every=1,
    rate=5e-4,
    rate_at_end=0.1,
    schedule="step",
    averaging=0.0,
    reconstruction=10.0,
    noise=0.1,
    deformation=0.0,
)
"""The schedule, widths and losses of the published code, without its rounding to 8 bit between scales."""

PRESETS = {preset.name: preset for preset in (LEAN, PAPER)}
