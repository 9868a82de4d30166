"""What the figures mean that a training of backgrounds reports beside its loss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A figure as people see it.

    Attributes:
        title: over its curve.
        meaning: a sentence or two, for those who do not know it.
        unit: behind its value.
        times: what the value is multiplied by.
        decimals: of the value in words.
    """

    title: str
    meaning: str
    unit: str = ""
    times: float = 1.0
    decimals: int = 2

    def words(self, value: float) -> str:
        """`31.25 dB`."""
        return f"{value * self.times:,.{self.decimals}f}{self.unit}"


_KNOWN = {
    "psnr": Shown("PSNR", "How near the rebuilt patches are to the real ones: more is better.", " dB"),
    "codes in use": Shown(
        "Codes in use",
        "The share of the codes that the images need: codes that nothing needs are lost for details.",
        " %",
        100.0,
        0,
    ),
    "perplexity": Shown(
        "Perplexity of the codes",
        "As many codes as would say as much if all of them were used equally often: more is better.",
        decimals=0,
    ),
    "perceptual": Shown(
        "Perceptual distance",
        "How different rebuilt patches look to a network that was trained to see: less is better.",
        decimals=3,
    ),
    "adversarial": Shown(
        "Adversarial",
        "How clearly the discriminator sees that patches are rebuilt: it should stay near 0, where neither "
        "of the two wins.",
    ),
    "discriminator": Shown(
        "Discriminator",
        "How often the discriminator is wrong: near 1 it cannot tell, near 0 it always can.",
    ),
}
_BITS = "bits per code, "


def shown_of(name: str) -> Shown | None:
    """How a figure is shown; None for those that say little to people."""
    if name.startswith(_BITS):
        size = name.removeprefix(_BITS)
        return Shown(
            f"Bits per code, {size}",
            f"How surprised the prior is by a code that stands for {size} a side: 10 is blind guessing, "
            "less is better; grain can only be guessed.",
        )
    return _KNOWN.get(name)


def those_shown(names: Iterable[str]) -> tuple[str, ...]:
    """The names of the figures that have a curve of their own, in the order in which they stand."""
    there = list(names)
    return (
        *(name for name in _KNOWN if name in there),
        *(name for name in there if name.startswith(_BITS)),
    )
