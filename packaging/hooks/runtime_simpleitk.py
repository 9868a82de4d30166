"""Loads SimpleITK's library, which lies compressed in the bundle (packaging/shrink.py), from memory.

Runs before main.py; nothing is unpacked before SimpleITK is imported for the first time, once per process.
"""

import sys


class _FromMemory:
    """Finds the one module. What it needs is imported when it is asked for, for start-up's sake."""

    @staticmethod
    def find_spec(name, *_):  # as importlib.abc.MetaPathFinder has it
        if name != "SimpleITK._SimpleITK":
            return None
        import lzma
        import os
        from concurrent.futures import ThreadPoolExecutor
        from importlib.machinery import ExtensionFileLoader
        from importlib.util import spec_from_file_location
        from pathlib import Path

        parts = sorted((Path(sys._MEIPASS) / "SimpleITK").glob("_SimpleITK.abi3.so.*.xz"))
        # A file that is in memory only, and gone when the process ends.
        memory = os.memfd_create(name)
        with os.fdopen(memory, "wb", closefd=False) as library, ThreadPoolExecutor() as threads:
            for piece in threads.map(lambda part: lzma.decompress(part.read_bytes()), parts):
                library.write(piece)
        loader = ExtensionFileLoader(name, f"/proc/self/fd/{memory}")
        return spec_from_file_location(name, loader.path, loader=loader)


sys.meta_path.insert(0, _FromMemory)
