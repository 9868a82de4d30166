"""The icon in the forms that systems want, all drawn from resources/icons/lithograph.svg."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

DRAWING = Path(__file__).parent.parent / "resources" / "icons" / "lithograph.svg"
NAME = "org.lithograph.Lithograph"
"""What the desktop entry, the icon and the AppStream component are called."""
LINUX_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
WINDOWS_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)


def png(size: int) -> bytes:
    """The icon, `size` × `size` pixels with alpha, as a PNG file."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    app = QGuiApplication.instance() or QGuiApplication([])
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    del app
    return bytes(content.data())


def ico(folder: Path) -> Path:
    """Windows' file with all its sizes, each drawn for itself."""
    small = [_pillow(size) for size in WINDOWS_SIZES]
    target = folder / "lithograph.ico"
    small[-1].save(target, sizes=[image.size for image in small], append_images=small[:-1])
    return target


def icns(folder: Path) -> Path:
    """macOS' file, 16 to 1,024 pixels, each drawn for itself."""
    sizes = [_pillow(size) for size in (32, 64, 128, 256, 512, 1024)]
    target = folder / "lithograph.icns"
    sizes[-1].save(target, append_images=sizes[:-1])
    return target


def install_linux(bundle: Path, recipes: Path) -> None:
    """Puts icons, desktop entry, AppStream metadata and install.sh into the bundle, under share/."""
    share = bundle / "share"
    shutil.rmtree(share, ignore_errors=True)
    for size in LINUX_SIZES:
        _write(share / "icons" / "hicolor" / f"{size}x{size}" / "apps" / f"{NAME}.png", png(size))
    _write(share / "icons" / "hicolor" / "scalable" / "apps" / f"{NAME}.svg", DRAWING.read_bytes())
    for folder, suffix in (("applications", "desktop"), ("metainfo", "metainfo.xml")):
        _write(share / folder / f"{NAME}.{suffix}", (recipes / f"{NAME}.{suffix}").read_bytes())
    shutil.copy(recipes / "install.sh", bundle)


def _pillow(size: int) -> Image:
    from PIL import Image

    return Image.open(io.BytesIO(png(size)))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
