"""Hours of random use: `python -m tests.benchmarks.monkey SECONDS [SEED]` prints a line a minute.

Asked: 0 exceptions, 0 threads left behind, memory grown by 5 % at most in two hours.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.ui.pictures import pictures


def main(arguments: list[str]) -> int:
    """Plays for a while outside the tests, and prints a line a minute."""
    import psutil

    from app.ui import create_window
    from tests.ui.monkey import Monkey

    seconds, seed = float(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["LITHOGRAPH_HOME"] = str(Path(home) / "home")
        files = pictures(Path(home) / "pictures")
        window = create_window(files[0])
        window.show()
        process, began, memory = psutil.Process(), time.monotonic(), 0
        threads = 0
        with Monkey(window, seed, Path(home) / "pictures") as monkey:
            turn = 0
            while time.monotonic() - began < seconds and not monkey.findings.exceptions:
                monkey.run(min(60.0, seconds))
                turn += 1
                monkey.close_dialogs()
                rss = process.memory_info().rss
                # What is filled once (torch, caches, thumbnails) is there after some minutes.
                if turn <= 5 or not memory:
                    memory, threads = rss, threading.active_count()
                passed, steps = time.monotonic() - began, monkey.findings.steps
                now = threading.active_count()
                print(f"{passed:6.0f} s  {steps} steps  {rss / 2**20:.0f} MiB  {now} threads", flush=True)
                if turn % 3 == 0:
                    window.compose.opener.open(files[turn // 3 % len(files)])
        grown = process.memory_info().rss / memory - 1
        print(f"memory after the first five minutes: {100 * grown:+.1f} %; threads {threads} then, "
              f"{threading.active_count()} now; {len(monkey.findings.exceptions)} exceptions")  # fmt: skip
        window.discard_changes()
        window.close()
    for text in monkey.findings.exceptions:
        print(text)
    return 1 if monkey.findings.exceptions else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
