"""What the hand does to lesions on the canvas becomes commands: one gesture, or one run of keys, one step."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QRectF, Signal

from app.composition.scene import Placement
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.gesture import next_gesture
from app.ui.document import LOCKED, Document, commands, obstacle

RESIZE_STEP = 1.05
TURN_STEP = 5.0
"""Degrees that one step of the wheel rotates by."""


@dataclass(frozen=True)
class Held:
    """A lesion in the hand: as the hand has it, and why it cannot stay so."""

    placement: Placement
    refused: str | None


class Hand(QObject):
    """Moves, resizes, rotates and selects; several lesions go together, all of them or none."""

    RUN_S = 1.2
    """Key presses and turns of the wheel that follow each other faster are one step."""

    held_changed = Signal()

    def __init__(self, document: Document, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.held: dict[str, Held] = {}
        """What is in the hand, by id; empty between gestures."""
        self.doing = ""
        """`12.3 mm`, `45°`: what the hand is doing, in words."""
        self._document, self._canvas = document, canvas
        self._began: tuple[int, dict[str, Placement]] = (0, {})
        self._told = 0
        self._run: tuple[int, tuple[object, ...], float] = (0, (), 0.0)

        canvas.clicked.connect(lambda x, y: document.place(x, y))
        canvas.forced.connect(lambda x, y: document.place(x, y, override=True))
        canvas.selected.connect(self._select)
        canvas.toggled.connect(self._toggle)
        canvas.banded.connect(self._select_in)
        canvas.lesion_moved.connect(self._move)
        canvas.lesion_resized.connect(self._resize)
        canvas.lesion_turned.connect(self._turn)
        canvas.resize_wanted.connect(self.grow)
        canvas.turn_wanted.connect(lambda steps: self.turn(steps * TURN_STEP))
        canvas.gesture_ended.connect(self._release)
        canvas.gesture_cancelled.connect(self._put_back)
        canvas.cycle = self.cycle
        document.opened.connect(self._drop)
        document.page_shown.connect(self._drop)

    # -- by the mouse ----------------------------------------------------------------------------------

    def _move(self, placement_id: str, x: float, y: float, gesture: int) -> None:
        before = self._group(placement_id, gesture)
        if not before:
            return
        dx, dy = x - before[placement_id].x, y - before[placement_id].y
        after = [replace(p, x=round(p.x + dx, 2), y=round(p.y + dy, 2)) for p in before.values()]
        self._hold(after, "Move lesion", gesture, "")

    def _resize(self, placement_id: str, radius: float, gesture: int) -> None:
        document, before = self._document, self._group(placement_id, gesture)
        if not before:
            return
        columns = document.base.image.pixel_mm[1] if document.base else 1.0
        ratio = 2 * radius * columns / before[placement_id].diameter_mm
        after = [self._grown(p, ratio) for p in before.values()]
        size = next(p.diameter_mm for p in after if p.id == placement_id)
        self._hold(after, "Resize lesion", gesture, f"{size:.1f} {document.unit}")

    def _turn(self, placement_id: str, degrees: float, gesture: int) -> None:
        before = self._group(placement_id, gesture)
        if not before:
            return
        by = degrees - before[placement_id].rotation_deg
        after = [self._turned(p, by) for p in before.values()]
        angle = next(p.rotation_deg for p in after if p.id == placement_id)
        self._hold(after, "Rotate lesion", gesture, f"{angle:.0f}°")

    def _group(self, placement_id: str, gesture: int) -> dict[str, Placement]:
        """Everything that the hand has taken hold of, as it was when the gesture began.

        Empty where a key has taken some of it away in the meantime, or another image is shown.
        """
        document = self._document
        there = {p.id for p in document.scene.placements} if document.at_base else set()
        if self._began[0] != gesture:
            if placement_id not in there:
                return {}
            several = placement_id in document.selected_ids
            group = document.selected_placements if several else (document.scene.placement(placement_id),)
            self._began = gesture, {p.id: p for p in group}
        return self._began[1] if self._began[1].keys() <= there else {}

    def _hold(self, after: list[Placement], name: str, gesture: int, doing: str) -> None:
        """Takes what the hand does; where that is forbidden, the outlines follow and the lesions stay."""
        document = self._document
        reasons = {p.id: document.change_refused(p) for p in after}
        if LOCKED in reasons.values():
            if self._told != gesture:
                self._told = gesture
                document.change_all(after, name)  # says that it is locked
            return
        self.held = {p.id: Held(p, reasons[p.id]) for p in after}
        self.doing = doing
        if not any(reasons.values()):
            document.change_all(after, name, gesture)
        self.held_changed.emit()

    def _release(self, gesture: int) -> None:
        refused = [held for held in self.held.values() if held.refused]
        several = len(self.held) > 1
        self._let_go()
        if refused:
            stay = "They stay where they were" if several else "It stays where it was"
            which = self._document.name_of(refused[0].placement.id) if several else "it"
            self._document.refused.emit(f"{stay}: {obstacle(refused[0].refused or '', which)}.")

    def _put_back(self, gesture: int) -> None:
        """Takes back what the gesture has done so far."""
        self._let_go()
        stack = self._document.stack
        top = stack.command(stack.index() - 1)
        if isinstance(top, commands.Change) and top.gesture == gesture:
            top.undo()
            top.setObsolete(True)  # which Qt drops without undoing it: what was given up is not to be redone
            stack.undo()

    def _let_go(self) -> None:
        self.held, self.doing = {}, ""
        self.held_changed.emit()

    def _drop(self) -> None:
        """Another image is shown: what the hand was doing to lesions of the one before has ended."""
        if self.held:
            self._canvas.cancel_gesture()
        self._began = 0, {}
        self._let_go()

    def _select(self, placement_id: str) -> None:
        if placement_id in self._canvas.lesions:
            self._document.select(placement_id)

    def _toggle(self, placement_id: str) -> None:
        if placement_id in self._canvas.lesions:
            self._document.toggle(placement_id)

    def _select_in(self, rect: QRectF) -> None:
        inside = [one for one, item in self._canvas.lesions.items() if rect.contains(item.pos())]
        chosen = self._document.selected_ids
        self._document.select_many((*chosen, *(one for one in inside if one not in chosen)))

    # -- by the wheel and by keys ----------------------------------------------------------------------

    def grow(self, steps: int) -> None:
        """Resizes what is selected, or the lesion that the next click places."""
        document, selected = self._document, self._selected()
        ratio = RESIZE_STEP**steps
        if selected:
            after = [self._grown(p, ratio, at_least=0.1) for p in selected]
            document.change_all(after, "Resize lesion", self._run_of("resize"))
        else:
            low, high = document.diameter_limits
            document.set_brush(diameter=round(min(max(document.brush.diameter * ratio, low), high), 1))

    def turn(self, degrees: float) -> None:
        """Rotates what is selected clockwise, or the lesion that the next click places."""
        document, selected = self._document, self._selected()
        if selected:
            after = [self._turned(p, degrees) for p in selected]
            document.change_all(after, "Rotate lesion", self._run_of("rotate"))
        else:
            document.set_brush(rotation_deg=round(document.brush.rotation_deg + degrees) % 360)

    def nudge(self, dx: int, dy: int) -> None:
        """Moves what is selected by pixels."""
        after = [replace(p, x=p.x + dx, y=p.y + dy) for p in self._selected()]
        self._document.change_all(after, "Move lesion", self._run_of("move"))

    def cycle(self, forward: bool) -> bool:
        """Selects the next lesion on the canvas, or the one before; False after the last one."""
        ids = [one for one, item in self._canvas.lesions.items() if item.isVisible()]
        current = self._document.selection
        if current in ids:
            number = ids.index(current) + (1 if forward else -1)
        else:
            number = 0 if forward else len(ids) - 1
        if not 0 <= number < len(ids):
            return False
        self._document.select(ids[number])
        return True

    def _selected(self) -> tuple[Placement, ...]:
        return self._document.selected_placements if self._document.at_base else ()

    def _run_of(self, what: str) -> int:
        """The number of the gesture that a key press or a turn of the wheel belongs to."""
        number, key, last = self._run
        now, stack = time.monotonic(), self._document.stack
        top = stack.command(stack.index() - 1)
        goes_on = isinstance(top, commands.Change) and top.gesture == number and now - last < self.RUN_S
        wanted = (what, *self._document.selected_ids)
        if key != wanted or not goes_on:
            number = next_gesture()
        self._run = number, wanted, now
        return number

    # -- what becomes of a placement -------------------------------------------------------------------

    def _grown(self, placement: Placement, ratio: float, at_least: float = 0.0) -> Placement:
        low, high = self._document.diameter_limits
        before = placement.diameter_mm
        diameter = round(before * ratio, 1)
        if abs(diameter - before) < at_least:
            diameter = round(before + (at_least if ratio > 1 else -at_least), 1)
        limits = min(low, before), max(high, before)  # a scene may hold what is not on offer
        return replace(placement, diameter_mm=min(max(diameter, limits[0]), limits[1]))

    @staticmethod
    def _turned(placement: Placement, degrees: float) -> Placement:
        return replace(placement, rotation_deg=float(round(placement.rotation_deg + degrees) % 360))
