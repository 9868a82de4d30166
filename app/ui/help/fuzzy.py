"""Finding a line of text by what is remembered of it: beginnings of words, initials, letters in order."""

from __future__ import annotations

import re

_WORDS = re.compile(r"\w+")


def match(query: str, text: str, more: str = "") -> float | None:
    """How well a text fits; None where a word of the query is not found in it.

    Args:
        more: what else is known of it; a word that is found only here counts less.
    """
    text, more = text.casefold(), more.casefold()
    total = 0.0
    for word in query.casefold().split():
        found = _match(word, text, more)
        if found is None:
            return None
        total += found
    whole = " ".join(query.casefold().split())
    return total + (50 if text.startswith(whole) else 20 if whole in text else 0)


def _match(word: str, text: str, more: str) -> float | None:
    words = _WORDS.findall(text)
    initials = "".join(one[0] for one in words)
    for place, one in enumerate(words):
        if one.startswith(word):
            return 100 - place + (5 if one == word else 0)
    if len(word) > 1 and word in initials:
        return 80.0 - initials.index(word)
    if word in text:
        return 60.0
    if any(one.startswith(word) for one in _WORDS.findall(more)):
        return 40.0
    if word in more:
        return 25.0
    return _scattered(word, text)


def _scattered(word: str, text: str) -> float | None:
    """The letters in their order, the first of them at the beginning of a word, the rest close by."""
    if len(word) < 3:
        return None
    best: float | None = None
    for start in re.finditer(rf"\b{re.escape(word[0])}", text):
        at = start.start()
        for letter in word[1:]:
            at = text.find(letter, at + 1)
            if at < 0:
                break
        else:
            gaps = at - start.start() + 1 - len(word)
            if gaps <= 2 * len(word):
                best = max(best or 0.0, 20.0 - gaps)
    return best
