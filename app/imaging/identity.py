"""What the header of an image says of a patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.imaging.image import Image

YesNo = Literal["yes", "no", "unknown"]
State = Literal["patient data", "none found", "de-identified", "no header"]


@dataclass(frozen=True)
class Identity:
    """What may tell whose image it is.

    Attributes:
        state: in two words; `no header` for formats that have none for a patient (PNG, NIfTI, ...).
        present: names of the filled attributes that PS3.15 table E.1-1 removes, those of the patient first,
            without UIDs; also "private attributes", "overlays" and attributes inside sequences.
        deidentified: whether the header says so (Patient Identity Removed, (0012,0062)).
        burnt_in: whether text that identifies is burnt into the pixels (Burned In Annotation, (0028,0301)).
        recognizable: whether the patient can be recognised by what is seen, a face for one (Recognizable
            Visual Features, (0028,0302)).
        patient_lines: for the corner of the image: name, ID, birth date with age and sex, study date; those
            that there are.
    """

    state: State
    present: tuple[str, ...] = ()
    deidentified: bool = False
    burnt_in: YesNo = "unknown"
    recognizable: YesNo = "unknown"
    patient_lines: tuple[str, ...] = ()


def identity(image: Image) -> Identity:
    """What the header that `image` was read with says of a patient; no pixel is looked at."""
    if image.source.format != "dicom":
        return Identity("no header")
    from app.imaging.dicom.identity import identity_of

    return identity_of(image.source.header.header.dataset)
