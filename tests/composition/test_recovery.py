"""Recovery files: what is written, whose it is, and what is left when a window is gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.composition.recovery import SeriesPlace, Session, Unsaved, forget, left_behind
from app.composition.scene import BackgroundReference, Scene
from app.errors import LithographError
from app.files import FileLock
from app.imaging import write_image
from app.imaging.read import read_image
from tests.composition import examples

IMAGE = examples.radiograph()


@pytest.fixture
def work(tmp_path: Path) -> Unsaved:
    path = tmp_path / "image.dcm"
    write_image(IMAGE, path)
    image = read_image(path)
    scene = Scene("kub-xray", BackgroundReference(image.digest, str(path)), (examples.place(30.0, 40.0),))
    place = SeriesPlace(tmp_path, "1.2.3", 4)
    return Unsaved(scene, "two.json", tmp_path / "two.json", "abc", place, image.pixels.shape)


def test_what_a_window_leaves_behind_is_found_whole(work: Unsaved, tmp_path: Path) -> None:
    root, image = tmp_path / "recovery", IMAGE
    session = Session(root)
    assert left_behind(root) == []
    session.write(work, image)
    assert left_behind(root) == [], "a window that lives is no crash"
    session.leave()
    (left,) = left_behind(root)
    assert left.work == work
    assert left.preview.startswith(b"\x89PNG")
    forget(left)
    assert list(root.iterdir()) == []


def test_a_session_that_is_cleared_or_closed_leaves_nothing_to_recover(work: Unsaved, tmp_path: Path) -> None:
    root = tmp_path / "recovery"
    session = Session(root)
    session.write(work, IMAGE)
    session.clear()
    session.leave()
    assert left_behind(root) == []
    assert list(root.iterdir()) == [], "and its folder is tidied away"
    session.write(work, IMAGE)
    session.close()
    assert list(root.iterdir()) == []


def test_another_window_cannot_forget_what_is_held(work: Unsaved, tmp_path: Path) -> None:
    root = tmp_path / "recovery"
    first = Session(root)
    first.write(work, IMAGE)
    first.leave()
    (left,) = left_behind(root)
    lock = FileLock(left.folder / "lock")
    assert lock.acquire()
    forget(left)
    assert (left.folder / "recovery.json").is_file()
    lock.release()


def test_a_damaged_or_newer_file_says_so_and_spoils_no_other(work: Unsaved, tmp_path: Path) -> None:
    root = tmp_path / "recovery"
    sessions = [Session(root) for _ in range(3)]
    for session in sessions:
        session.write(work, IMAGE)
        session.leave()
    first, second, _ = sorted(root.iterdir())
    (first / "recovery.json").write_text('{"format": "lith')
    newer = json.loads((second / "recovery.json").read_text()) | {"version": 99}
    (second / "recovery.json").write_text(json.dumps(newer))
    found = {left.folder: left for left in left_behind(root)}
    assert len(found) == 3
    assert found[first].work is None
    assert "damaged" in found[first].problem
    assert "newer Lithograph" in found[second].problem
    assert [left.work for left in found.values()].count(work) == 1


def test_a_folder_that_somebody_removes_is_made_again(work: Unsaved, tmp_path: Path) -> None:
    import shutil

    root = tmp_path / "recovery"
    session = Session(root)
    session.write(work, IMAGE)
    shutil.rmtree(root)
    session.write(work, IMAGE)
    session.leave()
    assert [left.work for left in left_behind(root)] == [work]


def test_a_place_that_cannot_be_written_is_named(work: Unsaved, tmp_path: Path) -> None:
    (tmp_path / "recovery").write_text("in the way")
    with pytest.raises(LithographError, match="recovery"):
        Session(tmp_path / "recovery").write(work, IMAGE)
