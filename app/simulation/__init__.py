"""Backgrounds with known anatomy: CT projected to a radiograph, and the digital phantoms."""

from __future__ import annotations

from app.simulation.background import Background
from app.simulation.generate import can_generate, generate

__all__ = ["Background", "can_generate", "generate"]
