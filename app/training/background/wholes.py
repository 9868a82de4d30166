"""Codes of whole images on disk: what the prior learns from.

The autoencoder rests by then, so the codes of an image are computed once. Image k follows from its number, as
patches do, and so do its codes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.files import atomic_write, make_folder
from app.training.background.pool import Pool
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from models.hiresmed_vqgan.network import Vqgan
    from models.hiresmed_vqgan.prior_training import Codes

ENLARGED = 1.1
"""Every second image is enlarged by up to this and shifted, so that its codes are other ones."""


@dataclass(frozen=True)
class CodeStore:
    """The codes of `count` images in a folder, `NNNNN.npz` each."""

    folder: Path
    count: int

    def fill(self, vqgan: Vqgan, whole: Callable[[int], NDArray[np.float32]], mine: range) -> LongWork[None]:
        """Writes the codes of the images `whole(k)`, k in `mine`, that are not there yet.

        Raises:
            LithographError: an image is damaged, or the folder cannot be written.
        """
        from models.hiresmed_vqgan.reconstruction import to_codes

        make_folder(self.folder)
        for n, k in enumerate(mine):
            if not self._file(k).is_file():
                codes = to_codes(vqgan, whole(k))
                with atomic_write(self._file(k)) as temporary:
                    np.savez(temporary, *codes)
            yield Progress(n + 1, len(mine), "Encoding images")

    def read(self, k: int) -> Codes:
        """The codes of an image.

        Raises:
            LithographError: they are missing or damaged.
        """
        try:
            with np.load(self._file(k), allow_pickle=False) as found:
                return [found[f"arr_{n}"] for n in range(len(found.files))]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise LithographError(
                f"The codes {self._file(k)} are damaged; delete the folder {self.folder} and resume."
            ) from error

    def drawn(self, n: int) -> Codes:
        """The codes that sample n of a training is, chosen by n alone."""
        return self.read(int(np.random.default_rng((4, n)).integers(self.count)))

    def _file(self, k: int) -> Path:
        return self.folder / f"{k:05d}.npz"


def varied(pool: Pool, first: int) -> Callable[[int], NDArray[np.float32]]:
    """`whole(k)`: image first + k of the pool, every second one enlarged and shifted a little."""

    def whole(k: int) -> NDArray[np.float32]:
        image = pool.whole(first + k)
        random = np.random.default_rng((5, k))
        if random.random() < 0.5:
            return image
        height, width = image.shape
        scale = random.uniform(1, ENLARGED)
        rows, columns = round(height / scale), round(width / scale)
        top, left = int(random.integers(height - rows + 1)), int(random.integers(width - columns + 1))
        part = image[top : top + rows, left : left + columns]
        larger = cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.clip(larger, -1, 1).astype(np.float32, copy=False)

    return whole
