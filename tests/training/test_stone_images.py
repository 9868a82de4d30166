"""Learning from coronal CT: images with boxes of stones, outlined ones among them, and planes of a CT."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.errors import LithographError
from app.tasks import task
from app.training.danger_zone import ct_coronal_planes, outlines, stone_images
from app.training.danger_zone.recipe import sample_size, spec_of
from app.training.labels import read_labelled, split
from app.training.samples import HELD_OUT, LEARN, SampleStore, read_sample
from models.progress import finish
from tests.anatomy.test_coronal_rules import trunk
from tests.simulation.ct_folder import trunk_hu, write_ct

ABDOMEN = task("abdomen-ct")
SPEC = spec_of(ABDOMEN)
KIDNEY = (110, 150, 30, 50)
"""x, y and the half axes of the ellipse that is a kidney here."""


def store(folder: Path) -> SampleStore:
    return SampleStore(folder, SPEC.structures, sample_size(SPEC))


def picture(path: Path) -> None:
    """A coronal image with the window burnt in, a kidney in fat with a stone in it, and the stone's box."""
    hu, _ = trunk()
    x, y, across, down = KIDNEY
    cv2.ellipse(hu, (x, y), (across, down), 0, 0, 360, 35, -1)
    cv2.circle(hu, (x, y), 5, 240, -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.round((hu + 160) / 400 * 255).astype(np.uint8))
    label = path.parent.parent / "labels" / f"{path.stem}.txt"
    label.parent.mkdir(exist_ok=True)
    label.write_text(f"0 {x / 390:.4f} {y / 320:.4f} {14 / 390:.4f} {14 / 320:.4f}\n")


@pytest.fixture
def stones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Ten images; the first that is learnt from and the first that is held out are outlined, generously."""
    for n in range(10):
        picture(tmp_path / "stones" / "images" / f"p{n}.png")
    learn, held_out = split(finish(read_labelled(tmp_path / "stones", ABDOMEN)))
    x, y, across, down = KIDNEY
    around = [x - across - 6, y - down - 6, x + across + 6, y - down - 6]
    around += [x + across + 6, y + down + 6, x - across - 6, y + down + 6]
    drawn = {"kidneys": [around], "vessels": []}
    file = tmp_path / "outlines.json"
    file.write_text(json.dumps({"images": {learn[0].name: drawn, held_out[0].name: drawn}}))
    monkeypatch.setattr(outlines, "FILE", file)
    outlines.outlines.cache_clear()
    yield tmp_path
    outlines.outlines.cache_clear()


def test_outlines_are_fitted_and_boxes_teach_what_is_certain(stones: Path) -> None:
    samples = store(stones / "samples")
    line = finish(stone_images.stone_images(ABDOMEN, stones, samples))[0]
    assert "10 coronal CT images" in line
    assert "2 of all are outlined" in line
    files = {file.name: read_sample(file) for file in samples.files(LEARN)}
    (held_out,) = samples.files(HELD_OUT)
    assert "outlined" in held_out.name

    outlined = next(sample for name, sample in files.items() if name.endswith("outlined.npz"))
    masks = dict(zip(SPEC.structures, outlined.masks(), strict=True))
    x, y, across, down = KIDNEY
    assert masks["kidneys"].sum() == pytest.approx(np.pi * across * down, rel=0.08)  # not the whole polygon
    assert masks["kidneys"][y, x]  # nor without its stone
    assert not masks["vessels"].any()
    known = dict(zip(SPEC.structures, outlined.known, strict=True))
    assert known["vessels"]
    assert not known["bowel"]
    enhanced = next(sample for name, sample in files.items() if "enhanced" in name)
    assert (enhanced.pixels - outlined.pixels)[masks["kidneys"]].mean() > 40

    boxed = next(sample for name, sample in files.items() if name.startswith("learn-boxed"))
    teaches = dict(zip(SPEC.structures, boxed.teaches(), strict=True))
    assert teaches["spine"].all()
    assert teaches["bowel"][y, x]
    assert not teaches["bowel"][10, 10]
    assert not dict(zip(SPEC.structures, boxed.masks(), strict=True))["ribs"][y, x]


def test_damaged_outlines_are_named(stones: Path) -> None:
    (stones / "outlines.json").write_text("{")
    with pytest.raises(LithographError, match=r"outlines .* damaged"):
        finish(stone_images.stone_images(ABDOMEN, stones, store(stones / "samples")))


def test_the_shipped_outlines_name_structures_of_the_task() -> None:
    allowed = {structure.name for structure in ABDOMEN.structures} | {"not-bone"}
    assert len(outlines.outlines()) > 40
    for image in outlines.outlines().values():
        assert set(image) <= allowed
        assert all(len(points) > 2 for polygons in image.values() for points in polygons)


def test_planes_of_a_ct_leave_organs_open_above_the_pelvis(tmp_path: Path) -> None:
    write_ct(tmp_path / "data" / "abdomen", trunk_hu(lungs=0.25))
    samples = store(tmp_path / "samples")
    lines = finish(ct_coronal_planes.coronal_planes(ABDOMEN, tmp_path / "data", samples))
    assert "abdomen" in lines[0]
    sample = read_sample(samples.files(LEARN)[len(ct_coronal_planes.DEPTHS_MM) // 2])
    masks = dict(zip(SPEC.structures, sample.masks(), strict=True))
    teaches = dict(zip(SPEC.structures, sample.teaches(), strict=True))
    height, width = sample.pixels.shape
    assert masks["spine"][height // 2, width // 2]
    assert masks["outside"][height // 2, 2]
    assert teaches["spine"].all()
    assert not teaches["kidneys"][height // 2, width // 3]
    assert teaches["kidneys"][-10, width // 3]
    assert not masks["kidneys"].any()
