"""The words around the image: corner text, and what is under the cursor."""

from __future__ import annotations

from PySide6.QtCore import QPointF

from app.imaging.image import Calibration, Image
from app.ui.canvas.display import Display
from app.ui.canvas.foreground import Corners
from app.ui.document import Document
from app.ui.settings import settings

PLANES = {Calibration.IMAGER: " at the detector", Calibration.SCANNED: " on the film"}
"""Where mm were measured, when that is not in the patient (PS3.3 §10.7.1.3)."""


BARE = "Background, without lesions"
"""What a picture of it is called."""


def corners(document: Document, display: Display, zoom: float) -> Corners:
    """The corner text; nothing of it identifies a patient while de-identification is on.

    Args:
        zoom: pixels of the screen to an image pixel.
    """
    page, preferences = document.page, settings().preferences
    if page is None:
        return Corners()
    if not preferences.corner_text:
        return Corners(edges=page.letters)
    image, series = page.image, document.series
    patient = () if preferences.deidentify else page.identity.patient_lines
    slices = []
    if series is not None and len(series) > 1:
        slices.append(f"Image {page.number + 1} / {len(series)}")
        if not document.at_base and document.base is not None:
            slices.append(f"Lesions are on image {document.base.number + 1}")
    if page.position_mm is not None:
        slices.append(position_text(page.position_mm))
    window = display.window
    name = f"  ({window.name})" if window.name else ""
    inverted = "  inverted" if display.inverted else ""
    return Corners(
        top_left=(*patient, document.title, *slices),
        top_right=(" ".join(filter(None, (image.modality, f"{image.width} × {image.height}"))),),
        bottom_left=(f"W {window.width:.0f}  L {window.centre:.0f}{name}{inverted}".replace("-", "−"),),
        bottom_right=(spacing_text(image), zoom_text(zoom)),
        edges=page.letters,
    )


def position_text(position_mm: float) -> str:
    """`−123.5 mm`, where a slice lies along its series."""
    return f"{position_mm:.1f} mm".replace("-", "−")


def zoom_text(zoom: float) -> str:
    """`100 %`; small ones with a digit more."""
    return f"{100 * zoom:.0f} %" if zoom >= 0.1 else f"{100 * zoom:.1f} %"


def spacing_text(image: Image) -> str:
    """Where sizes in mm come from."""
    if image.spacing is None:
        return "uncalibrated: sizes in pixels"
    rows, columns = image.spacing
    size = f"{columns:.3g}" if abs(rows - columns) < 1e-4 * rows else f"{columns:.3g} × {rows:.3g}"
    return f"{size} mm per pixel{PLANES.get(image.calibration, '')}"


def hover_text(image: Image, place: QPointF, value: float | None) -> str:
    """`−612 HU    x 310  y 204    121.1, 79.7 mm`; empty outside the image."""
    if value is None:
        return ""
    number = f"{value:.0f}" if image.pixels.dtype.kind in "iu" else f"{value:.4g}"
    column, row = round(place.x()), round(place.y())
    parts = [f"{number} {image.unit}".strip().replace("-", "−"), f"x {column}  y {row}"]
    if image.spacing is not None:
        parts.append(f"{place.x() * image.spacing[1]:.1f}, {place.y() * image.spacing[0]:.1f} mm")
    return "     ".join(parts)
