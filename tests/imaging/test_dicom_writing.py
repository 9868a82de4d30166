"""Composites as derived DICOM instances."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import compress
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    ParametricMapStorage,
    RLELossless,
    XRayAngiographicImageStorage,
)

from app.imaging import Image, Provenance, open_series, read_image, write_image
from tests.imaging.dicom_files import STUDY, ct, enhanced_ct, header, lut_item, ramp, save
from tests.imaging.helpers import refusal

PROVENANCE = Provenance("Composite of 2 lesions (nodule-solid-medium).", "scene-1")
SHIPPED = [
    "CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPGExtended.dcm", "JPEG2000.dcm",
    "693_J2KI.dcm", "J2K_pixelrep_mismatch.dcm", "examples_overlay.dcm", "image_dfl.dcm",
    "MR_small_padded.dcm",
]  # fmt: skip


def _written(image: Image, path: Path, **options: object) -> pydicom.Dataset:
    write_image(image, path, provenance=PROVENANCE, **options)
    return pydicom.dcmread(path)


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("deidentify", [True, False])
def test_untouched_images_keep_their_stored_values(tmp_path: Path, name: str, deidentify: bool) -> None:
    source = Path(get_testdata_file(name))
    image = read_image(source)
    written = _written(image, tmp_path / "a.dcm", deidentify=deidentify)
    before = image.source.header
    from app.imaging.dicom.pixels import stored_values

    assert np.array_equal(written.pixel_array, stored_values(before.header, before.layout, 0))
    again = read_image(tmp_path / "a.dcm")
    assert again.digest == image.digest
    for attribute in ("spacing", "calibration", "unit", "modality", "value_range", "inverted", "windows"):
        assert getattr(again, attribute) == getattr(image, attribute), attribute
    assert written.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
    ],
)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16])
def test_every_depth_from_every_encoding(tmp_path: Path, syntax: pydicom.uid.UID, kind: type) -> None:
    pixels = ramp(
        64, 65, low=-2048 if kind is np.int16 else 0, high=255 if kind is np.uint8 else 2047, kind=kind
    )
    if syntax.is_compressed:
        dataset = header(pixels)
        save(dataset, tmp_path / "plain.dcm")
        compress(dataset, syntax, generate_instance_uid=False)
        dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    else:
        ct(tmp_path / "a.dcm", pixels, syntax)
    written = _written(read_image(tmp_path / "a.dcm"), tmp_path / "b.dcm")
    assert np.array_equal(written.pixel_array, pixels)
    assert written.pixel_array.dtype == kind
    assert (written.BitsStored, written.PixelRepresentation) == (
        12 if kind != np.uint8 else 8,
        int(kind is np.int16),
    )


def test_edited_pixels_are_clipped_to_what_the_file_can_store(tmp_path: Path) -> None:
    image = read_image(ct(tmp_path / "a.dcm", SmallestImagePixelValue=17, LargestImagePixelValue=99))
    edited = image.pixels.copy()
    edited[0, :3] = (-3000, 5000, 77)
    written = _written(image.with_pixels(edited), tmp_path / "b.dcm")
    assert written.pixel_array[0, :3].tolist() == [0, 4095, 1101]
    assert np.array_equal(written.pixel_array[1:], ramp()[1:])
    assert (written.SmallestImagePixelValue, written.LargestImagePixelValue) == (0, 4095)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    arrays(np.int16, (5, 7), elements=st.integers(-2048, 2047)),
    st.sampled_from([1, 0.5, -2, 1.3, 0.0123]),
    st.sampled_from([0, -1024, 13.25, -0.1]),
)
def test_any_rescaling_comes_back_to_the_stored_values(
    tmp_path: Path, stored: np.ndarray, slope: float, intercept: float
) -> None:
    image = read_image(ct(tmp_path / "a.dcm", stored, RescaleSlope=slope, RescaleIntercept=intercept))
    # The pixels pass through another array, as those of a composite do.
    written = _written(image.with_pixels(image.pixels + image.pixels.dtype.type(0)), tmp_path / "b.dcm")
    assert np.array_equal(written.pixel_array, stored)


def test_a_modality_lut_that_is_not_unique_keeps_untouched_pixels(tmp_path: Path) -> None:
    table = (np.arange(4096) // 4 * 2).astype(np.uint16)  # four stored values for each output
    path = ct(
        tmp_path / "a.dcm",
        RescaleSlope=None,
        RescaleIntercept=None,
        ModalityLUTSequence=Sequence([lut_item(table)]),
    )
    image = read_image(path)
    edited = image.pixels.copy()
    edited[0, 0] = 801
    written = _written(image.with_pixels(edited), tmp_path / "b.dcm")
    assert np.array_equal(written.pixel_array.ravel()[1:], ramp().ravel()[1:])
    assert table[written.pixel_array[0, 0]] in (800, 802)
    assert read_image(tmp_path / "b.dcm").pixels[0, 0] in (800, 802)


def test_a_derived_instance_says_what_it_is(tmp_path: Path) -> None:
    earlier = Dataset()
    earlier.Manufacturer = "Somebody"
    path = ct(tmp_path / "a.dcm", ContributingEquipmentSequence=Sequence([earlier]))
    source = pydicom.dcmread(path)
    written = _written(read_image(path), tmp_path / "b.dcm", deidentify=False)
    assert written.SyntheticData == "YES"
    assert written["SyntheticData"].tag == 0x0008001C
    assert list(written.ImageType) == ["DERIVED", "SECONDARY", "AXIAL"]
    assert written.DerivationDescription == PROVENANCE.description
    assert written.DerivationCodeSequence[0].CodingSchemeDesignator == "DCM"
    kept, added = written.ContributingEquipmentSequence
    assert kept.Manufacturer == "Somebody"
    assert added.PurposeOfReferenceCodeSequence[0].CodeValue == "109103"
    assert added.ContributionDescription == PROVENANCE.description
    assert "ContributionDateTime" not in added
    (reference,) = written.SourceImageSequence
    assert reference.ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert reference.ReferencedSOPClassUID == source.SOPClassUID
    assert reference.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    assert written.SOPInstanceUID != source.SOPInstanceUID
    assert written.file_meta.MediaStorageSOPInstanceUID == written.SOPInstanceUID
    assert written.SeriesInstanceUID != source.SeriesInstanceUID
    assert written.StudyInstanceUID == STUDY
    assert written.FrameOfReferenceUID == source.FrameOfReferenceUID
    assert (written.PatientName, written.PatientID) == (source.PatientName, source.PatientID)


def test_the_rest_of_the_header_stays(tmp_path: Path) -> None:
    nested = Dataset()
    nested.CodeValue, nested.CodingSchemeDesignator, nested.CodeMeaning = "818983003", "SCT", "Abdomen"
    path = ct(
        tmp_path / "a.dcm", syntax=ImplicitVRLittleEndian, KVP=120, AnatomicRegionSequence=Sequence([nested])
    )
    source = pydicom.dcmread(path)
    written = _written(read_image(path), tmp_path / "b.dcm", deidentify=False)
    changed = {
        element.keyword for element in source if element.tag not in written or written[element.tag] != element
    }
    assert changed <= {"ImageType", "SOPInstanceUID", "SeriesInstanceUID", "PixelData"}
    assert written.AnatomicRegionSequence[0].CodeMeaning == "Abdomen"


def test_stale_attributes_are_gone(tmp_path: Path) -> None:
    dataset = header(
        ramp() | 0x8000, IconImageSequence=Sequence([Dataset()]), InstanceCreationDate="20240229"
    )
    dataset.add_new(0x60000010, "US", 24)
    dataset.add_new(0x60000011, "US", 32)
    dataset.add_new(0x60000100, "US", 16)
    dataset.add_new(0x60000102, "US", 15)  # in the unused bits of the pixels
    dataset.add_new(0x60020010, "US", 24)
    dataset.add_new(0x60020011, "US", 32)
    dataset.add_new(0x60020100, "US", 1)
    dataset.add_new(0x60020102, "US", 0)
    dataset.add_new(0x60023000, "OW", bytes(96))
    image = read_image(save(dataset, tmp_path / "a.dcm"))
    written = _written(image, tmp_path / "b.dcm", deidentify=False)
    assert "IconImageSequence" not in written
    assert "InstanceCreationDate" not in written
    assert 0x60000010 not in written
    assert 0x60023000 in written, "an overlay of its own is still right"
    assert written.pixel_array.max() == 4095


def test_the_same_scene_saves_to_the_same_bytes(tmp_path: Path) -> None:
    path = ct(tmp_path / "a.dcm")
    for deidentify in (True, False):
        write_image(read_image(path), tmp_path / "1.dcm", provenance=PROVENANCE, deidentify=deidentify)
        write_image(read_image(path), tmp_path / "2.dcm", provenance=PROVENANCE, deidentify=deidentify)
        assert (tmp_path / "1.dcm").read_bytes() == (tmp_path / "2.dcm").read_bytes()
    other = Provenance(PROVENANCE.description, "scene-2")
    write_image(read_image(path), tmp_path / "3.dcm", provenance=other, deidentify=False)
    first, second = pydicom.dcmread(tmp_path / "2.dcm"), pydicom.dcmread(tmp_path / "3.dcm")
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.SeriesInstanceUID != second.SeriesInstanceUID
    assert first.StudyInstanceUID == second.StudyInstanceUID


def test_one_frame_of_an_enhanced_image(tmp_path: Path) -> None:
    frames = np.stack([ramp(), ramp()[::-1], ramp()[:, ::-1]])
    series = open_series(enhanced_ct(tmp_path / "a.dcm", frames))
    written = _written(series[2], tmp_path / "b.dcm", deidentify=False)
    assert written.NumberOfFrames == 1
    assert np.array_equal(written.pixel_array, frames[2])
    (group,) = written.PerFrameFunctionalGroupsSequence
    assert group.PlanePositionSequence[0].ImagePositionPatient == [0, 0, 6]
    (derivation,) = group.DerivationImageSequence
    assert derivation.SourceImageSequence[0].ReferencedFrameNumber == 3
    assert derivation.SourceImageSequence[0].ReferencedSOPInstanceUID == "1.2.276.0.7230010.3.1.4.1"
    assert list(written.ImageType) == ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    shared = written.SharedFunctionalGroupsSequence[0]
    assert list(shared.CTImageFrameTypeSequence[0].FrameType) == ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    again = read_image(tmp_path / "b.dcm")
    assert again.digest == series[2].digest
    assert again.windows == series[2].windows
    other = _written(series[1], tmp_path / "c.dcm", deidentify=False)
    assert other.SOPInstanceUID != written.SOPInstanceUID, "another frame, another instance"


def test_one_frame_of_an_angiogram(tmp_path: Path) -> None:
    frames = np.stack([ramp(high=255, kind=np.uint8)] * 3)
    path = ct(
        tmp_path / "a.dcm", frames, Modality="XA", SOPClassUID=XRayAngiographicImageStorage,
        FrameIncrementPointer=0x00181065, FrameTimeVector=[0, 33, 34],
        RescaleSlope=None, RescaleIntercept=None,
    )  # fmt: skip
    written = _written(open_series(path)[2], tmp_path / "b.dcm")
    assert (written.NumberOfFrames, written.FrameTimeVector) == (1, 34)
    assert written.pixel_array.shape == (24, 32)


def test_lossy_history_is_kept(tmp_path: Path) -> None:
    dataset = header(ramp(64, 64))
    save(dataset, tmp_path / "plain.dcm")
    compress(dataset, JPEG2000, j2k_cr=[4], generate_instance_uid=False)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    written = _written(read_image(tmp_path / "a.dcm"), tmp_path / "b.dcm")
    assert written.LossyImageCompression == "01"
    assert written.LossyImageCompressionMethod == "ISO_15444_1"
    assert float(written.LossyImageCompressionRatio) >= 1
    told = ct(tmp_path / "c.dcm", LossyImageCompression="01", LossyImageCompressionRatio=9)
    assert _written(read_image(told), tmp_path / "d.dcm").LossyImageCompressionRatio == 9


def test_float_pixels_stay_float(tmp_path: Path) -> None:
    values = np.linspace(-1, 1, 24 * 32, dtype=np.float32).reshape(24, 32)
    dataset = header(ramp(), SOPClassUID=ParametricMapStorage, RescaleSlope=None, RescaleIntercept=None)
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    dataset.BitsAllocated = 32
    dataset.FloatPixelData = values.tobytes()
    image = read_image(save(dataset, tmp_path / "a.dcm"))
    written = _written(image, tmp_path / "b.dcm")
    assert np.array_equal(written.pixel_array, values)
    assert "PixelData" not in written


def test_headers_with_faults_are_mended(tmp_path: Path) -> None:
    path = ct(tmp_path / "a.dcm", PatientID=None, StudyID=None, FrameOfReferenceUID=None)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"IS\x02\x003 ", b"IS\x02\x00x "))  # a series number that is none
    written = _written(read_image(path), tmp_path / "b.dcm", deidentify=False)
    assert written.PatientID == written.StudyID == ""
    assert written.SeriesNumber is None
    assert written.FrameOfReferenceUID


def test_only_the_own_format_is_written(tmp_path: Path) -> None:
    image = read_image(ct(tmp_path / "a.dcm"))
    assert "ends with .dcm" in refusal(tmp_path / "b.png", write_image, image, tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()
    missing = tmp_path / "nowhere" / "b.dcm"
    assert "the folder does not exist" in refusal(missing, write_image, image, missing)
    (tmp_path / "b.dcm").mkdir()
    refusal(tmp_path / "b.dcm", write_image, image, tmp_path / "b.dcm")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dcm", "b.dcm"], (
        "nothing half-written is left"
    )


def test_without_provenance_the_pixels_decide_the_identity(tmp_path: Path) -> None:
    image = read_image(ct(tmp_path / "a.dcm"))
    write_image(image, tmp_path / "b.dcm")
    write_image(replace(image, pixels=image.pixels[::-1]), tmp_path / "c.dcm")
    first, second = pydicom.dcmread(tmp_path / "b.dcm"), pydicom.dcmread(tmp_path / "c.dcm")
    assert first.SOPInstanceUID != second.SOPInstanceUID
