"""The document: the open scene, and everything that changes it."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtGui import QUndoCommand

from app.anatomy.doubts import UNCHECKED
from app.composition.scene import Placement
from app.ui.document import commands
from app.ui.document.open_scene import OpenScene
from app.ui.document.page import new_seed

_log = logging.getLogger(__name__)

OUTSIDE = "outside the image"
LOCKED = "locked"


class Document(OpenScene):
    """The open scene as it is edited.

    Every change of the scene is a command on `stack`; what may not be done is refused with a sentence and
    changes nothing.
    """

    def reason(self, x: float, y: float, diameter: float) -> str | None:
        """Why no lesion of that diameter may be centred there; None where it may, or nothing is known.

        On a foreign image it is the same everywhere, until the user has said what to do (`believe`).
        """
        if self.page is None:
            return "no image"
        height, width = self.page.image.pixels.shape
        if not (-0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5):
            return OUTSIDE
        if self.doubted is not None:
            return self.doubt
        return self.where.danger.reason(x, y, diameter) if self.where else None

    def place(self, x: float, y: float, *, override: bool = False) -> bool:
        """Places a lesion as the brush says; refused in the danger zone unless `override`."""
        if self.page is None:
            return False
        if not self.at_base:
            self.elsewhere.emit()
            return False
        if self.finding:
            self.refused.emit("The danger zone is still being found; try again in a moment.")
            return False
        brush = self.brush
        reason = self.reason(x, y, brush.diameter)
        if reason == OUTSIDE or (reason and not override):
            self.refused.emit(f"Nothing placed: {obstacle(reason, 'the lesion')}.")
            return False
        placement = Placement(
            self.new_ids(1)[0],
            brush.lesion,
            round(x, 2),
            round(y, 2),
            brush.diameter,
            brush.seed,
            brush.blend,
            brush.rotation_deg,
            brush.contrast,
            overridden=reason is not None or self.where is None,
            override_reason=reason or self.doubt,
        )
        if reason:
            _log.info(
                "%s: %s of %.1f %s placed at (%.1f, %.1f) on purpose, in the danger zone: %s",
                self.title, placement.lesion, placement.diameter_mm, self.unit, x, y, reason,
            )  # fmt: skip
        self.add((placement,))
        self.set_brush(seed=new_seed())
        return True

    def change_refused(self, after: Placement) -> str | None:
        """What forbids that a placement becomes `after`: a lock, or the danger zone for a move or growth."""
        before = self.scene.placement(after.id)
        if before.locked and after != replace(before, locked=after.locked, hidden=after.hidden):
            return LOCKED
        moved = (after.x, after.y) != (before.x, before.y)
        if not self.at_base or not (moved or after.diameter_mm > before.diameter_mm):
            return None
        reason = self.reason(after.x, after.y, after.diameter_mm)
        # What was placed in one structure on purpose may go about in it, not into another one.
        allowed = after.overridden and after.override_reason in ("", reason) and reason != OUTSIDE
        return None if allowed else reason

    def change(self, after: Placement, name: str, gesture: int | None = None) -> bool:
        """Exchanges a placement; see `change_all`."""
        return self.change_all((after,), name, gesture)

    def change_all(self, after: Iterable[Placement], name: str, gesture: int | None = None) -> bool:
        """Exchanges placements in one step; all of them, or none.

        Refused, with a sentence, where one is locked (only its lock and whether it is hidden can change), or
        where a move or a growth would lead into the danger zone.

        Args:
            name: what the menu says.
            gesture: changes of the same gesture, placements and name are one step.
        """
        after = [self._as_it_stands(p) for p in after]
        changed = [p for p in after if p != self.scene.placement(p.id)]
        for placement in changed:
            reason = self.change_refused(placement)
            if reason is not None:
                locked = reason == LOCKED
                self.refused.emit(
                    f"{name}: {self.name_of(placement.id)} is locked; unlock it in the list first."
                    if locked
                    else f"{name}: {obstacle(reason, 'it')}."
                )
                return False
        if changed:
            self.push(commands.Change(self, after, name, gesture))
        return True

    def _as_it_stands(self, after: Placement) -> Placement:
        """Without the mark of an override, where a move or a resize leads out of the danger zone."""
        before = self.scene.placement(after.id)
        same = (after.x, after.y, after.diameter_mm) == (before.x, before.y, before.diameter_mm)
        if not after.override_reason or same or self.where is None or not self.at_base:
            return after
        if self.reason(after.x, after.y, after.diameter_mm) is not None:
            return after
        return replace(after, overridden=False, override_reason="")

    def name_of(self, placement_id: str) -> str:
        """`lesion 2`: what the window calls a placement."""
        ids = [p.id for p in self.scene.placements]
        return f"lesion {ids.index(placement_id) + 1}"

    def remove(self, *ids: str) -> None:
        """Removes placements; those that are locked stay, with a sentence."""
        gone = [one for one in ids if not self.scene.placement(one).locked]
        if len(gone) < len(ids):
            self.refused.emit("What is locked stays; unlock it in the list first.")
        if gone:
            self.push(commands.Remove(self, gone))

    def add(self, placements: Iterable[Placement], name: str = "") -> None:
        """Puts placements on top in one step, and selects them; their ids must be free, see `new_ids`."""
        placements = tuple(placements)
        if placements:
            self.push(commands.Place(self, placements, name))

    def new_ids(self, count: int) -> list[str]:
        """`count` ids that no placement of the scene has."""
        taken = {p.id for p in self.scene.placements}
        free = (f"lesion-{n}" for n in itertools.count(1))
        return list(itertools.islice((one for one in free if one not in taken), count))

    def set_task(self, name: str) -> None:
        """Changes the task."""
        if name != self.scene.task:
            self.push(commands.SetTask(self, name))

    def push(self, command: QUndoCommand) -> None:
        """Does it, and remembers how to undo it."""
        self.stack.push(command)


def obstacle(reason: str, lesion: str) -> str:
    """Why a lesion may not be somewhere, as a clause: `it would touch the spine`."""
    if reason.startswith(UNCHECKED):
        return f"the place is {reason}"
    return f"{lesion} would touch {article(reason)}"


def article(structure: str) -> str:
    """`the spine`, but `outside the image` as it is."""
    if structure.startswith(("outside", "no ")):
        return f"what is {structure}" if structure.startswith("outside") else structure
    plain = structure.startswith(("a ", "the ")) or structure == "airway"
    return structure if plain else f"the {structure}"
