"""How long, how large, how fast: what training a preset takes, and what it takes it in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from app.errors import LithographError

STAGES = ("autoencoder", "decoder", "prior")
"""In this order; a folder of that name holds the checkpoint and the curves of each."""


@dataclass(frozen=True)
class Plan:
    """What a training consists of; resumed, it must be the same one.

    Attributes:
        preset: of the network (`models.hiresmed_vqgan.spec.PRESETS`).
        steps: of the optimiser, for each of `STAGES`.
        batch: patches in a step.
        view: the side of a patch, in pixels; a multiple of 64.
        rate: the highest learning rate of the autoencoder.
        weight_decay, betas: of its optimiser.
        prior_batch: images, or parts of them, in a step of the prior.
        prior_rate: its highest learning rate.
        wholes: images whose codes the prior learns from.
        block: `hdfb`, or `residual` for the plain VQGAN.
    """

    preset: str
    steps: tuple[int, int, int]
    batch: int
    view: int
    rate: float
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)
    prior_batch: int = 8
    prior_rate: float = 1e-3
    wholes: int = 600
    block: str = "hdfb"

    @property
    def total(self) -> int:
        """The steps of all stages."""
        return sum(self.steps)

    def before(self, stage: str) -> int:
        """The steps of the stages before this one."""
        return sum(self.steps[: STAGES.index(stage)])

    @property
    def patches(self) -> int:
        """How many patches the autoencoder and its decoder learn from."""
        return (self.steps[0] + self.steps[1]) * self.batch

    def as_card(self) -> dict[str, Any]:
        """In JSON's types."""
        return asdict(self) | {"steps": list(self.steps), "betas": list(self.betas)}


AFRESH = {
    "fidelity": Plan("fidelity", (4000, 1000, 3000), batch=8, view=192, rate=1.5e-3),
    "small": Plan("small", (2000, 500, 1500), batch=8, view=256, rate=2e-3, wholes=400),
    "paper": Plan(
        "paper",
        (40_000, 10_000, 10_000),
        batch=8,
        view=1024,
        rate=2.25e-5,
        weight_decay=0.0,
        betas=(0.5, 0.9),
        wholes=2000,
    ),
}
"""Of a network that begins anew.

A step of any stage takes about a second of one core that has bf16, and 1 GiB of memory with all that is
around it; not so of `paper`, which has the optimiser, the batch and the size of Table 1, for a GPU.
"""

ONWARDS = {"steps": (1500, 600, 1800), "rate": 4e-4, "prior_rate": 5e-4}
"""What is otherwise where the network goes on from one that knows such images."""


def plan_of(
    preset: str,
    *,
    onwards: bool,
    steps: int | None = None,
    batch: int | None = None,
    view: int | None = None,
    block: str = "hdfb",
) -> Plan:
    """The plan for a preset, `onwards` from a network that is there.

    Args:
        steps: of all stages together, shared out as the preset has it.

    Raises:
        LithographError: there is no such preset or block, or a number will not do.
    """
    if preset not in AFRESH:
        raise LithographError(f"There is no preset {preset!r}; choose one of {', '.join(AFRESH)}.")
    if block not in ("hdfb", "residual"):
        raise LithographError(f"There is no block {block!r}; choose hdfb or residual.")
    plan = replace(AFRESH[preset], block=block)
    if onwards and preset != "paper":
        plan = replace(plan, **ONWARDS)  # type: ignore[arg-type]
    if steps is not None:
        if steps < len(STAGES):
            raise LithographError(f"{steps} steps are too few for {len(STAGES)} stages; take more.")
        first, second = (max(1, round(steps * share / plan.total)) for share in plan.steps[:2])
        plan = replace(plan, steps=(first, second, max(1, steps - first - second)))
    if batch is not None:
        plan = replace(plan, batch=batch, prior_batch=batch)
    if view is not None:
        plan = replace(plan, view=view)
    if plan.view % 64 or plan.view < 64:
        raise LithographError(f"A patch of {plan.view} pixels will not do; choose a multiple of 64.")
    return plan
