"""What is open: the scene that is edited, its history, and the image that it stands on."""

from __future__ import annotations

from app.ui.document.editing import LOCKED, OUTSIDE, Document, article, obstacle
from app.ui.document.page import Brush, Page, new_seed

__all__ = ["LOCKED", "OUTSIDE", "Brush", "Document", "Page", "article", "new_seed", "obstacle"]
