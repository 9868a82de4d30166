"""The anatomy of an image, for the commands that need it."""

from __future__ import annotations

from app import anatomy
from app.anatomy import Where
from app.anatomy.doubts import doubt
from app.cli.console import drive, note
from app.composition import backgrounds
from app.imaging import Image
from app.tasks import Task


def analysed(image: Image, setting: Task) -> Where:
    """Where a lesion may go: from the anatomy saved beside the image where there is one, else by network.

    A foreign image is warned of in one line; what was found on it is returned all the same.

    Raises:
        LithographError: the anatomy cannot be found.
    """
    path = image.source.path
    known = None if path is None else backgrounds.known_anatomy(path, image, setting.name)
    where = drive(anatomy.analyse(image, setting, known), "Anatomy")
    familiarity = where.anatomy.familiarity
    if familiarity is not None and familiarity.foreign:
        note(
            f"Warning: {doubt(familiarity, setting)} (score {familiarity.score:.2f}, the limit is 1); "
            "its danger zone and likely places are not to be relied on."
        )
    return where
