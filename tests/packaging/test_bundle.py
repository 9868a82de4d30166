"""The self-contained program as somebody has it who has no Python: dist/lithograph, made by `make bundle`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.packaging.recipes import BUNDLE, PROGRAM, recipe

COMMAND = BUNDLE / "lithograph"
WAIT_S = 120


@pytest.fixture(scope="module", autouse=True)
def _present_bundle() -> None:
    """Skips with the reason, or fails where LITHOGRAPH_BUNDLE=required says that a bundle was just made."""
    reason = ""
    if not COMMAND.exists():
        reason = "no bundle has been built; `make bundle` builds and tests one"
    elif not recipe("stamp").is_current(BUNDLE, PROGRAM):
        reason = "the bundle is older than the sources and says nothing of them; run `make bundle`"
    if reason and os.environ.get("LITHOGRAPH_BUNDLE") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment without Python: nothing on the path, no virtual environment, a new home."""
    for name in ("empty", "home", "tmp"):
        (tmp_path / name).mkdir()
    return {
        "PATH": str(tmp_path / "empty"),
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "LANG": "C.UTF-8",
        "QT_QPA_PLATFORM": "offscreen",
        "OMP_NUM_THREADS": "2",
    }


def lithograph(bare: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs a command of the bundle to its end, which must be a good one without a warning."""
    command = [str(COMMAND), *map(str, arguments)]
    done = subprocess.run(command, env=bare, capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_doctor_finds_every_part(bare: dict[str, str]) -> None:
    done = lithograph(bare, "doctor")
    assert "PROBLEM" not in done.stdout
    assert f"in {BUNDLE}" in done.stdout
    for codec in ("JPEG lossless", "JPEG-LS", "JPEG 2000", "HTJ2K", "RLE"):
        assert codec in done.stdout
    assert "a lesion was drawn and placed" in done.stdout


def test_makes_a_composite_with_two_lesions(bare: dict[str, str], tmp_path: Path) -> None:
    lithograph(bare, "background", "--task", "kub-xray", "--seed", 1, "--out", tmp_path / "backgrounds")
    background = tmp_path / "backgrounds" / "0000.dcm"
    out = tmp_path / "composite"
    options = ("--task", "kub-xray", "--random", 2, "--diameter-mm", "4..9", "--seed", 1, "--out", out)
    lithograph(bare, "compose", background, *options)
    assert len(json.loads((out / "labels.json").read_text())) == 2
    # SimpleITK's library, which the bundle unpacks into memory, has written the one and reads it again.
    lithograph(bare, "render", out / "scene.json", "--out", tmp_path / "again")
    for name in ("composite.dcm", "lesions.nii.gz", "labels.json"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


def test_a_lesion_model_can_be_trained(bare: dict[str, str], tmp_path: Path) -> None:
    """Training imports parts of torch that drawing does not; stopped as soon as it is on its way."""
    lithograph(bare, "lesion", "sample", "nodule-solid-small", "--count", 1, "--seed", 1, "--out", tmp_path)
    command = [COMMAND, "lesion", "train", tmp_path / "0000.nii.gz", "--mask", tmp_path / "0000_mask.nii.gz"]
    training = subprocess.Popen([*command, "--name", "mine"], env=bare, stderr=subprocess.PIPE, text=True)
    stop = threading.Timer(WAIT_S, training.kill)
    stop.start()
    assert training.stderr is not None
    said = []
    for line in training.stderr:
        said.append(line)
        if "scale 1 of" in line or "scale 2 of" in line:
            training.send_signal(signal.SIGINT)
            break
    said.append(training.stderr.read())
    assert training.wait(WAIT_S) == 130, "".join(said)
    stop.cancel()
    assert "Warning" not in "".join(said)


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_the_window_opens_paints_and_closes_cleanly(bare: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    environment = {**bare, "QT_LOGGING_RULES": "qt.widgets.painting.debug=true"}
    with log.open("w") as told:
        window = subprocess.Popen([COMMAND], env=environment, stderr=told, stdout=told)
    try:
        deadline = time.monotonic() + WAIT_S
        while "Flushing" not in log.read_text() and window.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "Flushing" in log.read_text(), log.read_text()[-2000:]
        if sys.platform == "linux":
            mapped = Path(f"/proc/{window.pid}/maps").read_text()
            assert str(BUNDLE / "_internal" / "libpython3") in mapped
            assert f"{sys.prefix}/" not in mapped, "something of this machine's Python is in use"
        window.send_signal(signal.SIGTERM)
        # Closed on the signal, as a shell counts it; ended by it would be -SIGTERM.
        assert window.wait(WAIT_S) in (0, 128 + signal.SIGTERM), log.read_text()[-2000:]
    finally:
        if window.poll() is None:
            window.kill()
            window.wait()
    assert "Traceback" not in log.read_text()


def test_the_licences_of_all_parts_are_in_it() -> None:
    text = (BUNDLE / "THIRD-PARTY-LICENCES.txt").read_text(encoding="utf-8")
    for part in ("torch", "PySide6_Essentials", "SimpleITK", "numpy", "python-gdcm", "Python"):
        assert re.search(rf"^{part} \S+ — ", text, re.MULTILINE | re.IGNORECASE), part
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text
    assert "bootloader" in text
    assert (BUNDLE / "LICENSE").read_bytes() == (PROGRAM / "LICENSE").read_bytes()
