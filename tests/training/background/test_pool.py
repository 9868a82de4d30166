"""The images that backgrounds are learnt from: gathered from folders and the simulator, drawn as patches."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import SimpleITK
import tifffile
from numpy.typing import NDArray

from app.anatomy.grey_scale import in_task_unit
from app.errors import LithographError
from app.imaging.image import Image, Window
from app.simulation import generate
from app.simulation.background import Background
from app.tasks import task
from app.training.background import patches
from app.training.background.gathering import gather
from app.training.background.index import HELD_OUT, LEARN, Stream, image_of, read_index
from app.training.background.pool import Pool
from models.progress import LongWork, Progress, finish

KUB, LUNG, ABDOMEN = task("kub-xray"), task("lung-ct"), task("abdomen-ct")
VIEW = 64


def smooth(seed: int, height: int = 96, width: int = 110, high: float = 255.0) -> NDArray[np.float64]:
    """Clouds from 0 to `high`."""
    random = np.random.default_rng(seed)
    clouds = cv2.resize(random.random((6, 7)), (width, height), interpolation=cv2.INTER_CUBIC)
    grain = random.normal(0, 0.02, (height, width))
    return np.clip(clouds + grain, 0, 1) * high


def picture(file: Path, seed: int, height: int = 96, width: int = 110) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), smooth(seed, height, width).astype(np.uint8))
    return file


def pool_of(data: Path | None, folder: Path, setting: Any = KUB, **options: Any) -> Pool:
    return finish(gather(setting, data, folder, view=VIEW, **options))


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A quick simulator, few images of it, and the seeds that it was asked for."""
    asked: list[int] = []

    def quick(name: str, seed: int, *, source: str) -> LongWork[Background]:
        asked.append(seed)
        yield Progress(0, 1)
        pixels = smooth(seed, 128, 128, 4095).astype(np.uint16)
        if name == "lung-ct":
            pixels = (pixels.astype(np.int16) - 1000).astype(np.int16)
        return Background(Image(pixels), None, ())  # type: ignore[arg-type]

    monkeypatch.setattr("app.simulation.generate", quick)
    few = Stream("phantom", "phantom", first=2, every=4, most=5, held_out=2)
    monkeypatch.setattr("app.training.background.sources.PHANTOM", few)
    return asked


def test_a_folder_of_all_sorts_is_read_and_what_will_not_do_is_named(tmp_path: Path) -> None:
    data, store = tmp_path / "films", tmp_path / "pool"
    for n in range(14):
        picture(data / f"film{n:02d}.png", n, 80 + 5 * n, 110)
    tifffile.imwrite(data / "deep.tif", smooth(20, high=60000).astype(np.uint16))
    negative = 60000 - smooth(20, high=60000)
    tifffile.imwrite(data / "negative.tif", negative.astype(np.uint16), photometric="MINISWHITE")
    picture(data / "small.png", 30, 40, 60)
    picture(data / "tiny.png", 31, 20, 90)
    cv2.imwrite(str(data / "constant.png"), np.full((96, 96), 7, np.uint8))
    cv2.imwrite(str(data / "photograph.jpg"), np.random.default_rng(0).integers(0, 255, (96, 96, 3)))
    (data / "broken.png").write_bytes((data / "film00.png").read_bytes()[:200])
    tifffile.imwrite(data / "holes.tif", np.full((96, 96), np.nan, np.float32))
    picture(data / "masks" / "spine" / "film00.png", 40)
    cv2.imwrite(str(data / "masks" / "spine" / "film00.png"), np.eye(80, 110, dtype=np.uint8) * 255)

    with pool_of(data, store) as pool:
        told = "\n".join(pool.notes)
        assert "tiny" in told
        assert "constant has fewer than 16 different values" in told
        assert "3 images cannot be read and are left out" in told
        assert "1 image is smaller than a patch of 64 pixels" in told
        names = {entry.name for entry in (*pool.learnt(), *pool.held_out)}
        assert names == {*(f"film{n:02d}" for n in range(14)), "deep", "negative", "small"}
        assert pool.held_out
        assert not {e.group for e in pool.held_out} & {e.group for e in pool.learnt()}
        assert "17 images of 17 patients or originals" in pool.lines[0]
        for n in range(40):
            patch = pool.patch(n, VIEW)
            assert patch.shape == (VIEW, VIEW)
            assert patch.dtype == np.float32
            assert np.abs(patch).max() <= 1
        assert pool.whole(3).shape == (1024, 1024)
        by_name = {entry.name: entry for entry in (*pool.learnt(), *pool.held_out)}
        deep, negated = (pool.pixels(by_name[name]) for name in ("deep", "negative"))
        assert np.load(store / by_name["deep"].file).dtype == np.uint16  # its own depth
        assert 0 <= np.percentile(deep, 1) < np.percentile(deep, 99) <= 4095
        np.testing.assert_allclose(deep, negated, atol=2)
        shown = finish(image_of(by_name["film03"], "kub-xray"))
        assert shown.height == 95

    # Gathered again, nothing is read twice, and what has gone from the folder goes from the pool.
    written = {file.name: file.stat().st_mtime_ns for file in store.glob("*.npy")}
    (data / "film13.png").unlink()
    with pool_of(data, store) as again:
        assert len(again.learnt()) + len(again.held_out) == 16
        left = {file.name: file.stat().st_mtime_ns for file in store.glob("*.npy")}
        assert left.items() < written.items()
        assert again.fingerprint != pool.fingerprint
        assert "fewer than 16" in "\n".join(again.notes)
    cv2.imwrite(str(data / "late.png"), smooth(50).astype(np.uint8))
    with pool_of(data, store, resume=True) as resumed:
        assert resumed.fingerprint == again.fingerprint
        assert np.array_equal(resumed.patch(5, VIEW), again.patch(5, VIEW))


def test_what_cannot_be_learnt_from_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(data: Path | None, match: str, setting: Any = KUB) -> None:
        with pytest.raises(LithographError, match=match):
            pool_of(data, tmp_path / "pool", setting)

    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "is empty")
    refused(tmp_path / "nowhere", "There is no folder")
    refused(None, "has no simulator to learn from; choose a folder of images", ABDOMEN)
    picture(tmp_path / "tiny" / "a.png", 1, 20, 20)
    refused(tmp_path / "tiny", "No image in .*tiny can be learnt from: the image a is 20 by 20 pixels")

    one = tmp_path / "one"
    picture(one / "film.png", 1)
    with pool_of(one, tmp_path / "pool") as pool:
        assert any(
            "one image of one patient" in note and "learn this by heart" in note for note in pool.notes
        )
        assert pool.held_out == ()
        assert pool.patch(0, VIEW).shape == (VIEW, VIEW)
    file = tmp_path / "pool" / pool.learnt()[0].file
    file.write_bytes(b"nothing")
    with pytest.raises(LithographError, match=r"missing or damaged; delete the folder"):
        pool.patch(0, VIEW)

    # A full disk ends it with a sentence; what was read by then need not be read again.
    many = tmp_path / "many"
    for n in range(6):
        picture(many / f"{n}.png", n)
    save, saved = np.save, list[Path]()

    def full(path: Path, *arguments: Any, **options: Any) -> None:
        if len(saved) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        saved.append(path)
        save(path, *arguments, **options)

    monkeypatch.setattr(np, "save", full)
    refused(many, "the disk is full")
    monkeypatch.setattr(np, "save", save)
    kept = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "pool").glob("kub-xray-own-*")}
    with pool_of(many, tmp_path / "pool") as pool:
        files = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "pool").glob("kub-xray-own-*")}
        assert len(files) == 6
        assert len(files.items() & kept.items()) == 3


def test_a_gathering_that_is_stopped_goes_on(tmp_path: Path) -> None:
    for n in range(30):
        picture(tmp_path / "data" / f"{n:02d}.png", n, 70, 70)
    work = gather(KUB, tmp_path / "data", tmp_path / "pool", view=VIEW)
    while next(work) != Progress(12, 30, "Reading images"):
        pass
    work.close()
    index = read_index(tmp_path / "pool", "kub-xray")
    assert index is not None
    assert not index.finished
    assert len(index.entries) == 12
    with pool_of(tmp_path / "data", tmp_path / "pool", resume=True) as pool:
        assert len(pool.learnt()) + len(pool.held_out) == 30
    with pool_of(tmp_path / "data", tmp_path / "other") as other:
        assert np.array_equal(pool.patch(7, VIEW), other.patch(7, VIEW))


def test_marked_lesions_are_removed_and_burnt_in_windows_become_hu(tmp_path: Path) -> None:
    data = tmp_path / "stones"
    for n in range(12):
        pixels = smooth(n, 120, 100)
        pixels[:20, :20], pixels[:20, 80:] = 0, 255
        pixels[60:68, 40:48] = 255
        file = data / "images" / f"p{n}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), pixels.astype(np.uint8))
        (data / "labels").mkdir(exist_ok=True)
        (data / "labels" / f"p{n}.txt").write_text("0 0.44 0.5333 0.1 0.0833\n")
    with pool_of(data, tmp_path / "pool", ABDOMEN) as pool:
        assert any("12 lesions, marked by boxes, were removed" in line for line in pool.lines)
        entry = pool.learnt()[0]
        hu = pool.pixels(entry)
        assert (hu[:20, :20].max(), hu[:20, 80:].min()) == (-160, 240)
        assert (finish(image_of(entry, "abdomen-ct")).pixels[60:68, 40:48] == 255).all()
        assert (hu[60:68, 40:48] < 240).any()
        assert pool.whole(0).shape == (384, 320)
        assert pool.notes == ()


def chest(seed: int, slices: int = 30) -> NDArray[np.int16]:
    """A body with two lungs in HU; its last slices show none."""
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    flat = np.where(np.hypot(y / 0.8, x / 0.95) < 1, 40.0, -1000.0)
    lungs = np.hypot(y / 0.5, (np.abs(x) - 0.45) / 0.3) < 1
    noise = np.random.default_rng(seed).normal(0, 15, (slices, 96, 96))
    volume = np.stack([np.where(lungs & (n < slices - 4), -820.0, flat) for n in range(slices)])
    return (volume + noise).astype(np.int16)


def test_one_ct_has_a_block_of_slices_held_out_and_slices_without_lung_left_out(tmp_path: Path) -> None:
    volume = SimpleITK.GetImageFromArray(chest(0))
    volume.SetSpacing((3.0, 3.0, 5.0))
    (tmp_path / "ct").mkdir()
    SimpleITK.WriteImage(volume, str(tmp_path / "ct" / "chest.nii.gz"))
    with pool_of(tmp_path / "ct", tmp_path / "pool", LUNG) as pool:
        held_out = sorted(entry.number for entry in pool.held_out)
        learnt = {entry.number for entry in pool.learnt()}
        assert held_out == list(range(held_out[0], held_out[-1] + 1))
        assert len(learnt) + len(held_out) == 22  # four show no lung, four lie beside the block
        assert not learnt & set(range(held_out[0] - 2, held_out[-1] + 3))
        told = "\n".join(pool.notes)
        assert "4 slices show no lung and are left out" in told
        assert "images of one patient or original" in told
        assert pool.pixels(pool.learnt()[0]).min() < -1000
        assert pool.whole_of(pool.held_out[0]).shape == (512, 512)
    with pytest.raises(LithographError, match=r"a slice of a CT and .*learns from radiographs"):
        pool_of(tmp_path / "ct", tmp_path / "pool", KUB)


def test_cut_outs_become_mosaics_beside_phantoms(tmp_path: Path, simulated: list[int]) -> None:
    data = tmp_path / "nodules"
    data.mkdir()
    rows = ["name,series_instance_uid,diameter_mm"]
    for n in range(8):
        crop = np.full((50, 50, 50), -500 - 10 * n, np.int16)
        for name, values in ((f"n{n}", crop), (f"n{n}_mask", (crop > 0).astype(np.uint8))):
            SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(data / f"{name}.nrrd"))
        rows.append(f"n{n},1.2.{n},7.0")
    (data / "nodules.csv").write_text("\n".join(rows))
    with pool_of(data, tmp_path / "pool", LUNG) as pool:
        cuts = [entry for entry in pool.index.entries.values() if entry.zoom]
        assert {entry.part for entry in cuts} == {LEARN, HELD_OUT}
        assert "mosaics of cut-outs around nodules" in "\n".join(pool.lines)
        assert pool.notes == ()
        scale = pool.grey.to_network(np.array([-570.5, -499.5]))
        mosaics = [
            p for n in range(60) if scale[0] <= (p := pool.patch(n, VIEW)).min() and p.max() <= scale[1]
        ]
        assert 2 <= len(mosaics) < 30
        assert any(len(np.unique(np.round(mosaic, 4))) > 1 for mosaic in mosaics)
        assert all(entry.source == "phantom" for entry in (*pool.learnt(), *pool.held_out))
        assert pool.whole(0).shape == (512, 512)


def test_simulated_images_are_added_as_training_goes_and_every_patch_stays_what_it_is(
    tmp_path: Path, simulated: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pool_of(None, tmp_path / "a") as pool:
        assert sorted(simulated) == [0, 1, 1_000_000, 1_000_001]
        first = [pool.patch(n, VIEW) for n in range(24)]
        assert [len(pool.learnt(n)) for n in (0, 3, 4, 12, 1000)] == [2, 2, 3, 5, 5]
        assert pool.learnt(1000)[4].name == "phantom-0000004"
        assert [entry.number for entry in pool.held_out] == [1_000_000, 1_000_001]
    assert set(simulated) == {0, 1, 2, 3, 4, 1_000_000, 1_000_001}
    assert len(simulated) == 7  # none of them twice

    # From the middle, in another order, with nothing but the list: as after `kill -9`.
    with pool_of(None, tmp_path / "b") as other:
        for n in (23, 9, 0, 16):
            assert np.array_equal(other.patch(n, VIEW), first[n])
    for file in (tmp_path / "a").glob("*.npy"):
        file.write_bytes(file.read_bytes()[:50])
    with pool_of(None, tmp_path / "a", resume=True) as resumed:
        for n in (0, 20):
            assert np.array_equal(resumed.patch(n, VIEW), first[n])

    # A patch draws only from what belongs to its number.
    drawn: Callable[..., Any] = Pool._drawn
    seen: dict[int, int] = {}

    def noted(pool: Pool, n: int, random: np.random.Generator) -> Any:
        entry = drawn(pool, n, random)
        seen[n] = entry.number
        return entry

    monkeypatch.setattr(Pool, "_drawn", noted)
    with pool_of(None, tmp_path / "b", resume=True) as other:
        for n in range(24):
            other.patch(n, VIEW)
    assert all(number < 2 + n // 4 for n, number in seen.items())
    assert max(seen.values()) == 4


def test_a_phantom_can_be_shown_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def small(name: str, seed: int, *, source: str) -> LongWork[Background]:
        return generate(name, seed, source=source, size=128)

    monkeypatch.setattr("app.simulation.generate", small)
    one = Stream("phantom", "phantom", first=1, every=10**6, most=1, held_out=0)
    monkeypatch.setattr("app.training.background.sources.PHANTOM", one)
    with pool_of(None, tmp_path, KUB) as pool:
        (entry,) = pool.learnt()
        again = finish(image_of(entry, "kub-xray"))
        assert np.array_equal(pool.pixels(entry), again.pixels)
        assert pool.patch(0, VIEW).std() > 0.1


def test_patches_are_cut_scaled_and_mirrored_as_the_anatomy_allows() -> None:
    ramp = np.tile(np.arange(400, dtype=np.float32), (300, 1))
    random = np.random.default_rng(0)
    small = [patches.patch(ramp, 64, random) for _ in range(60)]
    rising = [bool(np.diff(patch[30]).mean() > 0) for patch in small]
    assert 10 < sum(rising) < 50
    steps = [abs(float(np.diff(patch[30]).mean())) for patch in small]
    assert 0.75 < min(steps) < 0.95 < 1.05 < max(steps) < 1.3
    assert sum(abs(step - 1) < 1e-6 for step in steps) > 15
    wide = [patches.patch(ramp, 256, random) for _ in range(20)]
    assert all(np.diff(patch[30]).mean() > 0 for patch in wide)
    fitted = [abs(float(np.diff(patches.patch(ramp, 32, random, fit=0.25)[9]).mean())) for _ in range(60)]
    assert sum(step > 3 for step in fitted) > 15
    assert sum(step < 1.5 for step in fitted) > 15
    reflected = patches.patch(ramp[:40, :50], 64, random)
    assert reflected.shape == (64, 64)
    assert reflected.max() <= 50
    whole = patches.whole(ramp, (100, 100))
    assert whole.shape == (100, 100)
    assert abs(float(whole.mean()) - 199.5) < 3  # its middle
    tall = patches.squared(ramp.astype(np.int16), (2.0, 1.0))
    assert (tall.shape, tall.dtype) == ((600, 400), np.int16)


def test_a_radiograph_keeps_its_own_window_only_where_that_fits_it() -> None:
    pixels = smooth(0, high=4000).astype(np.uint16)
    full = Image(pixels, windows=(Window(2048, 4096),))
    np.testing.assert_allclose(in_task_unit(full, KUB), pixels, atol=2)  # as this program writes them
    for window in (Window(1000, 400), Window(32768, 65536)):  # hides much; far too wide
        low, high = np.percentile(in_task_unit(Image(pixels, windows=(window,)), KUB), (1, 99))
        assert 0 <= low < 400
        assert 3600 < high <= 4095
    negative = in_task_unit(Image(pixels, windows=(Window(2048, 4096),), inverted=True), KUB)
    np.testing.assert_allclose(negative, 4095 - pixels.astype(float), atol=3)
