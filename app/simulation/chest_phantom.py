"""The digital phantom of an axial chest CT: parametric anatomy, painted slice by slice (method.md §7)."""

from __future__ import annotations

import numpy as np

from app.anatomy.anatomy import Anatomy
from app.imaging.image import Calibration, Image, Window
from app.simulation.background import Background
from app.simulation.chest_bones import Skeleton
from app.simulation.chest_cage import Cage
from app.simulation.chest_canvas import Canvas, Mask, Plane, Points, smooth
from app.simulation.chest_mediastinum import Mediastinum
from app.simulation.chest_patient import (
    FISSURES,
    HILA,
    HILUM_ABOVE_MM,
    LEFT_LUNG,
    RIGHT_LUNG,
    Patient,
    draw_patient,
)
from app.simulation.chest_reconstruction import blurred, noise
from app.simulation.chest_vessels import LungVessels
from app.simulation.chest_wall import intercostal, paint_wall, scapular_blades
from models.progress import LongWork, Progress

SIZE = 512
PLEURAL_MARGIN_MM = 2.0
WINDOWS = (Window(-600, 1500, "Lung"), Window(40, 400, "Mediastinum"))


def generate_chest(seed: int, size: int | None = None) -> LongWork[Background]:
    """An axial chest CT of a patient drawn from `seed`, (size, size) int16 HU, with the exact masks.

    Every pixel belongs to at least one structure of the task `lung-ct`.
    """
    size = size or SIZE
    patient = draw_patient(seed)
    canvas = _canvas(patient, size)
    lungs = [_lung(patient, RIGHT_LUNG), _lung(patient, LEFT_LUNG)]
    cage = Cage.around(lungs)

    yield Progress(0, 5, "chest wall")
    _table(canvas, patient, cage)
    blades = scapular_blades(patient, cage)
    body = paint_wall(canvas, patient, cage, blades)
    intercostal(canvas, cage, patient)

    yield Progress(1, 5, "mediastinum")
    air = canvas.inside(lungs[0]) | canvas.inside(lungs[1])
    space = canvas.inside(cage.ring(1.8)) & ~air
    mediastinum = Mediastinum(canvas, patient, space)
    lung_hu = _parenchyma(canvas, patient)
    canvas.hu[air] = lung_hu[air]
    before = canvas.hu.copy()
    mediastinum.paint()
    mediastinum.space |= air & (canvas.hu != before)
    air &= ~mediastinum.space & ~mediastinum.airway

    yield Progress(2, 5, "bones")
    skeleton = Skeleton(canvas, patient)
    skeleton.scapulae(blades)
    skeleton.ribs(cage)
    skeleton.sternum(cage)
    skeleton.spine()
    air &= ~skeleton.mask

    yield Progress(3, 5, "lung vessels")
    vessels = LungVessels(canvas, patient)
    for outline, hilum in zip(lungs, HILA[patient.level], strict=True):
        place = (hilum[0] * patient.scale[0], hilum[1] * patient.scale[1])
        vessels.add_lung(outline, place, HILUM_ABOVE_MM[patient.level])
    _paint_fissures(canvas, patient, air)
    _paint_vessels(canvas, patient, vessels, air)

    yield Progress(4, 5, "reconstruction")
    image = blurred(canvas.hu, canvas.pixel_mm, patient.sharpness)
    rng = patient.stream("noise")
    image += noise(image, 2 * canvas.pixel_mm, patient.noise_hu, patient.sharpness, rng)
    pixels = np.clip(np.rint(image), -1024, 3071).astype(np.int16)
    spacing = 2 * canvas.pixel_mm
    return Background(
        image=Image(
            pixels,
            (spacing, spacing),
            Calibration.PIXEL_SPACING,
            unit="HU",
            modality="CT",
            value_range=(-1024.0, 3071.0),
            windows=WINDOWS,
        ),
        anatomy=_anatomy(canvas, body, air, mediastinum, skeleton, vessels),
        recipe=(("seed", seed), ("size", size), ("source", "phantom"), ("task", "lung-ct")),
    )


def _canvas(patient: Patient, size: int) -> Canvas:
    rng = patient.stream("pose")
    pixel_mm = patient.pixel_mm * 512 / size / 2
    high = {"arch": -10, "carina": -24, "heart": -32}[patient.level] * patient.scale[1]
    origin = (size + rng.normal(0, 4) / pixel_mm, size - (high + rng.normal(0, 4)) / pixel_mm)
    bumps = [_bumps(rng, 7, (38, 75), 2.6), _bumps(rng, 90, (9, 20), 1.3)]
    return Canvas(2 * size, pixel_mm, origin, np.concatenate(bumps), rng.normal(0, 2.5))


def _bumps(rng: np.random.Generator, count: int, sigma: tuple[float, float], shift: float) -> Points:
    """`count` bumps of the warp: large ones make the patient crooked, small ones unsettle every line."""
    x, y = rng.uniform(-170, 170, count), rng.uniform(-150, 80, count)
    return np.column_stack([x, y, rng.uniform(*sigma, count), rng.normal(0, shift, (count, 2))])


def _lung(patient: Patient, outlines: dict[str, list[tuple[int, int]]]) -> Points:
    knots = np.array(outlines[patient.level], float)
    rng = patient.stream(f"lung {knots[0, 0]}")
    knots += rng.normal(0, 1.2, knots.shape)
    return smooth(knots * np.array(patient.scale))


def _table(canvas: Canvas, patient: Patient, cage: Cage) -> None:
    """The couch under the back: a shell of carbon round foam."""
    rng = patient.stream("table")
    x, y = canvas.coordinates()
    top = cage.at(180.0, 42 + 0.5 * patient.fat_mm)[1] + 8 + rng.uniform(3, 7)
    radius = rng.uniform(330, 520)
    sag = radius - np.sqrt(np.maximum(radius**2 - x**2, 0))
    depth = y - (top - sag * rng.uniform(0.7, 1.0))
    within = np.abs(x) < 250
    if rng.random() < 0.2:
        return
    canvas.hu[within & (depth > -7) & (depth < 0)] = -965
    canvas.hu[within & (depth > 0) & (depth < 38)] = -930
    for shell in (0.0, 38.0):
        canvas.hu[within & (np.abs(depth - shell) < 0.7)] = rng.uniform(-150, 60)


def _parenchyma(canvas: Canvas, patient: Patient) -> Plane:
    """HU of the lungs between their visible vessels: denser where it lies lowest, mottled, with blebs."""
    rng = patient.stream("parenchyma")
    _, y = canvas.coordinates()
    hu = patient.lung_hu + np.float32(0.33 * rng.uniform(0.5, 1.3)) * (y + 45)
    hu = hu + 9 * canvas.texture(rng, 28.0, 2) + 15 * canvas.texture(rng, 3.0, 2)
    if patient.emphysema > 0:
        blebs = np.clip(canvas.texture(rng, 9.0, 2) - 1.1, 0, 1.2)
        hu -= np.float32(110 * min(patient.emphysema, 1)) * blebs
    return np.maximum(hu, -985).astype(np.float32)


def _paint_fissures(canvas: Canvas, patient: Patient, air: Mask) -> None:
    """The major fissures, faint where they run slanted through the slice."""
    rng = patient.stream("fissures")
    slant = canvas.texture(rng, 25.0)
    for course in FISSURES[patient.level]:
        points = np.array(course, float) * np.array(patient.scale) + rng.normal(0, 3.0, (4, 2))
        if rng.random() < 0.85:
            line = canvas.along(smooth(points)[: 10 * (len(points) - 1) + 1], rng.uniform(0.7, 1.1)) & air
            canvas.hu[line] += np.clip(190 + 110 * slant[line], 20, 420)


def _paint_vessels(canvas: Canvas, patient: Patient, vessels: LungVessels, air: Mask) -> None:
    inside = air.astype(np.float32)
    blood = 38 + 0.8 * patient.enhanced
    for cover, hu in ((vessels.walls, -300.0), (vessels.lumina, -960.0), (vessels.vessels, blood)):
        share = cover * inside
        canvas.hu += share * (np.float32(hu) - canvas.hu)


def _anatomy(
    canvas: Canvas, body: Mask, air: Mask, mediastinum: Mediastinum, skeleton: Skeleton, vessels: LungVessels
) -> Anatomy:
    """The masks at the image's size. The outer 2 mm of the lungs count as what they touch."""
    whole = air | mediastinum.airway
    inner = canvas.grown(whole, -PLEURAL_MARGIN_MM) & air
    x, y = canvas.coordinates()
    behind_spine = y - 4 >= 2 * np.maximum(np.abs(x) - 22, 0)
    core = canvas.grown(canvas.grown(mediastinum.space & ~behind_spine, -4.0), 5.0) & mediastinum.space
    middle = core | (air & ~inner & canvas.grown(core, PLEURAL_MARGIN_MM + 1))
    airway = mediastinum.airway | (vessels.bronchi & air)
    fine = {
        "outside": ~body,
        "mediastinum": middle & body & ~skeleton.mask & ~airway,
        "bone": skeleton.mask,
        "vessels": vessels.large & air & ~airway,
        "airway": airway,
        "lungs": inner & ~vessels.large & ~airway,
    }
    size = canvas.size // 2
    shares = {
        name: mask.reshape(size, 2, size, 2).mean(axis=(1, 3), dtype=np.float32)
        for name, mask in fine.items()
    }
    masks = {name: share >= 0.5 for name, share in shares.items()}
    masks["chest-wall"] = ~np.logical_or.reduce(list(masks.values()))
    return Anatomy(masks, "known (simulated)")
