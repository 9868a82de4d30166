"""`train` in real processes: killed and resumed, measured and adopted, learnt by two together."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.errors import LithographError
from app.training import orders
from app.training.occupied import occupied
from app.training.versions import versions
from main import main
from models.inputs import Kind
from models.location.network import Detector, Spec, save
from models.weights import CARD, WEIGHTS
from tests.training.kidneys import write_set

ROOT = Path(__file__).parents[2]

SMALL = """
import functools, sys
import models.learning
from app.training import location_labelled, location_learners
from models.inputs import Kind
from models.location.network import Spec
location_learners.BATCH, location_learners.VIEW, location_learners.FEW = 4, 64, 20
location_learners.spec_of = lambda task: Spec(Kind.CT, 64, width=0.25)
location_labelled.VARIANTS = 1
models.learning.Recipe = functools.partial(models.learning.Recipe, checkpoint_every=2)
from main import main
raise SystemExit(main(sys.argv[1:]))
"""
"""The program itself, but with a network and images that are learnt in seconds."""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A program of the same commands."""
    script = tmp_path / "small.py"
    script.write_text(SMALL)
    return script


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "LITHOGRAPH_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }


def arguments(data: Path, out: Path, steps: int) -> list[str]:
    return [
        *("train", "location", "--task", "abdomen-ct", "--data", str(data), "--out", str(out)),
        *("--steps", str(steps), "--device", "cpu"),
    ]


def test_a_killed_training_goes_on_to_the_same_weights(
    small: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    data = write_set(tmp_path / "data", 18, stones=2)
    shutil.copy(data / "images" / "case_000.png", data / "images" / "nobody.png")
    whole, out = tmp_path / "whole", tmp_path / "out"
    command = [sys.executable, str(small)]
    subprocess.run([*command, *arguments(data, whole, 8)], env=environment, check=True, capture_output=True)

    process = subprocess.Popen(
        [*command, *arguments(data, out, 8)], env=environment, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while not (out / "checkpoint" / CARD).is_file() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (out / WEIGHTS).exists()

    done = subprocess.run(
        [*command, *arguments(data, out, 8), "--resume", "--evaluate", "--use"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert (out / WEIGHTS).read_bytes() == (whole / WEIGHTS).read_bytes()
    assert "nobody.png has no label file and counts as not looked at" in done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == str(out)
    assert lines[1].startswith("AUC of held-out lesions against random points of the body: 0.")
    assert lines[-1] == "location/abdomen-ct v001 is in use"
    scores = json.loads((out / "scores.json").read_text())
    assert scores["rows"][0]["n"] > 0
    assert "images with their lesions removed" in scores["data"]
    kept = Path(environment["LITHOGRAPH_HOME"]) / "models" / "location" / "abdomen-ct" / "v001" / WEIGHTS
    assert kept.read_bytes() == (out / WEIGHTS).read_bytes()


def test_two_processes_learn_one_model(small: Path, environment: dict[str, str], tmp_path: Path) -> None:
    data, out = write_set(tmp_path / "data", 18, stones=2), tmp_path / "out"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*torchrun, str(small), *arguments(data, out, 4)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines().count(str(out)) == 1  # one of them speaks
    card = json.loads((out / CARD).read_text())
    assert card["training"]["steps"] == 4
    assert (out / WEIGHTS).stat().st_size > 100_000
    assert len((out / "curves.csv").read_text().splitlines()) == 5


def test_a_finished_model_is_measured_without_training(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data, out = write_set(tmp_path / "data", 3, stones=2), tmp_path / "out"
    out.mkdir()
    (out / CARD).write_text("{}")
    options = ["--task", "abdomen-ct", "--data", str(data), "--out", str(out), "--evaluate"]
    assert main(["train", "location", *options]) == 1
    said = capsys.readouterr()
    assert said.out.strip() == str(out)
    assert said.err.count("\n") == 1
    assert "weights.safetensors is missing" in said.err


def test_a_model_of_another_task_is_not_put_to_use(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data, out = write_set(tmp_path / "data", 5, stones=2), tmp_path / "out"
    save(Detector(Spec(Kind.CT, 64, width=0.25)), out, {"name": "location/lung-ct", "temperature": 1.0})
    options = ["--task", "abdomen-ct", "--data", str(data), "--out", str(out), "--evaluate", "--use"]
    assert main(["train", "location", *options]) == 1
    said = capsys.readouterr()
    assert "is the model location/lung-ct, and not location/abdomen-ct" in said.err
    assert "is in use" not in said.out
    assert {version.name for version in versions("location", "abdomen-ct")} <= {"shipped"}


def test_a_folder_that_another_training_works_in_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data, out = write_set(tmp_path / "data", 5, stones=2), tmp_path / "out"
    options = ["--task", "abdomen-ct", "--data", str(data), "--out", str(out), "--steps", "1"]
    with occupied(out):
        there = sorted(out.iterdir())
        assert main(["train", "location", *options]) == 1
        order = orders.Order("location", "abdomen-ct", data, 1)
        with occupied(order.folder), pytest.raises(LithographError, match="Another training"):
            next(orders.carry_out(order))
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert f"Another training is at work in {out}" in said.err
    assert sorted(out.iterdir()) == there


def test_wrong_usage_and_bad_data_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    options = ["--task", "abdomen-ct", "--out", str(tmp_path / "out")]
    assert main(["train", "location", *options, "--device", "abacus"]) == 2
    assert "--device is cpu or cuda" in capsys.readouterr().err
    assert main(["train", "location", *options, "--data", str(tmp_path / "nowhere")]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert main(["train", "location", *options, "--device", "cuda"]) == 1
    assert capsys.readouterr().err.count("lithograph:") == 1


def test_a_finished_model_is_not_measured_on_a_folder_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    shipped = ROOT / "models" / "danger_zone" / "kub-xray"
    out = Path(shutil.copytree(shipped, tmp_path / "out"))
    options = ["--task", "kub-xray", "--out", str(out), "--evaluate", "--data", str(tmp_path / "nowhere")]
    assert main(["train", "danger-zone", *options]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "There is no folder" in said.err
    assert not (out / "scores.json").exists()
