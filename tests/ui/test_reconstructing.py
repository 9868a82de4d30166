"""The open image as the network knows it: beside it, in its place, what is new in it, what it resembles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.composition.scene import Blackout
from app.imaging import read_image
from app.synthesis.values import Values
from app.tasks import task
from app.ui.canvas.known import KNOWN
from app.ui.dialogs.neighbours import NeighboursDialog, verdict
from app.ui.document import commands
from app.ui.features import reconstructing
from app.ui.features.reconstructing import Reconstructing
from app.ui.work.reconstructing import MOST_REGIONS, Known, regions_of, where_in
from models.hiresmed_vqgan.grey import GREY_SCALES
from tests.synthesis.tiny_model import tiny_model, use
from tests.ui.conftest import SIZE, SPINE, Hand

AT = (float(SPINE[0] + 8), 90.0)


@pytest.fixture
def knowing(tmp_path: Path, hand: Hand) -> Hand:
    """The window, with a tiny network whose random weights know grey and no spine."""
    use(tiny_model(limit=0.25), tmp_path / "model")
    return hand


def _feature(hand: Hand) -> Reconstructing:
    return hand.window.feature(Reconstructing)


def _known(hand: Hand) -> Known:
    hand.wait(lambda: _feature(hand).work.known is not None, 60)
    hand.settled()
    known = _feature(hand).work.known
    assert known is not None
    return known


def test_the_reconstruction_stands_beside_the_image_and_in_its_place(
    knowing: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, actions = knowing, knowing.window.actions_
    feature, panel = _feature(hand), _feature(hand).panel
    assert not actions["keep_known"].isEnabled()
    assert actions.why_not("keep_known") == "reconstruct the image first"
    assert panel.folded
    hand.key(Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    assert feature.side is not None
    known, view = _known(hand), feature.side.view
    assert view.isVisible()
    assert not panel.folded
    assert view.image.value_at(*AT) == known.made.image.pixels[round(AT[1]), round(AT[0])]
    assert hand.shown(*AT) == known.image.pixels[round(AT[1]), round(AT[0])]
    assert view.corners.top_left == (KNOWN, known.scores)
    assert known.scores == f"PSNR {known.made.psnr:.1f} dB, SSIM {known.made.ssim:.3f}"
    assert panel.scores.text() == known.scores
    assert "W 1400, L 1700" in panel.note.text().replace("\N{NO-BREAK SPACE}", " ")
    assert panel.boxes[0].isChecked()
    actions["beside"].trigger()  # one at a time
    assert not view.isVisible()
    actions["beside"].trigger()

    monkeypatch.setattr(reconstructing, "HELD_S", 0.0)
    hand.canvas.setFocus()
    hand.qtbot.keyPress(hand.canvas, Qt.Key.Key_K)
    assert hand.shown(*AT) == known.made.image.pixels[round(AT[1]), round(AT[0])]
    assert KNOWN in hand.canvas.corners.top_left
    assert not hand.canvas.zones.isVisible()
    hand.qtbot.keyRelease(hand.canvas, Qt.Key.Key_K)
    assert hand.shown(*AT) == known.image.pixels[round(AT[1]), round(AT[0])]
    assert hand.canvas.zones.isVisible()

    black = (*hand.document.scene.blackouts, Blackout(0, 0, 40, 40))
    hand.document.push(commands.EditBackground(hand.document, "Black out", blackouts=black))
    assert feature.work.known is None
    actions["known"].trigger()
    again = _known(hand)
    assert np.ptp(again.image.pixels[:40, :40]) == 0
    assert hand.shown(*AT) == again.made.image.pixels[round(AT[1]), round(AT[0])]
    placed = hand.document.place(60, 90)  # below what is shown
    hand.settled()
    assert placed
    assert hand.shown(60, 90) == again.made.image.pixels[90, 60]
    actions["known"].trigger()
    assert hand.document.composite is not None
    assert hand.shown(60, 90) == hand.document.composite.image.pixels[90, 60]


def test_what_the_network_has_never_seen_is_outlined_numbered_and_said(knowing: Hand) -> None:
    hand, feature = knowing, _feature(knowing)
    overlays = hand.compose.overlays
    overlays.set(heat=True)
    hand.key(Qt.Key.Key_U)
    assert not any((overlays.heat, overlays.zones))  # their place is taken
    known = _known(hand)
    inside = known.labels.level(0)[:, SPINE[0] + 4 : SPINE[1] - 4]
    assert (inside == 1).mean() > 0.9  # the spine is all that stands out
    assert known.share == pytest.approx(float((known.labels.level(0) > 0).mean()))
    overlay = feature._overlay
    assert overlay is not None
    assert overlay.residual.isVisible()
    assert overlay.residual.bar_shown
    assert overlay.numbers.shown[0] == "new 1"
    assert feature.panel.legend.isVisibleTo(feature.panel)
    assert "1  upper" in feature.panel.unfamiliar.text() or "1  centre" in feature.panel.unfamiliar.text()
    assert "never seen the like" in hand.compose.messages.text
    overlays.set(visible=False)
    assert not overlay.residual.isVisible()
    overlays.set(heat=True, visible=True)  # whoever asks for the heatmap gets it
    assert not hand.window.actions_["unfamiliar"].isChecked()
    assert not overlay.regions.isVisible()
    assert overlays.zones
    hand.key(Qt.Key.Key_U)
    hand.key(Qt.Key.Key_U)
    assert overlays.heat
    assert overlays.zones

    hand.key(Qt.Key.Key_U)
    hand.compose.opener.open(Path(str(hand.document.scene.background.path)))
    hand.wait(lambda: feature.work.known is None)
    hand.settled()
    assert not hand.window.actions_["unfamiliar"].isChecked()
    assert not overlay.residual.isVisible()
    assert overlays.heat


def test_one_goes_on_with_the_reconstruction_as_an_image_of_its_own(knowing: Hand, tmp_path: Path) -> None:
    hand = knowing
    before = Path(str(hand.document.scene.background.path)).read_bytes()
    original = Path(str(hand.document.scene.background.path))
    hand.window.actions_["reconstruct"].trigger()
    known, feature, path = _known(hand), _feature(hand), tmp_path / "made.dcm"
    assert hand.window.actions_["keep_known"].isEnabled()
    feature.keep_as(known, path, deidentify=True)
    hand.wait(lambda: hand.document.page is not None and hand.document.page.image.source.path == path)
    hand.settled()
    image = read_image(path)
    assert np.array_equal(image.pixels, known.made.image.pixels)
    assert image.spacing == known.image.spacing
    assert "Reconstructed by the background network" in str(image.source.header)
    assert hand.document.scene.task == "kub-xray"
    assert not hand.window.actions_["reconstruct"].isChecked()
    feature.keep_as(known, original, deidentify=True)
    hand.wait(lambda: "own file" in hand.compose.messages.text)
    assert original.read_bytes() == before


def test_a_failure_is_a_sentence_and_ends_the_view(hand: Hand, home: Path, tmp_path: Path) -> None:
    use(tiny_model(), tmp_path / "model")
    next((home / "models" / "hiresmed_vqgan").rglob("weights.safetensors")).write_bytes(b"no weights")
    hand.window.actions_["reconstruct"].trigger()
    hand.wait(lambda: "weights.safetensors" in hand.compose.messages.text, 60)
    assert not hand.window.actions_["reconstruct"].isChecked()
    assert not _feature(hand).work.busy


def test_the_most_similar_training_images_are_shown_with_a_verdict(
    knowing: Hand, radiograph: Path, tmp_path: Path
) -> None:
    hand, image = knowing, read_image(radiograph)
    own = Values.of(image, task("kub-xray"), GREY_SCALES["kub-xray"]).to_network(image.pixels)
    other = np.random.default_rng(1).uniform(-1, 1, (64, 64)).astype(np.float32)
    learnt = [
        ({"name": "a noise", "path": str(tmp_path / "gone.dcm")}, other),
        ({"name": "the very image", "path": str(radiograph)}, own),
    ]
    use(tiny_model(learnt), tmp_path / "learnt")
    hand.window.actions_["neighbours"].trigger()
    dialog = hand.window.findChildren(NeighboursDialog)[0]
    hand.wait(lambda: "Looking" not in dialog.verdict.text(), 60)
    hand.settled()
    assert dialog.verdict.text().startswith("Memorised: this image is nearer to the very image")
    first, second, third = dialog.others
    assert first.title.text() == "1  the very image"
    assert str(radiograph) in first.text.text()
    assert "Distance 0.000" in first.text.text()
    assert first.picture.image is not None
    assert dialog.own.picture.image is not None
    assert second.picture.image is None
    assert "not on this computer" in second.picture.words
    assert not third.isVisible()
    assert dialog.own.picture.image == first.picture.image or first.picture.image.height() == SIZE
    hand.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_regions_and_verdicts_are_put_into_words() -> None:
    mask = np.zeros((180, 240), bool)
    mask[2:12, 2:22] = True
    mask[85:95, 115:125] = True
    mask[160, ::4] = True
    mask[120:124, 2:6] = mask[120:124, 7:9] = True  # so near to each other that they are one
    labels, regions, smaller = regions_of(mask)
    assert [r.where for r in regions[:2]] == ["upper left", "centre"]
    assert regions[0].share == pytest.approx(200 / mask.size)
    assert len(regions) == MOST_REGIONS
    assert smaller == 3 + 60 - MOST_REGIONS
    assert regions[2].share == pytest.approx(24 / mask.size)
    assert labels[5, 5] == 1
    assert labels[90, 120] == 2
    assert set(np.unique(labels)) <= set(range(MOST_REGIONS + 2))
    assert regions_of(np.zeros((9, 9), bool))[1:] == ((), 0)
    assert where_in((90, 120), 119, 45) == "right side"
    assert where_in((90, 120), 60, 89) == "lower middle"
    assert verdict(())[1] == "warning"
