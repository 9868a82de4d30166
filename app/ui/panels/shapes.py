"""A strip of other shapes of the same lesion model, to pick from."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from app.ui.document import new_seed
from app.ui.theme import chosen, icon
from app.ui.work.thumbnails import Look, Thumbnails, paint

COUNT = 6
SIDE = 36


class Shape(QToolButton):
    """One shape; it is marked where it is the present one."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.look = Look("")
        self.setCheckable(True)
        self.setFixedSize(SIDE + 5, SIDE + 5)

    def show_look(self, look: Look, present: bool) -> None:
        """Shows a shape."""
        if (look, present) != (self.look, self.isChecked()):
            self.look = look
            self.setChecked(present)
            self.setAccessibleName(f"Shape {look.seed}{', the present one' if present else ''}")
            self.setToolTip("The present shape" if present else f"Take this shape (seed {look.seed})")
            self.update()

    def nextCheckState(self) -> None:
        """A click asks; what is marked follows from the lesion."""

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = chosen(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.4)
        paint(painter, self._thumbnails.get(self.look), QRectF(2.5, 2.5, SIDE, SIDE))
        marked, focus = self.isChecked(), self.hasFocus()
        if marked or focus or self.underMouse():
            painter.setPen(QPen(QColor(theme.accent if marked or focus else theme.muted), 2 if marked else 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), 7, 7)
        if marked and focus:
            painter.setPen(QPen(QColor(theme.text), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(3.5, 3.5, -3.5, -3.5), 6, 6)
        painter.end()


class ShapeStrip(QWidget):
    """Six shapes of a lesion model: the present one and others that nobody has seen.

    A shape that is taken stays where it is; a present one that is not in the strip comes to its front.
    """

    picked = Signal(int)
    """The seed of the shape that is wanted."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self._lesion = ""
        self.seeds: tuple[int, ...] = ()
        self._present = -1
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.shapes = tuple(Shape(thumbnails) for _ in range(COUNT))
        for number, shape in enumerate(self.shapes):
            shape.clicked.connect(lambda _=False, n=number: self.picked.emit(self.seeds[n]))
            shape.setEnabled(False)  # until there is a shape to pick
            row.addWidget(shape)
        row.addStretch(1)
        self.more_button = QToolButton()
        self.more_button.setFixedHeight(SIDE + 5)
        self.more_button.setAccessibleName("More shapes")
        self.more_button.setToolTip("Draws five other shapes to pick from (Shift+N)")
        self.more_button.clicked.connect(self.more)
        row.addWidget(self.more_button)
        thumbnails.drawn.connect(self._drawn)

    def show_shape(self, lesion: str, seed: int) -> None:
        """Shows shapes of a model, `seed` among them; a seed of -1 is none of them."""
        if lesion != self._lesion:
            self._lesion, self.seeds = lesion, ()
        seeds = self.seeds or tuple(new_seed() for _ in range(COUNT))
        if seed >= 0 and seed not in seeds:
            seeds = (seed, *seeds[: COUNT - 1])
        if (seeds, seed) != (self.seeds, self._present):
            self.seeds, self._present = seeds, seed
            self._show()

    def more(self) -> None:
        """Exchanges all but the present shape for others."""
        if not self._lesion:
            return
        kept = (self._present,) if self._present >= 0 else ()
        self.seeds = (*kept, *(new_seed() for _ in range(COUNT - len(kept))))
        self._show()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        self.more_button.setIcon(icon("dots-horizontal"))

    def _show(self) -> None:
        looks = [Look(self._lesion, seed) for seed in self.seeds]
        self._thumbnails.want("shapes", looks)
        for shape, look in zip(self.shapes, looks, strict=True):
            shape.setEnabled(True)
            shape.show_look(look, look.seed == self._present)

    def _drawn(self, look: Look) -> None:
        for shape in self.shapes:
            if shape.look == look:
                shape.update()
