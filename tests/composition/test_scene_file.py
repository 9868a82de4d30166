"""Scenes on disk: exact, deterministic, and refused in one sentence where damaged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.composition import BackgroundReference, Blackout, Placement, Removal, Scene
from app.composition.scene_file import read_scene, write_scene
from app.errors import LithographError
from app.imaging.box import Box
from tests.composition.examples import DIGEST, place, scene

placements = st.builds(
    Placement,
    id=st.uuids().map(str),
    lesion=st.text(min_size=1, max_size=20),
    x=st.floats(-1e6, 1e6),
    y=st.floats(-1e6, 1e6),
    diameter_mm=st.floats(1e-3, 1e4),
    seed=st.integers(0, 2**63 - 1),
    blend=st.sampled_from(("density", "paper")),
    rotation_deg=st.floats(-360, 360),
    contrast=st.floats(-100, 100),
    overridden=st.booleans(),
    hidden=st.booleans(),
    locked=st.booleans(),
    override_reason=st.sampled_from(("", "spine", "outside the image")),
)
whole = st.integers(-(10**6), 10**6)
extents = st.integers(1, 10**6)
blackouts = st.lists(st.builds(Blackout, x=whole, y=whole, width=extents, height=extents), max_size=3)
sides = st.floats(0.125, 10**6)
removals = st.lists(
    st.builds(
        Removal,
        st.builds(Box, x=st.floats(-(10**6), 10**6), y=whole.map(float), width=sides, height=sides),
        st.integers(0, 2**63 - 1),
    ),
    max_size=3,
)
RECIPE = (("seed", 5), ("size", 256), ("source", "phantom"), ("task", "lung-ct"))


@settings(max_examples=50, deadline=None)
@given(st.lists(placements, max_size=4, unique_by=lambda p: p.id), blackouts, removals)
def test_a_scene_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    chosen: list[Placement],
    black: list[Blackout],
    removed: list[Removal],
) -> None:
    file = tmp_path_factory.mktemp("scene") / "scene.json"
    written = Scene(
        "lung-ct", BackgroundReference(DIGEST, recipe=RECIPE), tuple(chosen), tuple(black), tuple(removed)
    )
    write_scene(written, file)
    assert read_scene(file) == written


FIRST_VERSION = """{
  "format": "lithograph-scene",
  "version": 1,
  "task": "lung-ct",
  "background": {
    "digest": "xxh3:00000000000000000000000000000000"
  },
  "placements": [
    {
      "id": "a",
      "lesion": "disc",
      "x": 1.0,
      "y": 2.5,
      "diameter_mm": 12.0,
      "seed": 1,
      "blend": "density",
      "rotation_deg": 0.0,
      "contrast": 1.0,
      "overridden": true
    }
  ]
}
"""


def test_what_the_first_version_can_say_is_written_as_the_first_version_did(tmp_path: Path) -> None:
    file = tmp_path / "scene.json"
    file.write_text(FIRST_VERSION)
    read = read_scene(file)
    assert read == scene(place(1, 2.5, overridden=True))
    write_scene(read, file)
    assert file.read_text() == FIRST_VERSION


@pytest.mark.parametrize("field", [{"hidden": True}, {"locked": True}, {"override_reason": "spine"}])
def test_what_only_the_second_version_can_say_makes_it_one(tmp_path: Path, field: dict[str, Any]) -> None:
    file = tmp_path / "scene.json"
    write_scene(scene(place(1, 2, name="plain"), place(3, 4, name="new", **field)), file)
    value = json.loads(file.read_text())
    assert value["version"] == 2
    plain, new = value["placements"]
    assert {name: new[name] for name in new.keys() - plain.keys()} == field
    write_scene(replace(scene(), blackouts=(Blackout(1, 2, 3, 4),)), file)
    value = json.loads(file.read_text())
    assert (value["version"], value["blackouts"]) == (2, [{"x": 1, "y": 2, "width": 3, "height": 4}])


def test_the_same_scene_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    write_scene(scene(place(10, 20.5)), first)
    write_scene(read_scene(first), second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().endswith(b"}\n")


def test_whole_numbers_are_written_as_what_they_are_read_as(tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    write_scene(scene(place(10, 20, 8)), first)
    write_scene(scene(place(10.0, 20.0, 8.0)), second)
    assert first.read_bytes() == second.read_bytes()


def test_scene_and_background_can_be_moved_together(tmp_path: Path) -> None:
    (tmp_path / "old" / "images").mkdir(parents=True)
    background = tmp_path / "old" / "images" / "a.png"
    background.write_bytes(b"pixels")
    saved = replace(scene(place(1, 2)), background=BackgroundReference(DIGEST, str(background), 3))
    write_scene(saved, tmp_path / "old" / "scene.json")
    assert read_scene(tmp_path / "old" / "scene.json") == saved
    shutil.move(tmp_path / "old", tmp_path / "new")
    found = read_scene(tmp_path / "new" / "scene.json").background
    assert found == BackgroundReference(DIGEST, str(tmp_path / "new" / "images" / "a.png"), 3)


def test_a_scene_alone_can_be_moved(tmp_path: Path) -> None:
    background = tmp_path / "a.png"
    background.write_bytes(b"pixels")
    saved = replace(scene(), background=BackgroundReference(DIGEST, str(background)))
    write_scene(saved, tmp_path / "scene.json")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    moved = tmp_path / "deep" / "er" / "scene.json"
    shutil.move(tmp_path / "scene.json", moved)
    assert read_scene(moved).background.path == str(background)


def altered(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda value: value.update(changes)


def in_placement(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda value: value["placements"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (altered(version=4), "newer Lithograph"),
        (altered(format="something"), "no scene of Lithograph"),
        (altered(version="1"), "version"),
        (altered(task="brain"), "no task 'brain'"),
        (altered(extra=1), "extra"),
        (lambda value: value.pop("background"), "background"),
        (altered(background={"digest": "abc"}), "background › digest"),
        (altered(background={"digest": DIGEST, "index": -1}), "background › index"),
        (altered(blackouts=[{"x": 0, "y": 0, "width": 0, "height": 4}]), "blackouts › 1 › width"),
        (altered(blackouts=[{"x": 0.5, "y": 0, "width": 4, "height": 4}]), "blackouts › 1 › x"),
        (in_placement(hidden=1), "placements › 1 › hidden"),
        (in_placement(blend="glue"), "no blend mode 'glue'"),
        (in_placement(x=float("nan")), "placements › 1 › x"),
        (in_placement(diameter_mm=float("inf")), "placements › 1 › diameter_mm"),
        (in_placement(diameter_mm=0), "placements › 1 › diameter_mm"),
        (in_placement(y="12"), "placements › 1 › y"),
        (in_placement(seed=-1), "placements › 1 › seed"),
        (in_placement(seed=1.5), "placements › 1 › seed"),
        (in_placement(id="b"), "two of its placements have the id 'b'"),
        (lambda value: value["placements"][0].pop("lesion"), "placements › 1 › lesion"),
    ],
)
def test_a_scene_that_is_wrong_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any], reason: str
) -> None:
    file = tmp_path / "scene.json"
    write_scene(scene(place(1, 2, name="a"), place(3, 4, name="b")), file)
    value = json.loads(file.read_text())
    change(value)
    file.write_text(json.dumps(value))
    with pytest.raises(LithographError) as caught:
        read_scene(file)
    message = str(caught.value)
    assert reason in message
    assert str(file) in message
    assert "\n" not in message
    assert message.endswith(".")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1, 2]",
        b"null",
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b"[" * 100_000,
        b'{"format": "lithograph-scene"}',
    ],
)
def test_what_is_no_scene_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "scene.json"
    file.write_bytes(content)
    with pytest.raises(LithographError, match=r"Cannot open the scene .*scene\.json"):
        read_scene(file)


def test_every_truncated_scene_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "scene.json"
    write_scene(scene(place(1, 2)), file)
    whole = file.read_bytes()
    for length in range(0, len(whole) - 2, 7):
        file.write_bytes(whole[:length])
        with pytest.raises(LithographError):
            read_scene(file)


def test_a_missing_and_an_endless_scene_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LithographError, match="There is no scene"):
        read_scene(tmp_path / "none.json")
    with pytest.raises(LithographError, match="Cannot read the scene"):
        read_scene(tmp_path)
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(LithographError, match="too large"):
        read_scene(large)
