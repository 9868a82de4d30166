"""What is amiss with labels, gathered while they are read: counted, with an example each."""

from __future__ import annotations


class Notes:
    """One sentence for each kind of mishap, with how often it happened and where first."""

    def __init__(self) -> None:
        self._sentences: list[str] = []
        self._counted: dict[str, tuple[int, str, str]] = {}

    def add(self, sentence: str) -> None:
        """A sentence of its own, once."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def count(self, one: str, many: str, where: str) -> None:
        """Something of which there may be hundreds: `one` is told of a single one.

        Of more `many` is told, with `{count}` and, for the first of them, `{where}` filled in.
        """
        count, first_one, first_where = self._counted.get(many, (0, one, where))
        self._counted[many] = (count + 1, first_one, first_where)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them, the counted ones last."""
        counted = (
            one if count == 1 else many.replace("{count}", f"{count:,}").replace("{where}", where)
            for many, (count, one, where) in self._counted.items()
        )
        return (*self._sentences, *counted)
