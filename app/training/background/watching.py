"""A stage while it is at work: what it reports, its curves, and its sample sheets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from app.files import atomic_write
from app.training.background.bench import CURVES, SHOWN, Bench
from app.training.background.plans import STAGES
from app.training.background.sheets import Picture, keep_sheet, sheet
from models.progress import LongWork, Progress

if TYPE_CHECKING:
    from torch import nn

    from models.hiresmed_vqgan.network import Vqgan
    from models.hiresmed_vqgan.prior import Prior

SHEET_EVERY = {"autoencoder": 100, "decoder": 100, "prior": 200}
"""Steps between two sheets; multiples of the steps between two checkpoints, which they are made from."""
NOTES = {
    "autoencoder": "Learning to reconstruct",
    "decoder": "Learning detail from the discriminator",
    "prior": "Learning to draw",
}

T = TypeVar("T")
N = TypeVar("N", bound="nn.Module")


def told(
    bench: Bench,
    stage: str,
    learning: LongWork[N],
    empty: Callable[[], N],
    prefix: str,
    picture: Callable[[nn.Module], LongWork[Picture]],
) -> LongWork[N]:
    """A stage's work, counted in steps of the whole training; sheets now and then, and the stage's curves."""
    plan, folder = bench.plan, bench.out / stage
    before, first = plan.before(stage), bench.rank == 0
    try:
        while True:
            try:
                report = next(learning)
            except StopIteration as end:
                network: N = end.value
                break
            now = Progress(before + report.done, plan.total, NOTES[stage], report.figures)
            if first and report.done % SHEET_EVERY[stage] == 0:
                show_curves(folder / CURVES, bench.out / CURVES, before)
                shown = yield from _quietly(picture(_averaged(folder, empty(), prefix)), now)
                keep_sheet(bench.out, now.done, shown)
                yield Progress(now.done, now.total, now.note, now.figures, {"sample": shown})
            else:
                yield now
    finally:
        learning.close()
        if first and (folder / CURVES).is_file():
            show_curves(folder / CURVES, bench.out / CURVES, before)
    if first:
        now = Progress(before + plan.steps[STAGES.index(stage)], plan.total, NOTES[stage])
        shown = yield from _quietly(picture(network), now)
        keep_sheet(bench.out, now.done, shown)
    return network


def show_curves(stage: Path, whole: Path, before: int) -> None:
    """Copies a stage's curves, with its steps counted over the whole training, for whoever watches.

    Raises:
        LithographError: they cannot be written.
    """
    head, *rows = stage.read_text(encoding="utf-8").splitlines()
    counted = [f"{int(step) + before},{rest}" for step, rest in (row.split(",", 1) for row in rows)]
    with atomic_write(whole) as temporary:
        temporary.write_text("\n".join((head, *counted)) + "\n", encoding="utf-8")


def reconstructed(bench: Bench, vqgan: Vqgan) -> LongWork[Picture]:
    """A sheet of patches, and below them what the autoencoder makes of them."""
    from models.hiresmed_vqgan.reconstruction import reconstruct

    made = []
    for patch in bench.patches():
        made.append(reconstruct(vqgan, patch))
        yield Progress(len(made), SHOWN)
    return sheet((bench.patches(), made))


def drawn(bench: Bench, vqgan: Vqgan, network: Prior) -> LongWork[Picture]:
    """A sheet of new images, always of the same seeds."""
    from models.hiresmed_vqgan.reconstruction import decoded
    from models.hiresmed_vqgan.sampling import sample

    made = []
    for seed in range(SHOWN // 2):
        found = yield from sample(vqgan, network, bench.kind, bench.pool.shape, seed)
        made.append(decoded(vqgan, found.features, bench.pool.shape))
    return sheet((made,))


def _quietly(work: LongWork[T], told: Progress) -> LongWork[T]:
    """A part of a stage, reported as the step that it belongs to."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return cast("T", end.value)
        yield Progress(told.done, told.total, told.note)


def _averaged(folder: Path, empty: N, prefix: str) -> N:
    """The averaged network of a stage's checkpoint."""
    from models import weights
    from models.learning import CHECKPOINT

    tensors, _ = weights.load(folder / CHECKPOINT)
    found = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
    empty.load_state_dict(found)
    return empty.eval().requires_grad_(False)
