"""THIRD-PARTY-LICENCES.txt: what the bundle holds of others, and under which licence."""

from __future__ import annotations

import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

_FILES = re.compile(r"(^|/)(licen[cs]e|copying|notice)[^/]*$", re.IGNORECASE)
_TEXTS = Path(__file__).parent / "licences"

_LGPL = (
    "Used under the GNU Lesser General Public License, version 3, as separate shared libraries in "
    "_internal/, which may be exchanged for others of the same interface. Source code: https://code.qt.io."
)
_WITHOUT_FILE = {
    "PySide6_Essentials": (_LGPL, ("LGPL-3.0.txt", "GPL-3.0.txt")),
    "shiboken6": ("As PySide6_Essentials, above.", ()),
    "pyjpegls": ("MIT; CharLS, which it holds, under BSD-3-Clause.", ("pyjpegls.txt",)),
}
"""Libraries whose wheels bring no text of their licence: what there is to say, and texts in licences/."""


def name_of(requirement: str) -> str:
    """`torch` of `torch>=2.6,<=2.13.0`."""
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def write(bundle: Path, program: Path, contents: Iterable[str]) -> None:
    """Writes the licences of everything in `contents`, places of files and modules, and Lithograph's own.

    Raises:
        SystemExit: a library neither brings its licence along nor is it known here.
    """
    shutil.copy(program / "LICENSE", bundle / "LICENSE")
    places = list(contents)
    parts = [_HEADER.format(system="\n".join(_system_libraries(places)) or "none"), _python()]
    for found in _distributions(places):
        parts.append(_entry(found))
    (bundle / "THIRD-PARTY-LICENCES.txt").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _distributions(places: Iterable[str]) -> Iterator[Distribution]:
    """The libraries, by name, that something of is in the bundle."""
    owners = packages_distributions()
    tops = {re.split(r"[./\\]", place, maxsplit=1)[0] for place in places}
    names = {owner for top in tops for owner in owners.get(top, ())} - {"lithograph"}
    for name in sorted(names, key=str.casefold):
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue


def _entry(found: Distribution) -> str:
    name, about = found.metadata["Name"], found.metadata
    classified = [name for name in about.get_all("Classifier") or () if name.startswith("License ::")]
    named = [about.get("License-Expression"), *(name.split(" :: ")[-1] for name in classified)]
    short = next((name for name in named if name), "see below")
    homepage = about.get("Home-page") or next(iter(about.get_all("Project-URL") or []), "")
    texts = list(_texts(found))
    if not texts:
        known = _WITHOUT_FILE.get(name) or _WITHOUT_FILE.get(name.replace("-", "_"))
        if known is None:
            sys.exit(f"{name} brings no text of its licence; add one to packaging/licences.py.")
        words, files = known
        texts = [words, *((_TEXTS / file).read_text(encoding="utf-8") for file in files)]
    title = f"{name} {found.version} — {short}"
    return "\n".join([_RULE, title, homepage, _RULE, "", "\n\n".join(text.strip() for text in texts)])


def _texts(found: Distribution) -> Iterator[str]:
    for file in found.files or ():
        path = Path(str(found.locate_file(file)))
        if ".dist-info" in str(file) and _FILES.search(file.as_posix()) and path.is_file():
            yield path.read_text(encoding="utf-8", errors="replace")


def _python() -> str:
    text = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    if not text.is_file():  # Debian keeps it elsewhere
        text = Path(f"/usr/share/doc/python{sys.version_info[0]}.{sys.version_info[1]}/copyright")
    words = text.read_text(encoding="utf-8") if text.is_file() else "https://docs.python.org/3/license.html"
    return "\n".join([_RULE, f"Python {sys.version.split()[0]} — PSF-2.0", _RULE, "", words.strip()])


def _system_libraries(places: Iterable[str]) -> list[str]:
    """Shared libraries of the system that the bundle was built on: those at the top of _internal/."""
    return sorted({place for place in places if re.fullmatch(r"lib(?!python)[^/\\]+\.so[.\d]*", place)})


_RULE = "=" * 100
_HEADER = """Lithograph is under the Apache License 2.0 (LICENSE). It contains the following, under
licences of their own.

The program file was made with PyInstaller. Its start-up code (the "bootloader") is under the GPL, version 2
or later, with an exception that permits its use in programs under any licence:
https://pyinstaller.org/en/stable/license.html.

Shared libraries of the system on which this was built, unchanged; their licences are those of its
distribution (on Debian and Ubuntu, /usr/share/doc/*/copyright):
{system}"""
