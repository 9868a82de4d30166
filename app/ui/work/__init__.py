"""Work that the window has done by the engine's threads, and what comes of it."""
