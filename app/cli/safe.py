"""`safe`: where a lesion may go, and where it is likely (Eq. 14–16)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app import files, imaging
from app.anatomy.doubts import nothing_permitted
from app.cli.anatomy import analysed
from app.cli.console import note
from app.cli.options import Background, Out, SeriesUid, Slice, TaskName, read_background, task


def safe(
    background: Background, task_name: TaskName, out: Out, index: Slice = None, series: SeriesUid = None
) -> None:
    """Danger zone, heatmap and candidates: danger.png, structures.nii.gz, heatmap.npy, candidates.json."""
    setting = task(task_name)
    image = read_background(background, index, series)
    where = analysed(image, setting)
    note(f"Anatomy: {where.anatomy.origin}")
    nothing = nothing_permitted(where.danger)
    if nothing:
        note(f"Warning: {nothing}")

    files.make_folder(out)
    imaging.write_label_map(where.anatomy.labels(setting), image, out / "structures.nii.gz")
    write_mask(where.danger.permissible, out / "danger.png")
    with files.atomic_write(out / "heatmap.npy") as temporary:
        np.save(temporary, where.heatmap.astype(np.float32), allow_pickle=False)
    candidates = [
        {"x": place.x, "y": place.y, "score": place.score, "safe": place.safe} for place in where.candidates
    ]
    files.write_json(out / "candidates.json", candidates)
    result: dict[str, object] = {
        "permissible": round(float(where.danger.permissible.mean()), 4),
        "candidates": len(candidates),
        "safe": sum(place.safe for place in where.candidates),
    }
    familiarity = where.anatomy.familiarity
    if familiarity is not None:
        result["familiarity"] = {
            "score": round(familiarity.score, 4),
            "turned": familiarity.turned,
            "foreign": familiarity.foreign,
        }
    print(json.dumps(result))


def write_mask(permissible: NDArray[np.bool_], path: Path) -> None:
    """The mask M of Eq. 15 as 8-bit PNG: 0 forbidden, 255 permissible."""
    import cv2

    encoded = cv2.imencode(".png", permissible.astype(np.uint8) * 255)[1]
    files.write_bytes(path, encoded.tobytes())
