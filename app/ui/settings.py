"""What the window remembers between two starts."""

from __future__ import annotations

from PySide6.QtCore import QSettings

from app.paths import user_data


def settings() -> QSettings:
    """The settings file in the user's data folder."""
    return QSettings(str(user_data() / "settings.ini"), QSettings.Format.IniFormat)
