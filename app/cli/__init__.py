"""The command line: the window's work without a screen, one module per command.

Progress goes to stderr, results to stdout. Exit status: 0 done, 1 a clear one-line reason, 2 wrong usage,
130 stopped by the user with everything finished so far kept.
"""

from __future__ import annotations
