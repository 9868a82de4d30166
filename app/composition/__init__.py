"""The compositor: scenes, blend modes, and composites."""

from app.composition.composite import Composite, RenderedLesion
from app.composition.region import Rect
from app.composition.renderer import Renderer
from app.composition.scene import BackgroundReference, Placement, Scene

__all__ = ["BackgroundReference", "Composite", "Placement", "Rect", "RenderedLesion", "Renderer", "Scene"]
