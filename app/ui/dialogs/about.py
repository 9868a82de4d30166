"""What this program is, and what it is not for."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtWidgets import QMessageBox, QWidget

from app import __version__

_PARTS = ("PySide6-Essentials", "pyqtgraph", "torch", "numpy", "pydicom", "SimpleITK")


def show_about(parent: QWidget, device: str) -> None:
    """Shows versions, the device, the licence, and that this is no medical device."""
    box = QMessageBox(parent)
    box.setWindowTitle("About Lithograph")
    box.setText(f"<b>Lithograph {__version__}</b>")
    box.setInformativeText(
        "Places synthetic small lesions into medical images, on purpose and under control.\n\n"
        "For research only. Not a medical device, not for diagnosis.\n\n"
        "Apache License 2.0. After Tang et al., Frontiers in Physics 13, 2025, "
        "doi 10.3389/fphy.2025.1661146."
    )
    parts = [f"Python {platform.python_version()}", *(_version(name) for name in _PARTS), f"Device: {device}"]
    box.setDetailedText("\n".join(parts))
    box.open()


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name}: version unknown"
