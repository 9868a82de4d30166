"""De-identification: the Basic Application Level Confidentiality Profile (PS3.15 Annex E).

Which attribute is to be removed, emptied, replaced by a dummy or by a new UID is the table E.1-1 as
dicom-anonymizer ships it. The walk is our own: that library passes over nested sequences and draws UIDs at
random, and an instance saved twice must come out the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pydicom.datadict import dictionary_has_tag, dictionary_VR, repeater_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import generate_uid

from app.imaging.dicom.codes import code

# Dummies by value representation, for attributes that must keep a value.
_DUMMIES: dict[str, Any] = {
    **dict.fromkeys(("AE", "LO", "LT", "PN", "SH", "ST", "UC", "UT", "CS"), "REMOVED"),
    **dict.fromkeys(("US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "IS", "DS"), 0),
    **dict.fromkeys(("OB", "UN", "OW", "OF", "OD", "OL", "OV"), bytes(8)),
    "AS": "000Y",
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "UR": "https://removed.invalid",
}
# "Remove unless the IOD asks for it" becomes the replacement that every IOD allows (table E.1-1, notes).
_ACTIONS = {
    "X_TAGS": "remove",
    "Z_TAGS": "empty",
    "X_Z_TAGS": "empty",
    "D_TAGS": "dummy",
    "Z_D_TAGS": "dummy",
    "X_D_TAGS": "dummy",
    "X_Z_D_TAGS": "dummy",
    "U_TAGS": "uid",
    "X_Z_U_STAR_TAGS": "remove",
}
_PERSONAL_VRS = ("PN", "DA", "DT", "TM")
OVERLAYS = range(0x6000, 0x6100)


def deidentify(dataset: Dataset) -> None:
    """Removes from a dataset, nested sequences included, what identifies the patient; in place.

    Beyond the table: names, dates and times that it does not list get a dummy, attributes that no
    dictionary knows and overlays are removed. What is burnt into the pixels stays.
    """
    _clean(dataset)
    study = replacement_uid(str(dataset.get("StudyInstanceUID", "")))
    dataset.PatientName = "ANONYMOUS"
    dataset.PatientID = f"ANON-{int(study.rsplit('.', 1)[-1]) % 10**8:08d}"
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Basic Application Level Confidentiality Profile, PS3.15 Annex E"
    dataset.DeidentificationMethodCodeSequence = Sequence(
        [code("113100", "Basic Application Confidentiality Profile")]
    )
    dataset.LongitudinalTemporalInformationModified = "REMOVED"


@cache
def identifies(tag: BaseTag) -> bool:
    """Whether an attribute may tell whose image it is: one that `deidentify` removes, empties or replaces.

    UIDs and group lengths do not count, for they name nobody by themselves.
    """
    if tag.element == 0:
        return False
    action = _action(tag)
    if action == "keep":
        return dictionary_has_tag(tag) and dictionary_VR(tag) in _PERSONAL_VRS
    return action != "uid"


def replacement_uid(uid: str, *entropy: str) -> str:
    """A UID in place of another, the same each time, so that references within a study still hold."""
    return generate_uid(entropy_srcs=["lithograph", uid, *entropy])


def _clean(dataset: Dataset) -> None:
    for tag in list(dataset.keys()):
        action = _action(BaseTag(tag))
        if action != "remove":
            element = dataset[tag]
            if element.VR == "SQ" and action == "keep":
                for item in element.value:
                    _clean(item)
            else:
                _apply(action if action != "keep" or element.VR not in _PERSONAL_VRS else "dummy", element)
        else:
            del dataset[tag]


def _action(tag: BaseTag) -> str:
    if tag.is_private or tag.group in OVERLAYS or not (dictionary_has_tag(tag) or repeater_has_tag(tag)):
        return "remove"
    single, masked = _table()
    if tag in single:
        return single[tag]
    for group, element, group_mask, element_mask, action in masked:
        if (
            tag.group & group_mask == group & group_mask
            and tag.element & element_mask == element & element_mask
        ):
            return action
    return "keep"


def _apply(action: str, element: DataElement) -> None:
    if action == "empty":
        element.value = Sequence() if element.VR == "SQ" else None
    elif action == "uid":
        values = element.value
        if values:
            several = [values] if isinstance(values, str) else list(values)
            replaced = [replacement_uid(str(uid)) for uid in several]
            element.value = replaced[0] if len(replaced) == 1 else replaced
    elif action == "dummy":
        if element.VR == "SQ":
            for item in element.value:
                _clean(item)
                for part in item:
                    if part.tag.group != 0x0008 or part.VR in _PERSONAL_VRS:  # codes may stay
                        _apply("uid" if part.VR == "UI" else "dummy", part)
        elif element.VR == "UI":
            _apply("uid", element)
        elif element.value not in (None, "", b""):
            element.value = _DUMMIES.get(element.VR)


@cache
def _table() -> tuple[dict[int, str], list[tuple[int, int, int, int, str]]]:
    from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as profile

    single: dict[int, str] = {}
    masked: list[tuple[int, int, int, int, str]] = []
    for name, action in _ACTIONS.items():
        for tag in getattr(profile, name):
            if len(tag) == 2:
                single[tag[0] << 16 | tag[1]] = action
            else:
                masked.append((*tag, action))
    return single, masked
