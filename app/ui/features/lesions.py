"""The lesion models and the list of lesions: favourites, removing a model, hiding, locking, order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QMessageBox

from app.composition.scene import Placement
from app.ui.actions import Spec
from app.ui.dialogs.parts import ask
from app.ui.document import commands
from app.ui.feature import Feature

if TYPE_CHECKING:
    from app.ui.window import Window


class Lesions(Feature):
    """What is done with lesions beside the canvas."""

    SPECS = (
        Spec(
            "more_shapes", "&More shapes to pick from", "&Lesion", 0, "dots-horizontal", ("Shift+N",),
            "Draws other shapes of the same lesion model beside the present one", needs="image",
        ),
        Spec(
            "several", "Place several at &random…", "&Lesion", 1, "scatter-plot-outline", ("Ctrl+R",),
            "Likely places outside the danger zone, with sizes and a spacing of your choice", needs="image",
        ),
        Spec(
            "hide", "&Hide lesion", "&Lesion", 2, "eye-off-outline", ("H",),
            "Neither draws nor exports what is selected, until it is shown again",
            checkable=True, needs="selection",
        ),
        Spec(
            "lock", "&Lock lesion", "&Lesion", 2, "lock-outline", ("Ctrl+L",),
            "Keeps what is selected from being moved, changed or removed", checkable=True, needs="selection",
        ),
        Spec(
            "raise_lesion", "&Raise lesion", "&Lesion", 3, "arrange-bring-forward", ("Alt+Up",),
            "Draws it over the next one: where lesions overlap, the last one lies on top", needs="selection",
        ),
        Spec(
            "lower_lesion", "Lo&wer lesion", "&Lesion", 3, "arrange-send-backward", ("Alt+Down",),
            "Draws it below the one before", needs="selection",
        ),
        Spec(
            "find_model", "&Find a lesion model", "&Lesion", 4, "magnify", ("Ctrl+F",),
            "Filters the lesion models by name", needs="image",
        ),
        Spec(
            "favourite", "&Favourite lesion model", "&Lesion", 4, "star-outline", ("Shift+F",),
            "The chosen lesion model comes first in the list", checkable=True, needs="image",
        ),
        Spec(
            "remove_model", "Remove m&y lesion model…", "&Lesion", 5, "trash-can-outline", (),
            "Deletes the chosen lesion model, where it is one of your own",
        ),
    )  # fmt: skip

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.shelf = self.compose.shelf
        self.menu: QMenu | None = None
        self.question: QMessageBox | None = None
        self.compose.gallery.menu_wanted.connect(lambda at: self._menu(at, ("favourite", "remove_model")))
        self.compose.placements.menu_wanted.connect(
            lambda at: self._menu(at, ("hide", "lock", "raise_lesion", "lower_lesion", "remove"))
        )
        self.shelf.changed.connect(self.refresh)
        self.document.brush_changed.connect(self.refresh)

    def refresh(self) -> None:
        actions, document = self.window.actions_, self.document
        selected = document.selected_placements
        actions["hide"].setChecked(bool(selected) and all(p.hidden for p in selected))
        actions["lock"].setChecked(bool(selected) and all(p.locked for p in selected))
        chosen = self.shelf.entry(document.brush.lesion)
        actions["favourite"].setChecked(chosen is not None and chosen.name in self.shelf.favourites)
        actions["remove_model"].setEnabled(chosen is not None and chosen.own)

    # -- the lesions of the scene ----------------------------------------------------------------------

    def more_shapes(self) -> None:
        """Draws other shapes to pick from."""
        self.compose.lesion_panel.set_folded(False)
        self.compose.lesion_panel.shapes.more()

    def several(self) -> None:
        """Asks how many, and places them."""
        document = self.document
        page, where = document.base, document.where
        if page is None or not document.at_base:
            document.elsewhere.emit()
            return
        if where is None:
            document.refused.emit(
                "The danger zone is still being found; try again in a moment."
                if document.finding
                else f"Nothing placed at random: {document.doubt}."
                if document.doubt
                else "Nothing placed at random: no danger zone and no likely places are known for this image."
            )
            return
        from app.ui.dialogs.scatter import ScatterDialog

        dialog = ScatterDialog(document, self.shelf, self.bridge, page, where, self.window)
        dialog.chosen.connect(document.add)
        dialog.open()

    def hide(self, on: bool) -> None:
        """Hides what is selected, or shows it."""
        if not self._is(on, [p.hidden for p in self.document.selected_placements]):
            self.compose.placements.hide_or_show(*self.document.selected_ids)

    def lock(self, on: bool) -> None:
        """Locks what is selected, or unlocks it."""
        if not self._is(on, [p.locked for p in self.document.selected_placements]):
            self.compose.placements.lock_or_unlock(*self.document.selected_ids)

    def raise_lesion(self) -> None:
        """Draws what is selected over the next one."""
        self._reorder(reversed_=True, name="Raise lesion")

    def lower_lesion(self) -> None:
        """Draws what is selected below the one before."""
        self._reorder(reversed_=False, name="Lower lesion")

    def _is(self, on: bool, states: list[bool]) -> bool:
        """Whether there is nothing to do: the check mark was set to what is."""
        return not states or on == all(states)

    def _reorder(self, *, reversed_: bool, name: str) -> None:
        """Each selected lesion changes places with its neighbour, unless that is selected, too."""
        ids = self.document.selected_ids
        order: list[Placement] = list(self.document.scene.placements)
        if reversed_:
            order.reverse()
        for n in range(1, len(order)):
            if order[n].id in ids and order[n - 1].id not in ids:
                order[n - 1], order[n] = order[n], order[n - 1]
        if reversed_:
            order.reverse()
        if tuple(order) != self.document.scene.placements:
            self.document.push(commands.Reorder(self.document, order, name))

    # -- the lesion models -----------------------------------------------------------------------------

    def find_model(self) -> None:
        """Puts the cursor into the filter."""
        gallery = self.compose.gallery
        gallery.set_folded(False)
        gallery.search.setFocus()
        gallery.search.selectAll()

    def favourite(self, on: bool) -> None:
        """Makes the chosen lesion model a favourite, or no longer."""
        name = self.document.brush.lesion
        if on != (name in self.shelf.favourites):
            self.shelf.set_favourite(name, on)

    def remove_model(self) -> None:
        """Asks, and deletes the chosen lesion model."""
        entry = self.shelf.entry(self.document.brush.lesion)
        if entry is None or not entry.own:
            return
        used = sum(p.lesion == entry.name for p in self.document.scene.placements)
        if used:
            self.document.refused.emit(
                f"“{entry.title}” stays: {used} {'lesion' if used == 1 else 'lesions'} of this scene "
                f"{'is' if used == 1 else 'are'} drawn by it; remove {'it' if used == 1 else 'them'} first."
            )
            return
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Remove lesion model")
        box.setText(f"Remove “{entry.title}” for good?")
        box.setInformativeText(
            "Its folder is deleted. Scenes that use it can then be opened, but these lesions not be drawn. "
            "Composites that were saved stay as they are."
        )
        box.addButton(QMessageBox.StandardButton.Cancel)
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        remove.clicked.connect(lambda: self._remove(entry.name, entry.title))
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.finished.connect(box.deleteLater)
        self.question = box
        ask(box)

    def _remove(self, name: str, title: str) -> None:
        def work() -> None:
            from app.lesions import library

            library.remove(name)

        def done(_: None) -> None:
            self.shelf.refresh()
            self.compose.messages.show_message("done", f"“{title}” is removed.", seconds=5)

        self.bridge.write("remove model", work, done, title=f"Removing “{title}”")

    def _menu(self, at: QPoint, names: tuple[str, ...]) -> None:
        if self.menu is not None:
            self.menu.deleteLater()
        self.menu = QMenu(self.window)
        self.menu.addActions([self.window.actions_[name] for name in names])
        self.menu.popup(at)
