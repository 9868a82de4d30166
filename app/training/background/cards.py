"""The card of a model of backgrounds: what it is, what it learnt from, how well it does, what it is not for.

`card.json` is for programs, `CARD.md` for people; the second follows from the first.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.files import write_bytes
from app.tasks import Task
from app.training.background.index import Entry
from app.training.background.measuring import Measured
from app.training.background.plans import STAGES, Plan
from app.training.background.pool import Pool
from app.training.scores import Score, Scores

if TYPE_CHECKING:
    from torch import nn

    from models.hiresmed_vqgan.model import BackgroundModel

READABLE = "CARD.md"
INTENDED = (
    "Backgrounds for synthetic lesions, in research and teaching. Not for diagnosis, and not a source of "
    "anatomical or epidemiological facts."
)
LIMITS = (
    "What it draws looks like what it learnt from and like nothing else: other devices, ages, diseases and "
    "projections are not in it.",
    "Drawn anatomy is plausible at a glance, not correct: vertebrae may be miscounted and vessels may end.",
    "A reconstruction alters fine detail; do not measure or diagnose on it.",
    "Structures of drawn images are found by the danger-zone network, which errs.",
)
GIVES_AWAY = "Not looked into yet: look at samples, and write here what tells them from real images."


@dataclass(frozen=True)
class Learnt:
    """What a training consisted of, for its card.

    Attributes:
        begun_from: in words.
        perceptual: the name of the features that L_p used.
        processes: how many learnt together.
        seconds: that the last run took.
    """

    task: Task
    plan: Plan
    pool: Pool
    begun_from: str
    perceptual: str
    device: str
    processes: int
    seconds: int


def card_of(
    model: BackgroundModel, learnt: Learnt, measured: Measured, entries: Sequence[Entry]
) -> dict[str, Any]:
    """The card of a model of one task, but for what `models.hiresmed_vqgan.model.save` adds."""
    task, plan, pool = learnt.task, learnt.plan, learnt.pool
    return {
        "name": f"background/{task.name}",
        "version": 1,
        "network": "HiResMed-VQGAN" if plan.block == "hdfb" else "VQGAN (residual blocks)",
        "preset": plan.preset,
        "parameters": parameters(model),
        "intended_use": INTENDED,
        "data": list(pool.lines),
        "licences": _licences(pool),
        "notes": list(pool.notes),
        "samples": {
            "learn": len(pool.learnt(plan.patches)),
            "held-out": len(pool.held_out),
        },
        "training": {
            "steps": plan.total,
            "steps_by_stage": dict(zip(STAGES, plan.steps, strict=True)),
            "batch": plan.batch,
            "view": plan.view,
            "rate": plan.rate,
            "begun_from": learnt.begun_from,
            "perceptual_loss": learnt.perceptual,
            "device": learnt.device,
            "processes": learnt.processes,
            "machine": machine(learnt.device),
            "seconds_of_last_run": learnt.seconds,
        },
        "scores": measured.scores.as_json(),
        "limits": list(LIMITS),
        "tasks": {task.name: {**measured.as_card(), "gives_away": GIVES_AWAY}},
        "neighbours": {task.name: [as_neighbour(entry) for entry in entries]},
    }


def parameters(model: BackgroundModel) -> dict[str, int]:
    """How many there are, by network."""
    networks: dict[str, nn.Module | None] = {
        "encoder": model.vqgan.encoder,
        "codebooks": model.vqgan.quantiser,
        "decoder": model.vqgan.decoder,
        "prior": model.prior,
    }
    return {
        name: sum(parameter.numel() for parameter in network.parameters())
        for name, network in networks.items()
        if network is not None
    }


def machine(device: str) -> str:
    """The processor that learnt, in words."""
    import torch

    if device == "cuda" and torch.cuda.is_available():
        return str(torch.cuda.get_device_name())
    kind = platform.processor() or platform.machine()
    return f"{kind}, {torch.get_num_threads()} threads"


def as_neighbour(entry: Entry, root: Path | None = None) -> dict[str, Any]:
    """Where a training image can be found again; its path from `root` on, where a model is passed on."""
    found: dict[str, Any] = {"name": entry.name, "number": entry.number}
    if entry.source:
        return found | {"source": entry.source}
    return found | {"path": entry.path if root is None else Path(entry.path).relative_to(root).as_posix()}


def write_readable(folder: Path, card: Mapping[str, Any]) -> None:
    """Writes `CARD.md`.

    Raises:
        LithographError: it cannot be written.
    """
    write_bytes(folder / READABLE, readable(card).encode())


def readable(card: Mapping[str, Any]) -> str:
    """A card of one task or of several as Markdown."""
    training = card.get("training", {})
    lines = [f"# {card['name']}", "", str(card.get("intended_use", "")), "", "## Network", ""]
    lines += [f"- {card.get('network', 'HiResMed-VQGAN')}, preset `{card.get('preset', '')}`"]
    lines += [f"- {name}: {count:,} parameters" for name, count in card.get("parameters", {}).items()]
    lines += ["", "## Learnt from", ""]
    lines += [f"- {line}" for line in (*card.get("data", ()), *card.get("licences", ()))]
    lines += [f"- {name}: {n} images" for name, n in card.get("samples", {}).items()]
    lines += [f"- Note: {note}" for note in card.get("notes", ())]
    lines += ["", "## Training", ""]
    lines += [f"- {name.replace('_', ' ')}: {_in_words(value)}" for name, value in training.items()]
    for name, task in card.get("tasks", {}).items():
        lines += ["", f"## Figures, {name}", ""]
        if "figures" in task:
            lines += _figures(Scores.from_json(task["figures"]))
        if task.get("memorisation"):
            lines += ["", f"Memorisation, {name}: {_memorisation(task['memorisation'])}"]
        lines += ["", f"What gives drawn images away, {name}: {task.get('gives_away', GIVES_AWAY)}"]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in card.get("limits", ()))]
    return "\n".join(lines) + "\n"


def _figures(scores: Scores) -> list[str]:
    rows = [f"Measured on {scores.data}.", "", "| what | value | 95 % interval | n |", "|---|---|---|---|"]
    return rows + [f"| {row.what} | {row.value:.4g} | {_interval(row)} | {row.n} |" for row in scores.rows]


def _interval(row: Score) -> str:
    return "" if row.interval is None else f"{row.interval[0]:.4g} to {row.interval[1]:.4g}"


def _memorisation(found: Mapping[str, Any]) -> str:
    quartiles = found["quartiles"]
    words = "; ".join(
        f"{name} images {', '.join(f'{value:.4f}' for value in values)}" for name, values in quartiles.items()
    )
    return (
        f"{found['distance']}, least, quartiles and most: {words} "
        f"(n = {found['drawn_images']} drawn, {found['real_images']} real)."
    )


def _in_words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return str(value)


def _licences(pool: Pool) -> list[str]:
    """What may be said of the rights in the data: simulated images are the program's, others the user's."""
    own = any(not entry.source for entry in pool.index.entries.values())
    found = []
    if any(stream.source == "phantom" for stream in pool.index.streams):
        found.append("phantoms: simulated by this program, free of rights of others")
    if own or any(stream.source.startswith("ct:") for stream in pool.index.streams):
        found.append("images that were brought: as their owner has it; ask before you pass this model on")
    return found
