"""Label maps: which lesion or structure each pixel belongs to, as NIfTI beside the image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.files import write_bytes
from app.imaging.detect import detect
from app.imaging.failures import reading
from app.imaging.image import Image


def write_label_map(labels: NDArray[Any], like: Image, path: Path | str) -> None:
    """Saves (height, width) labels, 0 for none, as `.nii.gz`, uint8 or, beyond 255, uint16.

    It lies in space where `like` does, so that ITK-SNAP and 3D Slicer show it on top of the image; where
    the source has no place in space, it has the image's spacing only.

    Raises:
        LithographError: `path` cannot be written.
    """
    path = Path(path)
    if labels.shape != like.pixels.shape:
        raise ValueError(f"labels {labels.shape} do not fit an image {like.pixels.shape}")
    if not path.name.lower().endswith(".nii.gz"):
        raise LithographError(
            f"Cannot save {path}: label maps are NIfTI; choose a name that ends with .nii.gz."
        )
    from app.imaging.itk import encode_slice, geometry_of

    kind = np.uint8 if labels.max(initial=0) <= 255 else np.uint16
    geometry = geometry_of(like, np.dtype(kind).name)
    write_bytes(path, encode_slice(labels.astype(kind), geometry, ".nii.gz"))


def read_label_map(path: Path | str) -> NDArray[Any]:
    """The labels of a file that `write_label_map` wrote, (height, width), uint8 or uint16.

    Raises:
        LithographError: it is no label map of one slice.
    """
    path = Path(path)
    from app.imaging.itk import read_volume, simple_itk

    if detect(path) != "nifti":
        raise LithographError(f"{path} is no label map; choose a .nii.gz that was saved beside a composite.")
    with reading(path):
        volume = read_volume(path, "nifti")
        labels = simple_itk().GetArrayFromImage(volume)
    if labels.ndim == 3 and len(labels) != 1:
        raise LithographError(f"{path} holds more than one slice; choose the label map of a single image.")
    if labels.dtype not in (np.uint8, np.uint16):
        raise LithographError(f"{path} holds {labels.dtype} values instead of labels; choose a label map.")
    return labels.reshape(labels.shape[-2:])
