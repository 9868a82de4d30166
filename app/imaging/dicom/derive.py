"""A composite as a new DICOM instance, derived from the one that its background came from."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from app.imaging.dicom.codes import DEIDENTIFYING, MODIFYING, code, equipment
from app.imaging.dicom.deidentify import deidentify as remove_identity
from app.imaging.dicom.deidentify import replacement_uid
from app.imaging.dicom.encode import drop_unwritable, file_bytes, set_pixels
from app.imaging.dicom.header import Header, text
from app.imaging.dicom.reader import DicomSource
from app.imaging.image import Image

if TYPE_CHECKING:
    from app.imaging.write import Provenance

# What holds no longer for other pixels, or for pixels that are no longer compressed.
_STALE = (
    "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "PixelDataProviderURL", "IconImageSequence",
    "SmallestPixelValueInSeries", "LargestPixelValueInSeries", "PlanarConfiguration",
    "MACParametersSequence", "DigitalSignaturesSequence", "EncryptedAttributesSequence",
    "InstanceCreationDate", "InstanceCreationTime", "InstanceCreatorUID", "SOPInstanceStatus",
    "SOPAuthorizationDateTime", "SOPAuthorizationComment", "AuthorizationEquipmentCertificationNumber",
    "ConcatenationUID", "ConcatenationFrameOffsetNumber", "InConcatenationNumber",
    "InConcatenationTotalNumber", "SOPInstanceUIDOfConcatenationSource",
)  # fmt: skip
_TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "ReferringPhysicianName", "AccessionNumber", "SeriesNumber", "InstanceNumber", "Manufacturer",
)  # fmt: skip
_ORIGINAL = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "NumberOfFrames")
_LOSSY = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
    "1.2.840.10008.1.2.4.203": "ISO_15444_15",
}


def derived_instance(image: Image, provenance: Provenance, deidentify: bool) -> bytes:
    """The file of a new instance with the pixels of `image` and the header of its source.

    The UIDs of instance and series follow from the provenance's `entropy` and those of the source; the study
    stays, or is replaced along with everything that names the patient (PS3.15 Annex E) where `deidentify` is
    set. Pixels that were not edited have the stored values of the source.
    """
    source: DicomSource = image.source.header
    header, frame = source.header, image.source.index
    dataset = deepcopy(header.dataset)
    drop_unwritable(dataset)
    original = Dataset()
    for keyword in _ORIGINAL:
        if keyword in dataset:
            original.add(deepcopy(dataset[keyword]))
    _drop_stale(dataset)
    _keep_one_frame(dataset, frame, source.layout.frames)
    _keep_lossy_history(dataset, header, source)
    _set_pixels(dataset, image, source)
    if deidentify:
        remove_identity(dataset)
    _set_identity(dataset, original, f"{provenance.entropy}/{frame}", keep_study=not deidentify)
    _set_provenance(dataset, original, frame, provenance, deidentify)
    return file_bytes(dataset)


def _drop_stale(dataset: Dataset) -> None:
    for keyword in _STALE:
        if keyword in dataset:
            del dataset[keyword]
    tags = list(dataset.keys())
    for tag in tags:
        is_overlay_position = 0x6000 <= tag.group < 0x6100 and tag.element == 0x0102
        if is_overlay_position and dataset[tag].value:  # it lay in the unused bits, which are clear now
            for other in tags:
                if other.group == tag.group:
                    del dataset[other]


def _keep_one_frame(dataset: Dataset, frame: int, frames: int) -> None:
    if "NumberOfFrames" not in dataset:
        return
    dataset.NumberOfFrames = 1
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    if per_frame and frame < len(per_frame):
        dataset.PerFrameFunctionalGroupsSequence = Sequence([per_frame[frame]])
    pointers: Any = dataset.get("FrameIncrementPointer") or []
    for pointer in [pointers] if isinstance(pointers, int) else pointers:
        element = dataset.get(pointer)  # a vector with a value for each frame, FrameTimeVector for one
        if element is not None and 1 < frames == element.VM:
            element.value = [element.value[frame]]


def _keep_lossy_history(dataset: Dataset, header: Header, source: DicomSource) -> None:
    # An image that was ever compressed with loss says so for good (PS3.3 §C.7.6.1.1.5).
    method = _LOSSY.get(str(header.syntax))
    if method is None or text(dataset, "LossyImageCompression") == "01":
        return
    shape = source.layout
    size = shape.rows * shape.columns * shape.frames * shape.allocated / 8
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionMethod = method
    dataset.LossyImageCompressionRatio = f"{max(1.0, size / max(1, header.available)):.1f}"


def _set_pixels(dataset: Dataset, image: Image, source: DicomSource) -> None:
    if source.header.keyword != "PixelData":
        kind = np.dtype("<f4" if source.header.keyword == "FloatPixelData" else "<f8")
        data = image.pixels.astype(kind, copy=False).tobytes()
        dataset.add_new(source.header.keyword, "OF" if kind.itemsize == 4 else "OD", data)
        return
    stored = stored_values_of(image.pixels, source)
    set_pixels(dataset, stored, source.layout.stored, source.layout.signed)


def stored_values_of(pixels: NDArray[Any], source: DicomSource) -> NDArray[Any]:
    """The stored values of pixels in the image's unit, clipped to what the source's format can store."""
    shape, transform = source.layout, source.transform
    if transform.is_integral and transform.intercept == 0 and pixels.dtype == shape.dtype:
        stored = np.clip(pixels, *shape.limits)
    else:
        stored = np.clip(transform.invert(pixels), *shape.limits).astype(shape.dtype)
    if source.untouched is not None:
        before_stored, before = source.untouched
        stored = np.where(pixels == before, before_stored, stored)
    return stored


def _set_identity(dataset: Dataset, original: Dataset, entropy: str, keep_study: bool) -> None:
    instance, series = text(original, "SOPInstanceUID"), text(original, "SeriesInstanceUID")
    study = text(original, "StudyInstanceUID")
    dataset.SOPInstanceUID = replacement_uid(instance, "instance", entropy)
    dataset.SeriesInstanceUID = replacement_uid(series, "series", entropy)
    if not keep_study or not study:
        dataset.StudyInstanceUID = replacement_uid(study)
    for keyword in _TYPE_2:  # every image has them, empty where unknown
        if keyword not in dataset:
            setattr(dataset, keyword, None)
    if "ImagePositionPatient" in dataset and "FrameOfReferenceUID" not in dataset:
        dataset.FrameOfReferenceUID = replacement_uid(series, "frame of reference")
        dataset.PositionReferenceIndicator = None
    if "SOPClassUID" not in dataset:
        meta = getattr(dataset, "file_meta", Dataset())
        dataset.SOPClassUID = UID(text(meta, "MediaStorageSOPClassUID") or "1.2.840.10008.5.1.4.1.1.7")


def _set_provenance(
    dataset: Dataset, original: Dataset, frame: int, provenance: Provenance, deidentified: bool
) -> None:
    enhanced = bool(dataset.get("PerFrameFunctionalGroupsSequence"))
    _mark_derived(dataset, enhanced)
    description = provenance.description[:1024]
    dataset.SyntheticData = "YES"
    derivation = Sequence([code(*provenance.derivation)])
    sources = Sequence() if deidentified else Sequence([_reference(original, frame)])
    if enhanced:  # PS3.3 §C.7.6.16.2.6
        item = Dataset()
        item.DerivationDescription = description
        item.DerivationCodeSequence = derivation
        item.SourceImageSequence = sources
        for group in dataset.get("SharedFunctionalGroupsSequence") or []:
            group.pop("DerivationImageSequence", None)
        dataset.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence = Sequence([item])
    else:
        dataset.DerivationDescription = description
        dataset.DerivationCodeSequence = derivation
        if "SourceImageSequence" in dataset:
            del dataset.SourceImageSequence
        if sources and "SOPInstanceUID" in original:
            dataset.SourceImageSequence = sources
    equipments = list(dataset.get("ContributingEquipmentSequence") or [])
    equipments.append(equipment(MODIFYING, description))
    if deidentified:
        dataset.SeriesDescription = provenance.title
        equipments.append(equipment(DEIDENTIFYING, "Identity of the patient removed."))
    dataset.ContributingEquipmentSequence = Sequence(equipments)


def _mark_derived(dataset: Dataset, enhanced: bool) -> None:
    # Enhanced images say PRIMARY in value 2 whatever was done to them (PS3.3 §C.8.16.1.2).
    dataset.ImageType = _derived(dataset.get("ImageType"), enhanced)
    for groups in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in dataset.get(groups) or []:
            for element in group:
                if element.VR == "SQ" and element.value and "FrameType" in element.value[0]:
                    element.value[0].FrameType = _derived(element.value[0].FrameType, enhanced)


def _derived(image_type: Any, enhanced: bool) -> list[str]:
    values = [image_type] if isinstance(image_type, str) else [str(value) for value in image_type or []]
    second = values[1] if enhanced and len(values) > 1 else "SECONDARY"
    return ["DERIVED", second, *values[2:]]


def _reference(original: Dataset, frame: int) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = original.get("SOPClassUID", "")
    item.ReferencedSOPInstanceUID = original.get("SOPInstanceUID", "")
    if "NumberOfFrames" in original:
        item.ReferencedFrameNumber = frame + 1
    item.PurposeOfReferenceCodeSequence = Sequence(
        [code("121322", "Source image for image processing operation")]
    )
    return item
