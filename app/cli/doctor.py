"""`doctor`: whether the main job can run on this machine, and if not, what to do."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from app import __version__
from app.errors import LithographError
from app.paths import MODELS, PROGRAM, how_to_repair, user_data
from models.progress import finish

_LIBRARIES = (
    "torch",
    "numpy",
    "PySide6-Essentials",
    "pyqtgraph",
    "SimpleITK",
    "pydicom",
    "opencv-python-headless",
    "safetensors",
)


def doctor() -> None:
    """Versions, device, screen, weights found, folders used; fails where the main job cannot run."""
    print(f"Lithograph {__version__} in {PROGRAM}")
    print(f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores")
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("libraries", _libraries),
        ("device", _device),
        ("screen", _screen),
        ("codecs", _codecs),
        ("danger zone", _danger_zones),
        ("lesion models", _lesions),
        ("user folder", _user_folder),
        ("main job", _main_job),
    )
    failed = False
    for name, check in checks:
        try:
            print(f"{name:14} {check()}")
        except LithographError as error:
            failed = True
            print(f"{name:14} PROBLEM: {error}")
    if failed:
        print("lithograph: Something is missing or damaged; PROBLEM above says what to do.", file=sys.stderr)
        raise typer.Exit(1)


def _libraries() -> str:
    found = []
    for library in _LIBRARIES:
        try:
            found.append(f"{library} {importlib.metadata.version(library)}")
        except importlib.metadata.PackageNotFoundError:
            raise LithographError(f"The library {library} is missing; {how_to_repair()}.") from None
    return ", ".join(found)


def _device() -> str:
    from app.engine import device

    return device.choose().name


def _screen() -> str:
    if sys.platform not in ("linux",):
        return "the system's own"
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(variable):
            return f"{variable}={os.environ[variable]}"
    # Commands need none, so this is no failure.
    return "none found; commands work, the window needs one"


def _codecs() -> str:
    from pydicom import uid
    from pydicom.pixels import get_decoder

    wanted = {
        "JPEG": uid.JPEGBaseline8Bit,
        "JPEG 12 bit": uid.JPEGExtended12Bit,
        "JPEG lossless": uid.JPEGLosslessSV1,
        "JPEG-LS": uid.JPEGLSLossless,
        "JPEG 2000": uid.JPEG2000Lossless,
        "HTJ2K": uid.HTJ2KLossless,
        "RLE": uid.RLELossless,
    }
    missing = [name for name, syntax in wanted.items() if not get_decoder(syntax).is_available]
    if missing:
        raise LithographError(f"No decoder for {', '.join(missing)}; {how_to_repair()}.")
    return ", ".join(wanted)


def _danger_zones() -> str:
    """Looks for structures in an empty image, with each network that is there."""
    import numpy as np

    from app.anatomy import network
    from app.imaging import Image
    from app.tasks import task, task_names

    found = []
    for name in task_names():
        if network.weights_folder(name) is not None:
            finish(network.predict_anatomy(Image(np.zeros((64, 64), np.int16), unit="HU"), task(name)))
            found.append(name)
    if not found:
        raise LithographError(
            f"No danger-zone weights in {MODELS / 'danger_zone'}; install Lithograph again."
        )
    return ", ".join(found)


def _lesions() -> str:
    from app.lesions import library

    entries = library.entries()
    trained = [entry for entry in entries if entry.folder is not None]
    for entry in trained:
        library.load(entry.name)
    if not trained:
        raise LithographError(f"No lesion models in {MODELS / 'singan'}; install Lithograph again.")
    return f"{len(trained)} trained, {len(entries) - len(trained)} parametric"


def _user_folder() -> str:
    from app import files

    folder = user_data()
    probe = folder / ".probe"
    files.make_folder(folder)
    files.write_bytes(probe, b"")
    probe.unlink()
    return str(Path(folder))


def _main_job() -> str:
    """Places one lesion into a small image, as the window does."""
    import numpy as np

    from app.composition import BackgroundReference, Placement, Renderer, Scene
    from app.imaging import Image
    from app.lesions import library
    from app.tasks import task

    setting = task("lung-ct")
    image = Image(
        np.full((96, 96), -850, np.int16),
        spacing=(0.7, 0.7),
        unit="HU",
        modality="CT",
        value_range=(-1024, 3071),
    )
    placement = Placement("one", setting.lesion, 48, 48, 10.0, seed=1, blend=setting.blend)
    composite = Renderer(image, library.draw).render(
        Scene("lung-ct", BackgroundReference(image.digest), (placement,))
    )
    if not composite.lesions[0].area_px:
        raise LithographError("A test lesion came out empty; install Lithograph again.")
    return "works: a lesion was drawn and placed"
