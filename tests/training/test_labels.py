"""Labelled images of every format, read through the application's own readers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PIL import Image as Pillow

from app.imaging import write_image, write_label_map
from app.imaging.box import Box
from app.simulation import generate
from app.training.labels import LabelledImage, split
from models.progress import finish
from tests.imaging.dicom_files import ct, ramp
from tests.training.labelled_folders import HEIGHT, KUB, LUNG, WIDTH, coco, mask, picture, read, text, yolo


def test_yolo_boxes_outlines_and_what_nobody_looked_at(tmp_path: Path) -> None:
    yolo(
        tmp_path,
        {"a": "0 0.5 0.5 0.1 0.2\n\n0 0.25 0.25 0.1 0.1 0.93\n", "b": "", "c": "1 0 0 0.5 0 0.5 0.5 0 0.5\n"},
        "train: ./images\nnames: ['Kidney stones', spine]  # two\nnc: 2\n",
    )
    picture(tmp_path / "images" / "d.jpg")
    found = read(tmp_path)
    a, b, c, d = found.images
    assert a.boxes == (Box(26.5, 15.5, 6.0, 8.0), Box(11.5, 7.5, 6.0, 4.0))
    assert (a.group, a.size, a.image().pixels.shape) == ("a", (HEIGHT, WIDTH), (HEIGHT, WIDTH))
    assert (b.boxes, d.boxes) == ((), None)
    assert (c.boxes, c.structures) == ((), ("spine",))
    assert c.masks()["spine"][: HEIGHT // 2, : WIDTH // 2].all()
    assert c.masks()["spine"].sum() == HEIGHT * WIDTH / 4
    assert found.notes == ("The image images/d.jpg has no label file and counts as not looked at.",)


@pytest.mark.parametrize(
    "names",
    [
        "names:\n  0: stone\n  1: spine\n",
        "names:\n- stone\n- spine\n\nnc: 2\n",
        "names: [\n  'stone',\n  \"spine\",\n]\n",
        "names: {0: stone, 1: spine}\n",
    ],
)
def test_the_ways_that_class_names_are_written(tmp_path: Path, names: str) -> None:
    yolo(tmp_path, {"a": "0 .5 .5 .1 .1\n1 0 0 1 0 1 1\n"}, names)
    (image,) = read(tmp_path).images
    assert len(image.boxes or ()) == 1
    assert image.structures == ("spine",)


def test_yolo_files_may_lie_beside_their_images_and_copies_are_one_group(tmp_path: Path) -> None:
    for name in ("p_png.rf.0123", "p_png.rf.4567", "q"):
        picture(tmp_path / f"{name}.jpg")
        text(tmp_path / f"{name}.txt", "3 0.5 0.5 0.1 0.1\n")
    text(tmp_path / "classes.txt", "a\nb\nc\nuroliths\n")
    text(tmp_path / "README.txt", "Please read me first.\n")
    found = read(tmp_path)
    assert [image.group for image in found.images] == ["p_png", "p_png", "q"]
    assert found.box_count == 3
    assert found.notes == ()


def test_coco_boxes_polygons_and_run_lengths(tmp_path: Path) -> None:
    for name in ("train/a.png", "train/b.png", "val/a.png"):
        picture(tmp_path / name)
    square = [10, 10, 20, 10, 20, 20, 10, 20]
    runs = {
        "size": [HEIGHT, WIDTH],
        "counts": [5 * HEIGHT + 2, 4, HEIGHT - 4, 4, HEIGHT * WIDTH - 6 * HEIGHT - 6],
    }
    coco(
        tmp_path,
        [
            {"id": 1, "file_name": "train/a.png", "width": WIDTH, "height": HEIGHT},
            {"id": 2, "file_name": "C:\\data\\train\\b.png"},
            {"id": 3, "file_name": "val/gone.png"},
        ],
        [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 20, 5, 6]},
            {"id": 2, "image_id": 1, "category_id": 2, "segmentation": [square]},
            {"id": 3, "image_id": 1, "category_id": 2, "segmentation": runs},
            {"id": 4, "image_id": 2, "category_id": 1, "segmentation": [square]},
            {"id": 5, "image_id": 2, "category_id": 2, "segmentation": {"size": [1, 2], "counts": [2]}},
        ],
        ["Renal calculus", "Ribs"],
    )
    found = read(tmp_path / "annotations.json")
    a, b = found.images
    assert (a.path.parent.name, a.boxes) == ("train", (Box(9.5, 19.5, 5, 6),))
    ribs = a.masks()["ribs"]
    assert ribs[10:20, 10:20].all()
    assert ribs[2:6, 5:7].all()
    assert ribs.sum() == 100 + 8
    assert b.boxes == (Box(9.5, 9.5, 10, 10),)
    assert any("gone.png" in note and "missing" in note for note in found.notes)
    assert any("malformed" in note for note in found.notes)


def test_compressed_run_lengths_of_coco(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 9, 10)
    packed = {"size": [9, 10], "counts": "PPYo1"}
    entry = {"id": 1, "file_name": "a.png"}
    one = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": packed}
    coco(tmp_path, [entry], [one], ["spine"])
    assert "malformed" in read(tmp_path).notes[0], "no run lengths, and said so"
    packed["counts"] = "<4Z2"  # 12, 4 and 74 pixels
    coco(tmp_path, [entry], [one], ["spine"])
    (image,) = read(tmp_path).images
    assert np.flatnonzero(image.masks()["spine"].T.ravel()).tolist() == [12, 13, 14, 15]


def test_voc_boxes(tmp_path: Path) -> None:
    picture(tmp_path / "JPEGImages" / "a.jpg")
    picture(tmp_path / "JPEGImages" / "b.jpg")
    box = "<bndbox><xmin>{}</xmin><ymin>5</ymin><xmax>20</xmax><ymax>15</ymax></bndbox>"
    mark = "<object><name>{}</name>" + box + "</object>"
    head = "<annotation><filename>{}</filename><size><width>60</width><height>40</height></size>"
    text(
        tmp_path / "Annotations" / "x.xml",
        head.format("a.jpg") + mark.format("stone", 10) + mark.format("cyst", 0) + "</annotation>",
    )
    text(tmp_path / "Annotations" / "b.xml", head.format("") + "</annotation>")
    found = read(tmp_path)
    assert [image.boxes for image in found.images] == [(Box(9.5, 4.5, 10, 10),), ()]
    assert len(found.notes) == 1
    assert 'The class "cyst" in Annotations/x.xml is not known to the task kub-xray' in found.notes[0]
    assert "rename it" in found.notes[0]


def test_masks_in_folders_named_after_structures(tmp_path: Path) -> None:
    for name in ("a", "b"):
        picture(tmp_path / "images" / f"{name}.png")
    spine, lesion = np.zeros((HEIGHT, WIDTH)), np.zeros((HEIGHT, WIDTH))
    spine[:, 20:30] = 255
    lesion[3:6, 4:9] = lesion[20:22, 40:41] = 255
    mask(tmp_path / "masks" / "Spine" / "a.png", spine)
    mask(tmp_path / "masks" / "ribs" / "a.png", spine * 0)
    mask(tmp_path / "masks" / "lesion" / "a_mask.png", lesion)
    mask(tmp_path / "masks" / "spleen" / "a.png", spine)
    mask(tmp_path / "masks" / "spine" / "b.png", np.ones((4, 4)))
    found = read(tmp_path)
    a, b = found.images
    assert a.boxes == (Box(3.5, 2.5, 5, 3), Box(39.5, 19.5, 1, 2))
    assert sorted(a.structures) == ["ribs", "spine"]
    assert (a.masks()["spine"] == (spine > 0)).all()
    assert not a.masks()["ribs"].any()
    assert (b.boxes, b.masks()) == (None, {})
    assert any("spleen" in note for note in found.notes)
    assert any("4 by 4 pixels, unlike its image (60 by 40)" in note for note in found.notes)


def test_masks_whose_values_say_what_they_show(tmp_path: Path) -> None:
    values = np.zeros((HEIGHT, WIDTH))
    values[5:9, 5:9] = 255
    picture(tmp_path / "one" / "a.png")
    mask(tmp_path / "one" / "a_mask.png", values)
    (lesions,) = read(tmp_path / "one").images
    assert (lesions.boxes, lesions.masks()) == ((Box(4.5, 4.5, 4, 4),), {})

    values = np.where(values > 0, KUB.label("spine"), 0)
    values[20:30] = KUB.label("pelvis")
    picture(tmp_path / "two" / "a.png")
    mask(tmp_path / "two" / "masks" / "a.png", values)
    (structures,) = read(tmp_path / "two").images
    assert structures.boxes is None
    assert structures.structures == ("pelvis", "spine")
    assert structures.masks()["pelvis"].sum() == 10 * WIDTH

    mask(tmp_path / "two" / "masks" / "a.png", values + 100)
    assert "values 100, 102, 104" in _refused(tmp_path / "two")


def test_masks_beside_other_labels_are_no_images(tmp_path: Path) -> None:
    yolo(tmp_path, {"a": "0 .5 .5 .1 .1\n"})
    mask(tmp_path / "masks" / "train" / "spine" / "a.png", np.ones((HEIGHT, WIDTH)))
    found = read(tmp_path)
    assert [image.name for image in found.images] == ["a"]
    assert found.notes[-1] == "The folder holds masks, too; only its YOLO labels were read."
    (tmp_path / "labels" / "a.txt").unlink()
    assert read(tmp_path).images[0].structures == ("spine",)


def test_groups_of_patients(tmp_path: Path) -> None:
    for n, patient in enumerate(("P-12", "P-12", "ANONYMOUS", "000")):
        ct(tmp_path / f"{n}.dcm", PatientID=patient, SeriesInstanceUID=f"1.2.{n}")
        text(tmp_path / f"{n}.txt", "0 .5 .5 .1 .1\n")
    assert [image.group for image in read(tmp_path).images] == ["P-12", "P-12", "1.2.2", "1.2.3"]


def test_a_photograph_that_lies_on_its_side(tmp_path: Path) -> None:
    lying = Pillow.fromarray(np.zeros((40, 60), np.uint8))
    exif = Pillow.Exif()
    exif[274] = 6
    lying.save(tmp_path / "a.jpg", exif=exif)
    text(tmp_path / "a.txt", "0 0.5 0.5 0.1 0.1\n")
    (image,) = read(tmp_path).images
    assert image.size == image.image().pixels.shape == (60, 40)
    assert image.boxes == (Box(17.5, 26.5, 4, 6),)


def test_volumes_are_read_slice_by_slice_with_their_masks(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).integers(-900, 100, (4, HEIGHT, WIDTH)).astype(np.int16)
    marks = np.zeros(voxels.shape, np.uint8)
    marks[2, 10:14, 20:30] = 1
    for name, values in (("ct.nii.gz", voxels), ("ct_mask.nii.gz", marks)):
        volume = sitk.GetImageFromArray(values)
        volume.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))  # both lie on their back in the file
        sitk.WriteImage(volume, str(tmp_path / name))
    found = read(tmp_path, LUNG)
    assert [image.name for image in found.images] == [f"ct-{n:04d}" for n in range(4)]
    assert {image.group for image in found.images} == {"ct"}
    (box,) = found.images[2].boxes or ()
    assert (found.images[1].boxes, box.width, box.height) == ((), 10, 4)
    shown = found.images[2].image().pixels[int(box.y + 0.5), int(box.x + 0.5)]
    assert shown in (voxels[2, 10, 20], voxels[2, 13, 29])


def test_backgrounds_of_this_program_are_labelled(tmp_path: Path) -> None:
    made = finish(generate("lung-ct", 3, size=128))
    write_image(made.image, tmp_path / "0000.dcm")
    write_label_map(made.anatomy.labels(LUNG), made.image, tmp_path / "0000_anatomy.nii.gz")
    (image,) = read(tmp_path, LUNG).images
    lungs = image.masks()["lungs"]
    assert lungs.shape == image.image().pixels.shape == image.size
    assert 0.1 < lungs.mean() < 0.6
    assert image.boxes is None


def _lidc(folder: Path, readers: list[list[tuple[int, int, int, int]]]) -> Path:
    """Three slices, and per reader boxes on the middle one: what their edge maps enclose."""
    for n in range(3):
        uid = f"1.2.3.{n}"
        ct(
            folder / f"{n}.dcm", ramp(HEIGHT, WIDTH), SOPInstanceUID=uid, PatientID="P7",
            ImagePositionPatient=[0, 0, 2.5 * n],
        )  # fmt: skip
    sessions = ""
    for boxes in readers:
        nodules = ""
        for x0, y0, x1, y1 in boxes:
            corners = [(x0 - 1, y0 - 1), (x1 + 1, y0 - 1), (x1 + 1, y1 + 1), (x0 - 1, y1 + 1)]
            edge = "".join(f"<edgeMap><xCoord>{x}</xCoord><yCoord>{y}</yCoord></edgeMap>" for x, y in corners)
            place = "<imageZposition>2.5</imageZposition><imageSOP_UID>1.2.3.1</imageSOP_UID>"
            roi = f"<roi>{place}<inclusion>TRUE</inclusion>{edge}</roi>"
            nodules += f"<unblindedReadNodule>{roi}</unblindedReadNodule>"
        sessions += f"<readingSession>{nodules}</readingSession>"
    uid = "1.2.276.0.7230010.3.1.3.1"
    head = f"<ResponseHeader><SeriesInstanceUid>{uid}</SeriesInstanceUid></ResponseHeader>"
    text(
        folder / "069.xml", f'<LidcReadMessage xmlns="http://www.nih.gov">{head}{sessions}</LidcReadMessage>'
    )
    return folder


def test_lidc_readers_have_to_agree(tmp_path: Path) -> None:
    agreed = [(10, 10, 19, 19)]
    _lidc(tmp_path, [agreed, [(12, 10, 21, 19)], [(11, 12, 20, 19)], []])
    found = read(tmp_path, LUNG)
    assert [image.boxes for image in found.images] == [(), (Box(10.5, 9.5, 10, 10),), ()]
    assert {image.group for image in found.images} == {"P7"}
    assert read(tmp_path, LUNG, readers=3).box_count == 1
    nobody = read(tmp_path, LUNG, readers=4)
    assert nobody.images[1].boxes is None
    assert any("fewer than 4 readers" in note for note in nobody.notes)

    _lidc(tmp_path, [agreed, [], [(30, 30, 33, 33)]])
    assert read(tmp_path, LUNG).images[1].boxes is None, "two nodules, one reader each"
    assert "lung nodules" in _refused(tmp_path)


def _refused(data: Path) -> str:
    with pytest.raises(Exception, match=r"\.$") as caught:
        read(data)
    assert type(caught.value).__module__.startswith("app."), repr(caught.value)
    return str(caught.value)


def _image(group: str, name: str = "") -> LabelledImage:
    return LabelledImage(name or group, group, Path("x.png"), 0, (4, 4), ())


def test_the_split_is_by_group_and_the_same_each_time() -> None:
    images = [_image(f"kidney_{n:04d}", f"{n}-{k}") for n in range(200) for k in range(2)]
    learn, outside = split(images)
    assert {image.group for image in outside} == {
        image.group for image in images if int(hashlib.sha256(image.group.encode()).hexdigest(), 16) % 5 == 0
    }
    assert not {image.group for image in learn} & {image.group for image in outside}
    assert 0.1 < len(outside) / len(images) < 0.3
    fewer = split(images[::3])[1]
    assert fewer == tuple(image for image in images[::3] if image in outside), "whatever else is in the set"

    for count in range(2, 12):  # neither side is ever empty, whatever the names
        few = [_image(f"g{count}-{n}") for n in range(count)]
        learn, outside = split(few)
        assert learn
        assert outside
        assert {*learn, *outside} == {*few}
    only = _image("only")
    assert split([only]) == ((only,), ())


def test_a_file_of_json_that_is_none_of_ours_is_no_label(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "notes.json", json.dumps({"images": 3}))
    assert "holds no labels" in _refused(tmp_path)
