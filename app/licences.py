"""What the program is made of, and under which licences: its libraries, and the models that it ships with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from app.paths import MODELS, user_data

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FILE = re.compile(r"(?i)^(licen[cs]e|copying|notice)")
OURS = "Apache-2.0, as the program"
_OSI = "License :: OSI Approved :: "


@dataclass(frozen=True)
class Library:
    """A library that the program stands on."""

    name: str
    version: str
    licence: str


@dataclass(frozen=True)
class ModelCard:
    """A network with its weights: what it learnt from, and what holds for it."""

    name: str
    title: str
    licence: str
    notes: str


def libraries() -> list[Library]:
    """The libraries that the program needs, and those that they need, by name."""
    found = {dist.name.casefold(): dist for dist in _needed()}
    return [Library(d.name, d.version, _licence(d)) for _, d in sorted(found.items())]


def licence_text(name: str) -> str:
    """The licence of a library in full, as it came with it; a sentence where it brought none."""
    texts = []
    for file in distribution(name).files or ():
        if _FILE.match(file.name):
            try:
                texts.append(Path(str(file.locate())).read_text(encoding="utf-8", errors="replace").strip())
            except OSError:
                continue
    return "\n\n".join(dict.fromkeys(texts)) or f"{name} brought no licence file; its pages name the licence."


def model_cards() -> list[ModelCard]:
    """The cards of the networks that ship with the program, and of the user's own."""
    cards = []
    for folder in (MODELS, user_data() / "lesions", user_data() / "models"):
        for path in sorted(folder.glob("**/card.json")):
            try:
                card = json.loads(path.read_text(encoding="utf-8"))
                cards.append(_model_card(path, card))
            except (OSError, ValueError, AttributeError):
                continue
    return cards


def _model_card(path: Path, card: dict[str, object]) -> ModelCard:
    name = str(card.get("name") or path.parent.name)
    notes = [note for key in ("data", "limits", "failure_cases") for note in _sentences(card.get(key))]
    licence = " ".join(_sentences(card.get("licence") or card.get("licences")))
    title = str(card.get("title") or name.replace("danger-zone/", "Danger zone: "))
    return ModelCard(name, title, licence or OURS, "\n\n".join(notes))


def _sentences(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []


def _needed() -> Iterator[Distribution]:
    """The program's requirements and theirs; everything that is there, where the program is not installed."""
    try:
        waiting = [distribution("lithograph")]
    except PackageNotFoundError:
        yield from distributions()
        return
    seen = {"lithograph"}
    while waiting:
        for requirement in waiting.pop().requires or ():
            name = _NAME.match(requirement)
            if name is None or "extra ==" in requirement or name[0].casefold() in seen:
                continue
            seen.add(name[0].casefold())
            try:
                found = distribution(name[0])
            except PackageNotFoundError:
                continue  # needed on another system only
            waiting.append(found)
            yield found


def _licence(dist: Distribution) -> str:
    meta = dist.metadata
    if "License-Expression" in meta:
        return meta["License-Expression"]
    classified = [c.removeprefix(_OSI) for c in meta.get_all("Classifier") or () if c.startswith(_OSI)]
    if classified:
        return ", ".join(classified)
    named = next(iter(meta.get_all("License") or ("",)))
    return named.strip().split("\n")[0][:80] or "see its pages"
