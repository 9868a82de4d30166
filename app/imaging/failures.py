"""Turns what libraries say of a bad file into the one sentence that users see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import LithographError


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Within it, everything that goes wrong becomes a `LithographError` about `path`.

    Decoders fail on damaged files with whatever exception they happen to meet, so all of them are caught.
    """
    try:
        yield
    except LithographError:
        raise
    except FileNotFoundError as error:
        raise LithographError(
            f"There is no file {path}; check its name, or whether its disk is connected."
        ) from error
    except PermissionError as error:
        raise LithographError(
            f"You may not read {path}; ask for permission, or copy it to a folder of yours."
        ) from error
    except IsADirectoryError as error:
        raise LithographError(f"{path} is a folder; choose a file in it.") from error
    except MemoryError as error:
        raise LithographError(
            f"{path} needs more memory than there is; close other programs or crop it first."
        ) from error
    except Exception as error:
        raise damaged(path, reason(error)) from error


def damaged(path: Path, why: str) -> LithographError:
    """The sentence for a file that cannot be what it says it is."""
    return LithographError(
        f"Cannot read {path}, it is damaged or incomplete ({why}); fetch or export it again."
    )


def check_finite(path: Path, pixels: NDArray[Any]) -> None:
    """Refuses pixels that are no numbers.

    They are not replaced silently: whether they stand for air, for a mask or for a failed computation only
    the owner of the file knows, and a detector would learn whatever is put in their place.

    Raises:
        LithographError: naming the file and how many there are.
    """
    if pixels.dtype.kind != "f" or np.isfinite(pixels).all():
        return
    count = int(pixels.size - np.isfinite(pixels).sum())
    raise LithographError(
        f"{path} holds values that are no numbers (NaN or infinite: {count:,} of {pixels.size:,}); "
        "replace them, in a CT by -1000 for air, and open it again."
    )


def reason(error: BaseException) -> str:
    """The first words of an exception, on one line, without a full stop."""
    lines = str(error).strip().splitlines() or [""]
    line = (
        lines[-1] if isinstance(error, RuntimeError) else lines[0]
    )  # compiled code puts its own whereabouts first
    text = re.sub(r"\s+", " ", line).strip() or type(error).__name__
    text = text if len(text) <= 120 else text[:117].rstrip() + "..."
    return text.rstrip(".")
