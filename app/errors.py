"""The one error that users see."""

from __future__ import annotations


class LithographError(Exception):
    """A reason that a user can act on.

    The message is one sentence of plain words: what happened, to which file, and what to do. The window
    shows it in a dialog and the command line prints it on stderr and ends with exit status 1; neither
    shows a traceback for it. Every other exception is a fault of the program.
    """
