"""Opening a full-size radiograph, against what pydicom alone takes to read and decode it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pydicom

from app.imaging import Image, open_series, read_image, write_image

SIZE = (3292, 3141)
REACH = "≤ 1.15 × pydicom"


def rows() -> list[tuple[str, str, str]]:
    """Each figure as (what, reach, measured)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = _radiograph(folder / "plain.dcm")
        found = [_against_pydicom(f"open {SIZE[0]} × {SIZE[1]}, 16 bit, uncompressed", plain)]
        for title, syntax in (
            ("JPEG lossless", "JPEGLosslessProcess14_1"),
            ("JPEG 2000", "JPEG2000Lossless"),
        ):
            path = _recompressed(plain, folder / f"{syntax}.dcm", syntax)
            found.append(_against_pydicom(f"the same, {title}", path, repeats=3))
        write = _fastest(lambda: write_image(read_image(plain), folder / "again.dcm"), 3)
        found.append(("open it and save it de-identified", "–", f"{write * 1e3:.0f} ms"))
        found.append(_folder_of_slices(folder))
        return found


def _radiograph(path: Path) -> Path:
    rng = np.random.default_rng(0)
    smooth = cv2.GaussianBlur(rng.normal(size=SIZE).astype(np.float32), (0, 0), 30)
    smooth = (smooth - smooth.min()) / np.ptp(smooth) * 60_000 + rng.normal(0, 60, SIZE)
    write_image(Image(np.clip(smooth, 0, 65535).astype(np.uint16), value_range=(0, 65535)), path)
    return path


def _recompressed(plain: Path, path: Path, syntax: str) -> Path:
    import gdcm

    reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
    reader.SetFileName(str(plain))
    reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
    change.SetInput(reader.GetImage())
    change.Change()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(path))
    writer.Write()
    return path


def _against_pydicom(what: str, path: Path, repeats: int = 15) -> tuple[str, str, str]:
    ours, bare = [], []
    for _ in range(repeats):  # by turns, so that other work on the machine disturbs both alike
        ours.append(_seconds(lambda: read_image(path)))
        bare.append(_seconds(lambda: pydicom.dcmread(path).pixel_array))
    ratio = min(ours) / min(bare)
    return what, REACH, f"{min(ours) * 1e3:.1f} ms against {min(bare) * 1e3:.1f} ms: {ratio:.2f} ×"


def _folder_of_slices(folder: Path) -> tuple[str, str, str]:
    slices = folder / "slices"
    slices.mkdir()
    source = Image(np.zeros((512, 512), np.uint16))
    write_image(source, slices / "0.dcm")
    dataset = pydicom.dcmread(slices / "0.dcm")
    for number in range(275):
        dataset.InstanceNumber = number
        dataset.SOPInstanceUID = f"1.2.3.{number}"
        dataset.save_as(slices / f"{number}.dcm")
    seconds = _fastest(lambda: open_series(slices), 3)
    return "open a folder of 275 slices, headers only", "–", f"{seconds * 1e3:.0f} ms"


def _fastest(work: Callable[[], object], repeats: int) -> float:
    return min(_seconds(work) for _ in range(repeats))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
