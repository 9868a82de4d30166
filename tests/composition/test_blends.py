"""Each blend mode does what its formula says (method.md §4)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from app.composition import Composite, Placement, Renderer
from app.composition.blends import mode, modes
from app.composition.drawing import Pattern
from app.composition.drawing import draw as draw_on
from app.composition.measures import seam
from app.composition.signal import Radiograph, body_range
from app.composition.surroundings import high_pass
from app.errors import LithographError
from app.imaging.image import Calibration, Image, Source
from app.lesions.lesion import Lesion
from tests.composition.examples import disc, flat, lung, place, radiograph, scene


def render(background: Image, lesion: Lesion, *placements: Placement) -> Composite:
    return Renderer(background, lambda _name, _seed: lesion).render(scene(*placements))


def change(background: Image, composite: Composite) -> np.ndarray:
    return composite.image.pixels.astype(np.float64) - background.pixels


def test_the_registry_offers_four_modes_and_refuses_others() -> None:
    assert [each.name for each in modes()] == ["attenuation", "density", "poisson", "paper"]
    assert all(each.title and each.description.endswith(".") for each in modes())
    with pytest.raises(LithographError, match="choose one of attenuation, density, poisson, paper"):
        mode("seamless")


def test_paper_is_equation_17_to_the_letter() -> None:
    background = lung(noise=30)
    lesion = disc(texture=0.1)
    where = place(40.4, 41.2, 13, "paper")
    after = render(background, lesion, where).image.pixels

    drawn = draw_on(Pattern.of(lesion), where, background, (1, 1))
    region = np.zeros(background.pixels.shape, bool)
    region[drawn.rect.slices] = drawn.label
    residual = np.zeros(region.shape)
    residual[drawn.rect.slices] = drawn.residual
    support = np.zeros(region.shape, bool)
    support[drawn.rect.slices] = drawn.support
    ring = ndimage.distance_transform_edt(~support) <= 4
    level = np.median(background.pixels[ring])

    canvas = np.where(region, level + residual, 0)
    emptied = np.where(region, 0, background.pixels)
    total = emptied + canvas
    contour = np.zeros(region.shape, bool)
    for axis in (0, 1):
        contour |= ndimage.sobel(region.astype(float), axis) != 0
    weights = np.exp(-0.5 * np.array([-1, 0, 1]) ** 2)
    weights /= weights.sum()
    blurred = ndimage.convolve(total, np.outer(weights, weights))
    expected = np.where(contour, blurred, total)
    assert np.abs(after - expected).max() <= 1.0
    np.testing.assert_array_equal(after[~contour & ~region], background.pixels[~contour & ~region])


def test_attenuation_adds_mu_times_thickness() -> None:
    """Through the middle of a sphere of 20 mm and 1,000 HU more than water, μ·t is 0.0206·1·20 nepers."""
    background = radiograph(200, 220, noise=0)
    composite = render(background, disc(64, 28, hu=1000), place(60, 100, 20, "attenuation"))
    gain = Radiograph.of(background).gain
    centre = change(background, composite)[95:106, 55:66].max() / gain
    assert centre == pytest.approx(0.0206 * 20, rel=0.03)
    edge = change(background, composite)[100, 60 + 23] / gain
    assert edge == pytest.approx(0.0206 * 2 * np.sqrt(10**2 - 9.2**2), rel=0.15)


def test_a_stone_is_denser_to_a_radiograph_than_to_a_ct() -> None:
    background = flat()
    background = replace(background, pixels=radiograph(120, 140, noise=0).pixels)
    nodule, stone = (
        change(background, render(background, disc(kind=kind), place(40, 60, 20, "attenuation"))).sum()
        for kind in ("nodule", "stone")
    )
    assert stone == pytest.approx(1.33 * nodule, rel=0.01)


def test_attenuation_adds_the_same_over_bone() -> None:
    """A stone over bone stays visible as it does in life; `paper` makes it vanish."""
    background = radiograph(160, 200, noise=0)
    lesion = disc(hu=900, kind="stone")
    beside, over = place(70, 80, 4, "attenuation", name="a"), place(105, 80, 4, "attenuation", name="b")
    first, second = render(background, lesion, beside, over).lesions
    assert second.contrast == pytest.approx(first.contrast, rel=0.05)


def test_polarity_follows_the_image() -> None:
    """MONOCHROME1: denser is lower."""
    plain, inverted = radiograph(noise=0), radiograph(noise=0, inverted=True)
    up = change(plain, render(plain, disc(), place(30, 50, 10, "attenuation")))
    down = change(inverted, render(inverted, disc(), place(30, 50, 10, "attenuation")))
    assert up.max() > 50
    np.testing.assert_allclose(down, -up, atol=2.01)


@pytest.mark.parametrize(("sign", "dark"), [(1, 0.0), (-1, 4095.0)])
def test_a_linear_radiograph_is_multiplied(sign: int, dark: float) -> None:
    """PixelIntensityRelationship LIN: the beam is weakened by exp(−μ·t), whatever it was."""
    dataset = {"PixelIntensityRelationship": "LIN", "PixelIntensityRelationshipSign": sign}
    header = SimpleNamespace(header=SimpleNamespace(dataset=dataset))
    background = replace(radiograph(noise=0), source=Source(None, "dicom", header=header))
    composite = render(background, disc(64, 28, hu=1000), place(30, 50, 15, "attenuation"))
    beam_before = np.abs(background.pixels[50, 30] - dark)
    beam_after = np.abs(composite.image.pixels[50, 30] - dark)
    assert beam_after / beam_before == pytest.approx(np.exp(-0.0206 * 15), rel=0.01)


def test_fewer_photons_are_noisier() -> None:
    """Behind Δp the variance of the logarithm is exp(Δp) times what it was; only what is missing is added."""
    background = radiograph(300, 300, noise=20)
    composite = render(background, disc(96, 44, hu=700), place(70, 150, 50, "attenuation"))
    middle = slice(135, 166), slice(55, 86)
    nepers = change(background, composite)[middle].mean() / Radiograph.of(background).gain
    before = high_pass(background.pixels.astype(np.float32))[middle].std()
    after = high_pass(composite.image.pixels.astype(np.float32))[middle].std()
    assert nepers > 0.6
    assert after / before == pytest.approx(np.exp(nepers / 2), rel=0.1)


def test_the_gain_ignores_air_and_collimation_around_the_body() -> None:
    body = radiograph(200, 200, noise=5)
    framed = np.zeros((260, 300), np.uint16)
    framed[10:250, 10:290] = 90 + np.random.default_rng(0).integers(0, 40, (240, 280))
    framed[30:230, 50:250] = body.pixels
    wanted = np.ptp(np.percentile(body.pixels, (2, 98)))
    assert body_range(replace(body, pixels=framed)) == pytest.approx(wanted, rel=0.05)
    assert body_range(body) == pytest.approx(wanted, rel=0.25)
    assert np.ptp(np.percentile(framed, (2, 98))) > 1.3 * wanted


def test_a_solid_nodule_takes_the_place_of_the_vessel_beneath() -> None:
    """The vessel of 30 HU must not shine through as 30 + 900 HU, nor be gone beneath ground glass."""
    background = lung(noise=0)
    solid = render(background, disc(hu=890), place(28, 48, 14)).image.pixels
    vessel, beside = solid[48, 28], solid[43, 28]
    assert abs(int(vessel) - int(beside)) < 30
    ground_glass = render(background, disc(hu=250), place(28, 48, 14)).image.pixels
    assert ground_glass[48, 28] > 0
    assert ground_glass[43, 28] == pytest.approx(-600, abs=30)


def test_a_nodule_at_the_pleura_does_not_brighten_the_wall() -> None:
    background = lung(noise=0)
    after = render(background, disc(hu=890), place(81, 24, 14)).image.pixels
    assert after[24, 78] == pytest.approx(40, abs=30)
    assert after[24, 86] == pytest.approx(45, abs=30)


def test_noise_inside_a_nodule_is_that_of_soft_tissue() -> None:
    background = lung(300, 340, noise=25)
    after = render(background, disc(96, 44, hu=890), place(160, 60, 32)).image.pixels.astype(np.float32)
    inside = high_pass(after)[48:73, 148:173].std()
    muscle = high_pass(background.pixels.astype(np.float32))[20:280, 270:330].std()
    assert inside == pytest.approx(muscle, rel=0.15)


def test_the_grain_of_the_image_is_matched_not_only_its_strength() -> None:
    """A smooth reconstruction kernel gives smooth noise inside the lesion as well."""
    rng = np.random.default_rng(5)
    noise = ndimage.gaussian_filter(rng.standard_normal((300, 340)), 0.8)
    base = lung(300, 340, noise=0)
    pixels = base.pixels + 25 * noise / noise.std()
    background = replace(base, pixels=np.rint(pixels).astype(np.int16))
    after = render(background, disc(96, 44, hu=890), place(160, 60, 32)).image.pixels.astype(np.float32)

    def neighbours(area: np.ndarray) -> float:
        rough = high_pass(area)[4:-4, 4:-4]
        return float((rough[:, 1:] * rough[:, :-1]).mean() / rough.var())

    inside, muscle = (
        neighbours(after[44:77, 144:177]),
        neighbours(background.pixels[20:280, 270:335].astype(np.float32)),
    )
    assert muscle > 0.3
    assert inside == pytest.approx(muscle, abs=0.15)


def test_noise_follows_the_seed_and_stays_with_the_pixels() -> None:
    background = lung(noise=25)
    one = render(background, disc(), place(40, 40, 14)).image.pixels
    again = render(background, disc(), place(40, 40, 14)).image.pixels
    other = render(background, disc(), place(40, 40, 14, seed=2)).image.pixels
    moved = render(background, disc(), place(42, 40, 14)).image.pixels
    np.testing.assert_array_equal(one, again)
    assert (one[38:43, 38:43] != other[38:43, 38:43]).mean() > 0.8
    assert np.abs(one[38:43, 39:44].astype(int) - moved[38:43, 39:44]).max() <= 2


def known_insertion() -> tuple[Image, Lesion, np.ndarray, np.ndarray]:
    """A lesion cut out at one grey level with its surroundings' plane taken off, and the truth at another."""
    size = 128
    y, x = np.mgrid[:size, :size].astype(np.float32) - 64
    rng = np.random.default_rng(11)

    def tissue(level: float, slope: float) -> np.ndarray:
        blobs = ndimage.gaussian_filter(rng.standard_normal((size, size)), 6)
        return level + slope * x + 10 * blobs / blobs.std() + 12 * rng.standard_normal((size, size))

    distance = np.hypot(x / 14, y / 10)
    alpha = 1 / (1 + np.exp(np.clip((distance - 1) * 14, -30, 30)))
    alpha[alpha < 1 / 256] = 0
    texture = ndimage.gaussian_filter(rng.standard_normal((size, size)), 2)
    true = alpha * (180 + 60 * texture / texture.std() * 0.3)
    donor = tissue(40, 0.2) + true
    ring = (alpha == 0) & (distance < 2)
    plane = np.column_stack([x[ring], y[ring], np.ones(ring.sum())])
    fit = np.linalg.lstsq(plane, donor[ring], rcond=None)[0]
    residual = alpha * (donor - (fit[0] * x + fit[1] * y + fit[2]))
    lesion = Lesion(residual.astype(np.float32), alpha.astype(np.float32), 1.0, "nodule")
    recipient = np.rint(tissue(200, 0.4))
    image = Image(
        recipient.astype(np.int16), (1.0, 1.0), Calibration.PIXEL_SPACING, "HU", "CT", (-1024.0, 3071.0)
    )
    return image, lesion, recipient + true, alpha >= 0.5


@pytest.mark.parametrize(
    ("blend", "worst"), [("attenuation", 0.12), ("density", 0.2), ("poisson", 0.25), ("paper", 0.25)]
)
def test_a_known_insertion_keeps_its_contrast_without_a_seam(blend: str, worst: float) -> None:
    """Overwriting with the donor's own values is wrong by more than 50 %."""
    background, lesion, truth, label = known_insertion()
    pattern = Pattern.of(lesion)
    composite = render(background, lesion, place(64, 64, pattern.diameter, blend))
    contrast = (truth - background.pixels)[label].mean()
    measured = change(background, composite)[label].mean()
    assert abs(measured / contrast - 1) < worst
    strength = seam(composite.image.pixels.astype(np.float32), truth.astype(np.float32), label)
    assert strength == pytest.approx(1, abs=0.25)
    assert composite.lesions[0].seam == pytest.approx(1, abs=0.25)
    assert composite.lesions[0].contrast == pytest.approx(measured, rel=0.05)


def test_the_seam_score_sees_a_hard_edge() -> None:
    background, _, truth, label = known_insertion()
    soft = truth.astype(np.float32)
    hard = np.where(label, background.pixels + 400, background.pixels).astype(np.float32)
    assert seam(soft, soft, label) == pytest.approx(1)
    strength = seam(hard, soft, label)
    assert strength is not None
    assert strength > 2
    flat_pixels = np.zeros((9, 9), np.float32)
    assert seam(flat_pixels, flat_pixels, np.ones((9, 9), bool)) is None


def test_contrast_to_noise_is_contrast_over_the_spread_around() -> None:
    background = lung(200, 240, noise=30)
    lesion = render(background, disc(hu=300), place(120, 40, 20)).lesions[0]
    assert lesion.cnr == pytest.approx(lesion.contrast / 30, rel=0.15)
    assert render(flat(), disc(), place(60, 60, 20, "attenuation")).lesions[0].cnr is None


def test_poisson_keeps_a_gradient_of_the_background() -> None:
    """On a ramp, the lesion lies on the ramp."""
    background = radiograph(160, 200, noise=0)
    lesion = disc(hu=900)
    composite = render(background, lesion, place(50, 80, 16, "poisson"))
    added = change(background, composite)
    assert added[80, 36] == pytest.approx(added[80, 64], rel=0.25)
    assert added[80, 50] > 50


def test_a_section_without_hu_takes_its_range_as_1000_hu() -> None:
    background = Image(np.clip(lung(noise=5).pixels / 4 + 220, 0, 255).astype(np.uint8), value_range=(0, 255))
    composite = render(background, disc(hu=500), place(30, 24, 14))
    expected = 500 * body_range(background) / 1000
    assert composite.lesions[0].contrast == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(("blend", "sigma_mm"), [("density", 0.45), ("attenuation", 0.17)])
def test_no_edge_is_sharper_than_the_scanner(blend: str, sigma_mm: float) -> None:
    """A step behind a Gaussian point spread rises by at most 1 / (σ·sqrt(2π)) of its height per mm."""
    pixel = sigma_mm / 3
    alpha = np.zeros((400, 400), np.float32)
    alpha[100:300, 100:300] = 1
    square = Lesion(800 * alpha, alpha, 0.5, "nodule")
    plain = lung(200, 200, noise=0) if blend == "density" else radiograph(200, 200, noise=0)
    background = replace(plain, spacing=(pixel, pixel))
    where = place(50, 50, 90 * pixel, blend, contrast=1 if blend == "density" else 4)
    row = change(background, render(background, square, where))[50, 5:51]
    steepest = np.diff(row).max() / pixel / row.max()
    assert 0.1 < steepest < 1.1 / (sigma_mm * np.sqrt(2 * np.pi))
    assert row.max() > 200
