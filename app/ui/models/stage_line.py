"""Which of its stages a training is at, in words."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.ui.models.parts import small
from app.ui.models.stages import MEANINGS, Stage, Written
from app.ui.theme import chosen


class StageLine(QWidget):
    """All stages in their order: those that are done, the one at work with what it does, and what follows."""

    def __init__(self) -> None:
        super().__init__()
        self.line, self.what = QLabel(wordWrap=True), small()
        self.line.setTextFormat(Qt.TextFormat.RichText)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(2)
        column.addWidget(self.line)
        column.addWidget(self.what)
        self.hide()

    def show_stages(self, written: Written, done: int) -> None:
        """Shows the stages of a training after so many steps; nothing where they are not known."""
        at = written.stage_at(done + 1)
        self.setVisible(bool(written.stages))
        if not written.stages:
            return
        self.line.setText("&nbsp;&nbsp;›&nbsp;&nbsp; ".join(_words(s, at, done) for s in written.stages))
        self.what.setText(MEANINGS.get(at.name, "") if at is not None else "It is being measured.")
        self.what.setHidden(not self.what.text())


def _words(stage: Stage, at: Stage | None, done: int) -> str:
    title, theme = escape(stage.title), chosen()
    if stage == at:
        steps = f"step {done - stage.before:,} of {stage.last - stage.before:,}"
        return f'<b style="color:{theme.accent}">●&nbsp;{title}</b> <span>{steps}</span>'
    if done >= stage.last:
        return f"✓&nbsp;{title}"
    return f'<span style="color:{theme.muted}">○&nbsp;{title}</span>'
