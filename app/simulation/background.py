"""A background that was made here."""

from __future__ import annotations

from dataclasses import dataclass

from app.anatomy.anatomy import Anatomy
from app.imaging.image import Image


@dataclass(frozen=True, eq=False)
class Background:
    """A generated image, where its structures are, and the recipe that makes it again.

    `recipe` holds `source` (`phantom`, `ct:DIR`, `vqgan`), `task`, `seed` and `size`, sorted by name. Of one
    that a network has drawn it has no `size`, but `model` (the SHA-256 of its weights), `steps`,
    `temperature`, and `device` (`cpu`, `cuda`, `mps`): each kind computes a little otherwise.
    """

    image: Image
    anatomy: Anatomy
    recipe: tuple[tuple[str, str | int | float], ...]
