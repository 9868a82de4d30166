"""Opening images: one entry for every format."""

from __future__ import annotations

from pathlib import Path

from app.errors import LithographError
from app.imaging.detect import detect
from app.imaging.image import Image
from app.imaging.series import Series, SeriesInfo


def open_series(path: Path | str, series_uid: str | None = None) -> Series:
    """Opens an image file, or one DICOM series of a folder and its subfolders; pixels are decoded on demand.

    Without `series_uid` the series with the most images is taken.

    Raises:
        LithographError: nothing there can be opened; the sentence says what it is and what to do.
    """
    path = Path(path)
    if path.is_dir():
        from app.imaging.dicom.folder import open_folder

        return open_folder(path, series_uid)
    kind = detect(path)
    if kind == "dicom":
        from app.imaging.dicom.reader import open_file

        return open_file(path)
    if kind in ("png", "tiff", "jpeg"):
        from app.imaging.raster import open_raster

        return open_raster(path, kind)
    from app.imaging.volume import open_volume

    return open_volume(path, kind)


def list_series(folder: Path | str) -> list[SeriesInfo]:
    """The DICOM series in a folder and its subfolders, those with the most images first.

    Raises:
        LithographError: there are none, or the folder cannot be read.
    """
    from app.imaging.dicom.folder import scan_folder

    return [series.info for series in scan_folder(Path(folder))]


def read_image(path: Path | str, index: int | None = None, series_uid: str | None = None) -> Image:
    """One image of a file or folder: the one at `index`, else the only one, else the middle one.

    Raises:
        LithographError: it cannot be opened, or has no image of that index.
    """
    series = open_series(path, series_uid)
    if index is None:
        index = len(series) // 2
    if not 0 <= index < len(series):
        last = f"0 to {len(series) - 1}" if len(series) > 1 else "0"
        raise LithographError(f"{path} has no image {index}; choose {last}.")
    return series[index]
