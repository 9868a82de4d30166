"""The one entry: without arguments the window, with a subcommand the same work without a screen."""

from __future__ import annotations

import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit status: 0 done, 1 a reason was given, 2 wrong usage, 130 stopped by the user."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments:
        return open_window()
    from app.cli import program

    return program.run(arguments, open_window)


def open_window(path: Path | None = None) -> int:
    """Opens the window, on `path` where one is given, and returns when it closes."""
    if sys.platform == "win32":
        # On Windows torch's libraries fail to load once Qt's are in the process.
        import torch  # noqa: F401
    from app import ui

    return ui.run(None if path is None else str(path))


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except ModuleNotFoundError as error:
        from app.paths import how_to_repair

        reason = f"A library is missing ({error.name}); {how_to_repair()}."
        raise SystemExit(f"lithograph: {reason}") from None
