"""Finding out what can be done: the guide, the command palette, what the mouse does."""
