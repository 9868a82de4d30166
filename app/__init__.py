"""Lithograph: places synthetic small lesions into medical images, on purpose and under control."""

from __future__ import annotations

__version__ = "0.1.0"
