"""How large an image may be, checked against its header before anything is allocated."""

from __future__ import annotations

from pathlib import Path

from app.errors import LithographError

MAX_PIXELS = 150_000_000
"""Rows times columns of one image: four times the largest mammogram, and 300 MB at 16 bits."""

MAX_VOLUME_BYTES = 1 << 30
"""A volume file is decoded whole, for its formats know no single slices."""


def check_size(path: Path, height: int, width: int) -> None:
    """Refuses an image without pixels or with too many.

    Raises:
        LithographError: naming the file and its size.
    """
    if height < 1 or width < 1:
        raise LithographError(
            f"{path} says it is {width} by {height} pixels, which is no image; export it again."
        )
    if height * width > MAX_PIXELS:
        raise LithographError(
            f"{path} says it is {width:,} by {height:,} pixels, more than the "
            f"{MAX_PIXELS // 1_000_000} million that can be opened; crop it or reduce it first."
        )


def check_volume(path: Path, voxels: int, bytes_per_voxel: int) -> None:
    """Refuses a volume that would not fit into memory beside its slices.

    Raises:
        LithographError: naming the file and its size.
    """
    if voxels * bytes_per_voxel > MAX_VOLUME_BYTES:
        raise LithographError(
            f"{path} says it holds {voxels * bytes_per_voxel / 2**30:,.1f} GiB of voxels, more than the "
            f"{MAX_VOLUME_BYTES >> 30} GiB that can be opened; crop it or reduce it first."
        )
