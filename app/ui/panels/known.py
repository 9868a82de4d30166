"""The open image as the network knows it: how like it that is, and what of it is new to the network."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.canvas.heat_scale import STEPS
from app.ui.canvas.known import COLOURS, SCALE
from app.ui.canvas.overlay_state import OverlayState
from app.ui.panels.heat_legend import ScaleBar
from app.ui.panels.parts import Card
from app.ui.work.reconstructing import Known, Reconstructor

_ASK = (
    "The network takes the image apart into codes, and makes it again of these alone: what does not come "
    "back, it does not know."
)
_UNSAID = "The network's card does not say what is usual for it, so nothing can be said of what is new to it."


class KnownPanel(Card):
    """Shows what is known, and has the actions that ask for it.

    Args:
        views: what can be switched on, each a checkable action.
        further: what can be done with it, each an action.
    """

    def __init__(
        self,
        reconstructor: Reconstructor,
        overlays: OverlayState,
        views: tuple[QAction, ...],
        further: tuple[QAction, ...],
    ) -> None:
        super().__init__("Reconstruction", "reconstruction", folded=True)
        self._reconstructor, self._overlays = reconstructor, overlays
        self._residual = views[-1]
        self.scores = QLabel(wordWrap=True)
        self.note = QLabel(wordWrap=True)
        """Of the scores, or what a reconstruction is."""
        self.note.setProperty("role", "small")
        self.boxes = tuple(_box(action) for action in views)
        self.unfamiliar = QLabel(wordWrap=True)
        """What of the image is new to the network."""
        self.legend = ResidualLegend()
        self.buttons = tuple(_button(action) for action in further)
        for widget in (self.scores, self.note, *self.boxes, self.legend, self.unfamiliar):
            self.body.addWidget(widget)
        for button in self.buttons:
            self.body.addWidget(button)
        reconstructor.changed.connect(self.show_state)
        overlays.changed.connect(self.show_state)
        self._residual.toggled.connect(self.show_state)
        self.show_state()

    def show_state(self, *_: object) -> None:
        """Brings it up to date."""
        known, busy = self._reconstructor.known, self._reconstructor.busy
        self.scores.setText(known.scores if known is not None else "Reconstructing…" if busy else "")
        self.scores.setVisible(bool(self.scores.text()))
        self.note.setText(_ASK if known is None else said_of_range(known))
        self.unfamiliar.setText(said_of_unfamiliar(known) if known is not None else "")
        self.unfamiliar.setVisible(known is not None)
        self.legend.setVisible(known is not None and self._residual.isChecked())
        self.legend.show_opacity(self._overlays.opacity)


class ResidualLegend(QWidget):
    """The colours of the residual map, and what they stand for."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = ScaleBar(COLOURS)
        title = QLabel(SCALE.title(), wordWrap=True)
        marks = [SCALE.marks[n] for n in (0, STEPS // 2, STEPS)]
        scale = QHBoxLayout()
        for number, text in enumerate(marks):
            if number:
                scale.addStretch(1)
            label = QLabel(text)
            label.setProperty("role", "small")
            scale.addWidget(label)
        title.setProperty("role", "small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(title)
        layout.addWidget(self._bar)
        layout.addLayout(scale)
        tip = (
            "How far the reconstruction is from the image, as a multiple of what images that the network has "
            "learnt from hardly ever show (1), with a line over the image at each quarter of the scale. What "
            "is outlined and numbered lies above 1 over an area that counts."
        )
        self.setToolTip(tip)
        self.setAccessibleName(f"{title.text()}: {', '.join(marks)}")
        self.setAccessibleDescription(tip)

    def show_opacity(self, opacity: float) -> None:
        """Takes the strength of the overlay."""
        self._bar.set_opacity(opacity)


def said_of_range(known: Known) -> str:
    """Within which grey values the scores hold."""
    low, high = known.made.data_range
    window = f"W {high - low:.0f}, L {(low + high) / 2:.0f}".replace("-", "−").replace(
        " ", "\N{NO-BREAK SPACE}"
    )
    return f"Within the window that the image opens in ({window}); the best SSIM is 1."


def said_of_unfamiliar(known: Known) -> str:
    """What the network has never seen, in words."""
    if not known.judged:
        return _UNSAID
    if not known.share:
        return "Nothing in this image is new to the network."
    lines = [
        f"The network has never seen the like of {percent(known.share)} of the image; trust neither the "
        "reconstruction nor the danger zone there:"
    ]
    lines += [f"{n}  {r.where}, {percent(r.share)}" for n, r in enumerate(known.regions, start=1)]
    if known.smaller:
        lines.append(f"and {known.smaller} smaller")
    return "\n".join(lines)


def said_in_short(known: Known) -> tuple[str, str]:
    """The kind of a message, and its sentence on what is new to the network."""
    if not known.judged or not known.share:
        return "hint", said_of_unfamiliar(known)
    places = [f"{n} {r.where} ({percent(r.share)})" for n, r in enumerate(known.regions[:3], start=1)]
    more = len(known.regions) - len(places) + known.smaller
    if more:
        places.append(f"{more} more")
    what = f"The network has never seen the like of {percent(known.share)} of the image"
    return "warning", f"{what}: {', '.join(places)}."


def percent(share: float) -> str:
    """`1.8 %`; never 0 for what is there."""
    return f"{100 * share:.1f} %" if share >= 0.001 else "less than 0.1 %"


def _box(action: QAction) -> QCheckBox:
    box = QCheckBox(action.iconText())
    box.setToolTip(action.toolTip())
    box.toggled.connect(action.setChecked)
    action.toggled.connect(box.setChecked)
    action.changed.connect(lambda: _follow(box, action))
    return box


def _button(action: QAction) -> QPushButton:
    button = QPushButton(action.iconText())
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: _follow(button, action))
    return button


def _follow(widget: QWidget, action: QAction) -> None:
    widget.setEnabled(action.isEnabled())
    widget.setToolTip(action.toolTip())
