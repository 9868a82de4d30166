"""Where the values of a NIfTI or MHA file lie, so that it can be checked that they are all there."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.imaging.failures import check_finite, damaged

_FLOATS = {16: "f4", 64: "f8"}  # NIfTI datatypes
_LONGEST_HEADER = 1 << 14


@dataclass(frozen=True)
class VolumeValues:
    """`length` bytes of `path` from `start`; `floating` is their type where they may be no numbers."""

    path: Path
    start: int
    length: int
    floating: np.dtype[Any] | None = None

    def check(self, named: Path) -> None:
        """Refuses values that are missing, or that are no numbers; the message is about `named`.

        ITK would put 0 for both in a NIfTI file, which is water in a CT.

        Raises:
            LithographError: saying how many.
        """
        found = self.path.stat().st_size - self.start
        if found < self.length:
            why = f"its header asks for {self.length:,} bytes of voxels and only {max(found, 0):,} are there"
            raise damaged(named, why)
        if self.floating is not None:
            values = np.memmap(
                self.path, self.floating, "r", self.start, (self.length // self.floating.itemsize,)
            )
            check_finite(named, values)


def locate_values(path: Path, kind: str, voxels: int, bytes_each: int) -> VolumeValues | None:
    """The values of an uncompressed NIfTI file, or of an MHA; None for formats that ITK checks itself.

    Args:
        path: the file.
        kind: `nifti`, `mha` or `nrrd`.
        voxels: how many the header says there are.
        bytes_each: of a voxel, as ITK says; NIfTI says it better where values are scaled.
    """
    with path.open("rb") as file:
        head = file.read(_LONGEST_HEADER)
    if kind == "nifti":
        return _nifti(path, head, voxels)
    return _mha(path, head, voxels * bytes_each) if kind == "mha" else None


def _nifti(path: Path, head: bytes, voxels: int) -> VolumeValues:
    order = "<" if head[0] in (348 & 0xFF, 540 & 0xFF) else ">"
    if head[344:347] == b"n+1":
        datatype, bits = struct.unpack_from(order + "2h", head, 70)
        (start,) = struct.unpack_from(order + "f", head, 108)
    else:
        datatype, bits = struct.unpack_from(order + "2h", head, 12)
        (start,) = struct.unpack_from(order + "q", head, 168)
    floating = np.dtype(order + _FLOATS[datatype]) if datatype in _FLOATS else None
    length = voxels * (floating.itemsize if floating else bits // 8)
    return VolumeValues(path, max(int(start), 0), length, floating)


def _mha(path: Path, head: bytes, length: int) -> VolumeValues | None:
    fields: dict[bytes, bytes] = {}
    place = 0
    for line in head.splitlines(keepends=True):
        place += len(line)
        name, _, value = line.partition(b"=")
        fields[name.strip().lower()] = value.strip()
        if name.strip().lower() == b"elementdatafile":
            break  # the values begin here
    if fields.get(b"compresseddata", b"").lower() == b"true":
        length = int(fields.get(b"compresseddatasize") or 0)
    where = fields.get(b"elementdatafile", b"")
    if where.lower() == b"local":
        return VolumeValues(path, place, length)
    beside = path.parent / os.fsdecode(where)
    return VolumeValues(beside, 0, length) if beside.is_file() else None
