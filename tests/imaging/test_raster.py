"""PNG, TIFF and JPEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image as Pillow

from app.imaging import (
    Calibration,
    Window,
    native_suffix,
    open_series,
    read_image,
    write_image,
    write_preview,
)
from tests.imaging.dicom_files import ramp


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda kind: arrays(kind, array_shapes(min_dims=2, max_dims=2, max_side=20))
    )
)
def test_lossless_formats_come_back_as_they_were(tmp_path: Path, suffix: str, pixels: np.ndarray) -> None:
    path = tmp_path / f"a{suffix}"
    Pillow.fromarray(pixels).save(path)
    image = read_image(path)
    assert np.array_equal(image.pixels, pixels)
    assert image.pixels.dtype == pixels.dtype
    assert image.value_range == (0, np.iinfo(pixels.dtype).max)
    assert (image.spacing, image.unit, image.modality) == (None, "", "")
    assert native_suffix(image) == suffix
    write_image(image, tmp_path / f"b{suffix}")
    assert read_image(tmp_path / f"b{suffix}").digest == image.digest
    first = (tmp_path / f"b{suffix}").read_bytes()
    write_image(image, tmp_path / f"b{suffix}")
    assert (tmp_path / f"b{suffix}").read_bytes() == first


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32])
@pytest.mark.parametrize("order", ["<", ">"])
def test_other_types_of_tiff(tmp_path: Path, kind: type, order: str) -> None:
    pixels = ramp(low=-1000, high=3000, kind=kind)
    tifffile.imwrite(tmp_path / "a.tif", pixels, byteorder=order)
    image = read_image(tmp_path / "a.tif")
    assert np.array_equal(image.pixels, pixels)
    assert image.pixels.dtype == kind
    write_image(image, tmp_path / "b.tiff")
    assert read_image(tmp_path / "b.tiff").digest == image.digest


def test_compressed_big_endian_and_paged_tiffs(tmp_path: Path) -> None:
    Pillow.fromarray(ramp()).save(tmp_path / "lzw.tif", compression="tiff_lzw")
    assert np.array_equal(read_image(tmp_path / "lzw.tif").pixels, ramp())
    tifffile.imwrite(tmp_path / "big.tif", ramp(), byteorder=">")
    assert np.array_equal(read_image(tmp_path / "big.tif").pixels, ramp())
    tifffile.imwrite(
        tmp_path / "pages.tif", np.stack([ramp(), ramp() + 1, ramp() + 2]), photometric="minisblack"
    )
    series = open_series(tmp_path / "pages.tif")
    assert [int(image.pixels[0, 0]) for image in series] == [0, 1, 2]
    assert series[2].source.index == 2
    assert int(read_image(tmp_path / "pages.tif").pixels[0, 0]) == 1


def test_white_is_zero(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp(), photometric="miniswhite")
    image = read_image(tmp_path / "a.tif")
    assert image.inverted
    assert np.array_equal(image.pixels, ramp())
    write_image(image, tmp_path / "b.tif")
    assert read_image(tmp_path / "b.tif").inverted


@pytest.mark.parametrize(
    ("resolution", "unit", "spacing"),
    [
        ((20, 10), "CENTIMETER", (1.0, 0.5)),
        ((254, 127), "INCH", (0.2, 0.1)),
        ((72, 72), "INCH", None),
        ((96, 96), "INCH", None),
        ((10, 10), "NONE", None),
    ],
)
def test_resolution_of_a_tiff(tmp_path: Path, resolution: tuple, unit: str, spacing: tuple | None) -> None:
    tifffile.imwrite(tmp_path / "a.tif", ramp(), resolution=resolution, resolutionunit=unit)
    image = read_image(tmp_path / "a.tif")
    assert image.spacing == (pytest.approx(spacing) if spacing else None)
    assert image.calibration == (Calibration.GEOMETRY if spacing else Calibration.NONE)
    write_image(image, tmp_path / "b.tif")
    again = read_image(tmp_path / "b.tif").spacing
    assert again == (pytest.approx(spacing, rel=1e-6) if spacing else None)


def test_resolution_of_a_png_is_for_print(tmp_path: Path) -> None:
    Pillow.fromarray(ramp()).save(tmp_path / "a.png", dpi=(254, 254))
    assert read_image(tmp_path / "a.png").spacing is None


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
def test_colour_files_that_are_grey(tmp_path: Path, name: str) -> None:
    grey = np.tile(ramp(16, 16, high=255, kind=np.uint8)[..., None], 3)
    Pillow.fromarray(grey).save(tmp_path / name)
    image = read_image(tmp_path / name)
    assert image.pixels.shape == (16, 16)
    assert np.abs(image.pixels.astype(int) - grey[..., 0]).max() <= (4 if name.endswith("jpg") else 0)
    opaque = np.dstack([grey, np.full((16, 16), 255, np.uint8)])
    Pillow.fromarray(opaque).save(tmp_path / "b.png")
    assert np.array_equal(read_image(tmp_path / "b.png").pixels, grey[..., 0])


def test_jpeg_is_written_with_the_least_loss(tmp_path: Path) -> None:
    Pillow.fromarray(ramp(64, 64, high=255, kind=np.uint8)).save(tmp_path / "a.jpg", quality=90)
    image = read_image(tmp_path / "a.jpg")
    write_image(image, tmp_path / "b.jpg")
    again = read_image(tmp_path / "b.jpg")
    assert Pillow.open(tmp_path / "b.jpg").mode == "L"
    assert np.abs(again.pixels.astype(int) - image.pixels).max() <= 2


def test_a_jpeg_is_turned_the_right_way_up(tmp_path: Path) -> None:
    picture = Pillow.fromarray(ramp(16, 32, high=255, kind=np.uint8))
    exif = picture.getexif()
    exif[0x0112] = 6  # to be turned clockwise
    picture.save(tmp_path / "a.jpg", exif=exif, quality=100)
    assert read_image(tmp_path / "a.jpg").pixels.shape == (32, 16)


def test_preview(tmp_path: Path) -> None:
    pixels = np.array([[-2000, -1000, 0, 1000, 2000]], np.int16)
    write_preview(pixels, Window(0, 2000), False, tmp_path / "a.png")
    write_preview(pixels, Window(0, 2000), True, tmp_path / "b.png")
    assert np.asarray(Pillow.open(tmp_path / "a.png")).tolist() == [[0, 0, 128, 255, 255]]
    assert np.asarray(Pillow.open(tmp_path / "b.png")).tolist() == [[255, 255, 127, 0, 0]]
