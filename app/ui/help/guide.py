"""The user's guide: Markdown files of `resources/help`, made into pages with sections that can be found.

A shortcut is written as a link to its action, ``[`Ctrl+S`](action:save_scene)``; the program shows the key
that the action has now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.paths import RESOURCES

FOLDER = RESOURCES / "help"
ACTION = re.compile(r"\[`([^`\]]+)`\]\(action:(\w+)\)")
"""A shortcut, and the name of its action."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it, to the next one.

    Attributes:
        page: the file's name.
        anchor: by which a link finds it; empty for the page's own heading.
        level: 1 for the page's heading, 2 for the ones below it.
        text: plain text, for searching.
    """

    page: str
    anchor: str
    title: str
    level: int
    text: str


@dataclass(frozen=True)
class Page:
    """One file of the guide."""

    name: str
    title: str
    html: str
    sections: tuple[Section, ...]


def read_guide(key_of: Callable[[str, str], str], folder: Path = FOLDER) -> dict[str, Page]:
    """The pages by the names of their files, in their order.

    Args:
        key_of: what is written for (action, its usual shortcut).
    """
    return {path.name: _page(path, key_of) for path in sorted(folder.glob("*.md"))}


def anchor(title: str) -> str:
    """By which a link names a heading: `Your own models` is `your-own-models`."""
    return re.sub(r"[^\w\- ]", "", title.casefold()).strip().replace(" ", "-")


def found(page: Page, query: str) -> list[Section]:
    """The sections of a page that hold every word of a query."""
    words = query.casefold().split()
    return [s for s in page.sections if all(word in f"{s.title} {s.text}".casefold() for word in words)]


def _page(path: Path, key_of: Callable[[str, str], str]) -> Page:
    source = path.read_text(encoding="utf-8")
    source = ACTION.sub(lambda m: f"[`{key_of(m[2], m[1])}`](action:{m[2]})", source)
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(source)
    sections: list[Section] = []
    for here, token in enumerate(tokens):
        if token.type == "heading_open":
            title = _plain(tokens[here + 1])
            level = int(token.tag[1])
            sections.append(Section(path.name, anchor(title) if level > 1 else "", title, level, ""))
            # Qt finds <a name> and no id of a heading.
            inline = tokens[here + 1]
            mark = Token("html_inline", "", 0, content=f'<a name="{escape(anchor(title))}"></a>')
            inline.children = [mark, *(inline.children or [])]
        elif token.type == "inline" and sections and tokens[here - 1].type != "heading_open":
            last = sections[-1]
            text = f"{last.text} {_plain(token)}".strip()
            sections[-1] = Section(last.page, last.anchor, last.title, last.level, text)
    html = parser.renderer.render(tokens, parser.options, {})
    return Page(path.name, sections[0].title, html, tuple(sections))


def _plain(inline: Token) -> str:
    return "".join(child.content or " " for child in inline.children or () if child.type != "html_inline")
