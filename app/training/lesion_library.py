"""Builds the lesion models that ship with the program from their exemplars.

    python -m app.training.lesion_library --nodules DIR --stones DIR --out DIR [NAME ...]

`--nodules` holds the NODE21 cut-outs of LIDC-IDRI (`nodule_0000.nrrd`, `nodule_0000_mask.nrrd`, ...,
`nodules.csv`), `--stones` the kidney stone CT images with YOLO boxes (`images/`, `labels/`). Models that are
in `--out` already are left as they are; one that was interrupted goes on.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.imaging.image import Calibration, Image
from app.lesions.training import train_lesion_model
from models.progress import LongWork


@dataclass(frozen=True)
class Recipe:
    """A shipped lesion model: its name, what it shows, and the file of its exemplar without suffix."""

    name: str
    title: str
    exemplar: str


NODULES = (
    Recipe("nodule-solid-small", "Solid nodule, small and smooth", "nodule_0237"),
    Recipe("nodule-solid-medium", "Solid nodule with small tags", "nodule_0012"),
    Recipe("nodule-solid-large", "Solid nodule, large and lobulated", "nodule_0076"),
    Recipe("nodule-part-solid", "Part-solid nodule", "nodule_0135"),
    Recipe("nodule-part-solid-large", "Part-solid nodule, large, with bronchi and strands", "nodule_0240"),
    Recipe("nodule-ground-glass", "Ground-glass nodule", "nodule_0053"),
    Recipe("nodule-spiculated", "Spiculated nodule", "nodule_0150"),
    Recipe("nodule-spiculated-large", "Spiculated nodule, large", "nodule_0169"),
    Recipe("nodule-juxta-pleural", "Nodule with a broad base on the pleura", "nodule_0050"),
)
STONES = (
    Recipe("stone-round", "Round stone", "kidney_0284"),
    Recipe("stone-oval", "Oval stone", "kidney_0471"),
    Recipe("stone-irregular", "Irregular, mulberry-like stone", "kidney_0295"),
    Recipe("stone-staghorn", "Staghorn stone", "kidney_0139"),
)

STONE_WINDOW = (-160.0, 240.0)
"""HU shown black and white in the stone images: a soft-tissue window (width 400, centre 40), assumed."""
STONE_HU = 900.0
"""Assumed inside a stone, where the window is saturated: between uric acid and calcium oxalate."""
FINER = 4
"""Pixels of a stone's exemplar per pixel of its image, so that its outline is smooth."""
STONE_PIXEL_MM = 0.8
"""Estimated from the lumbar vertebrae, some 46 pixels apart where a spine has about 37 mm."""


def nodule(recipe: Recipe, folder: Path, out: Path, preset: str = "lean") -> LongWork[Path]:
    """Trains a nodule on the axial slice through the largest area of its mask.

    Raises:
        OSError, RuntimeError: a file is missing or unreadable.
    """
    import SimpleITK as sitk

    volume = sitk.GetArrayFromImage(sitk.ReadImage(folder / f"{recipe.exemplar}.nrrd"))
    mask = sitk.GetArrayFromImage(sitk.ReadImage(folder / f"{recipe.exemplar}_mask.nrrd"))
    with (folder / "nodules.csv").open(newline="") as stream:
        series = {row["name"]: row["series_instance_uid"] for row in csv.DictReader(stream)}
    index = int(mask.sum(axis=(1, 2)).argmax())
    return train_lesion_model(
        Image(volume[index], (1.0, 1.0), Calibration.GEOMETRY, unit="HU", modality="CT"),
        mask[index],
        recipe.name,
        title=recipe.title,
        kind="nodule",
        tasks=("lung-ct",),
        licence="LIDC-IDRI (The Cancer Imaging Archive), CC BY 3.0; cut out by NODE21, Apache-2.0",
        source=f"{recipe.exemplar} of NODE21: LIDC-IDRI {series[recipe.exemplar]}, axial slice {index}",
        limits="Resampled from pixels of 1 mm: finer detail is interpolated. Most noise is not learnt.",
        preset=preset,
        folder=out,
    )


def stone(recipe: Recipe, folder: Path, out: Path, preset: str = "lean") -> LongWork[Path]:
    """Trains a stone on the largest bright piece in the largest box of its image.

    Raises:
        OSError: a file is missing or unreadable.
    """
    import cv2

    grey = cv2.imread(str(folder / "images" / f"{recipe.exemplar}.jpg"), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FileNotFoundError(folder / "images" / f"{recipe.exemplar}.jpg")
    pixel_mm = STONE_PIXEL_MM / FINER
    hounsfield, mask = stone_section(grey, (folder / "labels" / f"{recipe.exemplar}.txt").read_text())
    return train_lesion_model(
        Image(hounsfield, (pixel_mm, pixel_mm), Calibration.GEOMETRY, unit="HU", modality="CT"),
        mask,
        recipe.name,
        title=recipe.title,
        kind="stone",
        tasks=("kub-xray", "abdomen-ct"),
        licence='Kidney stone CT images by "Tas_Var" via Roboflow, CC BY 4.0',
        source=f"{recipe.exemplar}: coronal CT, 8 bit, window burnt in",
        limits=(
            "Sizes are estimates: the image has no spacing, and 0.8 mm per pixel follows from its vertebrae. "
            "Grey values were read as HU through an assumed soft-tissue window (width 400, centre 40), which "
            "saturates at 240 HU; the inside was set to an assumed 900 HU. What is real is the outline. The "
            "thickness along a beam is estimated from it when the stone is drawn into a radiograph."
        ),
        preset=preset,
        folder=out,
    )


def stone_section(grey: NDArray[Any], boxes: str) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """HU and mask of a stone from an 8-bit image, on pixels `FINER` times smaller than the image's.

    Args:
        grey: (height, width) uint8.
        boxes: lines of YOLO boxes: class, centre x, centre y, width, height, as shares of the image.
    """
    import cv2

    fine = cv2.resize(grey.astype(np.float32), None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(fine, (0, 0), 0.5 * FINER)  # JPEG leaves ripples along the outline
    height, width = fine.shape
    largest = max(
        (tuple(float(value) for value in line.split()[1:5]) for line in boxes.splitlines() if line.strip()),
        key=lambda box: box[2] * box[3],
    )
    x, y, w, h = (share * side for share, side in zip(largest, (width, height) * 2, strict=True))
    inside = np.zeros(fine.shape, bool)
    inside[max(0, int(y - h / 2)) : int(y + h / 2) + 1, max(0, int(x - w / 2)) : int(x + w / 2) + 1] = True
    _, parts, stats, _ = cv2.connectedComponentsWithStats((inside & (fine >= 215)).astype(np.uint8))
    mask = parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())

    low, high = STONE_WINDOW
    hounsfield = low + np.clip(fine, 0, 255) / 255 * (high - low)
    # Beyond the saturation the edge goes on rising over about as many pixels as it took to reach it.
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / FINER
    rise = 1 - np.exp(-depth / 1.2)
    return (hounsfield + (STONE_HU - high) * rise).astype(np.float32), mask


def main(arguments: list[str] | None = None) -> int:
    """Builds the chosen models, all without a choice; prints what it does."""
    parser = argparse.ArgumentParser(description="Builds the lesion models that ship with the program.")
    parser.add_argument("--nodules", type=Path, required=True)
    parser.add_argument("--stones", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args(arguments)
    for recipe in NODULES + STONES:
        if (chosen.names and recipe.name not in chosen.names) or (chosen.out / recipe.name).exists():
            continue
        train, folder = (nodule, chosen.nodules) if recipe in NODULES else (stone, chosen.stones)
        for progress in train(recipe, folder, chosen.out):
            print(f"\r{recipe.name}: {progress.fraction:4.0%} {progress.note:50}", end="", file=sys.stderr)
        print(f"\r{recipe.name}: done{'':60}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
