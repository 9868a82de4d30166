"""Which sources a bundle was made of, so that an older one is not taken for the present program."""

from __future__ import annotations

import hashlib
from pathlib import Path

_SOURCES = ("main.py", "pyproject.toml", "app", "models", "resources", "packaging")
_NAME = Path("_internal") / "sources.sha256"


def digest(program: Path) -> str:
    """SHA-256, hex, of the names and contents of all files that a bundle is made of."""
    total = hashlib.sha256()
    for file in sorted(_files(program)):
        total.update(f"{file.relative_to(program).as_posix()}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def write(bundle: Path, made_of: str) -> None:
    """Notes in the bundle the digest of what it was made of."""
    (bundle / _NAME).write_text(made_of, encoding="ascii")


def is_current(bundle: Path, program: Path) -> bool:
    """Whether the bundle was made of the sources as they are now."""
    noted = bundle / _NAME
    return noted.is_file() and noted.read_text(encoding="ascii") == digest(program)


def _files(program: Path) -> list[Path]:
    found = []
    for name in _SOURCES:
        top = program / name
        files = [top] if top.is_file() else top.rglob("*")
        found += [file for file in files if file.is_file() and "__pycache__" not in file.parts]
    return found
