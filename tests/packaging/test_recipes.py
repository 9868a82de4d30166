"""The recipes around the bundle: what can be tested of them without building one."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication

from tests.packaging.recipes import PACKAGING, PROGRAM, recipe

ID = "org.lithograph.Lithograph"
VERSION = tomllib.loads((PROGRAM / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_every_size_of_the_icon_shows_the_stone_and_lets_the_corners_through(
    qapp: QApplication, tmp_path: Path
) -> None:
    icons = recipe("icons")
    for size in icons.LINUX_SIZES:
        file = tmp_path / f"{size}.png"
        file.write_bytes(icons.png(size))
        image = Image.open(file).convert("RGBA")
        assert image.size == (size, size)
        assert image.getpixel((0, 0))[3] < 128
        stone, plate = image.getpixel((size // 2, size // 2)), image.getpixel((size // 2, size - 2))
        assert sum(stone[:3]) - sum(plate[:3]) > 250, f"nothing to see at {size} pixels"
    assert Image.open(icons.ico(tmp_path)).info["sizes"] == {(size, size) for size in icons.WINDOWS_SIZES}
    assert Image.open(icons.icns(tmp_path)).size == (1024, 1024)


def test_desktop_entry_and_metadata_name_the_same_program() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(PACKAGING / "linux" / f"{ID}.desktop", encoding="utf-8")
    desktop = entry["Desktop Entry"]
    assert desktop["Icon"] == ID
    assert desktop["Exec"].split()[0] == desktop["TryExec"] == "lithograph"
    assert desktop["Categories"].endswith(";")
    component = ElementTree.parse(PACKAGING / "linux" / f"{ID}.metainfo.xml").getroot()
    assert component.findtext("id") == ID
    assert component.findtext("launchable") == f"{ID}.desktop"
    assert component.findtext("project_license") == "Apache-2.0"
    assert component.findtext("name") == desktop["Name"]
    release = component.find("releases/release")
    assert release is not None
    assert release.get("version") == VERSION
    assert "not a medical device" in "".join(component.itertext())


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_install_puts_the_program_in_place_and_takes_only_it_away(qapp: QApplication, tmp_path: Path) -> None:
    bundle, prefix = tmp_path / "unpacked", tmp_path / "my programs"
    (bundle / "_internal").mkdir(parents=True)
    recipe("icons").install_linux(bundle, PACKAGING / "linux")
    (bundle / "lithograph").write_text("#!/bin/sh\necho started\n")
    (bundle / "lithograph").chmod(0o755)
    other = prefix / "share" / "applications" / "other.desktop"
    other.parent.mkdir(parents=True)
    other.write_text("somebody else's")

    def install(*options: str, script: Path = bundle / "install.sh") -> subprocess.CompletedProcess[str]:
        command = ["sh", str(script), "--prefix", str(prefix), *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    for _ in range(2):  # the second time over the first
        done = install()
        assert done.returncode == 0, done.stderr
    command = prefix / "bin" / "lithograph"
    assert subprocess.run([command], capture_output=True, text=True, check=True).stdout == "started\n"
    desktop = (prefix / "share" / "applications" / f"{ID}.desktop").read_text()
    assert f'Exec="{command}" open %f' in desktop
    assert f"TryExec={command}" in desktop
    assert (prefix / "share" / "icons" / "hicolor" / "48x48" / "apps" / f"{ID}.png").is_file()

    done = install("--uninstall", script=prefix / "lib" / "lithograph" / "install.sh")
    assert done.returncode == 0, done.stderr
    left = {file for file in prefix.rglob("*") if not file.is_dir()}
    assert left - {other.with_name("mimeinfo.cache")} == {other}  # the desktop's own list
    assert install("--uninstall").returncode == 1
    assert "Nothing is installed" in install("--uninstall").stderr


def test_install_does_not_replace_a_command_of_the_same_name(tmp_path: Path) -> None:
    bundle, command = tmp_path / "unpacked", tmp_path / "bin" / "lithograph"
    for file in (bundle / "lithograph", command):
        file.parent.mkdir()
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    script = bundle / "install.sh"
    script.write_bytes((PACKAGING / "linux" / "install.sh").read_bytes())
    done = subprocess.run(
        ["sh", script, "--prefix", tmp_path], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert "move it away" in done.stderr
    assert not (tmp_path / "lib").exists()


def test_a_bundle_that_is_too_large_is_refused_with_its_parts(tmp_path: Path) -> None:
    (tmp_path / "_internal" / "torch").mkdir(parents=True)
    (tmp_path / "_internal" / "torch" / "lib.so").write_bytes(bytes(3_000_000))
    (tmp_path / "lithograph").write_bytes(bytes(1_000_000))
    (tmp_path / "_internal" / "link.so").symlink_to("torch/lib.so")

    def report(limit: float) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, PACKAGING / "report_size.py", tmp_path, "--limit-mb", str(limit)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    small, large = report(5), report(4)
    assert small.returncode == 0, small.stderr
    assert re.search(r"3\.0 MB +_internal/torch\n", small.stdout)
    assert re.search(r"4\.0 MB +.* in all", small.stdout)
    assert large.returncode == 1
    assert "too large" in large.stderr


def test_a_change_of_any_source_makes_a_bundle_outdated(tmp_path: Path) -> None:
    stamp = recipe("stamp")
    program, bundle = tmp_path / "program", tmp_path / "bundle"
    for name in (
        "main.py",
        "pyproject.toml",
        "app/a.py",
        "models/w.bin",
        "resources/t.toml",
        "packaging/x.spec",
    ):
        (program / name).parent.mkdir(parents=True, exist_ok=True)
        (program / name).write_text(name)
    (bundle / "_internal").mkdir(parents=True)
    assert not stamp.is_current(bundle, program)
    stamp.write(bundle, stamp.digest(program))
    assert stamp.is_current(bundle, program)
    (program / "app" / "__pycache__").mkdir()
    (program / "app" / "__pycache__" / "a.pyc").write_text("no source")
    assert stamp.is_current(bundle, program)
    (program / "app" / "a.py").rename(program / "app" / "b.py")
    assert not stamp.is_current(bundle, program)
