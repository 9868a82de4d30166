"""New backgrounds by the network, with structures that the danger-zone network finds in them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from app.anatomy.grey_scale import WHITE
from app.errors import LithographError
from app.imaging.image import Calibration, Image, Window
from app.simulation.background import Background
from app.synthesis.models import background_model
from app.tasks import Task, task
from models.budget import WHOLE, Budget
from models.progress import LongWork, Progress

STEPS, MOST_STEPS = 8, 64
"""How many decoding steps there are unless another number is asked for, and at most."""
COLDEST, HOTTEST = 0.1, 3.0
"""The temperatures that may be asked for."""
_HU = (-1024.0, 3071.0)
_WINDOWS = {
    "radiograph": (Window(2048, 4096, "full"),),
    "nodule": (Window(-600, 1500, "Lung"), Window(40, 400, "Mediastinum")),
    "stone": (Window(40, 400, "Abdomen"),),
}


def draw(
    task_name: str,
    seed: int,
    *,
    temperature: float = 1.0,
    steps: int = STEPS,
    size: int | None = None,
    model: str = "",
    budget: Budget = WHOLE,
) -> LongWork[Background]:
    """A background that has never been; the same arguments give the same bytes on the same machine.

    int16 HU, or 12 bits with bones high in uint16, of the size and spacing that the network draws. Its
    structures are found by the task's danger-zone network, as in an image that is opened.

    Args:
        task_name: the clinical setting.
        seed: chooses the image; 0 or above.
        temperature: below 1 more usual, above 1 more varied.
        steps: decoding steps; more are slower, and better to a point.
        size: pixels per side, where it must be a certain one: the network draws but one size.
        model: the SHA-256 of the weights, where it must be a certain version; else the one in use.
        budget: what the networks may use.

    Raises:
        LithographError: there is no network for the task or it draws nothing, or an argument is out of
            bounds. Raised by the first step.
    """
    _check(seed, temperature, steps)
    setting = task(task_name)
    yield Progress(0, 1, "Loading the background network")
    networks = background_model(setting, budget.device, model)
    part = networks.tasks[setting.name]
    if networks.prior is None:
        raise LithographError(
            f"The background network for the task {task_name!r} only reconstructs images; choose or train a "
            "version that has a prior, too."
        )
    height, width = part.shape
    if size not in (None, max(part.shape)):
        raise LithographError(
            f"The background network draws {width} × {height} pixels for the task {task_name!r}, not {size}; "
            "leave the size to it."
        )
    from models.hiresmed_vqgan.generation import draw_background

    drawn = yield from draw_background(networks, task_name, seed, temperature=temperature, steps=steps)
    image = _image(drawn, setting, part.pixel_mm)

    from app.anatomy.network import predict_anatomy

    anatomy = yield from predict_anatomy(image, setting, budget)
    recipe = (
        ("device", budget.device),
        ("model", str(networks.card["sha256"])),
        ("seed", seed),
        ("source", "vqgan"),
        ("steps", steps),
        ("task", task_name),
        ("temperature", float(temperature)),
    )
    return Background(image, anatomy, recipe)


def _check(seed: int, temperature: float, steps: int) -> None:
    if seed < 0:
        raise LithographError(f"A seed is a whole number of 0 or above, not {seed}.")
    if not (math.isfinite(temperature) and COLDEST <= temperature <= HOTTEST):
        raise LithographError(f"The temperature is {COLDEST:g} to {HOTTEST:g}, not {temperature:g}.")
    if not 1 <= steps <= MOST_STEPS:
        raise LithographError(f"The number of decoding steps is 1 to {MOST_STEPS}, not {steps}.")


def _image(drawn: NDArray[np.float32], setting: Task, pixel_mm: float | None) -> Image:
    """What was drawn, in the depth and with the windows that the simulators give to images of the task."""
    hounsfield = setting.modality == "CT"
    low, high = _HU if hounsfield else (0.0, WHITE)
    whole = np.clip(np.rint(drawn), low, high)
    calibration = Calibration.PIXEL_SPACING if hounsfield else Calibration.IMAGER
    return Image(
        whole.astype(np.int16 if hounsfield else np.uint16),
        spacing=None if pixel_mm is None else (pixel_mm, pixel_mm),
        calibration=Calibration.NONE if pixel_mm is None else calibration,
        unit="HU" if hounsfield else "",
        modality="CT" if hounsfield else "DX",
        value_range=(low, high),
        windows=_WINDOWS[setting.kind if hounsfield else "radiograph"],
    )
