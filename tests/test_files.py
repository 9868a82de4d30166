"""Atomic writing: the old file or the new one, never a part."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import files
from app.errors import LithographError


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "scene.json"
    target.write_text("old")

    def interrupted() -> None:
        with files.atomic_write(target) as temporary:
            temporary.write_text("half of the n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_temporary_file_keeps_double_suffixes(tmp_path: Path) -> None:
    # SimpleITK and others choose the format by the suffix.
    with files.atomic_write(tmp_path / "a.nii.gz") as temporary:
        assert temporary.name.endswith(".nii.gz")
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"x")
    assert (tmp_path / "a.nii.gz").read_bytes() == b"x"


def test_a_missing_folder_is_named_with_a_remedy(tmp_path: Path) -> None:
    target = tmp_path / "gone" / "a.json"
    with pytest.raises(LithographError, match="does not exist") as caught:
        files.write_bytes(target, b"x")
    assert str(target) in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_no_permission_is_named_with_a_remedy(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(LithographError, match="may not write"):
            files.write_bytes(tmp_path / "a.json", b"x")
    finally:
        tmp_path.chmod(0o700)


def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(LithographError, match="a part of the path is a file"):
        files.write_bytes(tmp_path / "a" / "b.json", b"x")
    with pytest.raises(LithographError, match="a part of the path is a file"):
        files.make_folder(tmp_path / "a" / "b")


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_FSIZE")
def test_a_write_cut_short_by_the_system_keeps_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from app import files\nfrom app.errors import LithographError\n"
        "try: files.write_bytes(sys.argv[1], bytes(5000))\n"
        "except LithographError as error: sys.exit(f'said: {error}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(target)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "said: Cannot write" in done.stderr
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_json_refuses_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(tmp_path / "a.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []
