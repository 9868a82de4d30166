"""Training sets on disk: what is written is whole at every moment, and found again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.errors import LithographError
from app.imaging.box import Box
from app.paths import PROGRAM
from app.training import sets
from app.training.labels import split
from models.progress import finish
from tests.training.labelled_folders import HEIGHT, KUB, LUNG, WIDTH, mask, picture, read, yolo

BOX = Box(10.0, 5.5, 6.25, 4.0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three images with YOLO labels, the third without any."""
    yolo(tmp_path / "data", {"a": "0 .5 .5 .1 .1\n", "b": ""})
    picture(tmp_path / "data" / "images" / "b.png", HEIGHT - 1)
    picture(tmp_path / "data" / "images" / "c.png", HEIGHT + 1)
    return tmp_path / "data"


@pytest.fixture
def stones(data: Path) -> sets.TrainingSet:
    """A set of those images."""
    return finish(sets.import_into(sets.create("Stones", "kub-xray"), data))


def test_a_set_is_made_filled_listed_and_read_as_labels(stones: sets.TrainingSet, data: Path) -> None:
    assert [one.title for one in sets.sets()] == ["Stones"]
    assert [image.name for image in stones.images] == ["a", "b", "c"]
    assert any("c.png has no label file" in note for note in stones.notes)
    assert [sets.boxes_of(stones, image) for image in stones.images] == [(Box(26.5, 17.5, 6, 4),), (), None]

    a = stones.images[0]
    spine = np.zeros((HEIGHT, WIDTH), bool)
    spine[3:25, 7:9] = True
    sets.write_boxes(stones, a, (BOX,))
    sets.write_mask(stones, a, "spine", spine)
    sets.write_mask(stones, a, "ribs", spine[::-1])
    sets.write_mask(stones, a, "pelvis", spine & False)
    labelled = read(stones.folder)
    first = labelled.images[0]
    assert (first.boxes, first.group, first.size) == ((BOX,), "a", (HEIGHT, WIDTH))
    assert first.structures == ("pelvis", "ribs", "spine")
    assert all((first.masks()["spine"] == spine).ravel())
    assert (first.masks()["ribs"] & first.masks()["spine"]).any(), "structures may overlap"
    assert not first.masks()["pelvis"].any()
    assert first.image().pixels.shape == (HEIGHT, WIDTH)
    assert sum(map(len, split(labelled))) == 3
    with pytest.raises(LithographError, match="for the task kub-xray, not for lung-ct"):
        read(stones.folder, LUNG)


def test_an_import_adds_what_is_missing_and_replaces_nothing(stones: sets.TrainingSet, data: Path) -> None:
    a, _, c = stones.images
    sets.write_boxes(stones, a, (BOX,))
    (data / "labels" / "c.txt").write_text("0 .5 .5 .2 .2\n")
    (data / "other").mkdir()
    shutil.copy(data / "images" / "a.png", data / "other" / "again.png")
    picture(data / "images" / "d.png", HEIGHT + 2)
    again = finish(sets.import_into(stones, data))
    assert [image.name for image in again.images] == ["a", "b", "c", "d"], "the same file is there already"
    assert sets.boxes_of(again, a) == (BOX,)
    assert len(sets.boxes_of(again, c) or ()) == 1
    assert any("again.png" in note for note in again.notes)

    bare = picture(data.parent / "bare" / "a.png", HEIGHT + 3).parent
    more = finish(sets.import_into(stones, bare))
    assert more.images[-1].name == "a~2"
    assert sets.boxes_of(more, more.images[-1]) is None
    assert "can be annotated now" in more.notes[0]


def test_masks_come_in_with_an_import(tmp_path: Path) -> None:
    spine = np.zeros((HEIGHT, WIDTH))
    spine[:, 30:] = 255
    picture(tmp_path / "m" / "x.png")
    mask(tmp_path / "m" / "masks" / "spine" / "x.png", spine)
    made = finish(sets.import_into(sets.create("M", "kub-xray"), tmp_path / "m"))
    found = sets.mask_of(made, made.images[0], "spine")
    assert found is not None
    assert (found == (spine > 0)).all()


def test_moved_changed_and_missing_images(stones: sets.TrainingSet, data: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    data.rename(moved)
    found = read_notes(stones)
    assert "are all missing; put them back" in found
    with pytest.raises(LithographError, match=r"None of the 3 missing images"):
        finish(sets.relocate(stones, picture(tmp_path / "else" / "a.png", 3, 3).parent))
    (moved / "images" / "c.png").unlink()
    put_right = finish(sets.relocate(stones, moved))
    assert put_right.notes == ("1 images are still missing.",)
    assert [image.path.parent for image in put_right.images[:2]] == [moved / "images"] * 2
    assert sets.read_image_of(sets.load(stones.name).images[0]).width == WIDTH

    picture(moved / "images" / "a.png", 5, 5)
    with pytest.raises(LithographError, match="has changed since it was annotated"):
        sets.read_image_of(put_right.images[0])


def read_notes(training_set: sets.TrainingSet) -> str:
    """What reading a set says, be it a refusal."""
    try:
        return " ".join(read(training_set.folder).notes)
    except LithographError as error:
        return str(error)


def test_damaged_files_are_named_and_the_state_before_is_kept(stones: sets.TrainingSet) -> None:
    sets.retitle(stones, "Newer title")
    (stones.folder / "set.json").write_text('{"format": "lithograph training set", "version": 1, "ti')
    found = sets.load(stones.name)
    assert found.title == "Stones"
    assert len(found.images) == 3
    assert "set.json" in found.notes[0]
    assert "before the last change" in found.notes[0]
    sets.retitle(found, "Newest")  # does not put the damaged one in the good one's place
    assert sets.load(stones.name).title == "Newest"
    assert json.loads((stones.folder / "set.previous.json").read_text())["title"] == "Stones"

    (stones.folder / "boxes" / "a.json").write_text('{"version": 1, "boxes": [[1, 2, 3, "x"]]}')
    (stones.folder / "masks" / "spine").mkdir(parents=True)
    (stones.folder / "masks" / "spine" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    labelled = read(stones.folder)
    assert labelled.images[0].boxes is None
    assert "boxes/a.json" in labelled.notes[0]
    with pytest.raises(LithographError, match=r"spine/b\.png"):
        labelled.images[1].masks()

    for file in ("set.json", "set.previous.json"):
        (stones.folder / file).write_text("[]")
    (damaged,) = sets.sets()
    assert damaged.images == ()
    assert "damaged" in damaged.notes[0]
    with pytest.raises(LithographError, match="damaged"):
        sets.load(stones.name)


def test_a_set_leads_nowhere_else(stones: sets.TrainingSet) -> None:
    values = json.loads((stones.folder / "set.json").read_text())
    values["images"][0]["name"] = "../../elsewhere"
    for file in ("set.json", "set.previous.json"):
        (stones.folder / file).write_text(json.dumps(values))
    with pytest.raises(LithographError, match=r"images\.0\.name"):
        sets.load(stones.name)


def test_a_newer_program_is_recognised(stones: sets.TrainingSet) -> None:
    values = json.loads((stones.folder / "set.json").read_text())
    (stones.folder / "set.json").write_text(json.dumps({**values, "version": 2, "more": 1}))
    with pytest.raises(LithographError, match="newer program"):
        sets.load(stones.name)


@pytest.mark.parametrize("name", ["../x", "", "/etc", "a/b", ".hidden", "gone"])
def test_names_lead_nowhere_else(name: str) -> None:
    with pytest.raises(LithographError, match="There is no training set"):
        sets.load(name)
    with pytest.raises(LithographError, match="There is no training set"):
        sets.remove(name)


def test_two_at_once(stones: sets.TrainingSet, data: Path) -> None:
    lock = sets.lock_of(stones.folder)
    assert lock.acquire()
    for change in (
        lambda: sets.retitle(stones, "x"),
        lambda: finish(sets.import_into(stones, data)),
        lambda: sets.remove(stones.name),
    ):
        with pytest.raises(LithographError, match="in another window"):
            change()
    lock.release()
    assert sets.create("Stones", "kub-xray").name == "Stones 2"
    sets.remove(stones.name)
    assert [one.name for one in sets.sets()] == ["Stones 2"]
    assert (data / "images" / "a.png").is_file(), "the images are the user's"
    assert KUB.name == sets.load("Stones 2").task


_WRITER = """
import sys, numpy as np
from app.training import sets
from app.imaging.box import Box
found = sets.load("Stones")
image = found.image("a")
n = 0
while True:
    n += 1
    sets.write_boxes(found, image, [Box(1, 1, n, n)] * (1 + n % 50))
    sets.write_mask(found, image, "spine", np.full(image.size, n % 2 == 1))
    sets.retitle(found, f"Stones {n}")
    print(n, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_killed_while_writing(stones: sets.TrainingSet, home: Path) -> None:
    environment = {**os.environ, "LITHOGRAPH_HOME": str(home), "PYTHONPATH": str(PROGRAM)}
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(20):
        last = int(writer.stdout.readline())
    time.sleep(0.011)
    writer.send_signal(signal.SIGKILL)
    last = int((writer.stdout.read().split() or [str(last)])[-1])
    writer.wait()

    found = sets.load("Stones")
    assert found.notes == ()
    assert int(found.title.removeprefix("Stones ")) in (last, last + 1)
    (first, *_) = boxes = sets.boxes_of(found, found.image("a")) or ()
    assert int(first.width) in (last, last + 1)
    assert len(boxes) == 1 + int(first.width) % 50
    spine = sets.mask_of(found, found.image("a"), "spine")
    assert spine is not None
    assert spine.all() or not spine.any()
    sets.retitle(found, "Mine again")  # the lock went with its holder
