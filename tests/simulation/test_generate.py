"""Which backgrounds there are, and what is said of those there are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import LithographError
from app.simulation import generate
from models.progress import finish


def test_the_phantom_is_the_source_unless_another_is_named() -> None:
    made = finish(generate("kub-xray", 7, size=128))
    assert made.recipe == (("seed", 7), ("size", 128), ("source", "phantom"), ("task", "kub-xray"))
    assert made.image.pixels.shape == (128, 128)


@pytest.mark.parametrize(
    ("task", "seed", "source", "size", "words"),
    [
        ("kub-xray", 0, "gan", 128, "no source 'gan'"),
        ("kub-xray", 0, "phantom:x", 128, "no source 'phantom:x'"),
        ("knee-mri", 0, "phantom", 128, "'knee-mri'"),
        ("kub-xray", 0, "ct:", 128, "needs a folder"),
        ("kub-xray", -1, "phantom", 128, "0 or above"),
        ("kub-xray", 0, "phantom", 5, "128 to 2048"),
        ("kub-xray", 0, "phantom", 100_000, "128 to 2048"),
    ],
)
def test_what_cannot_be_generated_is_said_in_a_sentence(
    task: str, seed: int, source: str, size: int, words: str
) -> None:
    with pytest.raises(LithographError, match=words) as error:
        finish(generate(task, seed, source=source, size=size))
    assert str(error.value).endswith(".")


def test_a_folder_without_a_ct_is_named(tmp_path: Path) -> None:
    with pytest.raises(LithographError, match=tmp_path.name):
        finish(generate("kub-xray", 0, source=f"ct:{tmp_path}"))
