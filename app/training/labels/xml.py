"""Reading XML from elsewhere: no entities, no fetching, no bombs."""

from __future__ import annotations

from pathlib import Path
from typing import Never
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from app.errors import LithographError
from app.imaging.failures import damaged, reading

MAX_BYTES = 64 << 20
MAX_DEPTH = 100
_HEAD = 4096


def read_xml(path: Path) -> Element:
    """The root element, names without their namespace's prefix.

    Raises:
        LithographError: it is malformed or too large, or declares entities, which no file of labels needs.
    """
    with reading(path):
        if path.stat().st_size > MAX_BYTES:
            raise LithographError(
                f"{path} has more than {MAX_BYTES >> 20} MiB, which is no file of labels; choose another."
            )
        data = path.read_bytes()
    builder, parser, depth = TreeBuilder(), expat.ParserCreate(), 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise damaged(path, f"it is nested more than {MAX_DEPTH} deep")
        builder.start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name.rpartition(":")[2])

    def refuse(*_declared: object) -> Never:
        raise damaged(path, "it declares entities, which no file of labels needs")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise damaged(path, str(error)) from error
    return builder.close()


def starts_with(path: Path, name: bytes) -> bool:
    """Whether the beginning of an XML file has an element of that name."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return b"<" + name in head


def text_of(element: Element, path: str) -> str:
    """The text of an element below, stripped; empty where there is none."""
    return (element.findtext(path) or "").strip()
