"""What only a real process shows: signals, a full disk, a missing installation, what start-up imports."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2]


def lithograph(*arguments: object, program: Path = PROGRAM, **options) -> subprocess.CompletedProcess[str]:
    """Runs the program in a process of its own."""
    command = [sys.executable, str(program / "main.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def test_help_names_every_command() -> None:
    done = lithograph("--help")
    assert done.returncode == 0
    for name in ("open", "doctor", "background", "safe", "compose", "render", "lesion", "train"):
        assert name in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_with_130_and_keeps_what_is_finished(tmp_path: Path) -> None:
    command = [sys.executable, str(PROGRAM / "main.py"), "background", "--task", "lung-ct", "--seed", "1"]
    command += ["--count", "500", "--size", "128", "--out", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "0001.dcm").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "stopped" in err
    import pydicom

    for file in tmp_path.glob("*.dcm"):
        assert pydicom.dcmread(file).pixel_array.shape == (128, 128)
    assert not [f for f in tmp_path.rglob(".*") if f.is_file()], "no temporary file is left"


def test_a_full_disk_is_one_sentence_and_leaves_nothing_half(tmp_path: Path) -> None:
    if not shutil.which("unshare"):
        pytest.skip("needs Linux namespaces")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size=200k none {disk} && "
        f"{sys.executable} {PROGRAM / 'main.py'} background --task lung-ct --seed 1 --out {disk}/out; "
        f"echo status $?; find {disk}/out -type f -size +0 -name '*.dcm'"
    )
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("user namespaces are switched off here")
    assert "status 1" in done.stdout, done.stderr
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert ".dcm" not in done.stdout


def test_doctor_fails_with_what_to_do_where_weights_are_missing(tmp_path: Path) -> None:
    copy = tmp_path / "lithograph"
    leave_out = shutil.ignore_patterns("*.safetensors", "__pycache__")
    for folder in ("app", "models", "resources"):
        shutil.copytree(PROGRAM / folder, copy / folder, ignore=leave_out)
    shutil.copy(PROGRAM / "main.py", copy)
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = lithograph("doctor", program=copy, env=environment)
    assert done.returncode == 1
    assert "PROBLEM" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe ends otherwise there")
def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(PROGRAM / "main.py"), "lesion", "list"]
    try:
        done = subprocess.run(
            command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    finally:
        os.close(writer)
    assert done.returncode == 1
    assert done.stderr == ""


def test_starting_up_loads_neither_torch_nor_readers() -> None:
    # The window must appear before torch is loaded; every command starts faster for it, too.
    script = (
        "import sys; import app.ui, app.engine, app.imaging, app.composition, app.anatomy, app.lesions\n"
        "heavy = {'torch', 'SimpleITK', 'pydicom', 'scipy.ndimage', 'skimage'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {sorted(heavy)}' if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=PROGRAM, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
