"""A toy set of labelled coronal images: a body with two kidneys, and bright stones in them. Boxes as YOLO."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 144, 120


def write_set(folder: Path, images: int, stones: int = 4) -> Path:
    """`images` files of 8 bit, each with up to `stones` stones, and their labels."""
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for n in range(images):
        pixels, boxes = kidneys(n, stones)
        cv2.imwrite(str(folder / "images" / f"case_{n:03d}.png"), pixels)
        lines = [
            f"0 {(x + 0.5) / WIDTH:.5f} {(y + 0.5) / HEIGHT:.5f} {w / WIDTH:.5f} {h / HEIGHT:.5f}"
            for x, y, w, h in boxes
        ]
        (folder / "labels" / f"case_{n:03d}.txt").write_text("\n".join(lines) + "\n")
    (folder / "classes.txt").write_text("stone\n")
    return folder


def kidneys(seed: int, stones: int = 4) -> tuple[np.ndarray, list[tuple[float, float, int, int]]]:
    """(pixels (120, 144) uint8, (centre x, centre y, width, height) of each stone)."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    shift = random.uniform(-6, 6, 2)
    x, y = x - WIDTH / 2 - shift[0], y - HEIGHT / 2 - shift[1]
    image = np.where(np.hypot(x / 64, y / 54) < 1, 70.0, 0.0)
    image[np.abs(x) < 7] += 120  # the spine
    organs = np.hypot((np.abs(x) - 33) / 14, (y - 6) / 24) < 1
    image[organs] = 115
    boxes: list[tuple[float, float, int, int]] = []
    core = np.argwhere(np.hypot((np.abs(x) - 33) / 10, (y - 6) / 20) < 1)
    for row, column in core[random.permutation(len(core))]:
        if len(boxes) < stones and all(max(abs(row - b[1]), abs(column - b[0])) > 9 for b in boxes):
            cv2.circle(image, (int(column), int(row)), 2, 250.0, -1)
            boxes.append((float(column), float(row), 7, 7))
    image += random.normal(0, 4, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), boxes
