"""What every test stands on: no screen, a home of its own, and no thread left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder, empty and the test's own."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("LITHOGRAPH_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fails a test that leaves a thread of the application behind."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        left = [t for t in threading.enumerate() if t not in before and t.name.startswith("lithograph")]
        if not left:
            return
        time.sleep(0.02)
    pytest.fail(f"threads left running: {', '.join(t.name for t in left)}")
