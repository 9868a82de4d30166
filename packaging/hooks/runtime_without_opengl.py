"""An empty PySide6.QtOpenGL: 9 MB that pyqtgraph imports for a kind of picture that nobody here draws."""

import sys
import types

sys.modules["PySide6.QtOpenGL"] = types.ModuleType("PySide6.QtOpenGL")
