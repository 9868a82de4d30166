"""Reading and writing NIfTI, MHA and NRRD with SimpleITK, which has to be watched.

It fills the missing end of a truncated NIfTI file with zeros, and opens `a.nii` when asked for `a.nii.gz`
beside it. So sizes are checked before, and compressed NIfTI is inflated here, in full or not at all.
"""

from __future__ import annotations

import errno
import gzip
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError
from app.files import cannot_write
from app.imaging.failures import damaged
from app.imaging.image import Image
from app.imaging.limits import check_size, check_volume
from app.imaging.quiet import quiet
from app.imaging.volume_values import locate_values

_READERS = {"nifti": "NiftiImageIO", "mha": "MetaImageIO", "nrrd": "NrrdImageIO"}
_PART = 1 << 22


@dataclass(frozen=True)
class Geometry:
    """Where a slice lies in space, in mm, in the patient's LPS system; kept in `Source.header`.

    Attributes:
        origin: of the centre of the first pixel.
        direction: 3×3, row by row: columns are the directions of rising column, row and slice index.
        spacing: between columns, rows and slices.
        stored: the numpy type of the file's values.
        planar: whether the file was two-dimensional.
        oriented: whether the file says how it lies in the patient.
    """

    origin: tuple[float, ...]
    direction: tuple[float, ...]
    spacing: tuple[float, ...]
    stored: str
    planar: bool = False
    oriented: bool = True


def simple_itk() -> Any:
    """SimpleITK, imported on first use, its warnings kept off stderr."""
    # Coordinates that are slightly sheared, as registration tools write them, are made orthonormal.
    os.environ.setdefault("ITK_NIFTI_SFORM_PERMISSIVE", "1")
    import SimpleITK

    SimpleITK.ProcessObject.GlobalWarningDisplayOff()
    return SimpleITK


def read_volume(path: Path, kind: str) -> Any:
    """A whole file as a SimpleITK image of 2 or 3 dimensions with one value per pixel.

    Raises:
        LithographError: it is too large, incomplete, in colour, or has a fourth dimension.
    """
    itk = simple_itk()
    with _plain_file(path, kind) as (plain, inflate):
        reader = itk.ImageFileReader()
        reader.SetImageIO(_READERS[kind])
        reader.SetFileName(str(plain))
        with quiet():
            reader.ReadImageInformation()
        values = locate_values(plain, kind, *_check_header(path, itk, reader))
        if values is not None:
            inflate(values.start + values.length)
            values.check(named=path)
        with quiet():
            volume = reader.Execute()
    geometry = (*volume.GetOrigin(), *volume.GetSpacing(), *volume.GetDirection())
    if not np.isfinite(geometry).all():
        raise damaged(path, "its place in space is no number")
    while volume.GetDimension() > 3:
        volume = volume[..., 0]
    return volume


def _check_header(path: Path, itk: Any, reader: Any) -> tuple[int, int]:
    """How many voxels there are and how many bytes each takes, once the header is found acceptable."""
    size = tuple(int(extent) for extent in reader.GetSize())
    pixel = itk.GetPixelIDValueAsString(reader.GetPixelID())
    if reader.GetNumberOfComponents() != 1 or "complex" in pixel or "label" in pixel:
        raise LithographError(f"{path} has several values per pixel (colour or vectors); convert it to grey.")
    if len(size) < 2 or any(extent != 1 for extent in size[3:]):
        raise LithographError(f"{path} has {len(size)} dimensions; save one of its volumes by itself.")
    check_size(path, size[1], size[0])
    bytes_each = next((bits for bits in (8, 16, 32, 64) if str(bits) in pixel), 64) // 8
    check_volume(path, prod(size), bytes_each)
    return prod(size), bytes_each


@contextmanager
def _plain_file(path: Path, kind: str) -> Iterator[tuple[Path, Callable[[int], None]]]:
    """An uncompressed file for ITK, at first its header only, and what makes it so many bytes long."""
    with path.open("rb") as start:
        compressed = start.read(2) == b"\x1f\x8b"
    if kind != "nifti" or not compressed:
        yield path, lambda _length: None
        return
    with gzip.open(path) as packed, tempfile.TemporaryDirectory(prefix="lithograph-") as folder:
        plain = Path(folder) / "volume.nii"
        with plain.open("wb") as unpacked:

            def inflate(length: int) -> None:  # and no further, whatever the archive would inflate to
                while unpacked.tell() < length and (part := packed.read(_PART)):
                    unpacked.write(part)
                unpacked.flush()

            try:
                inflate(1)
                yield plain, inflate
            except EOFError:
                raise damaged(path, "its compressed data end too early") from None


def geometry_of(like: Image, stored: str) -> Geometry:
    """Where a slice with values of type `stored` lies that shall lie on `like`.

    Its place in space where the source has one, else its spacing only.
    """
    header = like.source.header
    down, across = like.pixel_mm
    if isinstance(header, Geometry):
        return replace(header, stored=stored, planar=False)
    if like.source.format == "dicom":
        from app.imaging.dicom.place import place_of

        place = place_of(header, like.source.index)
        if place is not None:
            return Geometry(place.origin, place.direction, (across, down, place.thickness), stored)
    flat = tuple(np.eye(3).ravel().tolist())
    return Geometry((0.0, 0.0, 0.0), flat, (across, down, 1.0), stored, oriented=False)


def encode_slice(pixels: NDArray[Any], geometry: Geometry, suffix: str) -> bytes:
    """The file of (height, width) as a volume of one slice, placed and typed as `geometry` says.

    `suffix` (`.nii`, `.nii.gz`, `.mha`, `.nrrd`) is its format; the bytes are the same each time.

    Raises:
        LithographError: there is no room for it in the folder of temporary files.
    """
    itk = simple_itk()
    stored = pixels.astype(geometry.stored, copy=False)
    volume = itk.GetImageFromArray(stored if geometry.planar else stored[None])
    dimensions = 2 if geometry.planar else 3
    direction = np.array(geometry.direction).reshape(3, 3)[:dimensions, :dimensions]
    volume.SetOrigin(geometry.origin[:dimensions])
    volume.SetSpacing(geometry.spacing[:dimensions])
    volume.SetDirection(direction.ravel().tolist())
    with tempfile.TemporaryDirectory(prefix="lithograph-") as folder:
        plain = Path(folder) / f"slice{suffix.removesuffix('.gz')}"
        try:
            with quiet():
                itk.WriteImage(volume, str(plain), useCompression=False)
            complete = plain.stat().st_size > stored.nbytes
        except RuntimeError:
            complete = False
        if not complete:  # ITK does not say that a disk is full
            raise cannot_write(Path(folder), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        data = plain.read_bytes()
    # The header of gzip may hold a name and a time; neither does here.
    return gzip.compress(data, compresslevel=6, mtime=0) if suffix.endswith(".gz") else data
