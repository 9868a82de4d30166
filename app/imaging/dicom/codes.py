"""Coded concepts and the items that say what Lithograph did."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from app import __version__

MODIFYING = ("109103", "Modifying Equipment")
SYNTHESIZING = ("109100", "Synthesizing Equipment")
DEIDENTIFYING = ("109104", "De-identifying Equipment")


def code(value: str, meaning: str) -> Dataset:
    """An item of a code sequence (PS3.3 §8.8), from the DICOM Controlled Terminology (PS3.16 Annex D)."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = "DCM"
    item.CodeMeaning = meaning
    return item


def equipment(purpose: tuple[str, str], description: str) -> Dataset:
    """An item of the Contributing Equipment Sequence (PS3.3 §C.12.1) for this program, without a time."""
    item = Dataset()
    item.Manufacturer = "Lithograph"
    item.ManufacturerModelName = "Lithograph"
    item.SoftwareVersions = __version__
    item.ContributionDescription = description
    item.PurposeOfReferenceCodeSequence = Sequence([code(*purpose)])
    return item
