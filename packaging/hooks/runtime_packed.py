"""Loads libraries that lie compressed in the bundle (packaging/shrink.py) from memory.

Runs before main.py; nothing is unpacked before the module that needs it is imported, once per process.
"""

import sys

_ITSELF = {"SimpleITK._SimpleITK": "SimpleITK/_SimpleITK.abi3.so"}
"""By module: the compressed library that is the module."""
_BEFORE = {"scipy": "scipy.libs/libscipy_openblas"}
"""By module: the compressed library that its parts link to, by the beginning of its name."""


def _unpacked(start):
    """The path of a file that is in memory only, and gone when the process ends."""
    import lzma
    import os
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    parts = sorted(Path(sys._MEIPASS).glob(f"{start}*.xz"))
    memory = os.memfd_create(Path(start).name)
    with os.fdopen(memory, "wb", closefd=False) as library, ThreadPoolExecutor() as threads:
        for piece in threads.map(lambda part: lzma.decompress(part.read_bytes()), parts):
            library.write(piece)
    return f"/proc/self/fd/{memory}"


def _load_before(start):
    """Loads a library under its own name, which the loader then finds for whoever links to it."""
    import ctypes
    from pathlib import Path

    # What it links to itself lies beside it, where it is no more.
    for name in ("libquadmath", "libgfortran"):
        for file in sorted((Path(sys._MEIPASS) / start).parent.glob(f"{name}*")):
            ctypes.CDLL(str(file))
    ctypes.CDLL(_unpacked(start))


class _FromMemory:
    """Finds the modules above. What it needs is imported when it is asked for, for start-up's sake."""

    @staticmethod
    def find_spec(name, *_):  # as importlib.abc.MetaPathFinder has it
        if name in _BEFORE:
            _load_before(_BEFORE.pop(name))
            return None  # the module itself is where it always is
        if name not in _ITSELF:
            return None
        from importlib.machinery import ExtensionFileLoader
        from importlib.util import spec_from_file_location

        path = _unpacked(_ITSELF[name])
        return spec_from_file_location(name, path, loader=ExtensionFileLoader(name, path))


sys.meta_path.insert(0, _FromMemory)
