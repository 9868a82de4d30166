"""The user's guide: it covers every action, its keys are right, its links lead somewhere."""

from __future__ import annotations

import re

from PySide6.QtCore import QUrl

from app.tasks import task_names
from app.ui.actions import portable
from app.ui.dialogs.guide import GuideDialog
from app.ui.features.tools import Tools
from app.ui.help.guide import ACTION, FOLDER, anchor, found, read_guide
from app.ui.settings import settings
from tests.ui.conftest import Hand

_LINK = re.compile(r"\]\(([^)]+)\)")


def test_every_action_is_in_the_guide_with_the_key_that_it_has(hand: Hand) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md")))
    actions = hand.window.actions_
    names = {spec.name for spec in actions}
    generated = {name for name in names if any(name.startswith(f"generate_{task}") for task in task_names())}
    # Presets beyond the keys have their names from the task.
    generated |= {name for name in names if name.startswith("preset_") and not actions.keys(name)}
    mentioned = set(re.findall(r"action:(\w+)", text))
    assert mentioned - names == set(), "the guide names actions that are gone"
    assert names - generated - mentioned == set(), "the guide does not name these actions"
    wrong = {
        name: key
        for key, name in ACTION.findall(text)
        if portable(key) not in map(portable, actions.spec(name).keys)
    }
    assert wrong == {}


def test_all_links_lead_somewhere() -> None:
    pages = read_guide(lambda _, usual: usual)
    assert len(pages) >= 8
    anchors = {name: {anchor(s.title) for s in page.sections} for name, page in pages.items()}
    for name in pages:
        for link in _LINK.findall((FOLDER / name).read_text(encoding="utf-8")):
            if link.startswith(("action:", "https:")):
                continue
            page, _, part = link.partition("#")
            assert (page or name) in pages, f"{name}: {link}"
            assert not part or part in anchors[page or name], f"{name}: {link}"


def _guide(hand: Hand) -> GuideDialog:
    hand.window.actions_["guide"].trigger()
    hand.wait(lambda: any(d.isVisible() for d in hand.window.findChildren(GuideDialog)))
    return hand.window.findChildren(GuideDialog)[0]


def test_the_guide_is_read_searched_and_followed(hand: Hand) -> None:
    guide = _guide(hand)
    assert "ten minutes" in guide.browser.toPlainText()
    everything = guide.titles()
    guide.search.setText("burnt text")
    assert "Burnt-in text" in guide.titles()
    assert len(guide.titles()) < len(everything)
    assert guide.shown == "08-patients-data.md"
    assert len(guide.browser.extraSelections()) > 1
    guide.search.setText("no such words anywhere")
    assert guide.titles() == []
    guide.search.clear()
    assert guide.titles() == everything

    guide.show_page("01-first-composite.md")
    guide.browser.anchorClicked.emit(QUrl("06-models.md#your-own-danger-zone"))
    assert guide.shown == "06-models.md"
    assert guide.browser.verticalScrollBar().value() > 0
    guide.browser.anchorClicked.emit(QUrl("action:invert"))
    palette = hand.window.feature(Tools).command_palette
    assert palette.isVisible()
    item = palette.list.currentItem()
    assert item is not None
    assert item.text(0).startswith("Invert")
    palette.leave()
    guide.close()


def test_the_guide_shows_the_keys_and_colours_of_now(hand: Hand) -> None:
    hand.window.actions_.bind("save_composite", ("F8",))
    guide = _guide(hand)
    assert "Press F8 to save the image with its lesions" in guide.browser.toPlainText().replace("\n", " ")
    dark = guide.browser.toHtml()
    settings().change(theme="light")
    assert guide.browser.toHtml() != dark
    settings().change(theme="dark")
    guide.close()


def test_sections_are_found_by_all_their_words() -> None:
    page = read_guide(lambda _, usual: usual)["05-lesions.md"]
    assert [s.title for s in found(page, "seam physics")] == ["What the numbers mean"]
    assert found(page, "seam xylophone") == []
    assert page.title == "Lesions"
