"""The card of a model of backgrounds, which may know several tasks, as that of one task."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.tasks import Task
from app.ui.models.kinds import about

_LEVEL = re.compile(r", level \d+$")


def of_task(card: Mapping[str, Any], task: Task | None) -> Mapping[str, Any]:
    """What a card says of one task, in front of what it says of all; other cards as they are."""
    tasks = card.get("tasks")
    part = tasks.get(task.name) if isinstance(tasks, Mapping) and task is not None else None
    if not isinstance(part, Mapping):
        return card
    flat = {key: value for key, value in card.items() if key not in ("scores", "parameters", "preset")}
    flat["draws"] = _drawn(part)
    flat["scores"] = _of_all_levels(part.get("figures") or card.get("scores"))
    flat["training"] = _trained(card.get("training"))
    flat["gives_away"] = part.get("gives_away")
    flat["memorisation"] = _by_heart(part.get("memorisation"))
    flat["size"] = _size(card)
    return flat


def of_level(what: object) -> bool:
    """Whether a figure is of one codebook of several."""
    return _LEVEL.search(str(what)) is not None


def _drawn(part: Mapping[str, Any]) -> str:
    """`Draws images of 1024 × 1024 pixels of 0.34 mm`."""
    shape, mm = part.get("shape"), part.get("pixel_mm")
    if not isinstance(shape, Sequence) or len(shape) != 2:
        return ""
    of = f" of {mm:.2g} mm" if isinstance(mm, (int, float)) else ""
    return f"Draws images of {shape[1]} × {shape[0]} pixels{of}"


def _of_all_levels(scores: Any) -> Any:
    """The figures without those of single codebooks, which only few can judge."""
    if not isinstance(scores, Mapping) or not isinstance(scores.get("rows"), Sequence):
        return scores
    rows = [row for row in scores["rows"] if not isinstance(row, Mapping) or not of_level(row.get("what"))]
    return {**scores, "rows": rows}


def _trained(training: Any) -> Any:
    """How it was trained, in lines; what is no mapping, as it is."""
    if not isinstance(training, Mapping):
        return training
    known = dict(training)
    stages, lines = known.pop("steps_by_stage", None), []
    if isinstance(known.get("steps"), int):
        by = ", ".join(f"{name} {count:,}" for name, count in stages.items()) if stages else ""
        lines.append(f"{known.pop('steps'):,} steps" + (f": {by}" if by else ""))
    if isinstance(known.get("batch"), int) and isinstance(known.get("view"), int):
        lines.append(f"{known.pop('batch')} pieces of {known.pop('view')} pixels a side in a step")
    if known.get("begun_from"):
        lines.append(f"Begun from {known.pop('begun_from')}")
    seconds = known.pop("seconds_of_last_run", None)
    if isinstance(seconds, (int, float)):
        lines.append(f"The last run took {about(seconds)}")
    return [*lines, *(f"{key.replace('_', ' ').capitalize()}: {value}" for key, value in known.items())]


def _size(card: Mapping[str, Any]) -> str:
    """`Preset fidelity, 6.1 million parameters`."""
    parts = [f"Preset {card['preset']}"] if card.get("preset") else []
    counts = card.get("parameters")
    if isinstance(counts, Mapping):
        total = sum(count for count in counts.values() if isinstance(count, (int, float)))
        parts.append(f"{total / 1e6:.1f} million parameters")
    return ", ".join(parts)


def _by_heart(found: Any) -> list[str]:
    """How near drawn images are to what was learnt from, beside how near real ones are that were not."""
    try:
        real, drawn = (list(map(float, found["quartiles"][name])) for name in ("real", "drawn"))
        (_, low, usual, _, _), (least, _, middle, _, _) = real, drawn
    except (KeyError, TypeError, ValueError):
        return []
    verdict = (
        "Drawn images are nearer to training images than most real ones are: it has learnt some by heart. "
        "Share it only as you would share those images"
        if middle < low
        else "Drawn images are no nearer to training images than real ones are: no sign of learning by heart"
    )
    return [
        verdict,
        f"Half of the drawn ones differ from the nearest training image by more than {middle:.3f}, the "
        f"nearest one by {least:.3f}; half of the real ones that it has not seen, by more than {usual:.3f}",
    ]
