"""`reconstruct`: an image as the background network knows it, and what of it the network has never seen."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from app import files, imaging
from app.cli.console import drive, note
from app.cli.networks import frugally
from app.cli.options import KeepIdentity, Out, SeriesUid, Slice, TaskName, read_background, task

if TYPE_CHECKING:
    from app.synthesis.reconstruction import Reconstruction

_SHOWN = 2.0
"""The residual that is white in its picture; the limit, 1, is mid-grey."""


def reconstruct(
    image: Annotated[
        Path, typer.Argument(metavar="IMAGE", readable=False, help="An image file, or a DICOM folder.")
    ],
    task_name: TaskName,
    out: Out,
    keep_identity: KeepIdentity = False,
    index: Slice = None,
    series: SeriesUid = None,
) -> None:
    """Reconstructs an image: reconstruction.*, residual.npy, residual.png, unfamiliar.png, scores.json.

    The reconstruction is in the image's own format and depth. The residual is above 1 (brighter than mid-grey
    in the picture) where the image differs from it more than training images do. PSNR and SSIM are of the
    images within the window that the image is displayed in.
    """
    from app.synthesis.reconstruction import reconstruct as reconstructing

    setting = task(task_name)
    original = read_background(image, index, series)
    work = frugally("the image was reconstructed")
    made: Reconstruction = drive(
        work(lambda budget: reconstructing(original, setting, budget)), "Reconstruction"
    )
    scores = _scores(made)
    files.make_folder(out)
    with files.atomic_write(out / "residual.npy") as temporary:
        np.save(temporary, made.residual, allow_pickle=False)
    _write_png(np.clip(np.nan_to_num(made.residual) * (255 / _SHOWN), 0, 255), out / "residual.png")
    _write_png(made.unfamiliar * 255, out / "unfamiliar.png")
    files.write_json(out / "scores.json", scores)
    provenance = imaging.Provenance.of_reconstruction(
        description=(
            f"Reconstructed by Lithograph's network HiResMed-VQGAN for {task_name} "
            f"(weights SHA-256 {made.model}); not the image itself"
        ),
        entropy=f"reconstruction {made.model} {original.digest}",
    )
    imaging.write_image(
        made.image,
        out / f"reconstruction{imaging.native_suffix(original)}",
        provenance=provenance,
        deidentify=not keep_identity,
    )
    if scores["unfamiliar"] is None:
        note("Warning: the network's card does not say what is usual, so nothing is marked as unfamiliar.")
    print(json.dumps(scores))


def _scores(made: Reconstruction) -> dict[str, Any]:
    """JSON knows no infinity: null is the PSNR of an image that came back as it was."""
    known = not math.isnan(float(made.residual[0, 0]))
    return {
        "psnr": round(made.psnr, 4) if math.isfinite(made.psnr) else None,
        "ssim": round(made.ssim, 6),
        "data_range": list(made.data_range),
        "unfamiliar": round(float(made.unfamiliar.mean()), 6) if known else None,
        "model": made.model,
    }


def _write_png(grey: NDArray[Any], path: Path) -> None:
    import cv2

    files.write_bytes(path, cv2.imencode(".png", grey.astype(np.uint8))[1].tobytes())
