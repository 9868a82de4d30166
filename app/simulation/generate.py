"""Backgrounds by task and source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.errors import LithographError
from app.simulation.background import Background
from models.progress import LongWork

SMALLEST, LARGEST = 128, 2048
"""The sizes in pixels that may be asked for."""


def generate(
    task_name: str, seed: int, *, source: str = "phantom", size: int | None = None
) -> LongWork[Background]:
    """A background for a task, with known anatomy (method.md §7); the same arguments give the same bytes.

    Args:
        task_name: `kub-xray` or `lung-ct`.
        seed: chooses the patient, the pose, the noise; 0 or above.
        source: `phantom`, or `ct:DIR`, a folder with a CT series: projected to a radiograph for `kub-xray`,
            one of its slices, varied, for `lung-ct`.
        size: pixels per side of the square image; None for the source's usual one.

    Raises:
        LithographError: there is no such source for the task, the size is out of bounds, or the CT will not
            do. Raised by the first step.
    """
    if seed < 0:
        raise LithographError(f"A seed is a whole number of 0 or above, not {seed}.")
    if size is not None and not SMALLEST <= size <= LARGEST:
        raise LithographError(f"The size of a background is {SMALLEST} to {LARGEST} pixels, not {size}.")
    kind, _, folder = source.partition(":")
    if kind == "ct" and not folder:
        raise LithographError("The source ct: needs a folder with a CT series, as in ct:/path/to/series.")
    if folder:
        folder = str(Path(folder).absolute())
    makers = _ct_makers() if kind == "ct" else _phantom_makers() if source == "phantom" else {}
    maker = makers.get(task_name)
    if maker is None:
        raise LithographError(
            f"There is no source {source!r} for the task {task_name!r}; "
            f"phantom and ct:DIR are there for {' and '.join(_ct_makers())}."
        )
    return (yield from maker(seed, size, folder))


Maker = Callable[[int, int | None, str], LongWork[Background]]


def _phantom_makers() -> dict[str, Maker]:
    from app.simulation.chest_phantom import generate_chest
    from app.simulation.kub_phantom import generate_kub

    return {
        "kub-xray": lambda seed, size, _: generate_kub(seed, size),
        "lung-ct": lambda seed, size, _: generate_chest(seed, size),
    }


def _ct_makers() -> dict[str, Maker]:
    from app.simulation.ct_radiograph import generate_from_ct
    from app.simulation.ct_slice import generate_slice

    return {
        "kub-xray": lambda seed, size, folder: generate_from_ct(folder, seed, size),
        "lung-ct": lambda seed, size, folder: generate_slice(folder, seed, size),
    }
