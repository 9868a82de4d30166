"""The command line as a whole: the commands under one name, with the options that all of them have."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from app import __version__
from app.cli.background import background
from app.cli.compose import compose, render
from app.cli.console import configure, guarded
from app.cli.doctor import doctor
from app.cli.lesion import lesion
from app.cli.reconstruct import reconstruct
from app.cli.safe import safe
from app.cli.train import train
from app.errors import LithographError

_FLAGS = {"-q", "--quiet", "-v", "--verbose"}


def run(arguments: list[str], open_window: Callable[[Path | None], int]) -> int:
    """Runs one command and returns its exit status; `open_window` is what `open` does."""
    program = typer.Typer(
        name="lithograph",
        help="Places synthetic small lesions into medical images. Without a command, the window opens. "
        "A research tool, not a medical device.",
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    program.callback()(_options)

    @program.command("open")
    @guarded
    def open_(
        path: Annotated[
            Path | None, typer.Argument(metavar="PATH", readable=False, help="A file, folder or scene.")
        ] = None,
    ) -> None:
        """Opens the window, on a file, a DICOM folder or a scene where one is named."""
        with suppress(PermissionError):  # the window says that better
            if path is not None and not path.exists():
                raise LithographError(f"There is no file or folder {path}; check its name and its folder.")
        raise typer.Exit(open_window(path))

    for command in (background, reconstruct, safe, compose, render, doctor):
        program.command()(guarded(command))
    program.add_typer(lesion, name="lesion")
    program.add_typer(train, name="train")
    # `-q` and `-v` may stand anywhere on the line.
    ordered = [a for a in arguments if a in _FLAGS] + [a for a in arguments if a not in _FLAGS]
    try:
        program(ordered, prog_name="lithograph")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except KeyboardInterrupt:
        return 130
    return 0


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"Lithograph {__version__}")
        raise typer.Exit


def _options(  # the docstring would replace the program's help
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but results and errors.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Say more.")] = False,
    version: Annotated[  # noqa: ARG001 - acts through its callback
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which, and end.")
    ] = False,
) -> None:
    configure(silent=quiet, verbose=verbose)
