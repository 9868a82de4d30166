"""Loading torch without keeping the window's thread waiting."""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
import sys
from pathlib import Path

_LIBRARY = {"linux": "libtorch_cpu.so", "darwin": "libtorch_cpu.dylib"}


def load_torch() -> None:
    """Imports torch, where it has not been; whatever thread does this, the others go on.

    Python's garbage collector looks at every object while all threads wait. With the 200,000 that torch
    brings this takes 0.15 s, again and again; as they live as long as the program, it need not look at them.
    """
    if "torch" in sys.modules:
        return
    preload()
    collecting = gc.isenabled()
    gc.disable()
    try:
        importlib.import_module("torch")
        gc.freeze()
    finally:
        if collecting:
            gc.enable()


def preload() -> bool:
    """Loads the largest library of torch before the import does; whether that was possible.

    An import holds Python's lock while it loads a library, 0.2 s for this one. A foreign function, such as
    the C library's own `dlopen`, is called without the lock. Where this fails nothing is lost: the import
    does it. On Windows torch is imported before there is a window.
    """
    name, spec = _LIBRARY.get(sys.platform), importlib.util.find_spec("torch")
    if name is None or spec is None:
        return False
    places = [Path(place, "lib", name) for place in spec.submodule_search_locations or ()]
    library = next((place for place in places if place.is_file()), None)
    if library is None:
        return False
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
    return dlopen(os.fsencode(library), os.RTLD_NOW) is not None
