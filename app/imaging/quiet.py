"""Keeps compiled codecs from writing on stderr."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
_lock = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Within it, nothing that is written to the process's stderr appears.

    Decoders of damaged files print their own remarks there before they fail; the failure itself comes as an
    exception. One thread at a time: two that exchange the descriptor would leave the wrong one behind.
    """
    with _lock:
        try:
            kept = os.dup(_STDERR)
        except OSError:  # a window's process may have no stderr
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, _STDERR)
            yield
        finally:
            os.dup2(kept, _STDERR)
            os.close(nowhere)
            os.close(kept)
