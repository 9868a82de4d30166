"""Weights on disk: a folder with `weights.safetensors` and `card.json`, bound together by a checksum.

The card says what the network is, what it learnt from and how well it does; `sha256` in it is that of the
weights file, so that a damaged download, a half-copied folder or a mixed-up pair is noticed before use.
Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

WEIGHTS = "weights.safetensors"
CARD = "card.json"
_NEXT_WEIGHTS = ".weights.next"
_NEXT_CARD = ".card.next"
VERSION = 1
"""The version of this layout, `format` in the card."""


REMEDY = "restore the folder from the installation or a backup, or train the model again"
"""What a message about damaged weights asks the user to do."""


class DamagedWeights(Exception):
    """Weights that cannot be used; the message is one sentence naming the file and the remedy."""


def save(tensors: dict[str, Tensor], folder: Path | str, card: dict[str, Any]) -> None:
    """Writes `tensors` and `card` (with `sha256` and `format` added) into `folder`, replacing older ones.

    Both files are first written and flushed beside the old ones. Interrupted at any moment, the folder
    holds the old pair or the new pair: `load` knows the state between the two renames.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    data = safetensors.torch.save(
        {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    )
    complete = {**card, "format": VERSION, "sha256": hashlib.sha256(data).hexdigest()}
    text = json.dumps(complete, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    try:
        _settle(folder)
        _write_flushed(folder / _NEXT_WEIGHTS, data)
        _write_flushed(folder / _NEXT_CARD, text.encode())
        (folder / _NEXT_WEIGHTS).replace(folder / WEIGHTS)
        (folder / _NEXT_CARD).replace(folder / CARD)
    except OSError:
        (folder / _NEXT_WEIGHTS).unlink(missing_ok=True)
        raise


def _settle(folder: Path) -> None:
    """Ends a `save` that was cut off between its two renames, before the next one takes its card's place."""
    if not (folder / _NEXT_CARD).is_file():
        return
    with suppress(DamagedWeights):
        checksum = hashlib.sha256(_read(folder / WEIGHTS)).hexdigest()
        if _parse_card(folder / _NEXT_CARD).get("sha256") == checksum:
            (folder / _NEXT_CARD).replace(folder / CARD)


def load(folder: Path | str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the card of `folder`, after the checksum has been verified.

    Raises:
        DamagedWeights: a file is missing, unreadable or not what the card says.
    """
    folder = Path(folder)
    file = folder / WEIGHTS
    data = _read(file)
    card = _matching_card(folder, hashlib.sha256(data).hexdigest())
    if card.get("format") != VERSION:
        raise DamagedWeights(
            f"The weights {file} are of format {card.get('format')}, and this program reads format "
            f"{VERSION}; update the program or train the model again."
        )
    try:
        return safetensors.torch.load(data), card
    except (safetensors.SafetensorError, ValueError, KeyError) as error:
        raise DamagedWeights(f"The weights {file} are damaged ({error}); {REMEDY}.") from error


def read_card(folder: Path | str) -> dict[str, Any]:
    """The card alone, without reading the weights.

    Raises:
        DamagedWeights: the card is missing or malformed.
    """
    return _parse_card(Path(folder) / CARD)


def _matching_card(folder: Path, checksum: str) -> dict[str, Any]:
    """The card with that checksum: `card.json`, or the next one if `save` was cut off between renames."""
    try:
        card = _parse_card(folder / CARD)
        if card.get("sha256") == checksum:
            return card
        damage = DamagedWeights(
            f"The weights {folder / WEIGHTS} are damaged: their checksum is not the one in {CARD}; {REMEDY}."
        )
    except DamagedWeights as error:
        damage = error
    if (folder / _NEXT_CARD).is_file():
        card = _parse_card(folder / _NEXT_CARD)
        if card.get("sha256") == checksum:
            return card
    raise damage


def _parse_card(file: Path) -> dict[str, Any]:
    try:
        card = json.loads(_read(file))
    except ValueError as error:  # malformed JSON, or bytes that are not UTF-8
        raise DamagedWeights(f"The card {file} is damaged ({error}); {REMEDY}.") from error
    if not isinstance(card, dict):
        raise DamagedWeights(f"The card {file} is damaged (not a JSON object); {REMEDY}.")
    return card


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise DamagedWeights(f"The file {file} is missing; {REMEDY}.") from error
    except OSError as error:
        raise DamagedWeights(f"Cannot read {file} ({error.strerror or error}); {REMEDY}.") from error


def _write_flushed(file: Path, data: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
