"""The anatomy of an image, for the commands that need it."""

from __future__ import annotations

from app import anatomy
from app.anatomy import Where
from app.cli.console import drive
from app.composition import backgrounds
from app.imaging import Image
from app.tasks import Task


def analysed(image: Image, setting: Task) -> Where:
    """Where a lesion may go: from the anatomy saved beside the image where there is one, else by network.

    Raises:
        LithographError: the anatomy cannot be found.
    """
    path = image.source.path
    known = None if path is None else backgrounds.known_anatomy(path, image, setting.name)
    return drive(anatomy.analyse(image, setting, known), "Anatomy")
