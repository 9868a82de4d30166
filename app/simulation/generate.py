"""Backgrounds by task and source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.errors import LithographError
from app.simulation.background import Background
from models.budget import WHOLE, Budget
from models.progress import LongWork

SMALLEST, LARGEST = 128, 2048
"""The sizes in pixels that may be asked for."""


def generate(
    task_name: str,
    seed: int,
    *,
    source: str = "phantom",
    size: int | None = None,
    temperature: float = 1.0,
    steps: int = 8,
    budget: Budget = WHOLE,
) -> LongWork[Background]:
    """A background for a task (method.md §1, §7); the same arguments give the same bytes.

    The anatomy of a simulated one is known; in one that the network draws it is found.

    Args:
        task_name: `kub-xray`, `lung-ct` or `abdomen-ct`.
        seed: chooses the patient, the pose, the noise; 0 or above.
        source: `phantom` (not for `abdomen-ct`), or `ct:DIR`, a folder with a CT series: projected to a
            radiograph for `kub-xray`, one of its slices, varied, for `lung-ct`, a coronal plane through the
            kidneys for `abdomen-ct`. Or `vqgan`: drawn by the task's background network.
        size: pixels per side of the square image; None for the source's usual one.
        temperature, steps, budget: of `vqgan`, as `app.synthesis.drawing.draw` takes them.

    Raises:
        LithographError: there is no such source for the task, the size is out of bounds, or the CT will not
            do. Raised by the first step.
    """
    if seed < 0:
        raise LithographError(f"A seed is a whole number of 0 or above, not {seed}.")
    if size is not None and not SMALLEST <= size <= LARGEST:
        raise LithographError(f"The size of a background is {SMALLEST} to {LARGEST} pixels, not {size}.")
    if source == "vqgan":
        from app.synthesis.drawing import draw

        drawing = draw(task_name, seed, temperature=temperature, steps=steps, size=size, budget=budget)
        return (yield from drawing)
    kind, _, folder = source.partition(":")
    if kind == "ct" and not folder:
        raise LithographError("The source ct: needs a folder with a CT series, as in ct:/path/to/series.")
    if folder:
        folder = str(Path(folder).absolute())
    maker = _MAKERS.get((task_name, kind)) if kind == "ct" or source == "phantom" else None
    if maker is None:
        raise LithographError(_no_source(task_name, source))
    return (yield from maker(seed, size, folder))


def _no_source(task_name: str, source: str) -> str:
    kinds = sorted((kind for name, kind in _MAKERS if name == task_name), reverse=True)
    words = {"phantom": "phantom", "ct": "ct:DIR"}
    if kinds:
        choices = [*(words[kind] for kind in kinds), "vqgan"]
        return f"There is no source {source!r} for the task {task_name!r}; choose {' or '.join(choices)}."
    able = sorted({name for name, _ in _MAKERS})
    return f"No backgrounds can be made for the task {task_name!r}; there are some for {', '.join(able)}."


def can_generate(task_name: str, kind: str = "phantom") -> bool:
    """Whether there are backgrounds of a kind, `phantom` or `ct`, for a task."""
    return (task_name, kind) in _MAKERS


Maker = Callable[[int, int | None, str], LongWork[Background]]


def _kub_phantom(seed: int, size: int | None, _: str) -> LongWork[Background]:
    from app.simulation.kub_phantom import generate_kub

    return generate_kub(seed, size)


def _chest_phantom(seed: int, size: int | None, _: str) -> LongWork[Background]:
    from app.simulation.chest_phantom import generate_chest

    return generate_chest(seed, size)


def _projection(seed: int, size: int | None, folder: str) -> LongWork[Background]:
    from app.simulation.ct_radiograph import generate_from_ct

    return generate_from_ct(folder, seed, size)


def _coronal(seed: int, size: int | None, folder: str) -> LongWork[Background]:
    from app.simulation.ct_coronal import generate_coronal

    return generate_coronal(folder, seed, size)


def _slice(seed: int, size: int | None, folder: str) -> LongWork[Background]:
    from app.simulation.ct_slice import generate_slice

    return generate_slice(folder, seed, size)


_MAKERS: dict[tuple[str, str], Maker] = {
    ("abdomen-ct", "ct"): _coronal,
    ("kub-xray", "phantom"): _kub_phantom,
    ("kub-xray", "ct"): _projection,
    ("lung-ct", "phantom"): _chest_phantom,
    ("lung-ct", "ct"): _slice,
}
"""By task and kind of source."""
