"""Everything that is refused: one sentence each, in bounded memory, and no traceback whatever the damage."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import SimpleITK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow
from pydicom import uid
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate

from app.errors import LithographError
from app.imaging import open_series, read_image, read_label_map
from tests.imaging.dicom_files import ct, enhanced_ct, header, ramp, save
from tests.imaging.helpers import refusal

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom.*")

KINDS = {
    uid.RTDoseStorage: "radiotherapy dose",
    uid.RTStructureSetStorage: "radiotherapy contours",
    uid.RTPlanStorage: "radiotherapy plan",
    uid.RTIonPlanStorage: "radiotherapy plan",
    uid.SegmentationStorage: "segmentation",
    uid.SurfaceSegmentationStorage: "segmentation",
    uid.BasicTextSRStorage: "structured report",
    uid.ComprehensiveSRStorage: "structured report",
    uid.XRayRadiationDoseSRStorage: "structured report",
    uid.MammographyCADSRStorage: "structured report",
    uid.GrayscaleSoftcopyPresentationStateStorage: "presentation state",
    uid.KeyObjectSelectionDocumentStorage: "key images",
    uid.EncapsulatedPDFStorage: "PDF document",
    uid.EncapsulatedSTLStorage: "document wrapped in DICOM",
    uid.TwelveLeadECGWaveformStorage: "waveform",
    uid.VLWholeSlideMicroscopyImageStorage: "whole-slide",
    uid.VideoEndoscopicImageStorage: "video",
    uid.MRSpectroscopyStorage: "spectroscopy",
    uid.SpatialRegistrationStorage: "registration",
    uid.RawDataStorage: "raw data",
    uid.MultiFrameSingleBitSecondaryCaptureImageStorage: "one-bit image",
    uid.MediaStorageDirectoryStorage: "DICOMDIR",
}


@pytest.mark.parametrize("sop_class", KINDS, ids=lambda value: value.keyword)
def test_objects_that_are_no_images_are_refused_by_name(tmp_path: Path, sop_class: uid.UID) -> None:
    path = ct(tmp_path / "a.dcm", SOPClassUID=sop_class)
    assert KINDS[sop_class] in refusal(path, open_series, path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rtdose_1frame.dcm", "radiotherapy dose"),
        ("rtstruct.dcm", "radiotherapy contours"),
        ("rtplan.dcm", "radiotherapy plan"),
        ("liver_1frame.dcm", "segmentation"),
        ("test-SR.dcm", "structured report"),
        ("waveform_ecg.dcm", "waveform"),
        ("DICOMDIR", "open the folder that it lies in"),
        ("SC_rgb_jpeg_gdcm.dcm", "colour image (RGB)"),
        ("SC_ybr_full_422_uncompressed.dcm", "colour image (YBR_FULL_422)"),
        ("examples_palette.dcm", "colour image (a palette)"),
        ("MR_truncated.dcm", "ends 62 bytes before its pixels do"),
        ("UN_sequence.dcm", "without an image"),
    ],
)
def test_real_files_are_refused_by_name(name: str, words: str) -> None:
    path = Path(get_testdata_file(name))
    assert words in refusal(path, open_series, path)


@pytest.mark.parametrize("syntax", [uid.MPEG2MPML, uid.HEVCMP51, uid.MPEG4HP41])
def test_videos(tmp_path: Path, syntax: str) -> None:
    path = _compressed(tmp_path / "a.dcm", syntax, b"\0\0\1\xb3")
    assert "a video" in refusal(path, open_series, path)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.92", "1.2.3.4.5"])
def test_unknown_codecs(tmp_path: Path, syntax: str) -> None:
    path = _compressed(tmp_path / "a.dcm", syntax, b"\xff\x4f\xff\x51" + bytes(60))
    assert "not known here" in refusal(path, read_image, path)


def _compressed(path: Path, syntax: str, code: bytes) -> Path:
    dataset = header(ramp(), PixelData=encapsulate([code]))
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid.UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(path, implicit_vr=False, little_endian=True)
    return path


CONTRADICTIONS = {
    "rows": ({"Rows": 25}, "are not the 1,536 bytes it holds"),
    "columns": ({"Columns": 320}, "are not the 1,536 bytes it holds"),
    "absurdly many frames": (
        {"NumberOfFrames": 2_000_000_000, "Rows": 48},
        "are not the 1,536 bytes it holds",
    ),
    "frames": ({"NumberOfFrames": 2}, "are not the 1,536 bytes it holds"),
    "no rows": ({"Rows": None}, "does not say Rows"),
    "no bits": ({"BitsAllocated": None}, "does not say BitsAllocated"),
    "bits": ({"BitsStored": 17}, "make no sense"),
    "high bit": ({"HighBit": 16}, "make no sense"),
    "zero rows": ({"Rows": 0}, "no image"),
    "no pixels": ({"PixelData": None}, "without an image"),
    "colour": ({"SamplesPerPixel": 3}, "colour image"),
}


def test_many_more_pixels_than_the_header_says(tmp_path: Path) -> None:
    path = ct(tmp_path / "a.dcm", np.zeros((200, 32), np.uint16), Rows=100)
    assert "are not the 12,800 bytes it holds" in refusal(path, open_series, path)


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_pixels_that_contradict_the_header(tmp_path: Path, case: str) -> None:
    attributes, words = CONTRADICTIONS[case]
    path = ct(tmp_path / "a.dcm", **attributes)
    assert words in refusal(path, open_series, path)


def test_codestream_of_another_size_is_not_even_decoded(tmp_path: Path) -> None:
    dataset = header(ramp(64, 64))
    save(dataset, tmp_path / "plain.dcm")
    from pydicom.pixels import compress

    compress(dataset, uid.JPEG2000Lossless, generate_instance_uid=False)
    dataset.Rows = 32
    path = tmp_path / "a.dcm"
    dataset.save_as(path, enforce_file_format=True)
    assert "32 × 64 grey pixels" in refusal(path, read_image, path)


@pytest.mark.parametrize("runs", [5, 2000])
def test_run_lengths_that_do_not_fit(tmp_path: Path, runs: int) -> None:
    segment = bytes([0x81, 7]) * runs  # 128 times the value 7 each
    offsets = struct.pack("<16I", 2, 64, 64 + len(segment), *[0] * 13)
    path = _compressed(tmp_path / "a.dcm", uid.RLELossless, offsets + segment + segment)
    refusal(path, read_image, path)


def test_empty_and_missing_and_unreadable_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty.dcm"
    empty.touch()
    assert "is empty" in refusal(empty, read_image, empty)
    assert "There is no file" in refusal(tmp_path / "none.png", read_image, tmp_path / "none.png")
    assert "is not a file" in refusal(Path(os.devnull), read_image, os.devnull)
    if hasattr(os, "geteuid") and os.geteuid():  # root may read everything
        secret = ct(tmp_path / "secret.dcm")
        secret.chmod(0)
        assert "may not read" in refusal(secret, read_image, secret)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("report.dcm", b"%PDF-1.7\n" + bytes(300), "a PDF document"),
        ("image.png", b"PK\x03\x04" + bytes(300), "a ZIP archive"),
        ("image.nii.gz", gzip.compress(b"only text" * 100), "a gzip archive"),
        ("image.tif", b"just some words, no image at all" * 20, "not a kind of image known here"),
        ("image.jpg", b"<html></html>", "an XML or HTML file"),
        ("image.hdr", b"\x5c\x01\0\0" + bytes(344), "the header of an Analyze or NIfTI pair"),
        ("image.nrrd", bytes(4000), "not a kind of image known here"),
    ],
)
def test_files_of_another_kind_under_the_right_name(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert words in refusal(path, open_series, path)


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    path = ct(tmp_path / "radiograph.png")
    assert read_image(path).source.format == "dicom"
    Pillow.fromarray(ramp(high=255, kind=np.uint8)).save(tmp_path / "a.dcm", "PNG")
    assert read_image(tmp_path / "a.dcm").source.format == "png"


HUGE = 20_000  # squared, 400 million pixels


@pytest.mark.parametrize("kind", ["dicom", "jpeg2000", "png", "tiff", "nii", "nii.gz", "mha", "nrrd"])
def test_huge_headers_are_refused_before_anything_is_allocated(tmp_path: Path, kind: str) -> None:
    path = _huge(tmp_path, kind)
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    try:
        words = refusal(path, read_image, path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "pixels" in words
    assert peak < 50e6


def _huge(folder: Path, kind: str) -> Path:
    path = folder / f"huge.{kind}"
    if kind == "dicom":
        return ct(path, Rows=HUGE, Columns=HUGE)
    if kind == "jpeg2000":  # a small header, a huge codestream
        size = struct.pack(">4s2xH8I", b"\xff\x4f\xff\x51", 0, HUGE, HUGE, 0, 0, HUGE, HUGE, 0, 0)
        code = size[:6] + size[6:] + struct.pack(">H3B", 1, 15, 1, 1)
        return _compressed(path, uid.JPEG2000Lossless, code + bytes(50))
    if kind == "png":
        Pillow.fromarray(np.zeros((4, 4), np.uint8)).save(path, "PNG")
        data = bytearray(path.read_bytes())
        data[16:24] = struct.pack(">2I", HUGE, HUGE)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
        path.write_bytes(data)
        return path
    if kind == "tiff":
        Pillow.fromarray(np.zeros((4, 4), np.uint8)).save(path, "TIFF")
        data = path.read_bytes()
        for tag in (256, 257):
            short = struct.pack("<HHIH", tag, 3, 1, 4)
            long = struct.pack("<HHII", tag, 4, 1, 4)
            for old in (long, short + b"\0\0"):
                data = data.replace(old, struct.pack("<HHII", tag, 4, 1, HUGE))
        path.write_bytes(data)
        return path
    small = folder / f"small.{kind}"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.zeros((1, 7, 5), np.uint8)), str(small))
    data = small.read_bytes()
    if kind.startswith("nii"):
        data = bytearray(gzip.decompress(data) if kind.endswith("gz") else data)
        data[42:46] = struct.pack("<2h", HUGE, HUGE)
        data = gzip.compress(data) if kind.endswith("gz") else data
    else:
        name = b"DimSize = " if kind == "mha" else b"sizes: "
        data = data.replace(name + b"5 7 1", name + f"{HUGE} {HUGE} 1".encode())
    path.write_bytes(data)
    return path


def test_a_deflated_bomb_is_not_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.imaging.dicom.header.MAX_INFLATED", 1 << 20)
    path = ct(tmp_path / "a.dcm", syntax=uid.DeflatedExplicitVRLittleEndian)
    start = path.read_bytes()[: 144 + int.from_bytes(path.read_bytes()[140:144], "little")]
    deflater = zlib.compressobj(9, wbits=-15)
    bomb = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(20)) + deflater.flush()
    path.write_bytes(start + bomb)
    assert "inflates to more than" in refusal(path, read_image, path)


@pytest.mark.parametrize("kind", ["nii", "nii.gz", "mha", "nrrd"])
def test_truncated_volumes_are_not_filled_up_with_zeros(tmp_path: Path, kind: str) -> None:
    voxels = np.random.default_rng(0).integers(-1000, 1000, (5, 20, 20)).astype(np.int16)
    whole, part = tmp_path / f"whole.{kind}", tmp_path / f"part.{kind}"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(voxels), str(whole))
    data = whole.read_bytes()
    for share in (0.5, 0.9, 0.99):
        part.write_bytes(data[: int(len(data) * share)])
        refusal(part, read_image, part)


def test_a_volume_that_lies_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "a.nii"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(np.zeros((2, 4, 4), np.int16)), str(path))
    data = bytearray(path.read_bytes())
    data[252:256] = struct.pack("<2h", 0, 1)  # no quaternion, but an affine matrix, whose first row is none
    data[280:292] = struct.pack("<3f", np.nan, np.nan, np.nan)
    path.write_bytes(data)
    assert "its place in space" in refusal(path, read_image, path)


def test_not_a_number(tmp_path: Path) -> None:
    values = np.zeros((4, 6, 5), np.float32)
    values[2, 1, 1] = np.nan
    values[2, 3, 3] = np.inf
    path = tmp_path / "a.nii"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(path))
    assert "no numbers (NaN or infinite: 2 of " in refusal(path, read_image, path), "ITK would make them 0"
    path = tmp_path / "a.nrrd"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(path))
    assert "no numbers (NaN or infinite: 2 of " in refusal(path, read_image, path, 2)
    assert read_image(path, 1).pixels.shape == (6, 5), "the other slices are not concerned"
    Pillow.fromarray(values[2]).save(tmp_path / "a.tif")
    assert "no numbers (NaN or infinite: 2 of " in refusal(tmp_path / "a.tif", read_image, tmp_path / "a.tif")


@pytest.mark.parametrize(
    "name", ["rgb.png", "palette.png", "alpha.png", "bits.png", "cmyk.jpg", "rgb.tif", "16.tif", "16.png"]
)
def test_colour_and_other_depths_of_pictures(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    colour = np.random.default_rng(0).integers(0, 255, (8, 9, 3)).astype(np.uint8)
    picture = Pillow.fromarray(colour)
    if name.startswith("palette"):
        picture = picture.quantize(8)
    elif name.startswith("alpha"):
        picture = Pillow.fromarray(np.dstack([colour[..., :1]] * 3 + [colour[..., 1]]))
    elif name.startswith("bits"):
        picture = picture.convert("1")
    elif name.startswith("cmyk"):
        picture = picture.convert("CMYK")
    if name.startswith("16"):  # grey in colour, but Pillow would halve its depth
        cv2.imwrite(str(path), np.repeat(ramp()[..., None], 3, axis=2))
    else:
        picture.save(path)
    assert "convert it to grey" in refusal(path, read_image, path)


def test_volumes_with_colour_or_time(tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    SimpleITK.WriteImage(
        SimpleITK.GetImageFromArray(np.zeros((2, 4, 4, 3), np.uint8), isVector=True), str(path)
    )
    assert "convert it to grey" in refusal(path, read_image, path)
    path = tmp_path / "a.nii"
    SimpleITK.WriteImage(
        SimpleITK.GetImageFromArray(np.zeros((3, 2, 4, 4), np.int16), isVector=False), str(path)
    )
    assert "4 dimensions" in refusal(path, read_image, path)


def test_label_maps_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    for content, words in (
        (np.zeros((2, 4, 4), np.uint8), "more than one slice"),
        (np.zeros((1, 4, 4)), "instead"),
    ):
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(content), str(path))
        assert words in refusal(path, read_label_map, path)
    dicom = ct(tmp_path / "a.dcm")
    assert "no label map" in refusal(dicom, read_label_map, dicom)


def _samples(folder: Path) -> list[Path]:
    rng = np.random.default_rng(2)
    voxels = rng.integers(-1000, 1000, (3, 12, 10)).astype(np.int16)
    for kind in ("nii", "nii.gz", "mha", "nrrd"):
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(voxels), str(folder / f"v.{kind}"))
    Pillow.fromarray(ramp(40, 40)).save(folder / "p.png")
    Pillow.fromarray(ramp(40, 40, high=255, kind=np.uint8)).save(folder / "p.jpg")
    Pillow.fromarray(ramp(40, 40)).save(folder / "p.tif")
    ct(folder / "plain.dcm")
    ct(folder / "deflated.dcm", syntax=uid.DeflatedExplicitVRLittleEndian)
    enhanced_ct(folder / "enhanced.dcm", np.stack([ramp(), ramp()]))
    shipped = (
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_RLE.dcm",
        "JPGExtended.dcm",
    )
    return sorted(folder.iterdir()) + [Path(get_testdata_file(name)) for name in shipped]


def test_whatever_the_damage_nothing_but_a_refusal_comes_out(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "whole").mkdir()
    rng = np.random.default_rng(3)
    sentences = []
    for sample in _samples(tmp_path / "whole"):
        data = sample.read_bytes()
        damaged = [data[: len(data) * share // 20] for share in range(20)]
        for _ in range(25):
            flipped = bytearray(data)
            reach = len(data) if rng.random() < 0.4 else min(len(data), 1200)
            for place in rng.integers(0, reach, rng.choice([1, 2, 8])):
                flipped[place] = rng.choice([0, 255, 127, int(rng.integers(256))])
            damaged.append(bytes(flipped))
        path = tmp_path / f"x{''.join(sample.suffixes)}"
        for content in damaged:
            path.write_bytes(content)
            try:
                image = read_image(path)
                assert image.pixels.ndim == 2
            except LithographError as error:
                sentences.append(str(error))
    assert len(sentences) > 100
    assert [sentence for sentence in sentences if "\n" in sentence or not sentence.endswith(".")] == []
    assert capfd.readouterr().err == ""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=600))
def test_arbitrary_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.bin"
    for start in (
        b"",
        bytes(128) + b"DICM",
        b"\x08\x00\x05\x00CS\x0a\x00",
        b"NRRD0004\n",
        b"NDims = 2\n",
        b"II*\x00",
    ):
        path.write_bytes(start + content)
        with pytest.raises(LithographError):
            read_image(path)
