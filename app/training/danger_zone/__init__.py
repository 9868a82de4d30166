"""Training the danger-zone network of a task, and measuring it.

`recipe` trains, `evaluation` measures, `sources` says what a task learns from; every other file here is one
source of samples.
"""

from __future__ import annotations

from app.training.danger_zone.evaluation import dice, evaluate
from app.training.danger_zone.measuring import evaluate_folder, measure_models
from app.training.danger_zone.recipe import sample_size, spec_of, train

__all__ = [
    "dice",
    "evaluate",
    "evaluate_folder",
    "measure_models",
    "sample_size",
    "spec_of",
    "train",
]
