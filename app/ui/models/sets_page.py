"""The training sets: images with boxes and outlines, made here or imported, to train networks on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel

from app.ui.models.parts import Figures, Page, Title, button, buttons, lines
from app.ui.theme import icon

if TYPE_CHECKING:
    from app.training.sets import TrainingSet


@dataclass(frozen=True, eq=False)
class SetLine:
    """A set, and what has been counted in it.

    Attributes:
        task_title: of its task, for people.
        boxes: around lesions.
        looked_at: images in which lesions are marked, or said to be absent.
        outlined: images in which a structure is outlined.
    """

    set: TrainingSet
    task_title: str
    boxes: int = 0
    looked_at: int = 0
    outlined: int = 0


_NONE = (
    "There is no training set yet. Make one and annotate its images, or import a folder that has been "
    "annotated elsewhere: YOLO, COCO, Pascal VOC, masks, or LIDC."
)


class SetsPage(Page):
    """Lists the sets; what is done with the chosen one is asked for by signals."""

    new_wanted = Signal()
    import_wanted = Signal()
    annotate_wanted = Signal()
    rename_wanted = Signal()
    remove_wanted = Signal()
    train_wanted = Signal()
    chosen = Signal()

    def __init__(self) -> None:
        super().__init__("Training sets")
        self.lines: tuple[SetLine, ...] = ()
        self.title = Title()
        self.title.say(
            "", "Training sets",
            "Images with boxes around lesions, or outlines of structures. They stay where they are on the "
            "disk; a set holds what is marked in them.",
        )  # fmt: skip
        self.new = button("New set…", "An empty set, to be filled with images and annotated here")
        self.bring_in = button("Import folder…", "Images with their labels, into the chosen set or a new one")
        self.annotate = button("Annotate", "Mark lesions and structures in the images of the chosen set")
        self.train = button("Train…", "Train a network on the chosen set")
        self.rename = button("Rename…", "Give the chosen set another title")
        self.remove = button("Remove…", "Delete the chosen set and its annotations; its images stay")
        self.table = Figures("Training sets")
        self.none = QLabel(_NONE, wordWrap=True)
        self.none.setProperty("role", "muted")
        self._notes = lines(())
        self._notes.setProperty("role", "warning")
        self.column.addWidget(self.title)
        self.column.addLayout(buttons(self.new, self.bring_in))
        self.column.addSpacing(8)
        for widget in (self.none, self.table):
            self.column.addWidget(widget)
        self.column.addLayout(buttons(self.annotate, self.train, self.rename, self.remove))
        self.column.addWidget(self._notes)
        self.column.addStretch(1)
        for each, wanted in (
            (self.new, self.new_wanted),
            (self.bring_in, self.import_wanted),
            (self.annotate, self.annotate_wanted),
            (self.train, self.train_wanted),
            (self.rename, self.rename_wanted),
            (self.remove, self.remove_wanted),
        ):
            each.clicked.connect(wanted)
        self.table.itemSelectionChanged.connect(self._selected)
        self.table.itemActivated.connect(lambda _: self.annotate.click())
        self.set_icons()
        self.show_sets(())

    @property
    def current(self) -> TrainingSet | None:
        """The chosen set."""
        row = self.table.currentRow()
        return self.lines[row].set if 0 <= row < len(self.lines) else None

    def show_sets(self, found: Sequence[SetLine], choose: str = "") -> None:
        """Lists the sets; the one of the name `choose` is chosen, else the one that was."""
        last = choose or (self.current.name if self.current is not None else "")
        self.lines = tuple(found)
        self.none.setHidden(bool(found))
        self.table.setVisible(bool(found))
        self.table.blockSignals(True)
        headings = ("Set", "Task", "Images", "Looked at", "Boxes", "Outlined")
        rows = [
            (
                line.set.title,
                line.task_title or line.set.task,
                *(f"{n:,}" for n in (len(line.set.images), line.looked_at, line.boxes, line.outlined)),
            )
            for line in found
        ]
        self.table.fill(headings, rows, words=2)
        if found:
            names = [line.set.name for line in found]
            self.table.setCurrentCell(names.index(last) if last in names else 0, 0)
        self.table.blockSignals(False)
        self._selected()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        for each, name in (
            (self.new, "plus"),
            (self.bring_in, "folder-open-outline"),
            (self.annotate, "draw"),
            (self.train, "school-outline"),
            (self.rename, "rename-box"),
            (self.remove, "trash-can-outline"),
        ):
            each.setIcon(icon(name))

    def _selected(self) -> None:
        current = self.current
        whole = current is not None and bool(current.task)
        self.annotate.setEnabled(whole)
        self.train.setEnabled(whole and current is not None and bool(current.images))
        self.rename.setEnabled(whole)
        self.remove.setEnabled(current is not None)
        for each in (self.annotate, self.train, self.rename, self.remove):
            each.setVisible(bool(self.lines))
        notes = current.notes if current is not None else ()
        self._notes.setText("<br>".join(map(escape, notes)))
        self._notes.setVisible(bool(notes))
        self.chosen.emit()
