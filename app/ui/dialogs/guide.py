"""The user's guide in a window of its own, to be read beside the work."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QColor, QDesktopServices, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QTextBrowser,
    QTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.dialogs.parts import fit_to_screen
from app.ui.help.guide import Page, Section, found, read_guide
from app.ui.settings import settings
from app.ui.theme import chosen

_STYLE = """
body {{ font-size: {px}px; }}
h1 {{ font-size: {h1}px; margin-top: 0; margin-bottom: 10px; }}
h2 {{ font-size: {h2}px; margin-top: 22px; margin-bottom: 6px; }}
h3 {{ font-size: {px}px; margin-top: 14px; }}
p, li {{ line-height: 145%; }}
a {{ color: {accent}; text-decoration: none; }}
code {{ background-color: {hover}; color: {text}; }}
table {{ border-collapse: collapse; margin-top: 6px; margin-bottom: 8px; }}
th, td {{ border: 1px solid {border}; padding: 4px 9px; vertical-align: top; }}
th {{ background-color: {raised}; text-align: left; }}
"""
_SECTION = Qt.ItemDataRole.UserRole


class GuideDialog(QDialog):
    """Contents on the left, the page on the right; what is looked for is found in all pages."""

    action_wanted = Signal(str)
    """The name of an action that a link leads to."""

    def __init__(self, parent: QWidget, key_of: Callable[[str, str], str]) -> None:
        super().__init__(parent)
        self.setWindowTitle("User's guide")
        self.setWindowFlag(Qt.WindowType.WindowMinMaxButtonsHint)
        self._key_of = key_of
        self._pages: dict[str, Page] = {}
        self._shown = ""
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find in the guide")
        self.search.setAccessibleName("Find in the guide")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._find)
        self.contents = QTreeWidget()
        self.contents.setAccessibleName("Contents")
        self.contents.setHeaderHidden(True)
        self.contents.setIndentation(14)
        self.contents.currentItemChanged.connect(self._go)
        self.browser = QTextBrowser()
        self.browser.setAccessibleName("Page of the guide")
        self.browser.setOpenLinks(False)
        self.browser.anchorClicked.connect(self._follow)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.search)
        column.addWidget(self.contents, 1)
        splitter = QSplitter()
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(self.browser)
        splitter.setStretchFactor(1, 1)
        layout = QHBoxLayout(self)
        layout.addWidget(splitter)
        fit_to_screen(self, 960, 680)
        contents = round(270 * settings().preferences.text_percent / 100)
        splitter.setSizes([contents, max(self.width() - contents, 1)])
        self.reload()

    def reload(self) -> None:
        """Reads the pages again, in the colours, the size and with the shortcuts of now."""
        self._pages = read_guide(self._key_of)
        theme, share = chosen(), settings().preferences.text_percent / 100
        self.browser.document().setDefaultStyleSheet(
            _STYLE.format(
                px=round(14 * share), h1=round(22 * share), h2=round(17 * share), accent=theme.accent,
                hover=theme.hover, text=theme.text, border=theme.border, raised=theme.raised,
            )
        )  # fmt: skip
        self.browser.document().setDocumentMargin(18)
        shown, self._shown = self._shown, ""
        self._find(self.search.text())
        self.show_page(shown or next(iter(self._pages)))

    def show_page(self, name: str, anchor: str = "") -> None:
        """Shows a page, at a heading where one is named."""
        page = self._pages.get(name)
        if page is None:
            return
        if name != self._shown:
            self._shown = name
            self.browser.setHtml(page.html)
        if anchor:
            self.browser.scrollToAnchor(anchor)
        else:
            self.browser.verticalScrollBar().setValue(0)
        self._mark()

    @property
    def shown(self) -> str:
        """The name of the page that is shown."""
        return self._shown

    def titles(self) -> list[str]:
        """The headings that are listed, from above."""
        titles = []
        for row in range(self.contents.topLevelItemCount()):
            top = self.contents.topLevelItem(row)
            assert top is not None
            titles.append(top.text(0))
            titles += [line.text(0) for n in range(top.childCount()) if (line := top.child(n))]
        return titles

    def _find(self, query: str) -> None:
        """Lists the headings of the sections that hold what is looked for; all of them for nothing."""
        self.contents.blockSignals(True)
        self.contents.clear()
        for page in self._pages.values():
            sections = [section for section in found(page, query) if section.level < 3]
            if not sections:
                continue
            top = QTreeWidgetItem(self.contents, [page.title])
            top.setData(0, _SECTION, (page.name, ""))
            for section in sections:
                if section.level > 1:
                    self._line(top, section)
            top.setExpanded(bool(query.strip()) or page.name == self._shown)
        self.contents.blockSignals(False)
        if query.strip() and self.contents.topLevelItemCount():
            first = self.contents.topLevelItem(0)
            assert first is not None
            self.contents.setCurrentItem(first.child(0) or first)
        self._mark()

    def _line(self, top: QTreeWidgetItem, section: Section) -> None:
        item = QTreeWidgetItem(top, [section.title])
        item.setData(0, _SECTION, (section.page, section.anchor))

    def _go(self, item: QTreeWidgetItem | None, _: object = None) -> None:
        if item is not None:
            item.setExpanded(True)
            self.show_page(*item.data(0, _SECTION))

    def _follow(self, link: QUrl) -> None:
        if link.scheme() == "action":
            self.action_wanted.emit(link.path())
        elif link.scheme():
            QDesktopServices.openUrl(link)
        else:
            self.show_page(link.path() or self._shown, link.fragment())

    def _mark(self) -> None:
        """Marks what is looked for on the page that is shown."""
        theme, marks = chosen(), []
        style = QTextCharFormat()
        style.setBackground(QColor(theme.accent))
        style.setForeground(QColor(theme.accent_text))
        document: QTextDocument = self.browser.document()
        for word in self.search.text().split():
            cursor = document.find(word)
            while not cursor.isNull():
                marks.append(_selection(cursor, style))
                cursor = document.find(word, cursor)
        self.browser.setExtraSelections(marks)


def _selection(cursor: QTextCursor, style: QTextCharFormat) -> QTextEdit.ExtraSelection:
    selection = QTextEdit.ExtraSelection()
    selection.cursor = cursor
    selection.format = style
    return selection
