"""What is saved of a composite: complete, the same each time, and all or nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.composition import Composite, Renderer, Scene
from app.composition.backgrounds import load_background, reference_to
from app.composition.export import save_composite
from app.composition.scene_file import read_scene
from app.errors import LithographError
from app.imaging import Image, read_image, read_label_map
from tests.composition.examples import draw, lung, place, radiograph

FILES = {"lesions.nii.gz", "labels.json", "scene.json", "preview.png"}


def on(image: Image) -> tuple[Scene, Composite]:
    chosen = (
        place(30.25, 40, 12, "attenuation", name="a"),
        place(70, 60.5, 8, "paper", "ellipse", "b", seed=3, overridden=True),
        place(-40, 0, 8, "density", name="outside"),
    )
    scene = Scene("kub-xray", reference_to(image), chosen)
    return scene, Renderer(image, draw).render(scene)


@pytest.fixture
def background(tmp_path: Path) -> Image:
    path = tmp_path / "background.png"
    cv2.imwrite(str(path), radiograph().pixels)
    return read_image(path)


def test_everything_is_saved_and_fits_together(tmp_path: Path, background: Image) -> None:
    scene, composite = on(background)
    out = tmp_path / "out"
    files = save_composite(scene, composite, out)
    assert {file.name for file in files} == FILES | {"composite.png"}
    assert {file.name for file in out.iterdir()} == FILES | {"composite.png"}

    saved = cv2.imread(str(out / "composite.png"), cv2.IMREAD_UNCHANGED)
    assert saved.dtype == np.uint16
    np.testing.assert_array_equal(saved, composite.image.pixels)
    map_ = read_label_map(out / "lesions.nii.gz")
    np.testing.assert_array_equal(map_, composite.label_map())
    preview = cv2.imread(str(out / "preview.png"), cv2.IMREAD_UNCHANGED)
    assert (preview.shape, preview.dtype) == (saved.shape, np.uint8)

    entries = json.loads((out / "labels.json").read_text())
    assert [entry["label"] for entry in entries] == [1, 2, 3]
    for entry, lesion in zip(entries, composite.lesions, strict=True):
        rows, columns = np.nonzero(map_ == entry["label"])
        assert entry["area_px"] == rows.size == lesion.area_px
        if rows.size:
            x, y, width, height = entry["box"]
            assert (x, y) == (columns.min(), rows.min())
            assert (width, height) == (np.ptp(columns) + 1, np.ptp(rows) + 1)
            assert entry["centroid"] == pytest.approx([columns.mean(), rows.mean()], abs=1e-3)
    first = entries[0]
    assert (first["centre"], first["lesion"], first["seed"]) == ([30.25, 40.0], "disc", 1)
    assert first["diameter_mm"] == pytest.approx(12, abs=1.5)
    assert first["size_unit"] == "px"
    assert first["contrast"] > 10
    assert entries[1]["overridden"] is True
    assert entries[2]["box"] == [0, 0, 0, 0]


def rendered_again(scene_file: Path, out: Path) -> None:
    scene = read_scene(scene_file)
    image, _ = load_background(scene.background)
    save_composite(scene, Renderer(image, draw).render(scene), out)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_saved_scene_renders_to_the_same_bytes(tmp_path: Path, background: Image) -> None:
    save_composite(*on(background), tmp_path / "one")
    rendered_again(tmp_path / "one" / "scene.json", tmp_path / "two")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


@pytest.mark.parametrize("make", [lung, radiograph])
def test_a_dicom_background_gives_a_dicom_composite(tmp_path: Path, make: object) -> None:
    from app.imaging import write_image

    image = make()  # type: ignore[operator]
    write_image(image, tmp_path / "0001.dcm")
    background = read_image(tmp_path / "0001.dcm")
    scene, composite = on(background)
    save_composite(scene, composite, tmp_path / "one")
    rendered_again(tmp_path / "one" / "scene.json", tmp_path / "two")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")

    import pydicom

    saved = read_image(tmp_path / "one" / "composite.dcm")
    np.testing.assert_array_equal(saved.pixels, composite.image.pixels)
    assert (saved.spacing, saved.unit, saved.modality) == (image.spacing, image.unit, image.modality)
    header = pydicom.dcmread(tmp_path / "one" / "composite.dcm")
    assert "Lithograph" in str(header)
    assert header.SOPInstanceUID != pydicom.dcmread(tmp_path / "0001.dcm").SOPInstanceUID


def test_another_scene_gives_another_dicom_instance(tmp_path: Path) -> None:
    import pydicom

    image = radiograph()
    scene, composite = on(image)
    other = scene.removing(["a"])
    save_composite(scene, composite, tmp_path / "one")
    save_composite(other, Renderer(image, draw).render(other), tmp_path / "two")
    one, two = (pydicom.dcmread(tmp_path / name / "composite.dcm").SOPInstanceUID for name in ("one", "two"))
    assert one != two


def test_an_existing_composite_is_replaced_as_a_whole(tmp_path: Path, background: Image) -> None:
    scene, composite = on(background)
    out = tmp_path / "out"
    save_composite(scene, composite, out)
    (out / "notes.txt").write_text("mine")
    fewer = replace(scene, placements=scene.placements[:1])
    save_composite(fewer, Renderer(background, draw).render(fewer), out)
    assert len(json.loads((out / "labels.json").read_text())) == 1
    assert read_label_map(out / "lesions.nii.gz").max() == 1
    assert {file.name for file in out.iterdir()} == FILES | {"composite.png", "notes.txt"}


FULL_DISK = """
import resource, signal, sys
import cv2
from app.errors import LithographError
from app.composition.export import save_composite
from tests.composition.test_export import on
from app.imaging import read_image

scene, composite = on(read_image(sys.argv[1]))
composite.image, composite.label_map()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    save_composite(scene, composite, sys.argv[2])
except LithographError as error:
    print(error)
    sys.exit(1)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("limit", [0, 700, 4_000])
@pytest.mark.parametrize("existed", [False, True])
def test_a_full_disk_leaves_nothing_half_written(
    tmp_path: Path, background: Image, limit: int, existed: bool
) -> None:
    """A file may not grow beyond `limit` bytes: none of them, the first small one, all but the image."""
    out = tmp_path / "out"
    before: dict[str, bytes] = {}
    if existed:
        scene, _ = on(background)
        fewer = replace(scene, placements=scene.placements[:1])
        save_composite(fewer, Renderer(background, draw).render(fewer), out)
        before = bytes_of(out)
    path = str(background.source.path)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path, str(out), str(limit)],
        capture_output=True,
        text=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("Cannot write")
    assert str(out) in done.stdout
    assert ".composite." not in done.stdout
    if existed:
        assert bytes_of(out) == before
    else:
        assert not out.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, background: Image) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LithographError, match=r"Cannot write .*file"):
        save_composite(*on(background), tmp_path / "file" / "out")
