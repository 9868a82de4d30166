"""DICOM objects that are no grey-scale image, each refused by its name."""

from __future__ import annotations

from pathlib import Path

from pydicom.uid import UID

from app.errors import LithographError
from app.imaging.dicom.header import Header, text, value

# Parts of names of SOP classes (PS3.6 Annex A), the first that fits: what it is, and what to open instead.
_NOT_IMAGES = (
    ("Media Storage Directory", "a DICOMDIR, the contents of a disc", "open the folder that it lies in"),
    ("RT Dose", "a radiotherapy dose (RT Dose)", "open the CT that it was planned on"),
    (
        "RT Structure Set",
        "a set of radiotherapy contours (RT Structure Set)",
        "open the CT that it was drawn on",
    ),
    ("RT Image", "", ""),
    ("RT ", "a radiotherapy plan or record (RT Plan)", "open the CT that it was planned on"),
    ("Surface Segmentation", "a segmentation (SEG)", "open the image that it segments"),
    ("Segmentation", "a segmentation (SEG)", "open the image that it segments"),
    ("Key Object Selection", "a selection of key images (KO)", "open the images that it names"),
    ("Presentation State", "a presentation state (PR)", "open the image that it presents"),
    (" SR", "a structured report (SR)", "open the image that it reports on"),
    ("Structured Report", "a structured report (SR)", "open the image that it reports on"),
    ("Report Storage", "a structured report (SR)", "open the image that it reports on"),
    ("CAD", "a structured report (SR)", "open the image that it reports on"),
    ("Log Storage", "a structured report (SR)", "open the image that it reports on"),
    ("Encapsulated PDF", "a PDF document wrapped in DICOM", "open a CT or a radiograph"),
    ("Encapsulated", "a document wrapped in DICOM", "open a CT or a radiograph"),
    ("ECG", "a waveform", "open a CT or a radiograph"),
    ("Waveform", "a waveform", "open a CT or a radiograph"),
    ("Audio", "a waveform", "open a CT or a radiograph"),
    ("Electro", "a waveform", "open a CT or a radiograph"),
    ("Whole Slide", "a whole-slide microscopy image", "open a CT or a radiograph"),
    ("Video", "a video", "export one of its frames as an image"),
    ("Spectroscopy", "MR spectroscopy", "open a CT or a radiograph"),
    ("Registration", "a registration", "open the images that it relates"),
    ("Fiducials", "a set of fiducials", "open the image that they mark"),
    ("Real World Value", "a value mapping", "open the image that it belongs to"),
    ("Raw Data", "raw data", "open the images made from it"),
    ("Single Bit", "a one-bit image", "open a CT or a radiograph"),
)
_PHOTOMETRIC = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = "Lithograph works on grey-scale images, so convert it to grey or open the original"


def check_kind(header: Header) -> None:
    """Refuses by name what is not a grey-scale image.

    Raises:
        LithographError: it is a dose, a segmentation, a report, a video, in colour, ...
    """
    path, dataset = header.path, header.dataset
    sop_class = text(dataset, "SOPClassUID") or text(
        getattr(dataset, "file_meta", dataset), "MediaStorageSOPClassUID"
    )
    name = UID(sop_class).name if sop_class else ""
    for part, what, remedy in _NOT_IMAGES:
        if part in name:
            if what:
                raise _refusal(path, what, remedy)
            break
    if "DirectoryRecordSequence" in dataset:
        raise _refusal(path, *_NOT_IMAGES[0][1:])
    syntax = header.syntax.name
    if any(codec in syntax for codec in ("MPEG", "HEVC", "SMPTE")):
        raise _refusal(path, f"a video ({syntax})", "export one of its frames as an image")
    if not header.keyword:
        if not dataset:
            raise LithographError(f"{path} is not DICOM after all, or is cut off; fetch or export it again.")
        what = f"a DICOM object without an image ({name or 'of unknown kind'})"
        raise _refusal(path, what, "open a CT or a radiograph")
    photometric = text(dataset, "PhotometricInterpretation").upper()
    if header.keyword == "PixelData":
        samples = value(dataset, "SamplesPerPixel")
        if photometric == "PALETTE COLOR":
            raise _refusal(path, "a colour image (a palette)", _COLOUR)
        if (photometric and photometric not in _PHOTOMETRIC) or samples not in (None, "", 1):
            raise _refusal(path, f"a colour image ({photometric or f'{samples} samples per pixel'})", _COLOUR)


def _refusal(path: Path, what: str, remedy: str) -> LithographError:
    return LithographError(f"{path} is {what}, in which no lesion can be placed; {remedy}.")
