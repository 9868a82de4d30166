"""Patients' data: the badge, black-outs, and what is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QPointF, Qt

from app.imaging import read_image
from app.ui.features.privacy import Privacy
from app.ui.settings import settings
from tests.ui.conftest import Hand


@pytest.fixture
def named(radiograph: Path, tmp_path: Path) -> Path:
    """The radiograph with a patient's name in its header."""
    dataset = pydicom.dcmread(radiograph)
    dataset.PatientName, dataset.PatientID = "Roe^Jane", "4711"
    for name in ("PatientIdentityRemoved", "DeidentificationMethod", "BurnedInAnnotation"):
        if name in dataset:
            delattr(dataset, name)
    path = tmp_path / "named.dcm"
    dataset.save_as(path)
    return path


def badge(hand: Hand) -> tuple[str, str]:
    button = hand.window.feature(Privacy).badge
    return button.text(), button.toolTip()


def test_the_badge_says_what_the_header_carries(opened: Callable[[Path], Hand], named: Path) -> None:
    hand = opened(named)
    text, tip = badge(hand)
    assert text == "Patient data"
    assert "Name" in tip
    assert "Roe" not in tip
    assert "unknown" in tip
    assert "Saving removes that" in tip
    settings().change(deidentify=False)
    assert "Saving keeps that" in badge(hand)[1]
    hand.window.feature(Privacy).badge.click()
    assert hand.compose.messages.text.startswith("The header names")


def test_a_saved_composite_says_that_it_was_deidentified(
    opened: Callable[[Path], Hand], named: Path, tmp_path: Path
) -> None:
    hand = opened(named)
    assert hand.document.place(60, 90, override=True)
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.settled()
    hand.compose.opener.open(tmp_path / "out" / "composite.dcm")
    hand.wait(lambda: badge(hand)[0] == "De-identified", 30)
    hand.settled()


def test_an_image_without_a_header_says_so(opened: Callable[[Path], Hand], tmp_path: Path) -> None:
    from PIL import Image as Picture

    path = tmp_path / "plain.png"
    Picture.fromarray(np.full((64, 64), 90, np.uint8)).save(path)
    hand = opened(path)
    assert badge(hand)[0] == "No patient header"
    assert "unknown" in badge(hand)[1]


def test_black_outs_are_drawn_undone_removed_and_saved(hand: Hand, tmp_path: Path) -> None:
    assert hand.document.page is not None
    original = hand.document.page.image.pixels
    action = hand.window.actions_["black_out"]
    action.trigger()
    hand.drag(hand.at(20, 30), hand.at(39, 44))
    hand.settled()
    (blackout,) = hand.document.scene.blackouts
    assert (blackout.x, blackout.y) == (20, 30)
    assert (blackout.width, blackout.height) == (20, 15)
    black = hand.shown(25, 35)
    assert black <= original.min()
    assert hand.shown(60, 60) == original[60, 60]
    assert action.isChecked()
    hand.key(Qt.Key.Key_Escape)
    assert not action.isChecked()

    hand.document.stack.undo()
    hand.settled()
    assert hand.shown(25, 35) == original[35, 25]
    hand.document.stack.redo()
    hand.settled()
    placement = hand.place(60, 90)
    hand.compose.saver.save_composite(tmp_path / "out", deidentify=True)
    hand.settled()
    saved = read_image(tmp_path / "out" / "composite.dcm").pixels
    assert (saved[30:45, 20:40] == black).all()
    assert saved[90, 60] != original[90, 60]
    assert (saved[:29] == original[:29]).all()

    hand.canvas.menu_wanted.emit(hand.at(25, 35).toPoint())
    menu = hand.compose.menu
    assert menu is not None
    next(a for a in menu.actions() if a.text() == "Remove this black-out").trigger()
    menu.close()
    hand.settled()
    assert hand.document.scene.blackouts == ()
    assert hand.shown(25, 35) == original[35, 25]
    assert hand.document.scene.placements == (placement,)
    assert hand.document.stack.undoText() == "Remove black-out"


def test_a_black_out_outside_the_image_is_refused(hand: Hand) -> None:
    hand.window.actions_["black_out"].trigger()
    outside = hand.at(-0.5, 128) - QPointF(40, 0)
    hand.drag(outside, outside + QPointF(20, 40))
    assert hand.document.scene.blackouts == ()
    assert "outside the image" in hand.compose.messages.text
