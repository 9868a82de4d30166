"""The paper's claim on its block: HDFB against residual blocks (method.md §1, "Claims to test").

Every network learns from the same patches in the same order; what differs is the block, and the width, so
that parameters or the time of a step are the same. `python -m tests.benchmarks hdfb_claim` trains what is
missing, half an hour on one quiet core, and prints the figures; it goes on where it was stopped.
`python -m tests.benchmarks.hdfb_claim FOLDER` draws the curves of what is there. Everything is kept in
`benchmarks/hdfb` of the user's data.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from app.paths import user_data
from tests.benchmarks.hdfb import charts
from tests.benchmarks.hdfb.images import HELD_OUT, TASKS, Images, images
from tests.benchmarks.hdfb.networks import ABLATIONS, MAIN, UNSKIPPED, Contestant, multiplications, parameters
from tests.benchmarks.hdfb.runs import STEPS, VIEW, Run, curve, learn, step_seconds
from tests.benchmarks.hdfb.scores import Scores, first_at, score

SEEDS = (0, 1, 2)
RATES = (5e-4, 4.5e-3)
"""Highest learning rates beside the usual one: a third of it, and three times as much."""
Row = tuple[str, str, str]


def cache() -> Path:
    """Where images, curves, networks and scores are kept."""
    return user_data() / "benchmarks" / "hdfb"


def runs(task: str) -> list[Run]:
    """All of a task, the more important ones first."""
    claim = [Run(contestant, task, seed) for seed in SEEDS for contestant in (*MAIN, UNSKIPPED)]
    parts = [Run(contestant, task, 0) for contestant in ABLATIONS]
    return claim + parts + [Run(contestant, task, 0, rate) for rate in RATES for contestant in MAIN[:2]]


def rows() -> Iterator[Row]:
    """Trains, and tells what came out."""
    sources = {name: source for name in TASKS if (source := images(name, cache() / "images"))}
    for turn in zip(*(runs(name) for name in sources), strict=True):
        for run in turn:
            learn(run, sources[run.task], cache())
    seconds = _seconds()
    for contestant in (*MAIN, UNSKIPPED, *ABLATIONS):
        yield _size(contestant, seconds)
    for name, source in sources.items():
        yield from _race(name, seconds)
        yield from _quality(name, source)
        for contestant in (MAIN[0], UNSKIPPED, *ABLATIONS):
            yield from _single(Run(contestant, name, 0), source)
        for rate in RATES:
            for contestant in MAIN[:2]:
                yield from _single(Run(contestant, name, 0, rate), source)


def _seconds() -> dict[str, float]:
    """Of a step, by contestant; measured once."""
    file = cache() / "seconds.json"
    if not file.is_file():
        file.write_text(json.dumps(step_seconds((*MAIN, UNSKIPPED, *ABLATIONS))), encoding="utf-8")
    measured: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return measured


def _size(contestant: Contestant, seconds: dict[str, float]) -> Row:
    network = contestant.network()
    share = seconds[contestant.name] / seconds[MAIN[0].name]
    return (
        f"{contestant.title}: parameters, multiply-adds forward of {VIEW}², a step of training",
        "",
        f"{parameters(network) / 1e3:.0f} k, {multiplications(network, VIEW) / 1e6:.0f} M, "
        f"{seconds[contestant.name] * 1e3:.0f} ms ({share:.2f})",
    )


def _race(task: str, seconds: dict[str, float]) -> Iterator[Row]:
    """How early HDFB is where a baseline ends."""
    for baseline in MAIN[1:]:
        for what, reach in (("squared", "≤ 1/6"), ("loss", "≤ 1/6")):
            shares = []
            for seed in SEEDS:
                ours, theirs = _curve(Run(MAIN[0], task, seed)), _curve(Run(baseline, task, seed))
                shares.append(first_at(ours["step"], ours[what], theirs[what][-1]) / STEPS)
            label = "‖Î−I‖²" if what == "squared" else "Eq. 1"
            pace = seconds[MAIN[0].name] / seconds[baseline.name]
            yield (
                f"{task}: share of the steps after which HDFB is at the final {label} of: {baseline.title}",
                reach,
                f"{_shares(shares)}; of the seconds {_shares([pace * share for share in shares])}",
            )


def _quality(task: str, source: Images) -> Iterator[Row]:
    """Scores, and what is between HDFB and the others, paired by seed."""
    found = {
        c.name: [scores for seed in SEEDS if (scores := score(Run(c, task, seed), source, cache()))]
        for c in (*MAIN, UNSKIPPED)
    }
    figures: tuple[tuple[str, int, Callable[[Scores], float]], ...] = (
        ("PSNR, dB", 2, lambda s: s.psnr),
        ("SSIM", 4, lambda s: s.ssim),
        ("perceptual distance (own features, not LPIPS)", 4, lambda s: s.perceptual),
        ("perplexity, finest codebook", 0, lambda s: s.perplexity[-1]),
        ("codes in use, finest codebook, %", 1, lambda s: 100 * s.in_use[-1]),
    )
    for what, digits, of in figures:
        values = {name: np.array([of(scores) for scores in several]) for name, several in found.items()}
        for contestant in (*MAIN, UNSKIPPED):
            mine = values[contestant.name]
            text = f"{mine.mean():.{digits}f} ± {mine.std(ddof=1):.{digits}f}"
            if contestant is not MAIN[0]:
                less = values[MAIN[0].name] - mine
                each = ", ".join(f"{value:+.{digits}f}" for value in less)
                text += f"; HDFB minus this {less.mean():+.{digits}f} ({each})"
            yield f"{task}, {HELD_OUT} held-out images: {what}, {contestant.title}", "", text


def _single(run: Run, source: Images) -> Iterator[Row]:
    scores = score(run, source, cache())
    if scores is None:
        return
    points = _curve(run)
    early = points["squared"][points["step"].index(STEPS // 3)]
    yield (
        f"{run.task}, seed {run.seed}, rate {run.rate:g}: {run.contestant.title}",
        "",
        f"{scores.psnr:.2f} dB, SSIM {scores.ssim:.4f}, perceptual {scores.perceptual:.4f}; "
        f"held-out error {early:.5f} after a third of the steps, {points['squared'][-1]:.5f} after all",
    )


def _curve(run: Run) -> dict[str, list[float]]:
    found = curve(run, cache())
    if found is None:
        raise FileNotFoundError(f"{run.name} has not been trained")
    return found


def _has(contestant: Contestant, task: str, seed: int = 0) -> bool:
    return curve(Run(contestant, task, seed), cache()) is not None


def _shares(shares: Sequence[float]) -> str:
    each = ", ".join("never" if math.isinf(share) else f"{share:.2f}" for share in shares)
    return each if any(map(math.isinf, shares)) else f"{np.mean(shares):.2f} ({each})"


def draw(folder: Path) -> None:
    """The curves, as `hdfb-*.svg` in `folder`."""
    seconds = _seconds()
    tasks = [task for task in TASKS if _has(MAIN[-1], task, SEEDS[-1])]
    charts.write(
        folder / "hdfb-loss.svg",
        [[_panel(task, MAIN, SEEDS, None), _panel(task, MAIN, SEEDS, seconds)] for task in tasks],
        "Held-out squared error against steps and against seconds, mean and range of three seeds",
    )
    parts = [c for c in (*MAIN[:2], UNSKIPPED, *ABLATIONS[:2]) if all(_has(c, task) for task in tasks)]
    charts.write(
        folder / "hdfb-parts.svg",
        [[_panel(task, parts, (0,), None) for task in tasks]],
        "Held-out squared error against steps of HDFB with one part changed, one seed",
    )


def _panel(
    task: str, contestants: Sequence[Contestant], seeds: Sequence[int], seconds: dict[str, float] | None
) -> charts.Panel:
    lines = []
    for contestant in contestants:
        curves = [_curve(Run(contestant, task, seed)) for seed in seeds]
        pace = seconds[contestant.name] if seconds else 1
        values = np.array([points["squared"] for points in curves])
        lines.append(
            charts.Line(
                contestant.title,
                [step * pace for step in curves[0]["step"]],
                values.mean(0).tolist(),
                values.min(0).tolist(),
                values.max(0).tolist(),
            )
        )
    x = "seconds of one core" if seconds else "steps"
    return charts.Panel(task, x, "held-out squared error", lines)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
