"""A scene finds its background again, or says which file is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.anatomy.anatomy import Anatomy
from app.composition import BackgroundReference, Scene
from app.composition.backgrounds import (
    MissingBackground,
    load_background,
    loading_background,
    reference_to,
    relocated,
)
from app.errors import LithographError
from app.imaging import open_series, read_image, write_label_map
from app.imaging.itk import simple_itk
from app.simulation import generate
from app.tasks import task
from models.progress import Progress, finish
from tests.composition.examples import radiograph
from tests.imaging.dicom_files import ct


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "0007.png"
    cv2.imwrite(str(path), radiograph().pixels)
    return path


def test_a_file_is_found_by_its_reference(file: Path) -> None:
    image = read_image(file)
    reference = reference_to(image)
    assert reference.path == str(file)
    again, anatomy = load_background(reference)
    np.testing.assert_array_equal(again.pixels, image.pixels)
    assert anatomy is None
    relative, _ = load_background(replace(reference, path="0007.png"), file.parent)
    np.testing.assert_array_equal(relative.pixels, image.pixels)


def test_a_missing_file_is_named(file: Path) -> None:
    reference = reference_to(read_image(file))
    file.unlink()
    with pytest.raises(MissingBackground, match=r"The background .*0007\.png is missing") as caught:
        load_background(reference)
    assert (caught.value.path, caught.value.reference) == (file, reference)


@pytest.mark.parametrize("by_folder", [False, True])
def test_a_moved_file_is_found_where_it_is_now(file: Path, tmp_path: Path, by_folder: bool) -> None:
    image = read_image(file)
    scene = Scene("kub-xray", reference_to(image))
    (tmp_path / "elsewhere").mkdir()
    moved = file.rename(tmp_path / "elsewhere" / file.name)
    found = relocated(scene, moved.parent if by_folder else moved)
    assert found.background == replace(scene.background, path=str(moved))
    np.testing.assert_array_equal(load_background(found.background)[0].pixels, image.pixels)

    cv2.imwrite(str(file), radiograph(seed=8).pixels)
    with pytest.raises(LithographError, match=r"0007\.png is another image, .*; choose the right one"):
        load_background(relocated(scene, file).background)


def test_every_slice_of_a_folder_or_volume_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "ct").mkdir()
    for number in range(3):
        pixels = np.full((8, 8), 100 * number, np.uint16)
        ct(tmp_path / "ct" / f"{9 - number}.dcm", pixels, ImagePositionPatient=[0, 0, 5 * number])
    voxels = np.arange(3 * 8 * 8, dtype=np.int16).reshape(3, 8, 8)
    itk = simple_itk()
    itk.WriteImage(itk.GetImageFromArray(voxels), str(tmp_path / "volume.nii.gz"))
    for place in (tmp_path / "ct", tmp_path / "volume.nii.gz"):
        digests = set()
        for image in open_series(place):
            again, _ = load_background(reference_to(image))
            assert again.digest == image.digest
            digests.add(image.digest)
        assert len(digests) == 3


def test_a_changed_file_is_not_taken_for_the_same(file: Path) -> None:
    reference = reference_to(read_image(file))
    cv2.imwrite(str(file), radiograph(seed=8).pixels)
    with pytest.raises(LithographError, match=r"0007\.png .* has changed since"):
        load_background(reference)


def test_the_anatomy_beside_a_generated_file_is_read(file: Path) -> None:
    image = read_image(file)
    labels = np.zeros(image.pixels.shape, np.uint8)
    labels[10:40, 20:50] = task("kub-xray").label("spine")
    write_label_map(labels, image, file.with_name("0007_anatomy.nii.gz"))
    _, anatomy = load_background(reference_to(image), task="kub-xray")
    assert isinstance(anatomy, Anatomy)
    assert anatomy.masks["spine"].sum() == 900
    assert load_background(reference_to(image))[1] is None


@pytest.mark.parametrize("labels", [np.zeros((5, 5), np.uint8), np.full((96, 112), 200, np.uint8)])
def test_an_anatomy_that_does_not_fit_is_left_out(file: Path, labels: np.ndarray) -> None:
    image = read_image(file)
    like = image if labels.shape == image.pixels.shape else replace(image, pixels=labels)
    write_label_map(labels, like, file.with_name("0007_anatomy.nii.gz"))
    assert load_background(reference_to(image), task="kub-xray")[1] is None


def test_a_generated_background_is_generated_again() -> None:
    made = finish(generate("lung-ct", 4, size=128))
    reference = reference_to(made)
    assert reference.path is None
    work = loading_background(reference)
    assert isinstance(next(work), Progress)
    image, anatomy = finish(work)
    np.testing.assert_array_equal(image.pixels, made.image.pixels)
    assert anatomy is not None
    assert anatomy.masks.keys() == made.anatomy.masks.keys()
    with pytest.raises(LithographError, match="has changed since"):
        load_background(replace(reference, digest="xxh3:" + "f" * 32))


@pytest.mark.parametrize(
    "recipe",
    [
        None,
        (),
        (("task", "lung-ct"),),
        (("seed", "x"), ("task", "lung-ct")),
        (("colour", "red"), ("seed", 1), ("task", "lung-ct")),
    ],
)
def test_an_incomplete_recipe_is_refused(recipe: tuple | None) -> None:
    with pytest.raises(LithographError, match="neither a file nor a complete recipe"):
        load_background(BackgroundReference("xxh3:" + "0" * 32, recipe=recipe))
