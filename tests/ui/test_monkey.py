"""Random use of the real window breaks nothing, and leaves a scene that undo and a file can make again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.composition import Renderer
from app.composition.scene_file import read_scene, write_scene
from app.engine import Urgency
from app.lesions import library
from tests.ui.conftest import Hand
from tests.ui.monkey import Monkey
from tests.ui.pictures import pictures

SECONDS = 30


@pytest.mark.timeout(200)
@pytest.mark.parametrize(("number", "seed"), [(0, 11), (1, 12), (2, 13)])
def test_random_use_breaks_nothing(
    opened: Callable[[Path], Hand], tmp_path: Path, number: int, seed: int
) -> None:
    hand = opened(pictures(tmp_path / "pictures")[number])
    hand.document.set_brush(lesion="parametric-stone" if number != 1 else "parametric-solid")
    with Monkey(hand.window, seed, tmp_path / "pictures") as monkey:
        monkey.run(SECONDS)
        hand.canvas.cancel_gesture()
        monkey.close_dialogs()
        for job in hand.window.bridge.jobs:
            if job.urgency is not Urgency.INTERACTIVE:
                job.cancel()
        hand.settled()
    assert monkey.findings.exceptions == []
    assert monkey.findings.steps > 100

    document = hand.document
    assert document.base is not None
    scene, step = document.scene, document.stack.index()
    while document.stack.canUndo():
        document.stack.undo()
    document.stack.setIndex(step)
    assert document.scene == scene
    for name in ("bare", "flicker"):
        hand.window.actions_[name].setChecked(False)
    hand.compose.opener.show_slice(document.base.number)
    hand.settled()
    hand.wait(lambda: document.at_base)
    image = document.base.image
    expected = Renderer(image, library.draw).render(scene).image.pixels
    shown = hand.canvas.image._pyramid
    assert shown is not None
    different = np.argwhere(shown.level(0) != expected)
    assert len(different) == 0, f"{len(different)} pixels, from {different.min(0)} to {different.max(0)}"

    named = replace(scene, background=replace(scene.background, digest=image.digest))
    write_scene(named, tmp_path / "scene.json")
    again = read_scene(tmp_path / "scene.json")
    assert again.placements == scene.placements
    assert again.blackouts == scene.blackouts
    assert again.removals == scene.removals
