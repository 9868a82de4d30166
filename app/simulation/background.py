"""A background whose anatomy is known, because it was made here."""

from __future__ import annotations

from dataclasses import dataclass

from app.anatomy.anatomy import Anatomy
from app.imaging.image import Image


@dataclass(frozen=True, eq=False)
class Background:
    """A generated image, where its structures are, and the recipe that makes it again.

    `recipe` holds `source` (`phantom`, `ct:DIR`, ...), `task`, `seed` and `size`, sorted by name.
    """

    image: Image
    anatomy: Anatomy
    recipe: tuple[tuple[str, str | int], ...]
