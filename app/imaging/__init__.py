"""Images in and out: pixels in their own unit and depth, mm spacing, windows, provenance."""

from __future__ import annotations

from app.imaging.image import Calibration, Image, Source, Window
from app.imaging.label_map import read_label_map, write_label_map
from app.imaging.read import list_series, open_series, read_image
from app.imaging.series import Series, SeriesInfo
from app.imaging.write import Provenance, as_seen, native_suffix, write_image, write_preview

__all__ = [
    "Calibration",
    "Image",
    "Provenance",
    "Series",
    "SeriesInfo",
    "Source",
    "Window",
    "as_seen",
    "list_series",
    "native_suffix",
    "open_series",
    "read_image",
    "read_label_map",
    "write_image",
    "write_label_map",
    "write_preview",
]
