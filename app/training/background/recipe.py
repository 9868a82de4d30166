"""The recipe: images are gathered, the network learns in stages, is measured, and written with its card."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from app.errors import LithographError
from app.evaluation.features import comparing_features
from app.files import cannot_write, make_folder
from app.tasks import Task
from app.tasks import task as task_of
from app.training.background import stages
from app.training.background.beginnings import (
    Beginning,
    begin,
    finish_off,
    known_model,
    load_start,
    resumed,
    usual_plan,
)
from app.training.background.bench import Bench, keep_for_looking
from app.training.background.cards import Learnt, card_of, write_readable
from app.training.background.gathering import gather
from app.training.background.index import image_of
from app.training.background.measuring import POOL, measure_task, spread, with_neighbours
from app.training.background.plans import AFRESH
from app.training.background.pool import Pool
from models.progress import LongWork

if TYPE_CHECKING:
    from models.hiresmed_vqgan.model import BackgroundModel, TaskPart
    from models.hiresmed_vqgan.spec import Block, Spec

__all__ = ["POOL", "PRESETS", "USUAL", "train"]

PRESETS = tuple(AFRESH)
USUAL = "fidelity"
GRAIN = 8
"""Images that the grain of drawn ones is measured on."""
GRAIN_OF = 12
"""Images whose grain is measured."""


def train(
    task_name: str,
    data: Path | None,
    out: Path,
    *,
    steps: int | None = None,
    resume: bool = False,
    device: str = "cpu",
    preset: str | None = None,
    block: str | None = None,
    batch: int | None = None,
    view: int | None = None,
) -> LongWork[Path]:
    """Trains a model of backgrounds of a task and returns the folder of the finished model, `out`.

    It goes on from the model in use where that one has the preset's networks. Under `torchrun` the processes
    learn together; the first one gathers, measures and writes. Progress counts the optimiser steps of all
    stages; now and then it carries a sample sheet, which is also in `out/samples`.

    Args:
        data: a folder of images, or of CT series; None for simulated images alone.
        out: receives `weights.safetensors`, `card.json` and `CARD.md` at the end; before that the pool of
            images and a folder for each stage. A model that is there already stays until the new one is done.
        steps: of the optimiser in all stages together; the preset's own number where None.
        resume: go on from where a training in `out` was stopped, where there is one.
        device: torch's word for the processor that learns.
        preset: `fidelity` (where None), `small` or `paper`.
        block: `hdfb` (where None), or `residual` for the plain VQGAN.
        batch: patches in a step; the preset's own number where None.
        view: the side of a patch in pixels; the preset's own where None.
            Resumed, all of these are as the training began; others are refused.

    Raises:
        LithographError: the task, the data, the settings or the folder will not do, or memory runs out.
    """
    from models.weights import DamagedWeights

    task, out = task_of(task_name), make_folder(out)
    wishes = {"preset": preset, "block": block, "steps": steps, "batch": batch, "view": view}
    try:
        return (yield from _train(task, data, out, wishes, resume=resume, device=device))
    except DamagedWeights as error:
        raise LithographError(str(error)) from error
    except OSError as error:
        raise cannot_write(out, error) from error
    except (RuntimeError, MemoryError) as error:
        raise _in_one_sentence(error, out) from error


def _train(
    task: Task, data: Path | None, out: Path, wishes: dict[str, Any], *, resume: bool, device: str
) -> LongWork[Path]:
    from models.hiresmed_vqgan.generation import grain_of
    from models.hiresmed_vqgan.model import BackgroundModel
    from models.parallel import world

    started, together = time.monotonic(), world()
    first = together.rank == 0
    if first:
        view = _begun(task, data, out, wishes, resume=resume).plan.view
        (yield from gather(task, data, out / POOL, view=view, resume=resume)).close()
    together.wait()
    found = resumed(out)
    assert found is not None  # the first process has just seen to it
    plan = found.plan
    with (yield from gather(task, data, out / POOL, view=plan.view, resume=True)) as pool:
        start = load_start(out)
        bench = Bench(
            task,
            plan,
            spec_of(plan.preset, plan.block),
            pool,
            out,
            device,
            start,
            comparing_features(),
            kind=start.tasks[task.name].number if start is not None and task.name in start.tasks else 0,
            rank=together.rank,
            size=together.size,
        )
        network = yield from stages.autoencoder(bench)
        network = yield from stages.decoder(bench, network)
        prior = yield from stages.prior(bench, network)
        if not first:
            return out
        part = yield from _part(bench, pool)
        some = (*pool.held_out, *pool.learnt(0))[:GRAIN]
        yield from pool.ready(some)
        images = [pool.whole_of(entry) for entry in some]
        part = replace(part, grain=(yield from grain_of(network, prior, bench.kind, images)))
        tasks = {task.name: part}
        model = _as_kept(BackgroundModel(network, prior, tasks, {}, {"tasks": {}}))
        model = yield from _with_grain(model, task, pool)
        learnt = Learnt(
            task,
            plan,
            pool,
            found.begun_from,
            bench.features.name,
            device,
            together.size,
            round(time.monotonic() - started),
        )
        yield from _finish(model, learnt, out)
    return out


def _finish(model: BackgroundModel, learnt: Learnt, out: Path) -> LongWork[None]:
    """Measures the finished networks, and writes them with their card."""
    from models.hiresmed_vqgan.model import save
    from models.weights import read_card

    task, pool = learnt.task, learnt.pool
    model, entries = yield from with_neighbours(model, task, pool, learnt.plan.patches)
    measured = yield from measure_task(model, task, pool)
    card = card_of(model, learnt, measured, entries)
    save(replace(model, card=card), out)
    write_readable(out, read_card(out))
    keep_for_looking(out, learnt.plan)
    finish_off(out)


def spec_of(preset: str, block: str) -> Spec:
    """The autoencoder of a preset, with the blocks that were asked for."""
    from models.hiresmed_vqgan.spec import PRESETS as SPECS

    return replace(SPECS[preset], block=cast("Block", block))


def _begun(task: Task, data: Path | None, out: Path, wishes: dict[str, Any], *, resume: bool) -> Beginning:
    """What the training is, written down: as an earlier attempt began it, or anew.

    Raises:
        LithographError: it is to be resumed with other settings.
    """
    before = resumed(out) if resume else None
    if before is not None:
        plan = before.plan
        had = {**{name: getattr(plan, name) for name in wishes}, "steps": plan.total, "task": before.task}
        had["data"], wanted = before.data or "simulated", _where(data) or "simulated"
        others = [
            f"{name} {had[name]}"
            for name, value in {**wishes, "task": task.name, "data": wanted}.items()
            if value not in (None, had[name])
        ]
        if others:
            raise LithographError(
                f"The training in {out} was begun with {', '.join(others)}; resume it with the same, or "
                "train without --resume or in another folder."
            )
        return before
    preset, block = wishes["preset"] or USUAL, wishes["block"] or "hdfb"
    plan = usual_plan(task.name, **{**wishes, "preset": preset, "block": block})
    folder = known_model(task.name, preset, block)
    origin = "random weights" if folder is None else f"the model in {folder}"
    beginning = Beginning(plan, task.name, _where(data), origin)
    begin(out, beginning, folder)
    return beginning


def _where(data: Path | None) -> str:
    return "" if data is None else str(data.absolute())


def _as_kept(model: BackgroundModel) -> BackgroundModel:
    """With the precision that weights are saved with: what is measured is what is used."""
    for network in (model.vqgan, model.prior):
        if network is not None:
            network.requires_grad_(False).eval()
            for tensor in network.state_dict().values():
                tensor.copy_(tensor.half())
    return model


def _with_grain(model: BackgroundModel, task: Task, pool: Pool) -> LongWork[BackgroundModel]:
    """With the grain of images that were learnt from, for drawn ones."""
    from models.hiresmed_vqgan.generation import grain_of

    part = model.tasks[task.name]
    if model.prior is None:
        return model
    images = (pool.whole_of(entry) for entry in spread(pool.learnt(0), GRAIN_OF))
    grain = yield from grain_of(model.vqgan, model.prior, part.number, images)
    return replace(model, tasks={**model.tasks, task.name: replace(part, grain=grain)})


def _part(bench: Bench, pool: Pool) -> LongWork[TaskPart]:
    """What the card says of the task; the pixels' side is that of the simulator's images, where there are."""
    from models.hiresmed_vqgan.model import TaskPart

    known = bench.start.tasks.get(bench.task.name) if bench.start is not None else None
    mm = None
    if pool.index.streams:
        mm = known.pixel_mm if known is not None else None
        if mm is None:
            image = yield from image_of(pool.held_out[-1], bench.task.name)
            mm = image.pixel_mm[0] * image.height / pool.shape[0] if image.spacing else None
    unit = "HU" if bench.task.modality == "CT" else ""
    return TaskPart(bench.kind, pool.grey, pool.shape, mm, unit)


def _in_one_sentence(error: RuntimeError | MemoryError, out: Path) -> Exception:
    """Where memory ran out, what to do about it; any other error as it is."""
    from models.budget import out_of_memory

    begun = resumed(out)
    if not out_of_memory(error) or begun is None:
        return error
    plan = begun.plan
    if plan.batch > 1:
        return LithographError(
            f"There was not enough memory for {plan.batch} patches of {plan.view} pixels at once; train with "
            f"--batch {max(1, plan.batch // 2)}."
        )
    return LithographError(
        f"There was not enough memory for one patch of {plan.view} pixels; train with --view "
        f"{max(64, plan.view // 2 // 64 * 64)} or --preset small."
    )
