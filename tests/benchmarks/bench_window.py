"""The window under the hand: scripted events through the real window, each in a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

LARGE = (3141, 3292)
MOVES = 200
PACE_S = 1 / 60


def rows() -> list[tuple[str, str, str]]:
    """One row per figure of the window."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.dcm", Path(folder) / "large.dcm"
        write_radiograph(small, (1024, 1024))
        write_radiograph(large, LARGE)
        packed = Path(folder) / "packed.dcm"
        compress(large, packed)
        starts = sorted(_measure("start", small, folder)["seconds"] for _ in range(5))
        found: list[tuple[str, str, str]] = [
            ("start to a usable window, warm disk (median of 5)", "≤ 1.5 s", f"{starts[2]:.2f} s")
        ]
        for name, path in (("1,024²", small), ("3,292×3,141", large)):
            drags = _measure("drag", path, folder)
            for what in ("position", "size"):
                times = drags[what]
                found.append(
                    (
                        f"mouse move to changed pixels, dragging {what}, {name}, 95th percentile",
                        "≤ 33 ms",
                        f"{_percentile(times, 95):.0f} ms (median {_percentile(times, 50):.0f} ms)",
                    )
                )
        for name, path in (("uncompressed", large), ("JPEG 2000", packed)):
            opened = _measure("open", path, folder)
            found.append(
                (
                    f"opening a 3,292×3,141 16-bit DICOM ({name}) to pixels on screen, "
                    "against pydicom's bare decode",
                    "≤ 1.5×",
                    f"{opened['screen'] / opened['bare']:.2f}× "
                    f"({1000 * opened['screen']:.0f} against {1000 * opened['bare']:.0f} ms)",
                )
            )
        used = _measure("memory", large, folder)["bytes"]
        found.append(
            ("memory with a 3,292×3,141 background and 20 lesions", "≤ 1.2 GiB", f"{used / 2**30:.2f} GiB")
        )
    return found


def _percentile(values: list[float], share: int) -> float:
    import numpy as np

    return float(np.percentile(values, share))


def _measure(what: str, path: Path, home: str) -> dict[str, Any]:
    environment = (
        {"QT_QPA_PLATFORM": "offscreen"} | os.environ | {"LITHOGRAPH_HOME": str(Path(home) / "home")}
    )
    command = [sys.executable, "-m", "tests.benchmarks.bench_window", what, str(path), repr(time.time())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


# -- in the fresh process ------------------------------------------------------------------------------


def write_radiograph(path: Path, size: tuple[int, int]) -> None:
    """An uncompressed 16-bit DICOM of a smooth, grainy picture of that (height, width)."""
    import cv2
    import numpy as np
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

    rng = np.random.default_rng(1)
    coarse = rng.normal(2000, 300, (40, 40)).astype(np.float32)
    smooth = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(smooth + rng.normal(0, 20, size), 0, 4095).astype(np.uint16)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
    dataset.Modality = "DX"
    dataset.Rows, dataset.Columns = size
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PixelSpacing = [430 / size[0], 430 / size[0]]
    dataset.WindowCenter, dataset.WindowWidth = 2048, 4096
    dataset.PixelData = pixels.tobytes()
    dataset.save_as(path, enforce_file_format=True)


def compress(source: Path, target: Path) -> None:
    """The same picture in JPEG 2000, lossless."""
    import pydicom
    from pydicom.uid import JPEG2000Lossless

    dataset = pydicom.dcmread(source)
    dataset.compress(JPEG2000Lossless)
    dataset.save_as(target)


class Bench:
    """A window with an image in it, and a clock that notices when something has been painted."""

    def __init__(self, path: Path | None) -> None:
        from PySide6.QtWidgets import QApplication

        from app.ui import create_window
        from app.ui.canvas.canvas import Canvas

        self.painted: list[float] = []
        self.on_paint: Any = None
        original = Canvas.drawForeground  # the last thing that a canvas paints

        def timed(canvas: Any, painter: Any, rect: Any) -> None:
            original(canvas, painter, rect)
            self.painted.append(time.perf_counter())
            if self.on_paint:
                self.on_paint()

        Canvas.drawForeground = timed  # type: ignore[method-assign]
        self.window = create_window(path)
        self.window.resize(1440, 900)
        self.application = QApplication.instance()

    def until(self, reached: Any, limit: float = 60.0) -> None:
        end = time.perf_counter() + limit
        while not reached():
            self.application.processEvents()
            time.sleep(0.0002)
            if time.perf_counter() > end:
                raise TimeoutError(self.window.compose.messages.text)

    def settle(self) -> None:
        self.window.show()
        document = self.window.compose.document
        self.until(lambda: document.page is not None and not document.finding)
        self.until(lambda: bool(self.window.compose.gallery.titles()))
        # Placing is what is measured, not where it is allowed: the picture shows no anatomy.
        document.set_where(None)
        self.until(lambda: self.window.bridge.engine.idle)

    def close(self) -> None:
        self.window.discard_changes()
        self.window.close()


def start(path: Path, began: float) -> dict[str, Any]:
    """Seconds from the start of the process to a painted window that answers."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    bench = Bench(None)

    class Painted(QObject):
        done = False

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            self.done = self.done or event.type() == QEvent.Type.Paint
            return False

    painted, answered = Painted(), []
    bench.window.compose.canvas.viewport().installEventFilter(painted)
    bench.window.show()
    bench.until(lambda: painted.done)
    QTimer.singleShot(0, lambda: answered.append(time.time()))
    bench.until(lambda: answered)
    bench.close()
    return {"seconds": answered[0] - began}


def drag(path: Path, began: float) -> dict[str, Any]:
    """Milliseconds from each mouse event to the end of the first painting that holds its pixels."""
    bench = Bench(path)
    bench.settle()
    compose = bench.window.compose
    document, canvas = compose.document, compose.canvas
    image = document.page.image
    middle = image.width / 2, image.height / 2
    document.set_brush(diameter=12.0)
    document.place(*middle)
    bench.until(lambda: document.composite is not None and document.composite.lesions)
    bench.until(lambda: bench.window.bridge.engine.idle)
    result = {}
    for what in ("position", "size"):
        item = canvas.lesions[document.selection]
        grip = item.pos() + (item.handle() if what == "size" else 0 * item.handle())
        result[what] = _drag(bench, canvas.viewport_point(grip), what)
    bench.close()
    return result


def _drag(bench: Bench, at: Any, what: str) -> list[float]:
    import math

    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent

    document, canvas = bench.window.compose.document, bench.window.compose.canvas
    port, left, none = canvas.viewport(), Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton

    def send(kind: QEvent.Type, point: QPointF, button: Any, buttons: Any) -> None:
        place, plain = QPointF(port.mapToGlobal(point.toPoint())), Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, point, place, button, buttons, plain)
        bench.application.sendEvent(port, event)

    def value() -> tuple[float, float, float]:
        placement = document.scene.placements[0]
        return placement.x, placement.y, placement.diameter_mm

    sent: dict[tuple[float, float, float], float] = {}
    order: list[tuple[float, float, float]] = []
    latency: list[float] = []
    drawn: list[tuple[float, float, float]] = []

    def rendered() -> None:
        placement = document.composite.lesions[0].placement
        drawn.append((placement.x, placement.y, placement.diameter_mm))

    def painted() -> None:
        if not drawn or drawn[-1] not in sent:
            return
        now = time.perf_counter()
        while order and order[0] in sent:
            first = order.pop(0)
            latency.append(1000 * (now - sent.pop(first)))
            if first == drawn[-1]:
                break

    document.rendered.connect(rendered)
    bench.on_paint = painted
    send(QEvent.Type.MouseButtonPress, at, left, left)
    for step in range(1, MOVES + 1):
        began = time.perf_counter()
        angle = step / 25
        shift = QPointF(60 * math.sin(angle), 60 * (1 - math.cos(angle)))
        if what == "size":
            shift = QPointF(28 - 20 * math.cos(angle), 0)
        before = value()
        send(QEvent.Type.MouseMove, at + shift, none, left)
        if value() != before:
            sent[value()] = began
            order.append(value())
        while time.perf_counter() - began < PACE_S:
            bench.application.processEvents()
    bench.until(lambda: not order, 5)
    send(QEvent.Type.MouseButtonRelease, at + shift, left, none)
    document.rendered.disconnect(rendered)
    bench.on_paint = None
    bench.until(lambda: bench.window.bridge.engine.idle)
    return latency


def open_(path: Path, began: float) -> dict[str, Any]:
    """Seconds from opening a file in a running window to its pixels on the screen; and of the bare decode."""
    import pydicom

    def bare() -> float:
        begin = time.perf_counter()
        pydicom.dcmread(path).pixel_array  # noqa: B018
        return time.perf_counter() - begin

    bare()
    bench = Bench(path)
    bench.settle()
    document = bench.window.compose.document
    times, decodes = [], []
    for _ in range(9):  # in turns, so that both meet the same machine
        decodes.append(bare())
        old, bench.painted = document.page, []
        shown: list[float] = []

        def look(old: Any = old, shown: list[float] = shown) -> None:
            if document.page is not old and not shown:
                shown.append(time.perf_counter())

        bench.on_paint = look
        begin = time.perf_counter()
        bench.window.filing.open(path)
        bench.until(lambda shown=shown: shown)
        times.append(shown[0] - begin)
        bench.on_paint = None
        bench.until(lambda: bench.window.bridge.engine.idle and not document.finding)
    bench.close()
    return {"screen": sorted(times)[4], "bare": sorted(decodes)[4]}


def memory(path: Path, began: float) -> dict[str, Any]:
    """Resident bytes with 20 lesions placed."""
    from app.engine.device import resident_memory

    bench = Bench(path)
    bench.settle()
    document = bench.window.compose.document
    image = document.page.image
    for number in range(20):
        row, column = divmod(number, 5)
        document.place(image.width * (column + 1) / 6, image.height * (row + 1) / 5)
    bench.until(lambda: document.composite is not None and len(document.composite.lesions) == 20)
    bench.until(lambda: bench.window.bridge.engine.idle)
    used = resident_memory()
    bench.close()
    return {"bytes": used}


if __name__ == "__main__":
    kind, file, moment = sys.argv[1:]
    measure = {"start": start, "drag": drag, "open": open_, "memory": memory}[kind]
    print(json.dumps(measure(Path(file), float(moment))))
