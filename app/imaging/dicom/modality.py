"""From stored values to the image's unit and back (the modality LUT, PS3.3 §C.11.1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from app.imaging.dicom.header import number, value


@dataclass(frozen=True, eq=False)
class ModalityTransform:
    """`unit = slope * stored + intercept`, or a table.

    Attributes:
        slope, intercept: (0028,1053) and (0028,1052).
        table: (n,) uint16, the output for the stored values `first` ... `first + n - 1`; values outside take
            the nearest entry (PS3.3 §C.11.1.1).
    """

    slope: float = 1.0
    intercept: float = 0.0
    table: NDArray[np.uint16] | None = None
    first: int = 0

    @property
    def is_integral(self) -> bool:
        """Whether integers stay integers, each with its own."""
        return self.table is None and self.slope == 1 and self.intercept == round(self.intercept)

    def apply(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Stored values in the image's unit: int16 or uint16 where they fit, else int32, else float32.

        Stored values that already are in the unit come back as they are, without a copy.
        """
        if self.table is not None:
            return np.take(self.table, stored.astype(np.int32) - self.first, mode="clip")
        if stored.dtype.kind == "f" or not self.is_integral:
            if self.slope == 1 and self.intercept == 0:
                return stored.astype(np.float32, copy=False)
            scaled = stored.astype(np.float64 if stored.itemsize > 2 else np.float32)
            np.multiply(scaled, self.slope, out=scaled)
            np.add(scaled, self.intercept, out=scaled)
            return scaled.astype(np.float32, copy=False)
        offset = int(self.intercept)
        if offset == 0:
            return stored
        low, high = int(stored.min()) + offset, int(stored.max()) + offset
        # 16-bit arithmetic wraps round, so adding within 16 bits is right whenever the sum fits.
        if stored.itemsize <= 2 and low >= -(2**15) and high < 2**15:
            widened = stored.view(np.int16) if stored.itemsize == 2 else stored.astype(np.int16)
            return widened + np.int16(np.int64(offset).astype(np.int16))
        if stored.itemsize <= 2 and low >= 0 and high < 2**16:
            return (stored.astype(np.int32) + offset).astype(np.uint16)
        return (stored.astype(np.int64) + offset).astype(
            np.int32 if low >= -(2**31) and high < 2**31 else np.float32
        )

    def invert(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """The stored values nearest to values in the unit, which may lie beyond what the file can store."""
        if self.table is None:
            if self.is_integral and values.dtype.kind in "iu":
                return values.astype(np.int64) - int(self.intercept)
            stored = (values.astype(np.float64) - self.intercept) / self.slope
            return np.rint(stored).astype(np.int64)
        order, outputs = self._by_output
        rounded = np.rint(values).astype(np.int64)
        above = np.clip(np.searchsorted(outputs, rounded), 0, len(outputs) - 1)
        below = np.maximum(above - 1, 0)
        nearer_below = np.abs(outputs[below] - rounded) < np.abs(outputs[above] - rounded)
        return order[np.where(nearer_below, below, above)] + self.first

    def range_of(self, low: int, high: int) -> tuple[float, float]:
        """The lowest and highest value in the unit that the stored values `low` to `high` reach."""
        if self.table is not None:
            return float(self.table.min()), float(self.table.max())
        ends = sorted((self.slope * low + self.intercept, self.slope * high + self.intercept))
        return float(ends[0]), float(ends[1])

    @cached_property
    def _by_output(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        assert self.table is not None
        order = np.argsort(self.table, kind="stable")
        return order.astype(np.int64), self.table[order].astype(np.int64)


def modality_transform(view: Dataset, signed: bool) -> ModalityTransform:
    """The transform of a frame: its modality LUT, else its rescale slope and intercept, else none."""
    sequence = value(view, "ModalityLUTSequence")
    if sequence:
        item = sequence[0]
        count, first, bits = (int(part) for part in item.LUTDescriptor)
        first = int(np.int16(np.uint16(first & 0xFFFF))) if signed else first & 0xFFFF
        table = _table(item.LUTData, (count & 0xFFFF) or 65536)
        return ModalityTransform(table=table & np.uint16((1 << bits) - 1), first=first)
    slope = number(view, "RescaleSlope", 1.0) or 1.0
    return ModalityTransform(float(slope), float(number(view, "RescaleIntercept", 0.0) or 0.0))


def _table(data: Any, count: int) -> NDArray[np.uint16]:
    # A list of numbers where the element is US, bytes where it is OW; 8-bit entries may be packed in pairs.
    if isinstance(data, (bytes, bytearray)):
        packed = len(data) in (count, count + 1) and count > 1
        data = np.frombuffer(data, np.uint8 if packed else np.dtype("<u2"))
    table = np.atleast_1d(np.asarray(data)).astype(np.uint16)
    if len(table) < count:
        raise ValueError(f"its modality LUT holds {len(table)} entries instead of {count}")
    return np.ascontiguousarray(table[:count])
