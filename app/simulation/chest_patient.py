"""The patient of the axial chest phantom: everything that the seed decides before painting starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVELS = ("arch", "carina", "heart")

# Outlines in mm on a small adult, the origin in the centre of the vertebral body, y backwards.
RIGHT_LUNG = {
    "arch": [
        (-50, -99), (-71, -90), (-88, -68), (-97, -42), (-95, -16), (-85, 5), (-69, 22), (-49, 32),
        (-33, 29), (-23, 15), (-17, -2), (-13, -22), (-15, -40), (-28, -54), (-38, -70), (-39, -88),
    ],
    "carina": [
        (-44, -117), (-66, -108), (-84, -90), (-96, -66), (-99, -40), (-95, -16), (-86, 4), (-69, 23),
        (-49, 33), (-33, 30), (-22, 16), (-14, -2), (-9, -20), (-16, -36), (-36, -46), (-46, -58),
        (-44, -72), (-33, -84), (-30, -102),
    ],
    "heart": [
        (-44, -131), (-66, -121), (-85, -103), (-98, -78), (-103, -50), (-100, -22), (-89, 4), (-72, 25),
        (-50, 35), (-33, 32), (-23, 17), (-16, 1), (-9, -18), (-11, -34), (-22, -48), (-37, -62),
        (-46, -82), (-43, -104), (-35, -121),
    ],
}  # fmt: skip
LEFT_LUNG = {
    "arch": [
        (48, -101), (71, -91), (90, -69), (101, -43), (99, -17), (89, 5), (73, 24), (52, 34), (35, 31),
        (23, 17), (16, 1), (18, -15), (32, -28), (37, -44), (32, -60), (31, -80), (36, -95),
    ],
    "carina": [
        (34, -119), (60, -117), (84, -104), (100, -82), (108, -56), (106, -28), (98, -6), (84, 16),
        (64, 33), (42, 34), (26, 20), (18, 4), (24, -13), (36, -24), (36, -38), (48, -48), (46, -62),
        (32, -74), (29, -92), (26, -108),
    ],
    "heart": [
        (34, -131), (63, -131), (87, -118), (103, -98), (111, -70), (110, -40), (104, -15), (95, 5),
        (80, 25), (58, 36), (37, 33), (24, 20), (17, 4), (18, -13), (27, -27), (31, -42), (45, -51),
        (56, -66), (62, -85), (59, -102), (48, -116),
    ],
}  # fmt: skip
HILA = {"arch": ((-34, -50), (40, -44)), "carina": ((-44, -52), (46, -50)), "heart": ((-30, -48), (42, -46))}
FISSURES = {
    "arch": ([(-19, -26), (-45, -12), (-70, 0), (-90, 2)], [(24, -18), (50, -8), (75, 3), (94, 4)]),
    "carina": (
        [(-38, -44), (-58, -42), (-80, -33), (-98, -20)],
        [(46, -42), (66, -36), (88, -24), (105, -10)],
    ),
    "heart": (
        [(-36, -61), (-56, -66), (-80, -62), (-103, -50)],
        [(47, -50), (66, -54), (88, -52), (110, -46)],
    ),
}
HILUM_ABOVE_MM = {"arch": -45.0, "carina": -4.0, "heart": 34.0}


@dataclass(frozen=True)
class Patient:
    """Who lies in the scanner, where the slice is, and how it is reconstructed.

    Attributes:
        seed: of everything drawn later.
        level: one of `LEVELS`.
        scale: (x, y) size of the thorax relative to the outlines above.
        fat_mm: mean thickness of the fat under the skin.
        breast_mm: how far the breasts stand out; 0 for none.
        muscle: thickness of the muscles relative to the mean.
        enhanced: HU that contrast medium adds to blood; 0 without.
        lung_hu: mean of the parenchyma.
        calcified: 0 to 1, how much the costal cartilages and the aorta are.
        noise_hu: standard deviation of the noise in the middle of the body.
        sharpness: 0 to 1, from a soft to a sharp kernel.
        pixel_mm: of the image, at 512 pixels per side.
        emphysema: 0 to 1.
    """

    seed: int
    level: str
    scale: tuple[float, float]
    fat_mm: float
    breast_mm: float
    muscle: float
    enhanced: float
    lung_hu: float
    calcified: float
    noise_hu: float
    sharpness: float
    pixel_mm: float
    emphysema: float

    def stream(self, name: str) -> np.random.Generator:
        """A generator of its own for each part, so that changing one part leaves the others as they were."""
        return np.random.default_rng([self.seed, *name.encode()])


def draw_patient(seed: int) -> Patient:
    """The patient of that seed."""
    rng = np.random.default_rng([seed, 20])
    size = rng.normal(1.10, 0.06)
    female = rng.random() < 0.5
    fat = float(np.clip(rng.gamma(4.0, 3.2), 5, 26))
    scale = (
        float(np.clip(size - 0.05 * female, 0.98, 1.24)),
        float(np.clip(size + rng.normal(0, 0.035), 0.98, 1.22)),
    )
    breast = float(rng.uniform(8, 20) + 0.5 * fat) if female else 0.0
    widest = max(2 * (112 * scale[0] + 46 + fat), 178 * scale[1] + 72 + 2 * fat + breast)
    return Patient(
        seed=seed,
        level=LEVELS[int(rng.integers(len(LEVELS)))],
        scale=scale,
        fat_mm=fat,
        breast_mm=breast,
        muscle=float(rng.normal(0.92 if female else 1.12, 0.08)),
        enhanced=float(rng.uniform(110, 230)) if rng.random() < 0.4 else 0.0,
        lung_hu=float(rng.normal(-890, 14)),
        calcified=float(rng.beta(1.2, 2.5)),
        noise_hu=float(rng.uniform(15, 28)),
        sharpness=float(rng.uniform(0.25, 1.0)),
        pixel_mm=float(np.clip(widest * rng.uniform(1.03, 1.12) / 512, 0.60, 0.86)),
        emphysema=float(max(0.0, rng.normal(-0.5, 0.6))),
    )
