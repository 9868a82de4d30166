"""Which feature network compares images: the user's VGG16 where its file is there, else the program's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import LithographError
from app.paths import user_data

if TYPE_CHECKING:
    from models.features import Features


def vgg16_folder() -> Path:
    """Where users put `vgg16.safetensors`, and `vgg16-lpips.safetensors` for LPIPS itself."""
    return user_data() / "models" / "features"


def comparing_features() -> Features:
    """The network that images are compared with; its `name` belongs beside every figure of it.

    Raises:
        LithographError: the user's file or the program's own is damaged, or would have to be unpickled.
    """
    from models.features import load_features, load_vgg16
    from models.weights import DamagedWeights

    try:
        return load_vgg16(vgg16_folder()) or load_features()
    except DamagedWeights as error:
        raise LithographError(str(error)) from error
