"""DICOM frames as images."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from app.imaging.dicom.header import Header, frame_view, number, numbers, read_header, text, value
from app.imaging.dicom.kinds import check_kind
from app.imaging.dicom.layout import Layout, layout
from app.imaging.dicom.modality import ModalityTransform, modality_transform
from app.imaging.dicom.pixels import stored_values
from app.imaging.failures import check_finite, reading
from app.imaging.image import Calibration, Image, Source, Window
from app.imaging.series import Series, SeriesInfo

_SPACINGS = (
    ("PixelSpacing", Calibration.PIXEL_SPACING),
    ("ImagerPixelSpacing", Calibration.IMAGER),
    ("NominalScannedPixelSpacing", Calibration.SCANNED),
)


@dataclass(frozen=True, eq=False)
class DicomSource:
    """What writing a derived instance needs of the source: kept in `Source.header`.

    `untouched` holds the stored values beside the pixels made from them where the way back is not unique
    (a modality LUT, a slope too fine for float32), so that unedited pixels are saved as they were.
    """

    header: Header
    layout: Layout
    transform: ModalityTransform
    untouched: tuple[NDArray[Any], NDArray[Any]] | None = None


def open_file(path: Path) -> Series:
    """One DICOM file as a series of its frames."""
    with reading(path):
        header = read_header(path)
        check_kind(header)
        shape = layout(header)
        info = series_info(header.dataset, shape.frames)
    return Series(info, (info,), lambda frame: read_frame(header, frame))


def series_info(dataset: Dataset, count: int) -> SeriesInfo:
    """What headers say of a series of `count` images."""
    size = (int(number(dataset, "Rows", 0) or 0), int(number(dataset, "Columns", 0) or 0))
    series_number = numbers(dataset, "SeriesNumber")
    return SeriesInfo(
        uid=text(dataset, "SeriesInstanceUID"),
        description=text(dataset, "SeriesDescription") or text(dataset, "StudyDescription"),
        modality=text(dataset, "Modality"),
        count=count,
        size=size,
        number=int(series_number[0]) if series_number else None,
    )


def read_frame(header: Header, frame: int) -> Image:
    """Decodes one frame. Padding around the field of view (0028,0120) keeps its value like any other pixel.

    Raises:
        LithographError: it is damaged, contradicts its header, or its codec is unknown.
    """
    with reading(header.path):
        shape = layout(header)
        view = frame_view(header.dataset, frame)
        stored = stored_values(header, shape, frame)
        transform = modality_transform(view, shape.signed)
        with np.errstate(over="ignore"):
            pixels = transform.apply(stored)
        check_finite(header.path, pixels)
        return Image(
            pixels=pixels,
            **_described(view, shape, transform, pixels.dtype),
            source=Source(
                header.path,
                "dicom",
                frame,
                DicomSource(header, shape, transform, _untouched(stored, pixels, transform)),
            ),
        )


def _described(
    view: Dataset, shape: Layout, transform: ModalityTransform, kind: np.dtype[Any]
) -> dict[str, Any]:
    spacing, calibration = spacing_of(view)
    modality = text(view, "Modality")
    if kind.kind == "f" and shape.allocated in (32, 64):
        value_range = (float(np.finfo(np.float32).min), float(np.finfo(np.float32).max))
    else:
        low, high = transform.range_of(*shape.limits)
        if kind.kind in "iu":
            low, high = max(low, np.iinfo(kind).min), min(high, np.iinfo(kind).max)
        value_range = (float(low), float(high))
    return {
        "spacing": spacing,
        "calibration": calibration,
        "unit": "HU" if modality == "CT" and _is_hounsfield(view) else "",
        "modality": modality,
        "value_range": value_range,
        "inverted": text(view, "PhotometricInterpretation").upper() == "MONOCHROME1",
        "windows": windows_of(view),
    }


def _is_hounsfield(view: Dataset) -> bool:
    # Localizers are radiographs by a CT scanner: their values are rescaled but are no Hounsfield units.
    localizer = "LOCALIZER" in text(view, "ImageType").upper()
    return not localizer and text(view, "RescaleType").upper() in ("", "HU") and "RescaleSlope" in view


def spacing_of(view: Dataset) -> tuple[tuple[float, float] | None, Calibration]:
    """mm per pixel (row, column) and where it is from, by the order of PS3.3 §10.7.1.3.

    A spacing that no scanner has (below a micrometre, above 100 mm) is a mistake, and counts as none.
    """
    for keyword, calibration in _SPACINGS:
        found = numbers(view, keyword)
        if len(found) == 2 and min(found) >= 1e-3 and max(found) <= 100:
            return (found[0], found[1]), calibration
    return None, Calibration.NONE


def windows_of(view: Dataset) -> tuple[Window, ...]:
    """The windows of (0028,1050) and (0028,1051), each once. A VOI LUT is left to the automatic window."""
    names: Any = value(view, "WindowCenterWidthExplanation") or []
    names = [names] if isinstance(names, str) else list(names)
    found: dict[tuple[float, float], Window] = {}
    for place, (centre, width) in enumerate(
        zip(numbers(view, "WindowCenter"), numbers(view, "WindowWidth"), strict=False)
    ):
        if width > 0:
            name = str(names[place]).strip() if place < len(names) else ""
            found.setdefault((centre, width), Window(centre, width, name))
    return tuple(found.values())


def _untouched(
    stored: NDArray[Any], pixels: NDArray[Any], transform: ModalityTransform
) -> tuple[NDArray[Any], NDArray[Any]] | None:
    if transform.is_integral or stored.dtype.kind == "f":
        return None
    return stored, pixels
