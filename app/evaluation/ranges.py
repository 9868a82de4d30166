"""The range of the grey scale that a task's images are shown in, which PSNR and SSIM are stated for."""

from __future__ import annotations

from app.tasks import Task

_LUNG, _ABDOMEN, _RADIOGRAPH = (-1350.0, 150.0), (-160.0, 240.0), (0.0, 4095.0)


def displayed(task: Task) -> tuple[float, float]:
    """(black, white) in the unit of the task's backgrounds.

    The lung window (centre −600, width 1,500) for nodules in CT, the abdominal one (40, 400) for other CT,
    and all of the 12 bits for radiographs, which are brought to them by their own window.
    """
    if task.modality != "CT":
        return _RADIOGRAPH
    return _LUNG if task.kind == "nodule" else _ABDOMEN


def in_words(task: Task) -> str:
    """The range, as it stands beside figures."""
    low, high = displayed(task)
    unit = " HU" if task.modality == "CT" else ""
    return f"range {low:g} to {high:g}{unit}"
