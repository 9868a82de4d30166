"""A lesion model trained for a few seconds, for all tests of this folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import models.singan.presets as presets
from app.lesions import training
from app.lesions.training import train_lesion_model
from models.progress import finish
from tests.lesions.toy import toy

TINY = replace(presets.LEAN, name="tiny", iterations=(24, 6), width=8, finest_width=0)


@pytest.fixture(autouse=True)
def tiny_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the preset `tiny` known, and cards measured on few samples."""
    monkeypatch.setitem(presets.PRESETS, "tiny", TINY)
    monkeypatch.setattr(training, "SAMPLES", 4)


@pytest.fixture(scope="session")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a trained model named `toy`; read it, never change it."""
    folder = tmp_path_factory.mktemp("lesions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(presets.PRESETS, "tiny", TINY)
        patch.setattr(training, "SAMPLES", 4)
        return finish(
            train_lesion_model(
                *toy(), "toy", title="Toy nodule", tasks=("lung-ct",), preset="tiny", folder=folder, seed=1
            )
        )
