"""Bad labels: each is named in one sentence, and what is good is read all the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from app.errors import LithographError
from app.imaging.box import Box
from app.training.labels import read_labelled
from tests.imaging.dicom_files import ct
from tests.training.labelled_folders import HEIGHT, KUB, WIDTH, coco, mask, picture, read, text, yolo


def refused(data: Path) -> str:
    """The one sentence with which a folder is refused."""
    with pytest.raises(LithographError) as caught:
        read(data)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert ";" in sentence, "no remedy"
    return sentence


def test_boxes_outside_empty_and_impossible(tmp_path: Path) -> None:
    lines = (
        "0 0.5 0.5 0.1 0.1\n"
        "0 0.99 0.5 0.1 0.1\n"  # reaches out
        "0 1.5 0.5 0.1 0.1\n"  # outside
        "0 0.5 0.5 0 0.1\n"  # no width
        "0 0.5 0.5 nan 0.1\n"
        "0 1e300 0.5 1e308 0.1\n"
    )
    (image,) = (found := read(yolo(tmp_path, {"a": lines}))).images
    whole, cut = image.boxes or ()
    assert whole == Box(26.5, 17.5, 6, 4)
    assert cut.right == WIDTH - 0.5
    assert 0 < cut.width < 6
    told = " ".join(found.notes)
    for words in ("was cut off", "lies outside", "is empty", "2 boxes have impossible coordinates", "line 2"):
        assert words in told
    assert sum(len(note) for note in found.notes) < 700


@pytest.mark.parametrize(
    ("line", "number"),
    [("0 0.5 0.5 0.1", 2), ("0 0.5 0.5 0.1 x", 2), ("0 .1 .2 .3 .4 .5 .6 .7", 2), ("\n\nstone", 4)],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str, number: int) -> None:
    yolo(tmp_path, {"a": f"0 .5 .5 .1 .1\n{line}\n"})
    assert f"Line {number} of labels/a.txt is no YOLO label" in refused(tmp_path)


def test_pixels_instead_of_shares(tmp_path: Path) -> None:
    yolo(tmp_path, {"a": "0 30 20 5 5\n", "b": "0 10 20 5 5\n"})
    assert "no shares of their image, line 1 of labels/a.txt" in refused(tmp_path)


def test_labels_of_other_images(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "x.png")
    for n in range(3):
        text(tmp_path / "labels" / f"y{n}.txt", "0 .5 .5 .1 .1\n")
    sentence = refused(tmp_path)
    assert "None of the 3 label files" in sentence
    assert "labels/y0.txt for one" in sentence
    assert "1 images (images/x.png for one)" in sentence

    picture(tmp_path / "images" / "y1.png")
    found = read(tmp_path)
    assert found.box_count == 1
    assert "The images of 2 label files are missing; labels/y0.txt is the first." in found.notes

    coco(tmp_path / "c", [{"id": 1, "file_name": "z.png"}], [], ["stone"])
    picture(tmp_path / "c" / "a.png")
    assert "None of the 1 images that annotations.json names (z.png for one)" in refused(tmp_path / "c")


def test_classes_that_nobody_knows(tmp_path: Path) -> None:
    yolo(tmp_path, {"a": "0 .5 .5 .1 .1\n1 .2 .2 .1 .1\n", "b": "1 .2 .2 .1 .1\n"})
    assert "classes 0, 1 and no names" in refused(tmp_path)
    text(tmp_path / "data.yaml", "names: [cyst, tumour]\n")
    sentence = refused(tmp_path)
    assert '"cyst", "tumour"' in sentence
    assert "outside, pelvis, ribs, spine" in sentence
    text(tmp_path / "data.yaml", "names: [stone, cyst]\n")
    found = read(tmp_path)
    assert found.box_count == 1
    assert 'The class "cyst" in labels/a.txt is not known to the task kub-xray' in found.notes[0]
    assert "(2 marks)" in found.notes[0]
    text(tmp_path / "data.yaml", "names:\nnc: 2\n")
    assert "data.yaml" in refused(tmp_path)


def test_unreadable_images_among_good_ones(tmp_path: Path) -> None:
    yolo(tmp_path, dict.fromkeys("abcd", "0 .5 .5 .1 .1\n"))
    good = (tmp_path / "images" / "a.png").read_bytes()
    (tmp_path / "images" / "a.png").write_bytes(good[: len(good) // 2])
    (tmp_path / "images" / "b.png").write_bytes(b"")
    found = read(tmp_path)
    assert [image.name for image in found.images] == ["c", "d"]
    assert found.notes[-1] == "2 images cannot be read and are left out; images/a.png is the first."
    for name in "cd":
        (tmp_path / "images" / f"{name}.png").write_bytes(b"no picture")
    assert "No image in" in refused(tmp_path)


def test_a_folder_with_one_image_with_nothing_and_none_at_all(tmp_path: Path) -> None:
    (only,) = read(yolo(tmp_path / "one", {"a": "0 .5 .5 .1 .1\n"})).images
    assert only.name == "a"
    (tmp_path / "empty").mkdir()
    assert "is empty" in refused(tmp_path / "empty")
    assert "There is no folder" in refused(tmp_path / "gone")
    picture(tmp_path / "bare" / "a.png")
    assert "holds no labels" in refused(tmp_path / "bare")
    text(tmp_path / "texts" / "labels" / "a.txt", "0 .5 .5 .1 .1\n")
    assert "0 images there" in refused(tmp_path / "texts")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_that_run_in_circles_or_lead_nowhere(tmp_path: Path) -> None:
    yolo(tmp_path, {"a": "0 .5 .5 .1 .1\n"})
    (tmp_path / "images" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "images" / "b.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "images" / "c.png").symlink_to(tmp_path / "images" / "c.png")
    (tmp_path / "labels" / "b.txt").symlink_to(tmp_path / "nowhere.txt")
    assert [image.name for image in read(tmp_path).images] == ["a"]


BOMB = (
    '<!DOCTYPE annotation [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<annotation><filename>&b;</filename></annotation>"
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BOMB, "declares entities"),
        (
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>',
            "declares entities",
        ),
        ("<annotation><filename>a.png</filename>", "no element found"),
        ("<annotation>" + "<a>" * 5000, "nested"),
    ],
)
def test_xml_that_is_malformed_or_malicious(tmp_path: Path, content: str, words: str) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "a.xml", content)
    sentence = refused(tmp_path)
    assert words in sentence
    assert "root:" not in sentence


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"images": [], "annotations": [', "Expecting value"),
        ('{"images": {}, "annotations": []}', "`images` is no list"),
        ('{"images": [{"id": 1}], "annotations": [7]}', "entry 0 of `annotations`"),
        ('{"images": ' + "[" * 100_000 + ', "annotations": []}', "recursion"),
    ],
)
def test_json_that_is_malformed(tmp_path: Path, content: str, words: str) -> None:
    picture(tmp_path / "a.png")
    text(tmp_path / "labels.json", content)
    assert words in refused(tmp_path)


def test_an_image_that_was_resized_since_is_left_out(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    images = [
        {"id": n, "file_name": f"{c}.png", "width": 60 + n, "height": HEIGHT} for n, c in enumerate("ab")
    ]
    boxes = [{"image_id": n, "category_id": 1, "bbox": [1, 1, 5, 5]} for n in range(2)]
    coco(tmp_path, images, boxes, ["stone"])
    found = read(tmp_path)
    assert [image.name for image in found.images] == ["a"]
    assert "b.png is of another size" in found.notes[0]


def test_a_mask_in_colour_and_a_voc_object_without_a_box(tmp_path: Path) -> None:
    picture(tmp_path / "m" / "a.png")
    mask(tmp_path / "m" / "masks" / "a.png", np.dstack([np.eye(HEIGHT, WIDTH) * c for c in (255, 0, 9)]))
    assert "is in colour" in read(tmp_path / "m").notes[0]
    picture(tmp_path / "v" / "a.png")
    text(tmp_path / "v" / "a.xml", "<annotation><object><name>stone</name></object></annotation>")
    assert "Object 1 of a.xml has no complete box" in refused(tmp_path / "v")


def test_a_damaged_dicom_among_good_ones(tmp_path: Path) -> None:
    for name in "ab":
        ct(tmp_path / f"{name}.dcm", PatientID=name)
        text(tmp_path / f"{name}.txt", "0 .5 .5 .1 .1\n")
    (tmp_path / "b.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 64)
    found = read(tmp_path)
    assert [(image.name, image.group) for image in found.images] == [("a", "a")]
    assert any("b.dcm" in note for note in found.notes)


def test_reading_can_be_stopped_between_two_images(tmp_path: Path) -> None:
    yolo(tmp_path, {f"{n}": "0 .5 .5 .1 .1\n" for n in range(60)})
    work = read_labelled(tmp_path, KUB)
    reports = [next(work) for _ in range(8)]
    assert {report.note for report in reports} >= {"Listing files", "Reading labels"}
    work.close()
    assert json.dumps([report.fraction for report in reports])
