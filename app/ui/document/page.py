"""What lies on the canvas, and what the next click places on it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property

from app.anatomy.anatomy import Anatomy
from app.composition.scene import BackgroundReference
from app.files import FileStamp
from app.imaging.identity import Identity, identity
from app.imaging.image import Image
from app.imaging.orientation import orientation_letters, slice_position_mm
from app.ui.canvas.pyramid import Pyramid


@dataclass(frozen=True, eq=False)
class Page:
    """One image that can be a background: a slice of a series, a file, a generated one."""

    image: Image
    reference: BackgroundReference
    """Where it comes from; the digest may still be empty, and is filled in when the scene is saved."""
    anatomy: Anatomy | None = None
    """Where it is known exactly, because the image was simulated."""
    number: int = 0
    """Its place in the series."""
    stamp: FileStamp | None = None
    """Of the file that it was read from, as it was then."""

    @cached_property
    def letters(self) -> tuple[str, str, str, str] | None:
        """Where its edges lie in the patient, see `orientation_letters`."""
        return orientation_letters(self.image)

    @cached_property
    def position_mm(self) -> float | None:
        """Where it lies along the series, see `slice_position_mm`."""
        return slice_position_mm(self.image)

    @cached_property
    def identity(self) -> Identity:
        """What its header says of a patient."""
        return identity(self.image)

    @cached_property
    def pyramid(self) -> Pyramid:
        """Its pixels at halved sizes; several views may show it, and none may write to it."""
        return Pyramid(self.image.pixels)

    @cached_property
    def drawn(self) -> Pyramid:
        """A copy that the canvas draws composites into; the thread that renders makes it."""
        return self.pyramid.copy()

    def prepared(self) -> Page:
        """This page, with everything made that its first painting needs; for the thread that reads it."""
        self.pyramid.make_levels()
        _ = self.image.automatic_window, self.letters, self.position_mm, self.identity
        return self


@dataclass(frozen=True)
class Brush:
    """What the next click places."""

    lesion: str
    diameter: float
    blend: str
    seed: int = 1
    rotation_deg: float = 0.0
    contrast: float = 1.0


def new_seed() -> int:
    """A seed that nobody has used: short enough to be read out."""
    return secrets.randbelow(1_000_000)
