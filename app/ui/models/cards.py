"""The card of a model, made readable: parts with titles, lines and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.tasks import Task
from app.ui.models.background_card import of_task

MEANINGS = {
    "dice": "Dice says how far what the network marks and what is there overlap: 1 is all of it, 0 nothing.",
    "lowest": "The lowest is that of the worst image.",
    "interval": "In brackets: where 95 of 100 such measurements would lie.",
    "psnr": "PSNR and SSIM say how near rebuilt images are to the real ones: more is better. From about 34 "
    "dB and 0.93 the eye needs a second look.",
    "auc": "The area under the curve says how often a real place is ranked above a random one: 1 is always, "
    "0.5 is by chance.",
    "told": "The area under the curve says how well a classifier tells drawn images from real ones: 0.5 is "
    "by chance, and best; 1 is always.",
}
_HEADINGS = {
    "what": "What it does",
    "draws": "What it does",
    "intended_use": "What it does",
    "gives_away": "What gives its images away",
    "memorisation": "Whether it has learnt images by heart",
    "data": "Learnt from",
    "notes": "Learnt from",
    "samples": "Learnt from",
    "split": "Held out",
    "size": "How it was trained",
    "training": "How it was trained",
    "scores": "How good it is",
    "also_measured": "How good it is",
    "familiarity": "How it knows that an image is foreign",
    "failure_cases": "Where it is wrong",
    "limits": "Where it is wrong",
    "licences": "Licences",
    "licence": "Licences",
    "licenses": "Licences",
}
_SILENT = {
    "name", "version", "format", "sha256", "spec", "title", "kind", "tasks", "date", "trained", "network",
    "poses", "neighbours", "prior_spec",
}  # fmt: skip
_ORDER = (
    "What it does",
    "How good it is",
    "Where it is wrong",
    "What gives its images away",
    "Whether it has learnt images by heart",
    "How it knows that an image is foreign",
    "Learnt from",
    "Held out",
    "How it was trained",
    "Licences",
    "More",
)


@dataclass(frozen=True)
class Table:
    """Figures: headings, rows of the same length, and what the figures mean."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    meaning: str = ""


@dataclass(frozen=True)
class Part:
    """One part of a card."""

    title: str
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


def parts_of(card: Mapping[str, Any], task: Task | None = None) -> tuple[Part, ...]:
    """The parts of a card, the most telling first; whatever it holds is shown, in words where they are known.

    Args:
        task: names the structures; of a model of several tasks, what is said of this one is shown.
    """
    lines: dict[str, list[str]] = {}
    tables: dict[str, list[Table]] = {}
    for key, value in of_task(card, task).items():
        if key in _SILENT or value in (None, "", [], {}):
            continue
        heading = _HEADINGS.get(key, "More")
        if key == "scores":
            table, words = _scores(value, task)
            if table is not None:
                tables.setdefault(heading, []).append(table)
            lines.setdefault(heading, []).extend(words)
        elif key == "samples" and isinstance(value, Mapping):
            told = ", ".join(f"{count:,} {_word(part)}" for part, count in value.items() if _number(count))
            lines.setdefault(heading, []).append(f"Images: {told}")
        elif heading == "More":
            lines.setdefault(heading, []).extend(f"{_word(key).capitalize()}: {one}" for one in _told(value))
        else:
            lines.setdefault(heading, []).extend(_told(value))
    return _in_order(lines, tables)


def lesion_parts(card: Mapping[str, Any]) -> tuple[Part, ...]:
    """What a reader wants to know of a lesion model: its quality, its limits, and what it has learnt from."""
    lines: dict[str, list[str]] = {}
    quality, nearest = card.get("quality"), _path(card, "memorisation", "nearest_exemplar", "min")
    if isinstance(quality, Mapping) and {"lesion_present", "samples"} <= quality.keys():
        lines["How good it is"] = [
            f"{quality['lesion_present']} of {quality['samples']} drawings hold the lesion"
        ]
        if _number(nearest):
            apart = f"differs from the exemplar by {100 * nearest:.0f} %"
            lines["How good it is"].append(f"The one that is nearest to a copy {apart}")
    exemplar = card.get("exemplar")
    if isinstance(exemplar, Mapping):
        told = [_short(exemplar["source"])] if exemplar.get("source") else []
        if _number(exemplar.get("diameter_mm")):
            across = exemplar.get("perpendicular_mm")
            size = f"{exemplar['diameter_mm']:.1f}" + (f" × {across:.1f}" if _number(across) else "")
            told.append(f"The exemplar measures {size} mm")
        lines["Learnt from"] = told
    for key in ("limits", "licence"):
        if card.get(key):
            lines[_HEADINGS[key]] = _told(card[key])
    training = card.get("training")
    if isinstance(training, Mapping) and _number(training.get("seconds")):
        lines["How it was trained"] = [f"For {training['seconds'] / 60:.0f} min"]
    return _in_order(lines, {})


def _in_order(lines: Mapping[str, list[str]], tables: Mapping[str, list[Table]]) -> tuple[Part, ...]:
    titles = [title for title in _ORDER if lines.get(title) or tables.get(title)]
    return tuple(Part(t, tuple(lines.get(t, ())), tuple(tables.get(t, ()))) for t in titles)


def figure(value: float) -> str:
    """A figure as it is shown: `0.912`, `37`, `1,204`."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) > 1):
        return f"{int(value):,}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


def date_of(card: Mapping[str, Any]) -> str:
    """When the model was trained, as far as its card says."""
    value = card.get("date") or card.get("trained")
    return str(value)[:10] if isinstance(value, str) else ""


def _scores(value: Any, task: Task | None) -> tuple[Table | None, list[str]]:
    """Scores stand in cards as rows, as figures by structure, or as single figures."""
    if isinstance(value, Mapping) and isinstance(value.get("rows"), Sequence):
        words = [f"Measured on {value['data']}."] if value.get("data") else []
        return _rows(value["rows"]), [line.replace("..", ".") for line in words]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _rows(value), []
    if not isinstance(value, Mapping):
        return None, _told(value)
    if value and all(isinstance(row, Mapping) for row in value.values()):
        columns = list(dict.fromkeys(key for row in value.values() for key in row))
        rows = tuple(
            (_structure(name, task), *(figure(row[c]) if _number(row.get(c)) else "" for c in columns))
            for name, row in value.items()
        )
        meaning = " ".join(MEANINGS[c] for c in columns if c in MEANINGS)
        return Table(("", *(_word(c).capitalize() for c in columns)), rows, meaning), []
    pairs = tuple((_word(key).capitalize(), _short(one)) for key, one in value.items())
    return Table(("", "Value"), pairs, _meaning(" ".join(map(str, value)))), []


def _rows(value: Sequence[Any]) -> Table | None:
    rows = [row for row in value if isinstance(row, Mapping) and "what" in row and _number(row.get("value"))]
    if not rows:
        return None
    cells = []
    for row in rows:
        shown, interval = figure(row["value"]), row.get("interval")
        if interval:
            shown += f"  ({figure(interval[0])} to {figure(interval[1])})"
        cells.append((_short(row["what"]), shown, figure(row["n"]) if _number(row.get("n")) else ""))
    said = " ".join(str(row["what"]) for row in rows)
    meaning = _meaning(said) + (f" {MEANINGS['interval']}" if any(r.get("interval") for r in rows) else "")
    return Table(("", "Value", "Measured on"), tuple(cells), meaning.strip())


def _path(value: Any, *keys: str) -> Any:
    """What stands so deep in a card; None where it does not."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _meaning(said: str) -> str:
    said = said.lower()
    area = "told" if "drawn against real" in said else "auc"
    known = [("psnr", "psnr"), ("dice", "dice"), ("lowest", "lowest"), ("area under", area), ("auc", "auc")]
    return " ".join(dict.fromkeys(MEANINGS[key] for word, key in known if word in said))


def _told(value: Any) -> list[str]:
    """Lines for whatever stands in a card."""
    if isinstance(value, Mapping):
        return [f"{_word(key).capitalize()}: {_short(one)}" for key, one in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_short(one) for one in value]
    return [_short(value)]


def _short(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "unknown"}[value]
    if isinstance(value, (int, float)):
        return figure(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{_word(key)} {_short(one)}" for key, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_short(one) for one in value)
    text = str(value).strip()
    return text[:1].upper() + text[1:]


def _word(key: str) -> str:
    return {"dice": "Dice, mean", "learn": "to learn from", "held-out": "held out"}.get(
        key, str(key).replace("_", " ")
    )


def _structure(name: str, task: Task | None) -> str:
    try:
        return task.structure(name).title if task is not None else name
    except KeyError:
        return _word(name)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
