"""What an autoencoder is made of, and the presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Block = Literal["hdfb", "residual"]

CODES = 1024
CODE_DIM = 256


@dataclass(frozen=True)
class Spec:
    """The shape of a `Vqgan`; it stands in the card of the weights.

    Resolution n of the encoder and the decoder is the image's divided by `stem` · 2ⁿ.
    """

    preset: str
    widths: tuple[int, ...]
    """Channels at each resolution, the finest first."""
    blocks: tuple[int, ...]
    """Blocks at each resolution, in the encoder and in the decoder."""
    levels: tuple[int, ...]
    """The pixels a side that one code of each codebook stands for, coarse to fine."""
    channels: int = 1
    """Of the image."""
    stem: int = 4
    """Blocks of that many pixels a side become channels before the first convolution; 1 for none."""
    detail: int = 8
    """Channels of the detail stage at full resolution."""
    short: bool = False
    """Whether the pixels of a patch also reach its features, and the pixels again, past all blocks."""
    block: Block = "hdfb"
    """`residual` makes it the plain VQGAN that the paper compares with; nothing else differs."""
    drop_path: float = 0.05
    """How often MSConvFE is left out of a block while learning (DropPath)."""
    codes: int = CODES
    """Codes in each codebook."""
    code_dim: int = CODE_DIM

    @property
    def factor(self) -> int:
        """The pixels a side that one position of the features stands for."""
        return self.stem * 2 ** (len(self.widths) - 1)

    @property
    def stride(self) -> int:
        """Height and width of an input must be multiples of this."""
        return max(self.factor, *self.levels)

    def grid(self, shape: tuple[int, int]) -> tuple[int, int]:
        """The (h, w) of the features of an image of that (height, width), padded to whole strides."""
        positions = self.stride // self.factor
        return -(-shape[0] // self.stride) * positions, -(-shape[1] // self.stride) * positions

    def as_card(self) -> dict[str, Any]:
        """In JSON's types."""
        values = asdict(self).items()
        return {key: list(value) if isinstance(value, tuple) else value for key, value in values}

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> Spec:
        """The reverse of `as_card`; TypeError where it is malformed."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in card.items()
        }
        return cls(**values)


PAPER = Spec(
    preset="paper",
    channels=3,
    stem=1,
    widths=(64, 128, 128, 256, 256, 512, 512),
    blocks=(0, 1, 1, 1, 1, 1, 1),
    levels=(64,),
    detail=64,
    drop_path=0.1,
)
"""To the letter: 3 channels, 1,024 → 16 in three stages of two halvings, 256 codes for a 1,024² image."""

FIDELITY = Spec(
    preset="fidelity",
    widths=(64, 128),
    blocks=(1, 2),
    levels=(64, 32, 16, 8, 8, 8, 8, 8, 8),
    short=True,
)
"""What the application uses: features at 1/8, six codebooks there, three coarser ones for the layout."""

SMALL = replace(FIDELITY, preset="small", widths=(32, 64), blocks=(1, 1), levels=(64, 32, 16, 8, 8))
"""For training on two CPU cores within minutes."""

PRESETS = {spec.preset: spec for spec in (PAPER, FIDELITY, SMALL)}
