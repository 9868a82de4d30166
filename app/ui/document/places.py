"""Finding places for lesions: candidates that are free, and what is nearest to where one was wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from app.anatomy.anatomy import Candidate
from app.anatomy.where import Where
from app.composition.scene import Placement
from app.engine import Urgency
from app.ui.document import Document, new_seed
from app.ui.work.bridge import Bridge

Disc = tuple[float, float, float]
"""A lesion as the danger zone sees it: x, y in pixels, diameter in mm."""


def discs(placements: Iterable[Placement]) -> list[Disc]:
    """What is taken."""
    return [(p.x, p.y, p.diameter_mm) for p in placements]


def free_candidates(document: Document, diameter: float, taken: Sequence[Disc]) -> list[Candidate]:
    """The safe candidates that have room for a lesion of that diameter, most likely first."""
    if document.where is None or document.page is None:
        return []
    rows, columns = document.page.image.pixel_mm

    def apart(place: Candidate, disc: Disc) -> bool:
        away = ((place.x - disc[0]) * columns) ** 2 + ((place.y - disc[1]) * rows) ** 2
        return away >= ((diameter + disc[2]) / 2 + max(rows, columns)) ** 2

    return [
        place
        for place in document.where.candidates
        if place.safe
        and document.reason(place.x, place.y, diameter) is None
        and all(apart(place, disc) for disc in taken)
    ]


def nearest_candidate(document: Document, placement: Placement, taken: Sequence[Disc]) -> Candidate | None:
    """The free safe candidate nearest to a lesion; None where there is none."""
    rows, columns = document.page.image.pixel_mm if document.page else (1.0, 1.0)
    free = free_candidates(document, placement.diameter_mm, taken)
    x, y = placement.x * columns, placement.y * rows
    return min(free, key=lambda c: (c.x * columns - x) ** 2 + (c.y * rows - y) ** 2, default=None)


def place_best(document: Document, bridge: Bridge) -> None:
    """Places what the brush says on the likeliest free candidate, else where the heatmap says."""
    if not _ready(document):
        return
    where, diameter = document.where, document.brush.diameter
    taken = discs(document.scene.placements)
    free = free_candidates(document, diameter, taken)
    if free:
        document.place(free[0].x, free[0].y)
        return
    if where is None:
        document.refused.emit(f"{nothing_likely(document)}; click where it shall go.")
        return
    known, base = where, document.base

    def work() -> tuple[float, float]:
        from app.anatomy.choosing import choose

        return choose(known, 1, [diameter], new_seed(), taken)[0]

    def done(place: tuple[float, float]) -> None:
        if document.base is base:
            document.place(*place)

    _submit(document, bridge, work, done)


def add_near(document: Document, bridge: Bridge, wanted: Iterable[Placement], name: str) -> None:
    """Adds lesions where they are wanted, or at the nearest permitted places; all of them, or none.

    Args:
        wanted: their ids are exchanged for free ones, and the marks of hiding, locking and overriding go.
        name: of the step, as the menu says it.
    """
    if not _ready(document):
        return
    where, base, taken = document.where, document.base, discs(document.scene.placements)
    lesions = [
        replace(p, hidden=False, locked=False, overridden=where is None, override_reason=document.doubt)
        for p in wanted
    ]

    def work() -> list[Placement]:
        return lesions if where is None else _settled(where, lesions, taken)

    def done(placed: list[Placement]) -> None:
        if document.base is base:
            ids = document.new_ids(len(placed))
            document.add([replace(p, id=one) for p, one in zip(placed, ids, strict=True)], name)

    _submit(document, bridge, work, done)


def _settled(where: Where, lesions: list[Placement], taken: list[Disc]) -> list[Placement]:
    """`lesions` where they may be. On the engine's thread: an image of ten million pixels takes a while."""
    from app.anatomy.choosing import nearest
    from app.errors import LithographError

    placed: list[Placement] = []
    for lesion in lesions:
        place = nearest(where.danger, (lesion.x, lesion.y), lesion.diameter_mm, [*taken, *discs(placed)])
        if place is None:
            raise LithographError(
                f"There is no permitted place left for a lesion of {lesion.diameter_mm:.1f}, so nothing was "
                "added; make it smaller, or remove another one."
            )
        placed.append(replace(lesion, x=round(place[0], 2), y=round(place[1], 2)))
    return placed


def _ready(document: Document) -> bool:
    if document.base is None:
        return False
    if not document.at_base:
        document.elsewhere.emit()
        return False
    if document.finding:
        document.refused.emit("The danger zone is still being found; try again in a moment.")
        return False
    if document.doubted is not None:
        document.refused.emit(f"Nothing placed: {document.doubt}. Say above the image what to do about that.")
        return False
    return True


def nothing_likely(document: Document) -> str:
    """Why there are no likely places, as a clause that begins a sentence."""
    if document.doubt:
        return f"No likely places are used, because they are {document.doubt}"
    return "Nothing is known of likely places on this image"


def _submit(document: Document, bridge: Bridge, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
    bridge.submit(
        "places",
        work,
        done,
        lambda message, _: document.refused.emit(message),
        title="Finding a place",
        urgency=Urgency.INTERACTIVE,
    )
