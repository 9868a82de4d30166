"""Tasks as data: the built-in ones, the user's own, and malformed files."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import LithographError
from app.paths import RESOURCES
from app.tasks import task, task_names

MINIMAL = """
title = "Test"
modality = "CT"
kind = "nodule"
unit = "HU"
lesion = "parametric-solid"
blend = "density"
margin_mm = 2.0
diameter_mm = { smallest = 3, usual = 8, largest = 30 }
[[structures]]
name = "outside"
title = "outside the body"
colour = "#000000"
forbidden = true
"""


def add_user_task(home: Path, name: str, text: str) -> Path:
    (home / "tasks").mkdir(exist_ok=True)
    file = home / "tasks" / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_built_in_tasks_name_their_structures() -> None:
    kub = task("kub-xray")
    assert [s.name for s in kub.structures if s.forbidden] == ["outside", "pelvis", "ribs", "spine"]
    assert kub.label("outside") == 1
    assert kub.structure("spine").title == "spine"
    with pytest.raises(KeyError):
        kub.label("liver")


def test_a_users_task_is_found_and_replaces_a_built_in_one(home: Path) -> None:
    add_user_task(home, "mine", MINIMAL)
    add_user_task(home, "kub-xray", MINIMAL)
    assert {"mine", "kub-xray", "lung-ct"} <= set(task_names())
    assert task("mine").margin_mm == 2.0
    assert task("kub-xray").title == "Test"


def test_an_edited_task_file_is_read_again(home: Path) -> None:
    file = add_user_task(home, "mine", MINIMAL)
    assert task("mine").margin_mm == 2.0
    file.write_text(MINIMAL.replace("margin_mm = 2.0", "margin_mm = 4.5"), encoding="utf-8")
    import os

    os.utime(file, ns=(1, 1))
    assert task("mine").margin_mm == 4.5


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (MINIMAL.replace("margin_mm = 2.0", "margin_mm = -1"), "margin_mm"),
        (MINIMAL.replace("smallest = 3", "smallest = 9"), "diameter_mm"),
        (MINIMAL.replace('kind = "nodule"', 'kind = "cyst"'), "kind"),
        (MINIMAL + "surprise = 1\n", "surprise"),
        ("title = ", "Cannot read"),
    ],
)
def test_a_malformed_task_file_is_named_with_the_place(home: Path, broken: str, named: str) -> None:
    file = add_user_task(home, "mine", broken)
    with pytest.raises(LithographError) as caught:
        task("mine")
    assert str(file) in str(caught.value)
    assert named in str(caught.value)


def test_an_unknown_task_lists_the_known_ones() -> None:
    with pytest.raises(LithographError, match=r"no task 'brain'.*kub-xray"):
        task("brain")


def test_every_shipped_task_file_is_whole() -> None:
    names = [file.stem for file in (RESOURCES / "tasks").glob("*.toml")]
    assert sorted(names) == ["abdomen-ct", "kub-xray", "lung-ct"]
    for name in names:
        assert task(name).name == name
