"""What makes the bundle smaller than the libraries it is made of."""

from __future__ import annotations

import lzma
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

Entry = tuple[str, str, str]
"""PyInstaller's: where a file goes, where it comes from, and its kind."""

_WITH_SYMBOLS = (
    *("torch/lib/libtorch_cpu.so", "torch/lib/libtorch_python.so"),
    *("libpython3*.so*", "python3*/lib-dynload/*.so"),
    *("_CharLS.*.so", "_openjpeg.*.so", "xxhash/*.so"),
)
"""Libraries with a large symbol table, of use to a debugger only. Stripping all might damage those whose
layout the build of a wheel has edited (numpy's and scipy's OpenBLAS)."""

_LINKED_ONLY = re.compile(r"(?:|.*\.libs/|PySide6/Qt/lib/)lib(?!python)[^/]+\.so[^/]*")
"""Places of libraries that are there because another one links to them."""

PARTS = 8
"""Into how many pieces a compressed library is divided, which are unpacked side by side."""


def refuse_gpu_build() -> None:
    """Ends the build with a reason where torch's build for a GPU is installed: it is some 3 GB larger."""
    import torch

    if torch.version.cuda or torch.version.hip:
        sys.exit(
            f"The bundle takes torch's CPU build, and {torch.__version__} is installed. Install it with: "
            f"{sys.executable} -m pip install torch --index-url https://download.pytorch.org/whl/cpu"
        )


def without(entries: Iterable[Entry], patterns: Iterable[str]) -> list[Entry]:
    """The files whose place in the bundle matches none of the patterns."""
    left_out = tuple(patterns)
    return [entry for entry in entries if not any(fnmatch(_place(entry), pattern) for pattern in left_out)]


def linked(entries: Iterable[Entry]) -> list[Entry]:
    """Without the libraries that nothing links to any longer, once `without` has taken what did. Linux."""
    kept = list(entries)
    needs = _needs({source for _, source, kind in kept if kind != "SYMLINK"})
    while True:
        wanted = {name for _, source, _ in kept for name in needs.get(source, ())}
        left = [e for e in kept if not _LINKED_ONLY.fullmatch(_place(e)) or Path(e[0]).name in wanted]
        if len(left) == len(kept):
            return kept
        kept = left


def unbroken(links: Iterable[Entry], files: Iterable[Entry]) -> list[Entry]:
    """Without the symbolic links among `links` that point to what is in neither of the two."""
    kept = list(links)
    there = {_place(entry) for entry in (*kept, *files)}
    return [
        entry
        for entry in kept
        if entry[2] != "SYMLINK" or os.path.normpath(Path(entry[0]).parent / entry[1]) in there
    ]


def _needs(files: set[str]) -> dict[str, list[str]]:
    """By file, the names of the libraries that it links to."""
    command = ["readelf", "-d", *sorted(files)]  # ends with 1 where one is no ELF file
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, list[str]] = {}
    for part in told.stdout.split("\nFile: ")[1:]:
        file, _, section = part.partition("\n")
        found[file] = re.findall(r"\(NEEDED\).*\[(.+)\]", section)
    return found


def stripped(entries: Iterable[Entry], work: Path) -> list[Entry]:
    """The same libraries, those with large symbol tables without them. Linux, with binutils."""
    return [_strip(entry, work / "stripped") for entry in entries]


def _strip(entry: Entry, folder: Path) -> Entry:
    place, source, kind = entry
    if kind == "SYMLINK" or not any(fnmatch(_place(entry), pattern) for pattern in _WITH_SYMBOLS):
        return entry
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["strip", "--strip-unneeded", "-o", target, source], check=True)
    return place, str(target), kind


def packed(
    binaries: Iterable[Entry], datas: Iterable[Entry], place: str, work: Path
) -> tuple[list[Entry], list[Entry]]:
    """The library at `place` (a pattern) compressed among the data, where hooks/runtime_packed.py looks."""
    kept = list(binaries)
    [entry] = [entry for entry in kept if fnmatch(_place(entry), place)]
    kept.remove(entry)
    place = _place(entry)
    library = Path(entry[1]).read_bytes()
    length = -(-len(library) // PARTS)
    targets = [work / f"{Path(place).name}.{number}.xz" for number in range(PARTS)]

    def pack(number: int) -> None:
        part = targets[number].with_suffix(".part")
        part.write_bytes(lzma.compress(library[number * length : (number + 1) * length]))
        part.replace(targets[number])

    # Most of a minute's work, and the library seldom changes.
    if not all(t.is_file() and t.stat().st_mtime > Path(entry[1]).stat().st_mtime for t in targets):
        with ThreadPoolExecutor() as threads:
            list(threads.map(pack, range(PARTS)))
    folder = Path(place).parent.as_posix()
    return kept, [*datas, *((f"{folder}/{target.name}", str(target), "DATA") for target in targets)]


def _place(entry: Entry) -> str:
    return Path(entry[0]).as_posix()
