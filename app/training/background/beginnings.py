"""What a training began with, kept in its folder: resumed, it goes on with the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from app.anatomy.versions import BACKGROUND, SHIPPED, versions
from app.errors import LithographError
from app.files import cannot_write, write_json
from app.tasks import task_names
from app.training.background.bench import clear
from app.training.background.plans import Plan, plan_of

if TYPE_CHECKING:
    from models.hiresmed_vqgan.model import BackgroundModel
    from models.hiresmed_vqgan.spec import Block

FILE, START = "begun.json", "start"
VERSION = 1


@dataclass(frozen=True)
class Beginning:
    """Of a training.

    Attributes:
        task: its name.
        data: the user's folder; empty where there is none.
        begun_from: where the first weights are from, in words.
    """

    plan: Plan
    task: str
    data: str
    begun_from: str

    def as_json(self) -> dict[str, Any]:
        """In JSON's types."""
        return {
            "version": VERSION,
            "task": self.task,
            "data": self.data,
            "plan": self.plan.as_card(),
            "begun_from": self.begun_from,
        }


def known_model(task_name: str, preset: str, block: str) -> Path | None:
    """The folder of a model with such networks to go on from: the one in use, else the shipped one.

    The shipped one serves tasks that it does not know, too: it has seen images like theirs.
    """
    from models.hiresmed_vqgan.spec import PRESETS

    wanted = json.loads(json.dumps(replace(PRESETS[preset], block=cast("Block", block)).as_card()))
    found = [one for one in versions(BACKGROUND, task_name) if one.in_use]
    found += [one for name in task_names() for one in versions(BACKGROUND, name) if one.name == SHIPPED]
    return next((one.folder for one in found if not one.trouble and one.card.get("spec") == wanted), None)


def usual_plan(task_name: str, preset: str, **wishes: Any) -> Plan:
    """The plan for a task as things are, with `wishes` as `plan_of` takes them; loads no network.

    Raises:
        LithographError: there is no such preset, or a wish will not do.
    """
    plan_of(preset, onwards=False, **wishes)
    known = known_model(task_name, preset, wishes.get("block", "hdfb"))
    return plan_of(preset, onwards=known is not None, **wishes)


def begin(out: Path, beginning: Beginning, start: Path | None) -> None:
    """Writes down a new training, with a copy of the model that it goes on from; earlier stages are removed.

    Raises:
        LithographError: it cannot be written.
    """
    try:
        (out / FILE).unlink(missing_ok=True)
        clear(out)
        shutil.rmtree(out / START, ignore_errors=True)
        if start is not None:
            shutil.copytree(start, out / START, ignore=shutil.ignore_patterns(".*"))
        write_json(out / FILE, beginning.as_json())
    except OSError as error:
        raise cannot_write(out, error) from error


def resumed(out: Path) -> Beginning | None:
    """What a training in a folder began with; None where there is none.

    Raises:
        LithographError: it is of another version of this program, or damaged.
    """
    file = out / FILE
    try:
        value = json.loads(file.read_bytes())
        plan = value["plan"]
        plan = Plan(**{**plan, "steps": tuple(plan["steps"]), "betas": tuple(plan["betas"])})
        if value["version"] != VERSION:
            raise ValueError
        return Beginning(plan, str(value["task"]), str(value["data"]), str(value["begun_from"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LithographError(
            f"The training in {out} is of another version of this program, or {FILE} is damaged; train "
            "without --resume, or choose another folder."
        ) from error


def load_start(out: Path) -> BackgroundModel | None:
    """The model that a training goes on from; None where it began with random weights.

    Raises:
        models.weights.DamagedWeights: the copy is damaged.
    """
    from models.hiresmed_vqgan.model import load

    return load(out / START) if (out / START).is_dir() else None


def finish_off(out: Path) -> None:
    """Removes what a finished training does not need: its beginning, its stages, and the codes.

    The pool and the sample sheets stay: the next training in this folder need not gather again.
    """
    (out / FILE).unlink(missing_ok=True)
    clear(out)
    shutil.rmtree(out / START, ignore_errors=True)
