"""The editor of annotations, used by mouse and keys as a person does."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QIcon, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.imaging import write_image
from app.imaging.box import Box
from app.imaging.image import Calibration, Image
from app.paths import PROGRAM
from app.training import sets
from app.ui.annotate import AnnotationEditor
from app.ui.annotate.actions import ACTS
from app.ui.annotate.opening import LOCKED
from app.ui.application import application
from app.ui.features.training_sets import TrainingSets
from app.ui.models.workspace import ModelsWorkspace
from app.ui.settings import settings
from app.ui.work.bridge import Bridge
from models.progress import finish
from tests.ui.conftest import Hand

SIZE = 200
NONE = Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier,
)  # fmt: skip
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def stones(tmp_path: Path) -> sets.TrainingSet:
    """A set of three radiographs, a, b and c; b has a stone marked."""
    rng = np.random.default_rng(3)
    (tmp_path / "images").mkdir()
    for name in "abc":
        pixels = rng.integers(500, 3000, (SIZE, SIZE)).astype(np.uint16)
        image = Image(pixels, (0.5, 0.5), Calibration.PIXEL_SPACING, modality="DX")
        write_image(image, tmp_path / "images" / f"{name}.dcm")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "b.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    return finish(sets.import_into(sets.create("Stones", "kub-xray"), tmp_path))


class Annotator:
    """An editor in a window of its own, and a hand to use it with. Places are image pixels."""

    def __init__(self, qtbot: QtBot) -> None:
        application()
        self.qtbot = qtbot
        self.window = QMainWindow()
        self.bridge = Bridge(self.window)
        self.editor = AnnotationEditor(self.bridge)
        self.document, self.canvas = self.editor.document, self.editor.canvas
        self.window.setCentralWidget(self.editor)
        self.window.resize(1100, 700)
        self.window.show()
        qtbot.waitExposed(self.window)

    def open(self, name: str) -> None:
        self.editor.open_set(name)
        self.wait(lambda: self.document.page is not None or self.editor.messages.text)
        self.window.activateWindow()
        self.canvas.setFocus()

    def wait(self, reached: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(reached()), timeout=20_000)

    def saved(self) -> None:
        self.wait(lambda: self.document.keeper.idle)

    def at(self, place: tuple[float, float]) -> QPointF:
        return self.canvas.viewport_point(QPointF(*place))

    def mouse(self, kind: QEvent.Type, at: QPointF, held: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
        port = self.canvas.viewport()
        button = LEFT if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton
        held = held if kind != QEvent.Type.MouseButtonRelease else Qt.MouseButton.NoButton
        where = QPointF(port.mapToGlobal(at.toPoint()))
        QApplication.sendEvent(port, QMouseEvent(kind, at, where, button, held, keys))

    def drag(
        self, *places: tuple[float, float], keys: Qt.KeyboardModifier = NONE, release: bool = True
    ) -> None:
        """Presses at the first place, goes on to the others, and lets go at the last."""
        way = [self.at(place) for place in places]
        self.mouse(QEvent.Type.MouseButtonPress, way[0], LEFT, keys)
        for start, end in itertools.pairwise(way):
            for step in range(1, 9):
                self.mouse(QEvent.Type.MouseMove, start + (end - start) * (step / 8), LEFT, keys)
        if release:
            self.mouse(QEvent.Type.MouseButtonRelease, way[-1], LEFT, keys)

    def key(self, key: Qt.Key | str, keys: Qt.KeyboardModifier = NONE) -> None:
        self.canvas.setFocus()
        self.qtbot.keyClick(self.canvas, key, keys)  # type: ignore[call-overload]

    def show(self, name: str) -> None:
        names = [image.name for image in self.document.set.images]  # type: ignore[union-attr]
        self.editor.opener.show(names.index(name))
        self.wait(lambda: self.document.page is not None and self.document.page.image.name == name)

    def plane(self, name: str) -> np.ndarray:
        page = self.document.page
        assert page is not None
        return (page.bits >> self.document.names.index(name)) & 1 == 1

    def choose(self, name: str) -> None:
        while self.document.names[self.document.structure] != name:
            self.key(".")

    def undo(self) -> None:
        self.key(Qt.Key.Key_Z, CONTROL)

    def redo(self) -> None:
        self.key(Qt.Key.Key_Z, CONTROL | SHIFT)

    def close(self) -> None:
        self.editor.close_down()
        self.bridge.close()
        self.window.close()
        self.window.deleteLater()


@pytest.fixture
def annotators(qtbot: QtBot) -> Iterator[Callable[[], Annotator]]:
    """Makes windows, and closes them."""
    made: list[Annotator] = []

    def make() -> Annotator:
        made.append(Annotator(qtbot))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def hand(annotators: Callable[[], Annotator], stones: sets.TrainingSet) -> Annotator:
    """The set, open."""
    annotator = annotators()
    annotator.open(stones.name)
    return annotator


def near(box: Box, *sides: float) -> bool:
    return np.allclose((box.x, box.y, box.width, box.height), sides, atol=0.6)


def test_boxes_are_drawn_moved_resized_and_removed(hand: Annotator, stones: sets.TrainingSet) -> None:
    document = hand.document
    assert document.page is not None
    assert document.page.image.name == "a", "the first that nobody looked at"
    hand.drag((20, 30), (60, 50))
    (box,) = document.boxes
    assert near(box, 20, 30, 40, 20)
    assert document.selected == 0
    hand.drag((40, 40), (50, 60))  # inside of it
    assert near(document.boxes[0], 30, 50, 40, 20)
    hand.drag((70, 70), (90, 80))  # its lower right grip
    assert near(document.boxes[0], 30, 50, 60, 30)
    hand.drag((60, 60), (-90, 60))  # stays in the image
    assert near(document.boxes[0], -0.5, 50, 60, 30)
    hand.drag((20, 60), (30, 70), keys=CONTROL)
    assert len(document.boxes) == 2, "Ctrl draws inside of another"
    hand.drag((120, 120), (120.2, 120.1))
    hand.drag((150, 150), (150.5, 190))
    assert len(document.boxes) == 2, "too small to be meant"

    hand.key(Qt.Key.Key_Escape)
    hand.key(Qt.Key.Key_Tab)
    assert document.selected == 0
    for _ in range(3):
        hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Down, SHIFT)
    hand.key(Qt.Key.Key_Right, ALT)
    assert near(document.boxes[0], 2.5, 60, 61, 30)
    hand.key(Qt.Key.Key_Delete)
    assert len(document.boxes) == 1
    hand.saved()
    assert sets.boxes_of(stones, stones.image("a")) == document.boxes
    assert document.statuses[0].text == "1 lesion"

    steps = document.page.stack.count()  # type: ignore[union-attr]
    assert steps == 8, "one step for each gesture, and for each run of arrows and its kind"
    for _ in range(steps):
        hand.undo()
    assert document.page.boxes is None
    hand.saved()
    assert sets.boxes_of(stones, stones.image("a")) is None
    for _ in range(steps):
        hand.redo()
    assert len(document.boxes) == 1


def test_a_gesture_that_is_cancelled_leaves_nothing(hand: Annotator) -> None:
    document = hand.document
    hand.drag((20, 30), (60, 50), release=False)
    assert len(document.boxes) == 1
    hand.key(Qt.Key.Key_Escape)
    assert document.page is not None
    assert document.page.boxes is None
    hand.key("p")
    hand.drag((20, 30), (60, 50), release=False)
    assert document.page.bits.any()
    hand.key(Qt.Key.Key_Escape)
    assert not document.page.bits.any()
    assert document.page.known == frozenset()
    assert document.page.stack is not None
    assert document.page.stack.count() == 0


def test_closing_in_the_middle_of_a_stroke_takes_it_back(hand: Annotator, stones: sets.TrainingSet) -> None:
    hand.key("p")
    hand.drag((20, 30), (60, 50), release=False)
    assert hand.plane(hand.document.names[0]).any()
    hand.editor.close_down()
    assert hand.document.page is None
    hand.saved()
    assert sets.structures_of(stones, stones.image("a")) == ()
    hand.open(stones.name)
    hand.key("p")
    hand.drag((20, 30), (60, 50))
    assert hand.plane(hand.document.names[0]).any()


def test_a_set_that_is_deleted_meanwhile_is_named(hand: Annotator, stones: sets.TrainingSet) -> None:
    shutil.rmtree(stones.folder)
    hand.drag((20, 30), (60, 50))
    hand.wait(lambda: "is no longer there" in hand.editor.messages.text)
    assert not stones.folder.exists(), "no half of a set is left behind"


def test_structures_are_painted_erased_and_undone(hand: Annotator, stones: sets.TrainingSet) -> None:
    document, page = hand.document, hand.document.page
    assert page is not None
    hand.key("p")
    hand.choose("ribs")
    hand.canvas.set_brush(6)
    hand.drag((40, 100), (160, 100))
    ribs = hand.plane("ribs")
    assert ribs[100, 40:160].all()
    assert ribs[:, 100].sum() == 13
    assert not ribs[:, :33].any()
    hand.choose("spine")
    hand.key("l")
    hand.drag((90, 20), (110, 20), (110, 180), (90, 180))
    assert abs(int(hand.plane("spine").sum()) - 20 * 160) < 120
    assert (hand.plane("spine") & ribs).any(), "structures overlap"
    hand.drag((80, 60), (120, 60), (120, 80), (80, 80), keys=CONTROL)
    cut = hand.plane("spine")
    assert not cut[64:76].any()
    assert cut[90].any()
    assert (hand.plane("ribs") == ribs).all()
    hand.key("e")
    hand.key("p")
    hand.drag((100, 150), (100, 150))
    assert not hand.plane("spine")[150, 100]
    assert document.statuses[0].text == "2 structures"

    hand.saved()
    assert sets.structures_of(stones, page.image) == ("ribs", "spine")
    assert (sets.mask_of(stones, page.image, "spine") == hand.plane("spine")).all()
    assert page.stack is not None
    names = [page.stack.text(n) for n in range(page.stack.count())]
    assert names == ["Paint ribs", "Add to spine", "Cut from spine", "Erase spine"]
    after = page.bits.copy()
    for _ in names:
        hand.undo()
    assert not page.bits.any()
    hand.saved()
    assert sets.structures_of(stones, page.image) == ()
    for _ in names:
        hand.redo()
    assert (page.bits == after).all()


def test_the_brush_has_a_size_and_a_ring(hand: Annotator) -> None:
    canvas = hand.canvas
    hand.key("p")
    before = canvas.brush.radius
    hand.key("]")
    assert canvas.brush.radius > before
    hand.key("[")
    hand.key("[")
    assert canvas.brush.radius < before
    port, at = canvas.viewport(), hand.at((100, 100))
    hand.mouse(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, NONE)
    assert canvas.ring.isVisible()
    turn = QWheelEvent(
        at, QPointF(port.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, SHIFT, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    small = canvas.brush.radius
    QApplication.sendEvent(port, turn)
    assert canvas.brush.radius > small
    canvas.set_brush(0.1)
    hand.drag((50, 60), (50, 60))
    assert hand.plane(hand.document.names[0]).sum() == 1, "the finest brush is one pixel"


def test_nothing_here_is_not_the_same_as_not_looked_at(hand: Annotator, stones: sets.TrainingSet) -> None:
    document, a = hand.document, stones.image("a")
    hand.key("n")
    hand.saved()
    assert sets.boxes_of(stones, a) == ()
    assert document.statuses[0].text == "nothing here"
    hand.key("n")
    hand.saved()
    assert sets.boxes_of(stones, a) is None
    hand.drag((20, 30), (60, 50))
    hand.key("n")
    assert "delete them first" in hand.editor.messages.text
    hand.key(Qt.Key.Key_Delete)
    assert document.page is not None
    assert document.page.boxes == (), "somebody has looked"

    hand.choose("bladder")
    hand.key("n", SHIFT)
    hand.saved()
    mask = sets.mask_of(stones, a, "bladder")
    assert mask is not None
    assert not mask.any()
    hand.key("n", SHIFT)
    hand.key("p")
    hand.drag((20, 30), (60, 50))
    hand.key("n", SHIFT)
    assert "clear it first" in hand.editor.messages.text
    hand.key(Qt.Key.Key_Backspace, CONTROL)
    hand.wait(lambda: not hand.plane("bladder").any())
    hand.saved()
    assert sets.structures_of(stones, a) == ()


def test_going_from_image_to_image(hand: Annotator, stones: sets.TrainingSet) -> None:
    document = hand.document
    hand.drag((20, 30), (60, 50))
    hand.key(Qt.Key.Key_PageDown)
    hand.wait(lambda: document.page is not None and document.page.image.name == "b")
    assert sets.boxes_of(stones, stones.image("b")) == document.boxes
    hand.undo()
    assert len(document.boxes) == 1, "each image has a history of its own"
    hand.key("u")
    hand.wait(lambda: document.page is not None and document.page.image.name == "c")
    hand.key("n")
    hand.key("u")
    assert "have been looked at" in hand.editor.messages.text
    hand.key(Qt.Key.Key_PageUp)
    hand.key(Qt.Key.Key_PageUp)
    hand.wait(lambda: document.page is not None and document.page.image.name == "a")
    hand.undo()
    assert document.boxes == ()
    hand.redo()
    assert hand.editor.images.count.text() == "3 of 3 looked at"
    hand.editor.images.view.setCurrentIndex(hand.editor.images.view.model().index(2, 0))
    hand.wait(lambda: document.page is not None and document.page.image.name == "c")


def test_the_network_proposes_and_a_person_corrects(hand: Annotator, stones: sets.TrainingSet) -> None:
    document = hand.document
    hand.key("p")
    hand.choose("ribs")
    hand.drag((20, 20), (40, 20))
    ribs = hand.plane("ribs").copy()
    hand.key("g")
    hand.wait(lambda: document.page is not None and len(document.page.known) == len(document.names))
    hand.wait(lambda: "6 structures were outlined by the network" in hand.editor.messages.text)
    assert (hand.plane("ribs") == ribs).all(), "what a person has outlined stays"
    hand.saved()
    assert len(sets.structures_of(stones, stones.image("a"))) == len(document.names)
    hand.undo()
    assert document.page is not None
    assert document.page.known == {"ribs"}
    hand.redo()
    hand.key("g")
    assert "All structures are outlined" in hand.editor.messages.text


def test_two_windows_and_leaving(
    hand: Annotator, annotators: Callable[[], Annotator], stones: sets.TrainingSet
) -> None:
    other = annotators()
    other.open(stones.name)
    other.wait(lambda: other.document.page is not None)
    assert other.editor.messages.text == LOCKED
    other.drag((20, 30), (60, 50))
    other.key("n")
    assert other.document.page is not None
    assert other.document.page.boxes is None
    hand.drag((20, 30), (60, 50))
    hand.editor.leave()
    hand.saved()
    other.open(stones.name)
    other.wait(lambda: not other.document.read_only)
    other.wait(lambda: other.document.page is not None)
    other.show("a")
    assert len(other.document.boxes) == 1, "what the first window has marked"
    other.key("n")
    hand.open(stones.name)
    hand.wait(lambda: hand.document.read_only)


def test_missing_images_and_damaged_marks_are_named(
    annotators: Callable[[], Annotator], stones: sets.TrainingSet
) -> None:
    (stones.folder / "boxes" / "b.json").write_text("{}")
    stones.image("c").path.unlink()
    hand = annotators()
    hand.open(stones.name)
    hand.show("b")
    assert "boxes/b.json" in hand.editor.messages.text
    hand.editor.opener.show(2)
    hand.wait(lambda: hand.document.page is None)
    hand.wait(lambda: "c.dcm of the training set is missing" in hand.editor.messages.text)
    hand.drag((20, 30), (60, 50))
    hand.key("n")
    hand.key("g")
    hand.show("a")
    hand.drag((20, 30), (60, 50))
    assert len(hand.document.boxes) == 1

    hand.editor.open_set("gone")
    hand.wait(lambda: "There is no training set 'gone'" in hand.editor.messages.text)
    empty = sets.create("Empty", "kub-xray")
    hand.editor.open_set(empty.name)
    hand.wait(lambda: hand.document.set is not None)
    assert hand.editor.images.count.text() == "No images in this set yet"
    hand.key("n")
    assert hand.document.page is None


def test_everything_has_a_name_a_tip_and_a_key_of_its_own(hand: Annotator) -> None:
    keys = [key for act in ACTS for key in act.keys]
    assert len(keys) == len(set(keys))
    for act in ACTS:
        action = hand.editor.actions_[act.name]
        assert len(action.toolTip()) > 12
        assert not action.icon().isNull()
        assert action.shortcutContext() == Qt.ShortcutContext.WidgetWithChildrenShortcut
    menu = [action.objectName() for action in hand.editor.bar.more.menu().actions()]
    assert {f"annotate_{act.name}" for act in ACTS} <= set(menu)
    for widget in hand.editor.findChildren(QWidget):
        reached = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if reached and widget.isVisibleTo(hand.editor):
            assert widget.accessibleName() or (isinstance(widget, QToolButton) and widget.text()), widget


def test_in_the_window_its_keys_are_its_own(opened: Callable[[Path], Hand], radiograph: Path) -> None:
    """In the real window a key does in the editor what it does there, and in Compose what it does there."""
    folder = radiograph.parent
    made = finish(sets.import_into(sets.create("Mine", "kub-xray"), folder))
    whole = opened(radiograph)
    before = whole.document.scene
    models = whole.window.feature(TrainingSets).shown
    models.annotate(made)
    page = models.annotate_page
    editor = page.editor
    assert editor is not None
    whole.wait(lambda: editor.document.page is not None)
    editor.canvas.setFocus()
    for key, name in (("p", "brush"), ("l", "lasso"), ("b", "box"), ("i", "invert"), ("e", "erase")):
        whole.qtbot.keyClick(editor.canvas, key)
        assert editor.actions_[name].isChecked(), key
    assert not whole.window.actions_["invert"].isChecked()
    whole.qtbot.keyClick(editor.canvas, "n")
    assert editor.document.page is not None
    assert editor.document.page.boxes == ()
    whole.qtbot.keyClick(editor.canvas, Qt.Key.Key_Z, CONTROL)
    assert editor.document.page.boxes is None
    whole.qtbot.keyClick(editor.canvas, "n")
    page.back.click()
    whole.wait(lambda: not editor.isVisible() and editor.document.keeper.idle)
    assert sets.boxes_of(made, made.images[0]) == ()
    sets.retitle(made, "Nobody holds it any more")

    whole.window.actions_["workspace_compose"].trigger()
    whole.canvas.setFocus()
    whole.key(Qt.Key.Key_I)
    assert whole.window.actions_["invert"].isChecked()
    assert whole.document.scene == before


_MARKER = """
import sys, time
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMainWindow
from app.imaging.box import Box
from app.ui.annotate import AnnotationEditor
from app.ui.application import application
from app.ui.work.bridge import Bridge
app = application()
window = QMainWindow()
editor = AnnotationEditor(Bridge(window))
window.setCentralWidget(editor)
window.show()
editor.open_set("Stones")
def until(done):
    while not done():
        app.processEvents()
        time.sleep(0.005)
until(lambda: editor.document.page is not None)
editor.actions_["brush"].setChecked(True)
gesture = editor.canvas.brush.gesture(editor.canvas, editor.canvas.viewport_point(QPointF(50, 60)))
gesture.move(editor.canvas.viewport_point(QPointF(120, 60)))  # the button is still held
editor.document.change_boxes((Box(1.0, 2.0, 30.0, 40.0),), "Mark lesion")
start = time.monotonic()
until(lambda: time.monotonic() > start + 1)
print("a second later", flush=True)
until(lambda: False)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_a_kill_takes_no_more_than_the_last_second(stones: sets.TrainingSet, home: Path) -> None:
    environment = {**os.environ, "LITHOGRAPH_HOME": str(home), "PYTHONPATH": str(PROGRAM)}
    marker = subprocess.Popen(
        [sys.executable, "-c", _MARKER], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert marker.stdout is not None
    assert marker.stdout.readline() == "a second later\n"
    marker.kill()
    marker.wait()
    a = stones.image("a")
    assert sets.boxes_of(stones, a) == (Box(1.0, 2.0, 30.0, 40.0),)
    painted = sets.mask_of(stones, a, "outside")
    assert painted is not None
    assert painted[60, 50:120].all()
    sets.retitle(stones, "The lock went with its holder")


def test_in_a_narrow_window_everything_stays_at_hand(
    opened: Callable[[Path], Hand], radiograph: Path, stones: sets.TrainingSet
) -> None:
    hand = opened(radiograph)
    window, actions = hand.window, hand.window.actions_
    hand.settled()
    alone = window.minimumSizeHint().width()
    actions["workspace_models"].trigger()
    workspace = window.workspace
    assert isinstance(workspace, ModelsWorkspace)
    workspace.annotate(stones)
    editor = workspace.annotate_page.editor
    assert editor is not None
    hand.wait(lambda: editor.document.page is not None)
    bar = editor.bar
    box = next(b for b in bar.findChildren(QToolButton) if b.defaultAction() is editor.actions_["box"])

    def check(*, words: bool) -> None:
        """All buttons lie in the bar, beside each other."""
        hand.wait(lambda: (box.toolButtonStyle() != Qt.ToolButtonStyle.ToolButtonIconOnly) == words)
        hand.settled()
        buttons = sorted(bar.findChildren(QToolButton), key=lambda button: button.x())
        assert buttons[-1] is bar.more
        assert all(bar.rect().contains(button.geometry()) for button in buttons)
        for one, other in itertools.pairwise(buttons):
            assert one.geometry().right() < other.x()

    window.resize(1500, 700)
    check(words=True)
    window.resize(600, 700)
    check(words=False)
    settings().change(text_percent=200)
    window.resize(600, 700)
    check(words=False)
    assert window.width() < 1280
    settings().change(text_percent=100)
    window.resize(1500, 700)
    check(words=True)

    swatch = editor.structures.list.item(0).icon()
    shown = [swatch.pixmap(16, 16, mode).toImage() for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected)]
    assert shown[0] == shown[1], "the chosen structure has the colour that it has in the image"

    workspace.annotate_page.back.click()
    actions["workspace_compose"].trigger()
    hand.settled()
    assert window.minimumSizeHint().width() == alone, "what Models needs is no matter here"
