"""What a lesion adds to the values of an image, by the physics of the image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from app.composition.drawing import Drawn
from app.imaging.image import Image

WATER_PER_MM = 0.0206
"""μ of water per mm at 60 keV, the effective energy of an abdominal radiograph (NIST XCOM)."""

CALCIUM_RISE = 1.33
"""A stone's excess at the 60 keV of a radiograph against 70 keV of a CT, where its HU are from."""

NEPERS_ACROSS_BODY = 0.75
"""What the range of the body in a radiograph for presentation stands for, at the size of a lesion.

The line integrals themselves differ by about 3 between the thin and the dense parts of an abdomen, but plate
processing raises details of some mm above the wide range. In the simulated radiographs, where the truth is
known, it is 0.65; plainer processing raises less.
"""

NEPERS_ACROSS_LOCALIZER = 2.4
"""The same for the localizer of a CT scanner, which is hardly processed: as estimated from the femoral cortex
(about 0.55 nepers) and a gas bubble (about 0.45) of a whole-body localizer."""


_HU_ACROSS_BODY = 1000.0
"""The range of the body in a section without HU stands for this many."""


class Signal(Protocol):
    """What one lesion does to the values of an image."""

    def onto(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """`values` with the lesion in them, in the image's unit."""
        ...


@dataclass(frozen=True, eq=False)
class Added:
    """A section: the lesion's residual is added."""

    residual: NDArray[np.float32]

    def onto(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """`values` + residual."""
        return values + self.residual


@dataclass(frozen=True)
class Radiograph:
    """How the stored values v of a radiograph depend on the line integral p of attenuation.

    Logarithmic (`LOG`, and every image that does not say): v = offset + gain·p. Linear in the beam (`LIN`):
    v = dark + k·exp(−p), where `dark` is the value at no beam. DICOM says which in
    PixelIntensityRelationship (0028,1040) and its sign in (0028,1041), PS3.3 §C.8.11.3.

    Attributes:
        gain: stored units per neper, signed: positive where denser is higher. Not used where linear.
        linear: whether values are proportional to the beam.
        dark: the stored value at no beam, where linear.
    """

    gain: float
    linear: bool = False
    dark: float = 0.0

    @classmethod
    def of(cls, image: Image) -> Radiograph:
        """Reads the relationship from the header and the polarity from the image, and estimates the gain.

        The gain is not in any header: the robust range of the body (`body_range`) is taken to stand for
        `NEPERS_ACROSS_BODY`, or `NEPERS_ACROSS_LOCALIZER` where the image is a CT scanner's.
        """
        header = _dicom_header(image)
        if header.get("PixelIntensityRelationship") == "LIN":
            sign = header.get("PixelIntensityRelationshipSign")
            falling = sign == -1 if sign in (1, -1) else not image.inverted
            return cls(0.0, linear=True, dark=image.value_range[1] if falling else image.value_range[0])
        gain = body_range(image) / (NEPERS_ACROSS_LOCALIZER if _is_localizer(image) else NEPERS_ACROSS_BODY)
        return cls(-gain if image.inverted else gain)

    def attenuated(self, values: NDArray[np.float32], nepers: NDArray[np.float32]) -> NDArray[np.float32]:
        """`values` behind `nepers` more of attenuation."""
        if self.linear:
            return np.float32(self.dark) + (values - np.float32(self.dark)) * np.exp(-nepers)
        return values + np.float32(self.gain) * nepers

    def line_integral(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The attenuation in nepers that stored values stand for, up to a constant: high where dense."""
        if self.linear:
            return -np.log(np.maximum(np.abs(values - np.float32(self.dark)), np.float32(1)))
        return values / np.float32(self.gain)


@dataclass(frozen=True, eq=False)
class Attenuated:
    """A radiograph: the lesion adds to the line integral, p′ = p + μ·t."""

    scale: Radiograph
    nepers: NDArray[np.float32]

    def onto(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """`values` behind the lesion."""
        return self.scale.attenuated(values, self.nepers)


@dataclass(frozen=True, eq=False)
class Physics:
    """How lesions show in one image; what has to be estimated for that is estimated once."""

    image: Image

    def signal(self, drawn: Drawn, section: bool | None = None) -> Signal:
        """What a lesion does to the values of the image.

        Args:
            drawn: the lesion.
            section: takes the image as a section (True) or a projection (False); as what it is (None).
        """
        section = is_section(self.image) if section is None else section
        if section or self.image.unit == "HU":
            return Added(drawn.residual * np.float32(self.units_per_hu))
        return Attenuated(self.radiograph, nepers(drawn, self.image))

    @cached_property
    def units_per_hu(self) -> float:
        """Of the values of a section."""
        return 1.0 if self.image.unit == "HU" else body_range(self.image) / _HU_ACROSS_BODY

    @cached_property
    def radiograph(self) -> Radiograph:
        """How the values of a projection depend on attenuation."""
        return Radiograph.of(self.image)


def nepers(drawn: Drawn, image: Image) -> NDArray[np.float32]:
    """μ·t of the drawn lesion: its residual HU along its chord, μ_w·(HU/1000)·mm, more for calcium."""
    return drawn.projected * np.float32(nepers_per_hu_mm(drawn.kind, image))


def nepers_per_hu_mm(kind: str, image: Image) -> float:
    """What a millimetre of one HU more attenuates in a radiograph."""
    rise = CALCIUM_RISE if kind == "stone" and not _is_localizer(image) else 1.0
    return rise * WATER_PER_MM / 1000


def body_range(image: Image) -> float:
    """The range of values within the body, 2nd to 98th percentile of a sample of its pixels, at least 1.

    Left out: pixels at the sample's very lowest and highest value (collimation, burnt-out exposure), and
    the thinnest fifth of the range where it reaches the edge of the image (air around the body).
    """
    import cv2

    step = max(1, int((image.pixels.size / 250_000) ** 0.5))
    sample = image.pixels[::step, ::step].astype(np.float32)
    inside = (sample > sample.min()) & (sample < sample.max())
    low, high = np.percentile(sample, (1, 99))
    thin = sample > high - 0.2 * (high - low) if image.inverted else sample < low + 0.2 * (high - low)
    _, parts = cv2.connectedComponents(thin.astype(np.uint8))
    at_edge = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    inside &= ~(thin & np.isin(parts, at_edge))
    values = sample[inside] if inside.any() else sample
    low, high = np.percentile(values, (2, 98))
    return max(float(high - low), 1.0)


def is_section(image: Image) -> bool:
    """Whether the image is a section through the body (CT, MR) and not a projection of it.

    A CT image without HU is a localizer, which is a projection.
    """
    return image.unit == "HU" or image.modality in {"MR", "PT"}


def _is_localizer(image: Image) -> bool:
    return image.modality == "CT" and image.unit != "HU"


def _dicom_header(image: Image) -> Any:
    """The DICOM header that the image was read with, empty for other formats."""
    return getattr(getattr(image.source.header, "header", None), "dataset", {})
