"""Which attributes of a DICOM header are filled that may identify the patient (PS3.15 Annex E)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydicom.datadict import dictionary_description, dictionary_has_tag, dictionary_keyword, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from app.imaging.dicom.deidentify import OVERLAYS, identifies
from app.imaging.dicom.header import text, value
from app.imaging.identity import Identity, YesNo

_FIRST = (
    0x00100010,  # Patient's Name
    0x00100020,  # Patient ID
    0x00100030,  # Patient's Birth Date
    0x00100040,  # Patient's Sex
    0x00101010,  # Patient's Age
    0x00080050,  # Accession Number
    0x00080020,  # Study Date
    0x00080080,  # Institution Name
    0x00080090,  # Referring Physician's Name
)
_ITEMS = 4
"""Items of a sequence that are looked at: those of a thousand frames are all alike."""
_DATE = re.compile(r"(\d{4})[.]?(\d{2})[.]?(\d{2})")
_INVENTED = re.compile(r"SYN-\d{8}")
_ANSWERS: dict[str, YesNo] = {"YES": "yes", "NO": "no"}


def identity_of(dataset: Dataset) -> Identity:
    """What `dataset` says of a patient; see `app.imaging.identity.identity`."""
    deidentified = text(dataset, "PatientIdentityRemoved").upper() == "YES"
    tags = set() if _is_phantom(dataset) else set(_identifying(dataset))
    order = {tag: place for place, tag in enumerate(_FIRST)}
    present = dict.fromkeys(
        _name(tag) for tag in sorted(tags, key=lambda tag: (order.get(tag, len(order)), tag))
    )
    return Identity(
        "de-identified" if deidentified else "patient data" if present else "none found",
        tuple(present),
        deidentified,
        _ANSWERS.get(text(dataset, "BurnedInAnnotation").upper(), "unknown"),
        _ANSWERS.get(text(dataset, "RecognizableVisualFeatures").upper(), "unknown"),
        tuple(line for line in (_patient(dataset), _id(dataset), _birth(dataset), _study(dataset)) if line),
    )


def _is_phantom(dataset: Dataset) -> bool:
    """Whether the patient is one that this program has invented (see `create`)."""
    synthetic = text(dataset, "SyntheticData").upper() == "YES"
    return synthetic and _INVENTED.fullmatch(text(dataset, "PatientID")) is not None


def _identifying(dataset: Dataset) -> Iterator[BaseTag]:
    # Values are looked at as they lie in the file: decoding all of them takes longer than showing the image.
    for tag in list(dataset.keys()):
        element = dataset.get_item(tag)
        if element is None or not _filled(element.value):
            continue
        if identifies(tag):
            yield tag
        elif dictionary_has_tag(tag) and dictionary_VR(tag) == "SQ":
            for item in (value(dataset, dictionary_keyword(tag)) or [])[:_ITEMS]:
                yield from _identifying(item)


def _filled(held: Any) -> bool:
    if isinstance(held, bytes):
        return bool(held.strip(b" \0"))
    if isinstance(held, str):
        return bool(held.strip(" \0"))
    return held is not None and not (hasattr(held, "__len__") and len(held) == 0)


def _name(tag: BaseTag) -> str:
    if tag.is_private:
        return "private attributes"
    if tag.group in OVERLAYS:
        return "overlays"
    try:
        return dictionary_description(tag)
    except KeyError:
        return "unknown attributes"


def _patient(dataset: Dataset) -> str:
    groups = text(dataset, "PatientName").split("=")
    parts = [part.strip() for part in next((g for g in groups if g), "").split("^")]
    return ", ".join(part for part in parts[:2] if part)


def _id(dataset: Dataset) -> str:
    found = text(dataset, "PatientID")
    return f"ID {found}" if found else ""


def _birth(dataset: Dataset) -> str:
    born, sex = _date(dataset, "PatientBirthDate"), text(dataset, "PatientSex").upper()
    age = _age(dataset)
    parts = [f"born {born}" if born else "", age, sex if sex in ("M", "F", "O") else ""]
    return ", ".join(part for part in parts if part)


def _study(dataset: Dataset) -> str:
    found = _date(dataset, "StudyDate")
    return f"study of {found}" if found else ""


def _age(dataset: Dataset) -> str:
    """The age at the study: as the header says ("059Y", PS3.5 §6.2), else from the two dates."""
    units = {"Y": "years", "M": "months", "W": "weeks", "D": "days"}
    said = re.fullmatch(r"(\d{1,3})([YMWD])", text(dataset, "PatientAge").upper())
    if said and int(said[1]):
        return f"{int(said[1])} {units[said[2]]}"
    born, seen = _date(dataset, "PatientBirthDate"), _date(dataset, "StudyDate")
    if born is None or seen is None or seen < born:
        return ""
    return f"{seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day))} years"


def _date(dataset: Dataset, keyword: str) -> date | None:
    found = _DATE.fullmatch(text(dataset, keyword))
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
