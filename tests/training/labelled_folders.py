"""Folders of labelled images, made in code."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from app.tasks import Task, task
from app.training.labels import LabelledSet, read_labelled
from models.progress import finish

KUB, LUNG = task("kub-xray"), task("lung-ct")
HEIGHT, WIDTH = 40, 60


def picture(path: Path, height: int = HEIGHT, width: int = WIDTH) -> Path:
    """A grey PNG or JPEG whose values differ from place to place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ramp = np.linspace(0, 255, height * width).astype(np.uint8).reshape(height, width)
    Pillow.fromarray(ramp).save(path)
    return path


def mask(path: Path, values: NDArray[Any]) -> Path:
    """A grey PNG of those values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(values.astype(np.uint8)).save(path)
    return path


def text(path: Path, content: str) -> Path:
    """A text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def yolo(folder: Path, labels: dict[str, str], names: str = "") -> Path:
    """`images/NAME.png` and `labels/NAME.txt` of each name, and `data.yaml` where there is one."""
    for name, lines in labels.items():
        picture(folder / "images" / f"{name}.png")
        text(folder / "labels" / f"{name}.txt", lines)
    if names:
        text(folder / "data.yaml", names)
    return folder


Entries = Iterable[dict[str, Any]]


def coco(folder: Path, images: Entries, annotations: Entries, names: Iterable[str]) -> Path:
    """`annotations.json`; classes are numbered from 1 in the order of their names."""
    categories = [{"id": n, "name": name} for n, name in enumerate(names, start=1)]
    content = {"images": list(images), "annotations": list(annotations), "categories": categories}
    return text(folder / "annotations.json", json.dumps(content))


def read(data: Path, setting: Task = KUB, **options: Any) -> LabelledSet:
    """`read_labelled` to its end."""
    return finish(read_labelled(data, setting, **options))
