"""Dark and light: a palette of named colours, and the style sheet made of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QMainWindow

from app.paths import RESOURCES
from app.ui.settings import settings


@dataclass(frozen=True)
class Theme:
    """The colours of one theme."""

    name: str
    window: str
    panel: str
    raised: str
    hover: str
    border: str
    text: str
    muted: str
    accent: str
    accent_text: str
    accent_soft: str
    warning: str
    error: str
    success: str


DARK = Theme(
    name="dark",
    window="#16191d",
    panel="#1d2126",
    raised="#282d34",
    hover="#323942",
    border="#363d46",
    text="#e4e8ec",
    muted="#9daab5",
    accent="#4cb4f0",
    accent_text="#06222f",
    accent_soft="#1f3d50",
    warning="#e8b04a",
    error="#ff7a85",
    success="#6fd09a",
)

LIGHT = Theme(
    name="light",
    window="#e9ecef",
    panel="#f7f8fa",
    raised="#ffffff",
    hover="#e3e8ed",
    border="#c9d0d7",
    text="#1b2127",
    muted="#5a6672",
    accent="#0b619b",
    accent_text="#ffffff",
    accent_soft="#d3e7f5",
    warning="#865600",
    error="#b3202e",
    success="#1a6d3f",
)

THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def chosen() -> Theme:
    """The theme that the user has chosen, or the system's where that is chosen."""
    choice = settings().preferences.theme
    if choice == "system":
        return LIGHT if system_is_light() else DARK
    return THEMES[choice]


def system_is_light() -> bool:
    """Whether the desktop is light; where it does not say, it is taken for dark."""
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light


def apply(theme: Theme) -> None:
    """Gives every window the theme's colours, and the size of text that is chosen.

    The style sheet belongs to the window: given to the application, it takes three times as long.
    """
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setPalette(_palette(theme))
    for window in application.topLevelWidgets():
        if isinstance(window, QMainWindow):
            window.setStyleSheet(style_sheet(theme))


def dress(window: QMainWindow) -> None:
    """Gives a new window the chosen theme."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.setPalette(_palette(chosen()))
    window.setStyleSheet(style_sheet(chosen()))


def style_sheet(theme: Theme) -> str:
    """The style sheet of a window and its dialogs."""
    sheet = Template((RESOURCES / "styles" / "lithograph.qss").read_text(encoding="utf-8"))
    icons = (RESOURCES / "icons").as_posix()
    share = settings().preferences.text_percent / 100
    mark = round(13 * share)
    sizes = {"mark_px": mark, "round_px": mark // 2 + 1, "bar_px": round(28 * share)}
    sizes |= {"text_px": round(13 * share), "small_px": round(12 * share), "title_px": round(17 * share)}
    sizes |= {"icon_px": round(16 * share), "tool_px": round(20 * share)}
    return sheet.substitute(asdict(theme), icons=icons, **sizes)


def icon(name: str, theme: Theme | None = None) -> QIcon:
    """An icon of the Material Design set, in the theme's text colour."""
    import qtawesome

    theme = theme or chosen()
    return qtawesome.icon(f"mdi6.{name}", color=theme.text, color_disabled=theme.muted, color_on=theme.accent)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.raised),
        (role.AlternateBase, theme.panel),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.accent_text),
        (role.Link, theme.accent),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.muted))
    return palette
