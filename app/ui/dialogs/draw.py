"""*Draw with the network*: for which task, how varied, in how many steps, from which seed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine import Job
from app.tasks import task, task_names
from app.ui.dialogs.parts import ButtonBox, fit_to_screen
from app.ui.document import new_seed
from app.ui.panels.fields import Row, SliderField
from app.ui.panels.numbers import NumberField
from app.ui.panels.parts import Choice
from app.ui.settings import settings
from app.ui.theme import icon
from app.ui.work.bridge import Bridge

VARIETY = (0.5, 1.5)
STEPS = (1, 24)
_WORDS = (
    (0.8, "Plain: what is usual, each much like the next."),
    (0.95, "Calm: a little plainer than usual."),
    (1.05, "Usual: whole organs, and some variety."),
    (1.2, "Varied: the unusual comes more often."),
    (9.0, "Wild: much that is unusual, and some that is wrong."),
)
"""What a variety up to a limit gives."""
_NOTE = (
    "Drawn images can be told from real ones; the card in Models says by what. For image sets, phantoms and "
    "projected CTs are the better backgrounds."
)


class DrawDialog(QDialog):
    """Asks; nothing is drawn before it is accepted."""

    chosen = Signal(str, int, float, int)
    """Task, seed, temperature and decoding steps, when the dialog is accepted."""

    def __init__(self, task_name: str, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Draw a background with the network")
        self._bridge = bridge
        self._job: Job | None = None
        remembered = settings().remembered
        self.task = Choice("Task")
        self.task.setToolTip("What is drawn: for which lesions the background shall be")
        for name in task_names():
            self.task.addItem(task(name).title, name)
        self.task.setCurrentIndex(max(self.task.findData(task_name), 0))
        tip = "How far the network strays from what is most usual (the temperature); 1 is the best trade"
        self.variety = SliderField("How varied", decimals=2, tip=tip)
        self.variety.set_range(*VARIETY)
        self.variety.set_value(remembered.temperature)
        self.variety.changed.connect(self._say_variety)
        tip = "In how many steps each layer of detail is decided; more take longer and join better"
        self.steps = SliderField("Steps", decimals=0, tip=tip)
        self.steps.set_range(*STEPS)
        self.steps.set_value(remembered.decoding_steps)
        tip = "The same seed, task, variety and steps draw the same image again"
        self.seed = NumberField("Seed", decimals=0, tip=tip)
        self.seed.setRange(0, 2**31 - 1)
        self.seed.set_number(new_seed())
        self.again = QToolButton()
        self.again.setIcon(icon("dice-5-outline"))
        self.again.setAccessibleName("Another seed")
        self.again.setToolTip("Take another seed: another image")
        self.again.clicked.connect(lambda: self.seed.set_number(new_seed()))
        self.words = QLabel(wordWrap=True)
        self.words.setProperty("role", "muted")
        self.says = QLabel(wordWrap=True)
        """Why nothing can be drawn for the task; empty where it can."""
        self.says.setProperty("role", "warning")
        self.buttons = ButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.draw = QPushButton("Draw")
        self.buttons.addButton(self.draw, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self.draw.setDefault(True)  # of the dialog, so not before it is in there
        self._say_variety(remembered.temperature)
        self.task.activated.connect(self._look)
        self._look()
        fit_to_screen(self, 520, 300)
        self.variety.field.setFocus()

    @property
    def task_name(self) -> str:
        """The chosen task."""
        return str(self.task.currentData())

    def accept(self) -> None:
        """Hands over what was chosen."""
        if self.draw.isEnabled():
            super().accept()
            steps, seed = round(self.steps.value()), int(self.seed.value())
            self.chosen.emit(self.task_name, seed, self.variety.value(), steps)

    def done(self, result: int) -> None:
        if self._job is not None:
            self._job.cancel()
        super().done(result)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        seed = QHBoxLayout()
        seed.setSpacing(8)
        label = QLabel("See&d")
        label.setBuddy(self.seed)
        for widget in (label, self.seed, self.again):
            seed.addWidget(widget, alignment=Qt.AlignmentFlag.AlignVCenter)
        seed.addStretch(1)
        task_row = Row("&Task", self.task)
        for other in (label, task_row.label, self.steps.label):
            other.setMinimumWidth(self.variety.label.sizeHint().width())
        layout.addWidget(task_row)
        layout.addWidget(self.variety)
        layout.addWidget(self.words)
        layout.addWidget(self.steps)
        layout.addLayout(seed)
        note = QLabel(_NOTE, wordWrap=True)
        note.setProperty("role", "muted")
        layout.addWidget(note)
        layout.addStretch(1)
        layout.addWidget(self.says)
        layout.addWidget(self.buttons)

    def _say_variety(self, value: float, _: int = 0) -> None:
        words = next(words for limit, words in _WORDS if value <= limit)
        self.words.setText(words)
        self.variety.slider.setAccessibleDescription(words)

    def _look(self) -> None:
        """Whether there is a network for the task; files are looked at, so not on this thread."""
        name = self.task_name

        def look() -> bool:
            from app.synthesis.models import can_draw

            return can_draw(name)

        if self._job is not None:
            self._job.cancel()
        self._job = self._bridge.read("network there", look, self._found, title="Looking for the network")

    def _found(self, there: bool) -> None:
        self.draw.setEnabled(there)
        self.says.setText("" if there else no_model(task(self.task_name).title))
        self.says.setVisible(not there)


def no_model(title: str) -> str:
    """What to do where no network draws the backgrounds of a task."""
    return (
        f"No network draws backgrounds for {title}: train one in the workspace Models, or import one there."
    )
