"""The lesions of the scene, in drawing order: selects, hides and locks them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QToolTip

from app.anatomy.doubts import UNCHECKED
from app.composition.composite import RenderedLesion
from app.composition.scene import Placement
from app.ui.document import Document, article
from app.ui.panels.measured import describe, short
from app.ui.panels.parts import Card
from app.ui.panels.placement_row import ROW, PlacementRow, Row, button_rects
from app.ui.work.shelf import Shelf
from app.ui.work.thumbnails import Look


class PlacementsPanel(Card):
    """Lists the placed lesions; its selection is the document's."""

    MOST_ROWS = 6

    menu_wanted = Signal(QPoint)
    """What can be done with the selected lesions is asked for, at a place of the screen."""

    def __init__(self, document: Document, shelf: Shelf) -> None:
        super().__init__("Placed lesions", "placements")
        self._document = document
        self._shelf = shelf
        self._rows = PlacementRow(shelf.thumbnails)
        self.list = QListWidget()
        self.list.setObjectName("placements")
        self.list.setAccessibleName("Placed lesions")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setMouseTracking(True)
        self.list.setItemDelegate(self._rows)
        self.list.installEventFilter(self)
        self.list.viewport().installEventFilter(self)
        self.list.itemSelectionChanged.connect(self._choose)
        self.list.customContextMenuRequested.connect(self._menu)
        self.body.addWidget(self.list)
        document.scene_changed.connect(self._show)
        document.rendered.connect(self._show)
        document.selection_changed.connect(self._mark)
        shelf.changed.connect(self._show)
        shelf.thumbnails.drawn.connect(lambda _: self.list.viewport().update())
        self._show()

    def set_icons(self) -> None:
        """Draws the icons in the colours of the theme."""
        super().set_icons()
        self.list.viewport().update()

    def hide_or_show(self, *ids: str) -> None:
        """Hides lesions, or shows them where all of them are hidden."""
        placements = [self._document.scene.placement(one) for one in ids]
        on = not all(p.hidden for p in placements)
        self._document.change_all(
            [replace(p, hidden=on) for p in placements], "Hide lesion" if on else "Show lesion"
        )

    def lock_or_unlock(self, *ids: str) -> None:
        """Locks lesions, or unlocks them where all of them are locked."""
        placements = [self._document.scene.placement(one) for one in ids]
        on = not all(p.locked for p in placements)
        self._document.change_all(
            [replace(p, locked=on) for p in placements], "Lock lesion" if on else "Unlock lesion"
        )

    # -- showing ---------------------------------------------------------------------------------------

    def _show(self) -> None:
        placements = self._document.scene.placements
        composite = self._document.composite
        drawn = {lesion.placement.id: lesion for lesion in composite.lesions} if composite else {}
        with QSignalBlocker(self.list):
            while self.list.count() > len(placements):
                self.list.takeItem(self.list.count() - 1)
            while self.list.count() < len(placements):
                self.list.addItem(QListWidgetItem())
            for number, placement in enumerate(placements, start=1):
                self._fill(self.list.item(number - 1), number, placement, drawn.get(placement.id))
        if placements:
            self._shelf.thumbnails.want("list", [Look(p.lesion, p.seed) for p in placements])
        hidden = sum(p.hidden for p in placements)
        count = f"{len(placements)}, {hidden} hidden" if hidden else f"{len(placements)}"
        self.set_title(f"Placed lesions ({count})" if placements else "Placed lesions")
        self._arrange()
        self.setVisible(bool(placements))
        self._mark()

    def _fill(
        self, item: QListWidgetItem, number: int, placement: Placement, drawn: RenderedLesion | None
    ) -> None:
        title, look = self._shelf.title(placement.lesion), Look(placement.lesion, placement.seed)
        line = " · ".join(self._words(placement, drawn))
        row = Row(placement.id, number, title, line, look, placement.hidden, placement.locked)
        if item.data(ROW) == row:
            return
        item.setData(ROW, row)
        text = f"{number}   {title}   {line}"
        item.setText(text)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"Lesion {number}: {title}, {line}")
        unit = self._document.composite.background.unit if self._document.composite else ""
        measured = describe([drawn], self._document.unit, unit) if drawn and not placement.hidden else ""
        item.setToolTip("\n".join(filter(None, (f"{number}   {title}", line.replace(" · ", ", "), measured))))

    def _words(self, placement: Placement, drawn: RenderedLesion | None) -> list[str]:
        """What is special first: it must not be cut off."""
        words = []
        if placement.hidden:
            words.append("hidden")
        if placement.locked:
            words.append("locked")
        words.append(f"{placement.diameter_mm:.1f} {self._document.unit}")
        if placement.override_reason.startswith(UNCHECKED):
            words.append("not checked")
        elif placement.overridden and (placement.override_reason or self._document.where):
            words.append(f"in {article(placement.override_reason or 'danger zone')}, on purpose")
        if drawn is not None and not placement.hidden:
            words.append(short(drawn))
        return [word for word in words if word]

    def _arrange(self) -> None:
        rows = min(self.list.count(), self.MOST_ROWS)
        self.list.setFixedHeight(rows * self.list.sizeHintForRow(0) + 4 if rows else 0)

    def _mark(self) -> None:
        ids = self._document.selected_ids
        with QSignalBlocker(self.list):
            for number, placement in enumerate(self._document.scene.placements):
                item = self.list.item(number)
                if item is None:
                    return
                if item.isSelected() != (placement.id in ids):
                    item.setSelected(placement.id in ids)
                if placement.id == self._document.selection:
                    flag = QItemSelectionModel.SelectionFlag.NoUpdate
                    self.list.setCurrentItem(item, flag)
                    self.list.scrollToItem(item)

    # -- the hand --------------------------------------------------------------------------------------

    def _choose(self) -> None:
        """The list's selection becomes the document's: what was chosen last stays last."""
        chosen = [item.data(ROW).placement_id for item in self.list.selectedItems()]
        current = self.list.currentItem()
        last = current.data(ROW).placement_id if current is not None else None
        kept = [one for one in self._document.selected_ids if one in chosen]
        order = kept + [one for one in chosen if one not in kept]
        if last in order:
            order.remove(last)
            order.append(last)
        self._document.select_many(order)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.list and event.type() == QEvent.Type.FontChange:
            self._arrange()
        if watched is self.list.viewport():
            if isinstance(event, QMouseEvent):
                return self._mouse(event) or super().eventFilter(watched, event)
            if event.type() == QEvent.Type.Leave:
                self._point(None)
            if isinstance(event, QHelpEvent):
                return self._tip(event) or super().eventFilter(watched, event)
        return super().eventFilter(watched, event)

    def _button_at(self, at: QPoint) -> tuple[str, str] | None:
        """(placement, what the button does) under a point of the list."""
        item = self.list.itemAt(at)
        if item is None:
            return None
        rects = button_rects(self.list.visualItemRect(item))
        name = next((name for name, rect in rects.items() if rect.contains(at)), None)
        return (item.data(ROW).placement_id, name) if name else None

    def _mouse(self, event: QMouseEvent) -> bool:
        button = self._button_at(event.position().toPoint())
        if event.type() == QEvent.Type.MouseMove:
            self._point(button)
        elif button is not None and event.button() == Qt.MouseButton.LeftButton:
            if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
                act = self.lock_or_unlock if button[1] == "lock" else self.hide_or_show
                act(button[0])
            return True
        return False

    def _point(self, button: tuple[str, str] | None) -> None:
        if button != self._rows.under:
            self._rows.under = button
            self.list.viewport().update()

    def _tip(self, event: QHelpEvent) -> bool:
        button = self._button_at(event.pos())
        if button is None:
            return False
        placement = self._document.scene.placement(button[0])
        if button[1] == "hide":
            text = (
                "Show it again (H)" if placement.hidden else "Hide it: it is neither drawn nor exported (H)"
            )
        else:
            text = (
                "Unlock it (Ctrl+L)" if placement.locked else "Lock it, so that nothing changes it (Ctrl+L)"
            )
        QToolTip.showText(event.globalPos(), text, self.list)
        return True

    def _menu(self, at: QPoint) -> None:
        if self.list.itemAt(at) is not None:
            self.menu_wanted.emit(self.list.viewport().mapToGlobal(at))
