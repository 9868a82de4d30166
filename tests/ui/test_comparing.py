"""Before and after: held, flickering, side by side; and leafing through decoded images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.imaging import open_series
from app.ui.canvas.beside import Beside
from app.ui.canvas.texts import BARE
from app.ui.features import viewing
from app.ui.features.comparing import Comparing
from app.ui.work.slice_pages import SlicePages
from tests.ui.conftest import FREE, Hand


def _side(hand: Hand) -> Beside:
    side = hand.window.feature(Comparing).side
    assert side is not None
    return side


def test_the_key_held_shows_the_background_and_nothing_over_it(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    placement = hand.place()
    at = placement.x, placement.y
    before = float(hand.document.page.image.pixels[round(at[1]), round(at[0])])  # type: ignore[union-attr]
    after = hand.shown(*at)
    assert after != before
    monkeypatch.setattr(viewing, "HELD_S", 0.0)
    monkeypatch.setattr("app.ui.features.comparing.HELD_S", 0.0)
    hand.canvas.setFocus()
    hand.qtbot.keyPress(hand.canvas, Qt.Key.Key_B)
    assert hand.shown(*at) == before
    assert BARE in hand.canvas.corners.top_left
    assert not hand.canvas.zones.isVisible()
    assert hand.compose.overlays.visible
    hand.qtbot.keyRelease(hand.canvas, Qt.Key.Key_B)
    assert hand.shown(*at) == after
    assert hand.canvas.zones.isVisible()
    assert BARE not in hand.canvas.corners.top_left


def test_flicker_lets_both_take_turns_until_there_is_nothing_to_compare(hand: Hand) -> None:
    assert not hand.window.actions_["flicker"].isEnabled()
    placement = hand.place()
    after = hand.shown(placement.x, placement.y)
    hand.window.actions_["flicker"].trigger()
    seen = {hand.shown(placement.x, placement.y)}
    hand.wait(lambda: seen.add(hand.shown(placement.x, placement.y)) or len(seen) == 2, 5)
    assert after in seen
    assert not hand.canvas.zones.isVisible()
    hand.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    hand.settled()
    assert not hand.window.actions_["flicker"].isChecked()
    assert hand.canvas.zones.isVisible()


def test_side_by_side_shows_the_background_at_the_same_place_in_the_same_window(hand: Hand) -> None:
    placement = hand.place()
    at = QPointF(placement.x, placement.y)
    hand.window.actions_["beside"].trigger()
    hand.qtbot.wait(50)
    left, right = _side(hand).view, hand.canvas
    assert left.isVisible()
    assert abs(left.width() - right.width()) <= 1
    page = hand.document.page
    assert page is not None
    assert left.image.value_at(at.x(), at.y()) == page.image.pixels[round(at.y()), round(at.x())]
    assert right.image.value_at(at.x(), at.y()) != left.image.value_at(at.x(), at.y())

    def same() -> bool:
        return (left.viewport_point(at) - right.viewport_point(at)).manhattanLength() < 2

    assert same()
    hand.wheel(*FREE, 4, Qt.KeyboardModifier.ControlModifier)
    assert same()
    zoom = right.box.zoom
    left.box.zoom_at(at, 1.5)
    assert right.box.zoom == pytest.approx(1.5 * zoom)
    assert same()
    left.box.pan(30, -20)
    assert same()
    hand.key(Qt.Key.Key_2)
    grey = hand.compose.controller.display.grey
    assert left.image._grey == right.image._grey == grey
    where = left.viewport_point(at)
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        where,
        QPointF(left.viewport().mapToGlobal(where.toPoint())),
        none,
        none,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(left.viewport(), event)
    assert right.echo.at is not None
    assert (right.echo.at - right.viewport_point(at)).manhattanLength() < 2
    assert hand.window.status.place.text().startswith(f"{page.image.pixels[round(at.y()), round(at.x())]} ")
    hand.window.actions_["beside"].trigger()
    assert not left.isVisible()
    assert left.image.pyramid is None


def test_the_composite_is_right_again_after_looking_at_other_images(
    opened: Callable[[Path], Hand], stack: Path
) -> None:
    hand = opened(stack)
    hand.document.set_where(None)
    hand.document.set_brush(lesion="parametric-solid")
    hand.document.place(32, 32, override=True)
    hand.settled()
    bare = float(hand.document.page.image.pixels[32, 32])  # type: ignore[union-attr]
    changed = hand.shown(32, 32)
    assert changed != bare
    hand.wheel(30, 30, 1)
    hand.wait(lambda: not hand.document.at_base)
    hand.document.stack.undo()
    hand.settled()
    hand.wheel(30, 30, -1)
    hand.wait(lambda: hand.document.page is not None and hand.document.page.number == 4)
    hand.settled()
    assert hand.shown(32, 32) == bare
    hand.document.stack.redo()
    hand.settled()
    assert hand.shown(32, 32) == changed


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A CT volume of eight slices, each of another grey."""
    import SimpleITK as sitk

    slices = [np.full((64, 64), -800 + 100 * n) for n in range(8)]
    volume = sitk.GetImageFromArray(np.stack(slices).astype(np.int16))
    volume.SetSpacing((0.8, 0.8, 2.0))
    path = tmp_path / "ct.nii.gz"
    sitk.WriteImage(volume, str(path))
    return path


def test_neighbours_are_decoded_ahead_within_a_limit(stack: Path) -> None:
    series = open_series(stack)
    size = series[0].pixels.nbytes
    pages = SlicePages(series, limit=4 * size)
    first = pages.page(3)
    assert [p.note for p in pages.reading_ahead(3, 1)] == ["Reading ahead"] * 3
    assert pages.kept(3) is first
    assert [number for number in range(8) if pages.kept(number)] == [3, 4, 5, 6]
    assert pages.bytes == 4 * size
    pages.page(0)
    assert pages.bytes == 4 * size
    assert pages.kept(0) is not None
    assert float(pages.page(7).image.pixels[0, 0]) == -100


def test_the_next_image_is_there_before_it_is_asked_for(opened: Callable[[Path], Hand], stack: Path) -> None:
    hand = opened(stack)
    hand.settled()
    start = hand.document.page
    assert start is not None
    hand.compose.step(1)  # without a turn of the event loop
    assert hand.document.page is not None
    assert hand.document.page.number == start.number + 1
    assert hand.shown(5, 5) == float(hand.document.page.image.pixels[5, 5])
    hand.compose.step(-1)
    assert hand.document.page is start
