"""How commands speak: progress on stderr, results on stdout, one line for what went wrong."""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import typer

from app.engine.time_left import TimeLeft, in_words
from app.errors import LithographError
from models.progress import LongWork, finish

T = TypeVar("T")

_SECONDS_BETWEEN_LINES = 10.0

quiet = False
"""Set by `-q`: no progress, no notes."""


def configure(*, silent: bool, verbose: bool) -> None:
    """Applies `-q` and `-v`."""
    global quiet
    quiet = silent
    level = logging.ERROR if silent else logging.DEBUG if verbose else logging.WARNING
    logging.getLogger().setLevel(level)
    assert logging.lastResort is not None  # Python's own handler, which writes to whatever stderr now is
    logging.lastResort.setLevel(level)
    # The libraries' own chatter is not for users; `-v` shows it.
    for noisy in ("pydicom", "PIL", "dicomanonymizer"):
        logging.getLogger(noisy).setLevel(logging.DEBUG if verbose else logging.CRITICAL)


def note(text: str) -> None:
    """Says something on stderr unless `-q` was given."""
    if not quiet:
        print(text, file=sys.stderr)


def drive(work: LongWork[T], title: str) -> T:
    """Runs long work with a progress bar and a time left on stderr, and returns its result.

    Ctrl+C stops it between two of its steps, so that it can keep what it has; pressed again, at once.
    """
    work = _stoppable(work)
    if quiet:
        return finish(work)
    if not sys.stderr.isatty():
        return _in_lines(work, title)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task(title, total=None, note="")
        try:
            while True:
                report = next(work)
                bar.update(shown, total=report.total, completed=report.done, note=report.note)
        except StopIteration as end:
            return end.value
        finally:
            work.close()


def _stoppable(work: LongWork[T]) -> LongWork[T]:
    """The same work, which ends in KeyboardInterrupt after the step in which Ctrl+C was pressed."""
    asked = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        while not asked:
            try:
                report = next(work)
            except StopIteration as end:
                if asked:
                    break
                return end.value
            yield report
        raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)
        work.close()


def _in_lines(work: LongWork[T], title: str) -> T:
    """Runs long work with a line of progress now and then, for a log."""
    estimate, told = TimeLeft(), time.monotonic()
    try:
        while True:
            report = next(work)
            now = time.monotonic()
            left = estimate.update(report.fraction, now)
            if left is not None and now - told >= _SECONDS_BETWEEN_LINES:
                note(f"{title}: {report.fraction:.0%} {report.note}, about {in_words(left)}")
                told = now
    except StopIteration as end:
        return end.value
    finally:
        work.close()


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Wraps a command so that whatever goes wrong ends in one line and the right exit status."""

    @functools.wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        try:
            command(*arguments, **options)
        except LithographError as error:
            print(f"lithograph: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            print("lithograph: stopped; everything finished so far is kept.", file=sys.stderr)
            raise typer.Exit(130) from None
        except MemoryError:
            print("lithograph: Out of memory; close programs or use a smaller image.", file=sys.stderr)
            raise typer.Exit(1) from None
        except (typer.Exit, typer.BadParameter):
            raise
        except BrokenPipeError:  # who reads the output has seen enough, as `head` does
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None
        except OSError as error:
            print(f"lithograph: {error.strerror or error}: {error.filename or 'output'}.", file=sys.stderr)
            raise typer.Exit(1) from None
        except Exception as error:
            logging.getLogger("lithograph").debug("%s", traceback.format_exc())
            print(
                f"lithograph: A fault of the program ({type(error).__name__}: {error}); "
                "no file was left half written. Run again with -v for the details.",
                file=sys.stderr,
            )
            raise typer.Exit(1) from None

    return run
