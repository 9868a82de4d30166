"""`train background` in real processes: killed in every kind of stage and resumed, learnt by two together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.weights import CARD, WEIGHTS
from tests.training.background.tiny import write_images

ROOT = Path(__file__).parents[3]
PROGRAM = str(Path(__file__).with_name("tiny.py"))


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "LITHOGRAPH_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }


def arguments(data: Path, out: Path) -> list[str]:
    where = ("--task", "abdomen-ct", "--data", str(data), "--out", str(out))
    return [PROGRAM, "train", "background", *where, "--preset", "small", "--device", "cpu"]


def test_a_training_killed_in_any_stage_goes_on_to_the_same_weights(
    environment: dict[str, str], tmp_path: Path
) -> None:
    data, whole, out = write_images(tmp_path / "data", 12), tmp_path / "whole", tmp_path / "out"
    subprocess.run(
        [sys.executable, *arguments(data, whole)], env=environment, check=True, capture_output=True
    )
    assert [file.name for file in sorted((whole / "samples").iterdir())] == [
        f"{step:06d}.png" for step in range(2, 13, 2)
    ]
    for stage in ("autoencoder", "prior"):
        command = [sys.executable, *arguments(data, out), "--resume"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while not (out / stage / "checkpoint" / CARD).is_file() and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert not (out / WEIGHTS).exists()
    done = subprocess.run(
        [sys.executable, *arguments(data, out), "--resume", "--evaluate", "--use"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert (out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    lines = done.stdout.splitlines()
    assert lines[0] == str(out)
    assert lines[1].startswith("PSNR in dB, range -160 to 240 HU: ")
    assert lines[-1] == "background/abdomen-ct v001 is in use"
    shown = json.loads((out / "scores.json").read_text())["rows"]
    kept = json.loads((out / CARD).read_text())["scores"]["rows"]  # the same images, the same figures
    assert [(row["what"], row["n"]) for row in shown] == [(row["what"], row["n"]) for row in kept]
    assert shown[0]["value"] == pytest.approx(kept[0]["value"], abs=1e-3)


def test_two_processes_learn_one_model(environment: dict[str, str], tmp_path: Path) -> None:
    data, out = write_images(tmp_path / "data", 12), tmp_path / "out"
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *torchrun, *arguments(data, out)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines().count(str(out)) == 1  # one of them speaks
    card = json.loads((out / CARD).read_text())
    assert card["training"]["processes"] == 2
    assert card["training"]["steps"] == 12
    assert (out / WEIGHTS).is_file()
    assert len((out / "curves-prior.csv").read_text().splitlines()) == 5
