"""What was made before and may be wanted again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A memory that forgets what was not asked for longest, once it holds more than `limit` bytes.

    It forgets only in `trim`, so that what belongs together can be put in and asked for before.
    """

    def __init__(self, limit: int, size: Callable[[V], int]) -> None:
        self._limit, self._size = limit, size
        self._values: OrderedDict[K, V] = OrderedDict()
        self._bytes = 0

    def get(self, key: K) -> V | None:
        """What is remembered under that key."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Remembers a value."""
        old = self._values.pop(key, None)
        self._bytes += self._size(value) - (0 if old is None else self._size(old))
        self._values[key] = value

    def trim(self, keep: int) -> None:
        """Forgets until the limit is kept, but not the last `keep` that were put in or asked for."""
        while self._bytes > self._limit and len(self._values) > keep:
            _, gone = self._values.popitem(last=False)
            self._bytes -= self._size(gone)

    def forget(self, which: Callable[[K], bool]) -> None:
        """Forgets what is remembered under such keys."""
        for key in [key for key in self._values if which(key)]:
            self._bytes -= self._size(self._values.pop(key))
