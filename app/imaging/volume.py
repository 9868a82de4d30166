"""NIfTI, MHA and NRRD: volumes as series of slices along their slice axis."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.imaging.failures import check_finite, reading
from app.imaging.image import Calibration, Image, Source
from app.imaging.itk import Geometry, read_volume, simple_itk
from app.imaging.series import Series, SeriesInfo

# In-plane orientation as radiologists look at it, by the anatomical direction of the slice axis.
_UPRIGHT = {"S": "LPS", "I": "LPS", "P": "LIP", "A": "LIP", "L": "PIL", "R": "PIL"}
_HU_BELOW = -500
"""Only air in Hounsfield units lies below it: no label map, MR image or radiograph does."""
_NIFTI_FORMS = ("qform_code", "sform_code")
_MHA_HEADER = 4096
_SMALL_INTEGERS = ("2", "4", "256", "512")
"""NIfTI datatypes of 8 and 16 bits: their scaled values are exact in float32."""


def open_volume(path: Path, kind: str) -> Series:
    """A NIfTI, MHA/MHD or NRRD file; `kind` is its format.

    Slices are shown upright (patient's right on the left, front or head up) by swapping and flipping axes
    within the slice plane; the slice axis stays that of the file. These formats do not name a modality:
    integer values below -500 can only be Hounsfield units, so a volume that has them is a CT.

    Raises:
        LithographError: it is damaged, too large, in colour, or has a fourth dimension.
    """
    volume = _load(path, kind)
    count, height, width = volume.voxels.shape
    info = SeriesInfo("", path.name, volume.modality, count, (height, width))
    return Series(info, (info,), lambda index: _slice(path, kind, volume, index))


@dataclass(frozen=True, eq=False)
class _Volume:
    voxels: NDArray[Any]
    geometry: Geometry
    modality: str


def _load(path: Path, kind: str) -> _Volume:
    with reading(path):
        changed = path.stat()
        return _load_once(path, kind, changed.st_mtime_ns, changed.st_size)


@lru_cache(maxsize=1)
def _load_once(path: Path, kind: str, _changed: int, _size: int) -> _Volume:
    # The newest volume stays in memory, for its slices are asked for one by one.
    volume = read_volume(path, kind)
    itk = simple_itk()
    planar = volume.GetDimension() == 2
    stored = itk.GetArrayViewFromImage(volume).dtype
    scaling = _integral_scaling(volume)
    oriented = not planar and _oriented(path, kind, volume)
    if planar:
        volume = itk.JoinSeries(volume)
    else:
        code = itk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(volume.GetDirection())
        volume = itk.DICOMOrient(volume, _UPRIGHT[code[2]])
    voxels = itk.GetArrayFromImage(volume)
    if stored.kind == "f" and scaling:
        voxels = _as_integers(voxels)
        stored = voxels.dtype
    voxels = _narrowed(path, voxels)
    place = (volume.GetOrigin(), volume.GetDirection(), volume.GetSpacing())
    geometry = Geometry(*place, stored.name, planar, oriented)
    hounsfield = voxels.dtype.kind == "i" and voxels.size and int(voxels.min()) < _HU_BELOW
    return _Volume(voxels, geometry, "CT" if hounsfield else "")


def _oriented(path: Path, kind: str, volume: Any) -> bool:
    """Whether a file says how it lies in the patient; ITK takes the identity where it does not."""
    if kind == "nifti":
        return any(volume.HasMetaDataKey(key) and volume.GetMetaData(key) != "0" for key in _NIFTI_FORMS)
    if kind == "nrrd":
        return bool(volume.HasMetaDataKey("NRRD_space"))
    with path.open("rb") as file:
        header = file.read(_MHA_HEADER)
    return any(key in header for key in (b"TransformMatrix", b"Orientation =", b"Rotation"))


def _integral_scaling(volume: Any) -> bool:
    """Whether a NIfTI file scales small integers by an integral slope and intercept."""
    keys = ("scl_slope", "scl_inter", "datatype")
    if not all(volume.HasMetaDataKey(key) for key in keys):
        return False
    slope, intercept = (float(volume.GetMetaData(key)) for key in keys[:2])
    return volume.GetMetaData("datatype") in _SMALL_INTEGERS and slope.is_integer() and intercept.is_integer()


def _as_integers(voxels: NDArray[Any]) -> NDArray[Any]:
    small = voxels.min() >= -(2**15) and voxels.max() < 2**15
    return np.rint(voxels).astype(np.int16 if small else np.int32)


def _narrowed(path: Path, voxels: NDArray[Any]) -> NDArray[Any]:
    if voxels.dtype == np.float64:
        return voxels.astype(np.float32)
    if voxels.dtype == np.int8:
        return voxels.astype(np.int16)
    if voxels.dtype in (np.uint32, np.int64, np.uint64):
        if int(voxels.min()) < -(2**31) or int(voxels.max()) >= 2**31:
            raise LithographError(f"{path} holds values beyond 32 bits; convert it to 16 or 32 bits.")
        return voxels.astype(np.int32)
    return voxels


def _slice(path: Path, kind: str, volume: _Volume, index: int) -> Image:
    pixels = volume.voxels[index]
    check_finite(path, pixels)
    whole = volume.geometry
    direction = np.array(whole.direction).reshape(3, 3)
    origin = np.array(whole.origin) + direction[:, 2] * whole.spacing[2] * index
    return Image(
        pixels=pixels,
        spacing=(whole.spacing[1], whole.spacing[0]),
        calibration=Calibration.GEOMETRY,
        unit="HU" if volume.modality == "CT" else "",
        modality=volume.modality,
        value_range=_range(pixels.dtype, np.dtype(whole.stored)),
        source=Source(path, kind, index, replace(whole, origin=tuple(origin.tolist()))),
    )


def _range(held: np.dtype[Any], stored: np.dtype[Any]) -> tuple[float, float]:
    if held.kind == "f":
        limits = np.finfo(np.float32)
        return float(limits.min), float(limits.max)
    inner, outer = np.iinfo(held), np.iinfo(stored)
    return float(max(inner.min, outer.min)), float(min(inner.max, outer.max))
