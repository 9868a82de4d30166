"""DICOM headers and pixels as images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import compress
from pydicom.sequence import Sequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    ParametricMapStorage,
    RLELossless,
)

from app.imaging import Calibration, Window, open_series, read_image
from app.imaging.dicom.modality import ModalityTransform
from tests.imaging.dicom_files import ct, enhanced_ct, header, lut_item, ramp, save
from tests.imaging.helpers import refusal

NATIVE = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16])
def test_native_syntaxes_hold_the_same_values(tmp_path: Path, syntax: str, kind: type) -> None:
    low, high = {np.uint8: (0, 255), np.uint16: (0, 4095), np.int16: (-2048, 2047)}[kind]
    pixels = ramp(low=low, high=high, kind=kind)
    image = read_image(ct(tmp_path / "a.dcm", pixels, syntax, RescaleIntercept=0))
    assert np.array_equal(image.pixels, pixels)
    assert image.pixels.dtype == kind
    assert image.value_range == (low, high)
    assert (image.unit, image.modality, image.source.format) == ("HU", "CT", "dicom")


def test_eight_bit_words_of_big_endian_files(tmp_path: Path) -> None:
    frames = np.arange(3 * 15, dtype=np.uint8).reshape(3, 3, 5)  # frames of odd size share words
    dataset = header(frames, RescaleIntercept=None, RescaleSlope=None)
    swapped = np.frombuffer(frames.tobytes() + b"\0", "<u2").byteswap().tobytes()
    dataset.add_new("PixelData", "OW", swapped)
    series = open_series(save(dataset, tmp_path / "a.dcm", ExplicitVRBigEndian))
    assert [np.array_equal(image.pixels, frame) for image, frame in zip(series, frames, strict=True)] == [
        True
    ] * 3


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("signed", [False, True])
def test_compressed_frames_are_decoded_one_by_one(tmp_path: Path, syntax: str, signed: bool) -> None:
    rng = np.random.default_rng(1)
    frames = rng.integers(-2048 if signed else 0, 2048, (3, 64, 72)).astype(np.int16 if signed else np.uint16)
    dataset = header(frames)
    save(dataset, tmp_path / "plain.dcm")
    compress(dataset, syntax, generate_instance_uid=False)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    series = open_series(tmp_path / "a.dcm")
    assert len(series) == 3
    for image, frame in zip(series, frames, strict=True):
        assert np.array_equal(image.pixels, frame.astype(int) - 1024)
    assert np.array_equal(read_image(tmp_path / "a.dcm").pixels, frames[1].astype(int) - 1024), (
        "the middle one"
    )


def test_jpeg_lossless_and_near_lossless(tmp_path: Path) -> None:
    gdcm = pytest.importorskip("gdcm")
    pixels = ramp(40, 50)
    ct(tmp_path / "plain.dcm", pixels)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(tmp_path / "plain.dcm"))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(tmp_path / "a.dcm"))
    assert writer.Write()
    assert np.array_equal(read_image(tmp_path / "a.dcm").pixels, pixels.astype(np.int16) - 1024)


@pytest.mark.parametrize(
    ("name", "highest"),
    [
        ("JPGExtended.dcm", 264),  # JPEG Extended, 12 bits
        ("MR_small_jpeg_ls_lossless.dcm", 2145),
        ("MR_small_jp2klossless.dcm", 2145),
        ("MR_small_RLE.dcm", 2145),
        ("JPEG2000.dcm", None),  # lossy
        ("J2K_pixelrep_mismatch.dcm", None),  # the codestream is unsigned, the header signed
    ],
)
def test_codecs_of_files_in_the_wild(
    name: str, highest: int | None, capfd: pytest.CaptureFixture[str]
) -> None:
    image = read_image(get_testdata_file(name))
    if highest:
        assert image.pixels.max() == highest
    assert image.pixels.std() > 1
    assert capfd.readouterr().err == "", "codecs keep quiet"
    if name.startswith("MR_small_"):
        assert np.array_equal(image.pixels, read_image(get_testdata_file("MR_small.dcm")).pixels)
    if name == "J2K_pixelrep_mismatch.dcm":
        assert image.pixels.min() == -2000


def test_stored_radiographs_are_not_copied(tmp_path: Path) -> None:
    pixels = ramp()
    path = ct(tmp_path / "a.dcm", pixels, Modality="CR", RescaleIntercept=None, RescaleSlope=None)
    image = read_image(path)
    assert np.array_equal(image.pixels, pixels)
    owner = image.pixels
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    assert isinstance(owner.base, bytes), "a view of the bytes as they were read"
    assert not image.pixels.flags.writeable
    assert image.unit == ""


@pytest.mark.parametrize("signed", [False, True])
def test_bits_beside_the_value_are_ignored(tmp_path: Path, signed: bool) -> None:
    values = ramp(low=-512 if signed else 0, high=511 if signed else 1023, kind=np.int16)
    # 10 bits in the places 2 to 11, an overlay and garbage around them.
    raw = ((values.astype(np.uint16) & 0x3FF) << 2) | 0xA003
    path = ct(
        tmp_path / "a.dcm",
        raw,
        BitsStored=10,
        HighBit=11,
        PixelRepresentation=int(signed),
        RescaleIntercept=0,
    )
    image = read_image(path)
    assert np.array_equal(image.pixels, values)
    assert image.value_range == ((-512, 511) if signed else (0, 1023))


def test_signed_values_without_sign_extension(tmp_path: Path) -> None:
    values = ramp(low=-2048, high=2047, kind=np.int16)
    raw = values.astype(np.uint16) & 0x0FFF
    path = ct(tmp_path / "a.dcm", raw, PixelRepresentation=1, RescaleIntercept=0)
    assert np.array_equal(read_image(path).pixels, values)


def test_monochrome1_is_inverted(tmp_path: Path) -> None:
    assert read_image(ct(tmp_path / "a.dcm", PhotometricInterpretation="MONOCHROME1")).inverted
    assert not read_image(ct(tmp_path / "b.dcm")).inverted


@pytest.mark.parametrize(
    ("pixels", "slope", "intercept", "kind", "value_range"),
    [
        (ramp(), 1, -1024, np.int16, (-1024, 3071)),
        (ramp(high=65535), 1, -1024, np.int32, (-1024, 64511)),
        (ramp(low=-32768, high=32767, kind=np.int16), 1, -1024, np.int32, (-33792, 31743)),
        (ramp(low=-20000, high=32767, kind=np.int16), 1, -1024, np.int16, (-32768, 31743)),
        (ramp(), 1, 1000, np.int16, (1000, 5095)),
        (ramp(), 1, 40000, np.uint16, (40000, 44095)),
        (ramp(), 2, -1000, np.float32, (-1000, 7190)),
        (ramp(), -1, 0, np.float32, (-4095, 0)),
        (ramp(), 1, 0.5, np.float32, (0.5, 4095.5)),
    ],
)
def test_rescaling_keeps_integers_where_it_can(
    tmp_path: Path, pixels: np.ndarray, slope: float, intercept: float, kind: type, value_range: tuple
) -> None:
    bits = 16 if value_range[1] - value_range[0] > 10000 else 12
    image = read_image(
        ct(tmp_path / "a.dcm", pixels, RescaleSlope=slope, RescaleIntercept=intercept, BitsStored=bits)
    )
    assert image.pixels.dtype == kind
    assert np.array_equal(image.pixels, pixels.astype(np.float64) * slope + intercept)
    assert image.value_range == value_range


def test_modality_lut(tmp_path: Path) -> None:
    table = (np.arange(1024, dtype=np.uint16)[::-1] * 3 + 5).astype(np.uint16)
    path = ct(
        tmp_path / "a.dcm",
        ramp(high=1200),
        Modality="CR",
        RescaleSlope=None,
        RescaleIntercept=None,
        ModalityLUTSequence=Sequence([lut_item(table, first=100)]),
    )
    image = read_image(path)
    expected = table[np.clip(ramp(high=1200).astype(int) - 100, 0, 1023)]
    assert np.array_equal(image.pixels, expected)
    assert image.value_range == (5, 1023 * 3 + 5)


def test_modality_lut_of_a_big_endian_file(tmp_path: Path) -> None:
    table = np.arange(4096, dtype=np.uint16) * 2
    dataset = header(ramp(), RescaleSlope=None, RescaleIntercept=None)
    item = lut_item(table)
    item.add_new("LUTData", "OW", table.astype(">u2").tobytes())
    dataset.ModalityLUTSequence = Sequence([item])
    image = read_image(save(dataset, tmp_path / "a.dcm", ExplicitVRBigEndian))
    assert np.array_equal(image.pixels, ramp() * 2)


def test_modality_lut_of_packed_bytes_and_of_full_length() -> None:
    packed = Dataset()
    packed.ModalityLUTSequence = Sequence([lut_item(np.zeros(0, np.uint16))])
    packed.ModalityLUTSequence[0].add_new("LUTDescriptor", "US", [256, 0, 8])
    packed.ModalityLUTSequence[0].add_new("LUTData", "OW", bytes(range(255, -1, -1)))
    from app.imaging.dicom.modality import modality_transform

    assert modality_transform(packed, signed=False).apply(np.array([[0, 255]], np.uint8)).tolist() == [
        [255, 0]
    ]
    full = Dataset()
    full.ModalityLUTSequence = Sequence([lut_item(np.arange(65536, dtype=np.uint32).astype(np.uint16))])
    assert modality_transform(full, signed=False).apply(np.array([[65535]], np.uint16)).tolist() == [[65535]]


@given(
    arrays(np.uint16, st.integers(1, 60), elements=st.integers(0, 4095)),
    st.integers(-100, 100),
    st.integers(-100, 4200),
)
def test_lut_inversion_finds_the_nearest_entry(table: np.ndarray, first: int, value: int) -> None:
    transform = ModalityTransform(table=table, first=first)
    stored = transform.invert(np.array([[value]], np.int32))
    found = int(transform.apply(stored)[0, 0])
    assert abs(found - value) == np.abs(table.astype(int) - value).min()


@given(
    st.sampled_from([0.5, 1.0, 0.1, -1.0, 2.0, 1.7, 3e-3]),
    st.sampled_from([0.0, -1024.0, -1000.5, 17.3]),
    st.integers(0, 65535),
)
def test_rescaling_inverts_exactly(slope: float, intercept: float, stored: int) -> None:
    transform = ModalityTransform(slope, intercept)
    values = transform.apply(np.array([[stored, 0, 65535]], np.uint16))
    assert transform.invert(values).tolist() == [[stored, 0, 65535]]


@pytest.mark.parametrize(
    ("attributes", "spacing", "calibration"),
    [
        ({}, (0.8, 0.7), Calibration.PIXEL_SPACING),
        ({"PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), Calibration.IMAGER),
        ({"PixelSpacing": [0, 0], "ImagerPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), Calibration.IMAGER),
        ({"PixelSpacing": None, "NominalScannedPixelSpacing": [0.3, 0.3]}, (0.3, 0.3), Calibration.SCANNED),
        ({"ImagerPixelSpacing": [0.2, 0.1]}, (0.8, 0.7), Calibration.PIXEL_SPACING),
        ({"PixelSpacing": None}, None, Calibration.NONE),
    ],
)
def test_spacing(tmp_path: Path, attributes: dict, spacing: tuple | None, calibration: Calibration) -> None:
    image = read_image(ct(tmp_path / "a.dcm", **attributes))
    assert (image.spacing, image.calibration) == (spacing, calibration)


def test_windows(tmp_path: Path) -> None:
    image = read_image(
        ct(
            tmp_path / "a.dcm",
            WindowCenter=[40, -600, 40, 7],
            WindowWidth=[400, 1500, 400, 0],
            WindowCenterWidthExplanation=["SOFT", "LUNG", "AGAIN", "NONE"],
        )
    )
    assert image.windows == (Window(40, 400, "SOFT"), Window(-600, 1500, "LUNG"))
    assert image.automatic_window == image.windows[0]
    voi = header(ramp())
    voi.VOILUTSequence = Sequence([lut_item(np.arange(16, dtype=np.uint16))])
    without = read_image(save(voi, tmp_path / "b.dcm"))
    assert without.windows == ()
    assert without.automatic_window.name == "automatic"


@pytest.mark.parametrize(
    ("attributes", "unit"),
    [
        ({}, "HU"),
        ({"RescaleType": "HU"}, "HU"),
        ({"RescaleType": "US"}, ""),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, ""),
        ({"Modality": "MR"}, ""),
    ],
)
def test_hounsfield_units(tmp_path: Path, attributes: dict, unit: str) -> None:
    assert read_image(ct(tmp_path / "a.dcm", **attributes)).unit == unit


def test_enhanced_images_take_each_frame_by_its_own_groups(tmp_path: Path) -> None:
    frames = np.stack([ramp(), ramp()[::-1], ramp()[:, ::-1]])
    series = open_series(enhanced_ct(tmp_path / "a.dcm", frames))
    assert len(series) == 3
    for number, image in enumerate(series):
        assert np.array_equal(image.pixels, frames[number].astype(np.int16) - 1000 - number)
        assert image.spacing == (0.5, 0.4)
        assert image.windows == (Window(40 + number, 400),)
        assert image.source.index == number
    assert series[-1].windows == (Window(42, 400),)
    with pytest.raises(IndexError):
        series[3]
    assert "choose 0 to 2" in refusal(tmp_path / "a.dcm", read_image, tmp_path / "a.dcm", 3)


def test_float_pixels(tmp_path: Path) -> None:
    values = np.linspace(-1, 1, 24 * 32, dtype=np.float32).reshape(24, 32)
    dataset = header(ramp(), SOPClassUID=ParametricMapStorage, RescaleSlope=None, RescaleIntercept=None)
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    dataset.BitsAllocated = 32
    dataset.FloatPixelData = values.tobytes()
    image = read_image(save(dataset, tmp_path / "a.dcm"))
    assert np.array_equal(image.pixels, values)
    values[3, 4] = np.nan
    dataset.FloatPixelData = values.tobytes()
    save(dataset, tmp_path / "nan.dcm")
    assert "no numbers (NaN or infinite: 1 of 768)" in refusal(
        tmp_path / "nan.dcm", read_image, tmp_path / "nan.dcm"
    )


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_files_without_preamble_and_meta(tmp_path: Path, syntax: str) -> None:
    whole = ct(tmp_path / "a.dcm", syntax=syntax).read_bytes()
    meta_length = int.from_bytes(whole[140:144], "little")
    bare = tmp_path / "bare"
    bare.write_bytes(whole[144 + meta_length :])
    assert np.array_equal(read_image(bare).pixels, ramp().astype(np.int16) - 1024)


def test_padding_after_the_pixels_is_no_fault() -> None:
    padded = read_image(get_testdata_file("MR_small_padded.dcm"))
    assert np.array_equal(padded.pixels, read_image(get_testdata_file("MR_small.dcm")).pixels)


def test_a_radiograph_of_computed_radiography(tmp_path: Path) -> None:
    image = read_image(
        ct(
            tmp_path / "a.dcm",
            ramp(high=1023),
            SOPClassUID=ComputedRadiographyImageStorage,
            Modality="CR",
            BitsStored=10,
            RescaleSlope=None,
            RescaleIntercept=None,
            PixelSpacing=None,
        )
    )
    assert (image.modality, image.size_unit, image.value_range) == ("CR", "px", (0, 1023))
    assert image.source.path == tmp_path / "a.dcm"
    assert CTImageStorage not in (image.source.header.header.dataset.SOPClassUID,)
