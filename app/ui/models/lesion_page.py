"""A lesion model, to be read about; it is chosen, trained and removed in Compose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.models.card_view import CardView
from app.ui.models.cards import lesion_parts
from app.ui.models.parts import Page, Title

if TYPE_CHECKING:
    from app.lesions.library import Entry


class LesionPage(Page):
    """Shows an `Entry` of the lesion library."""

    def __init__(self) -> None:
        super().__init__("Lesion model")
        self.title, self.card = Title(), CardView()
        self.column.addWidget(self.title)
        self.column.addSpacing(8)
        self.column.addWidget(self.card)
        self.column.addStretch(1)
        self.entry: Entry | None = None

    def show_entry(self, entry: Entry) -> None:
        """Shows a lesion model."""
        if entry == self.entry:
            return
        self.entry = entry
        whose = "of your own" if entry.own else "shipped with the program"
        self.title.say(
            "Lesion model",
            entry.title,
            f"Draws a {entry.kind}; {whose}. Choose it in Compose, where new ones are trained on a lesion of "
            "the open image, too.",
        )
        self.card.show_parts(lesion_parts(entry.card))
        self.verticalScrollBar().setValue(0)
