"""The stages of a training, one after the other; each has a folder with its checkpoint and its curves.

A finished stage leaves its network there, in full precision, so that the next one begins with the very same
weights whether or not the training was stopped in between.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from app.training.background.bench import CODES, Bench, begun, finished, keep
from app.training.background.plans import STAGES
from app.training.background.sheets import Picture
from app.training.background.watching import drawn, reconstructed, told
from app.training.background.wholes import CodeStore, varied
from models.progress import LongWork

if TYPE_CHECKING:
    from torch import Tensor, nn

    from models.hiresmed_vqgan.network import Vqgan
    from models.hiresmed_vqgan.prior import Prior, PriorSpec
    from models.hiresmed_vqgan.training import Course

WARM_UP = 0.1
"""Of the decoder's steps, the share before the discriminator has a say."""


def autoencoder(bench: Bench) -> LongWork[Vqgan]:
    """Encoder, codes and decoder, from the model to go on from or from random weights."""
    from models.hiresmed_vqgan.training import Course

    course = Course(adversarial=0)
    start = bench.start.vqgan if bench.start is not None else None
    return (yield from _vqgan(bench, "autoencoder", course, start))


def decoder(bench: Bench, vqgan: Vqgan) -> LongWork[Vqgan]:
    """The decoder alone, with the discriminator; codes mean the same from here on."""
    from models.hiresmed_vqgan.training import Course

    warm = round(bench.plan.steps[1] * WARM_UP)
    course = Course(adversarial_from=warm, decoder_only=True)
    return (yield from _vqgan(bench, "decoder", course, vqgan))


def prior(bench: Bench, vqgan: Vqgan) -> LongWork[Prior]:
    """The prior, on the codes of whole images."""
    from models.hiresmed_vqgan.prior import Prior
    from models.hiresmed_vqgan.prior_training import train_prior
    from models.learning import Recipe
    from models.parallel import world

    plan, folder, spec = bench.plan, bench.out / "prior", prior_spec(bench)
    done = finished(bench, "prior", Prior(spec))
    if done is not None:
        return done
    store = CodeStore(bench.out / CODES, plan.wholes)
    whole = varied(bench.pool, plan.patches)
    vqgan.to(bench.device)
    yield from store.fill(vqgan, whole, range(bench.rank, plan.wholes, bench.size))
    vqgan.to("cpu")
    world().wait()
    recipe = Recipe(
        steps=plan.steps[2], batch=plan.prior_batch, view=_prior_view(bench), rate=plan.prior_rate
    )
    start = bench.start.prior if bench.start is not None else None
    learning = train_prior(
        vqgan,
        spec,
        recipe,
        lambda n: (store.drawn(n), bench.kind),
        folder,
        resume=begun(bench, "prior"),
        start=start,
        device=bench.device,
    )

    def drawings(network: nn.Module) -> LongWork[Picture]:
        return (yield from drawn(bench, vqgan, cast("Prior", network)))

    network = yield from told(bench, "prior", learning, lambda: Prior(spec), "averaged.", drawings)
    keep(bench, "prior", network)
    return network


def prior_spec(bench: Bench) -> PriorSpec:
    """Of the model to go on from, else what suits the autoencoder."""
    from models.hiresmed_vqgan.prior import PriorSpec

    if bench.start is not None and bench.start.prior is not None:
        return bench.start.prior.spec
    return PriorSpec.of(bench.spec, classes=1)


def _vqgan(bench: Bench, stage: str, course: Course, start: Vqgan | None) -> LongWork[Vqgan]:
    from models.hiresmed_vqgan.network import Vqgan
    from models.hiresmed_vqgan.training import train
    from models.learning import Recipe

    plan, steps = bench.plan, bench.plan.steps[STAGES.index(stage)]
    done = finished(bench, stage, Vqgan(bench.spec))
    if done is not None:
        return done
    recipe = Recipe(
        steps=steps,
        batch=plan.batch,
        view=plan.view,
        rate=plan.rate if stage == "autoencoder" else plan.rate / 2,
        weight_decay=plan.weight_decay,
        betas=plan.betas,
    )
    before = plan.before(stage) * plan.batch
    learning = train(
        bench.spec,
        recipe,
        course,
        lambda n: bench.pool.patch(before + n, plan.view),
        bench.out / stage,
        perceptual=_perceptual(bench),
        resume=begun(bench, stage),
        start=start,
        device=bench.device,
    )

    def pairs(network: nn.Module) -> LongWork[Picture]:
        return (yield from reconstructed(bench, cast("Vqgan", network)))

    network = yield from told(bench, stage, learning, lambda: Vqgan(bench.spec), "averaged.vqgan.", pairs)
    keep(bench, stage, network)
    return network


def _perceptual(bench: Bench) -> Callable[[Tensor, Tensor], Tensor]:
    """L_p: of the mean of the channels, which all show the same."""
    from models.features import perceptual_distance

    features = bench.features
    cast("nn.Module", features).to(bench.device)
    return lambda a, b: perceptual_distance(features, a.mean(1, keepdim=True), b.mean(1, keepdim=True))


def _prior_view(bench: Bench) -> int:
    """The side of what the prior sees of fine grids: as large as a patch, and no larger than an image."""
    return max(
        bench.spec.levels[0], min(256, *bench.pool.shape) // bench.spec.levels[0] * bench.spec.levels[0]
    )
