"""The old model and the new one, figure by figure, on images that neither has learnt from."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.training.scores import Compared, Comparison
from app.ui.models.background_card import of_level
from app.ui.models.cards import figure
from app.ui.models.parts import Figures, small

HEADINGS = ("", "Old", "New", "The new one is", "Measured on")


class ComparisonView(QWidget):
    """A verdict, and the table that it follows from."""

    def __init__(self) -> None:
        super().__init__()
        self.verdict = QLabel(wordWrap=True)
        self.verdict.setProperty("role", "heading")
        self.table = Figures("Comparison of the old and the new model")
        self.data = small()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.verdict, self.table, self.data):
            column.addWidget(widget)

    def show_comparison(self, comparison: Comparison) -> None:
        """Shows a comparison."""
        self.verdict.setText(comparison.verdict)
        rows = [row for row in comparison.rows if not of_level(row.what)]
        self.table.fill(HEADINGS, [_row(row) for row in rows])
        self.table.setVisible(bool(rows))
        self.data.setText(f"Measured on {comparison.data}." if comparison.data else "")
        self.data.setVisible(bool(comparison.data))


def _row(row: Compared) -> tuple[str, ...]:
    what = row.what[:1].upper() + row.what[1:]
    return (what, figure(row.old.value), figure(row.new.value), words_of(row), f"{row.new.n:,}")


def words_of(row: Compared) -> str:
    """`▲ better by 0.021`, `▼ worse by 0.010`, `= alike`, or the bare difference where neither is better."""
    difference = row.new.value - row.old.value
    if row.new.higher_is_better is None:
        return f"{difference:+.3f}"
    if row.better is None:
        return "=  alike"
    sign, word = ("▲", "better") if row.better else ("▼", "worse")
    return f"{sign}  {word} by {figure(abs(difference))}"
