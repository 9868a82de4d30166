"""The editor of annotations: boxes around lesions, and outlines of structures, in a training set."""

from __future__ import annotations

from app.ui.annotate.editor import AnnotationEditor

__all__ = ["AnnotationEditor"]
